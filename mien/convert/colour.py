"""Converts an image in any of Pillow's 8-bit modes to sRGB: applies the colour profile and palette, and puts transparency on white."""

import io
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageCms

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image, convert: Callable[[Image.Image], Image.Image] | None = None) -> Image.Image:
    """Converts the loaded `image` to mode RGB in sRGB, with transparent parts on white.

    `convert`, if given, converts the colours (without transparency) to sRGB, in place of the image's profile.
    """
    profile = image.info.get("icc_profile")
    alpha = None
    if image.has_transparency_data:
        grey = image.mode in ("LA", "La", "L")
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("L" if grey else "RGB")
    elif image.mode in ("P", "PA"):
        image = image.convert("RGB")
    colours = convert(image) if convert else _through_profile(image, profile) or _plain(image)
    if alpha is None or alpha.getextrema() == (255, 255):
        return colours
    white = Image.new("RGB", colours.size, "white")
    white.paste(colours, mask=alpha)
    return white


def _plain(image: Image.Image) -> Image.Image:
    """Converts an image without a usable profile. Pillow cannot convert Lab to RGB, so its colour management module is used."""
    if image.mode == "LAB":
        return _applied(image, ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"))
    return image if image.mode == "RGB" else image.convert("RGB")  # convert would copy all pixels of an RGB image


def _through_profile(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """Converts the image by its embedded profile; None if the profile is missing, is broken or is for other channels."""
    if not profile:
        return None
    try:
        mode, transform = _transform(profile)
        if transform is None or image.mode not in (mode, "L", "1", "YCbCr"):
            return None
        if image.mode != mode:
            if mode != "RGB":
                return None
            image = image.convert("RGB")
        return _applied(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=64)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode that a profile describes, and its transform to sRGB, which is None if the profile is sRGB itself."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _PROFILE_MODES.get(source.profile.xcolor_space.strip())
    if mode is None:
        raise ValueError("a profile for channels that Pillow does not have")
    if mode == "RGB" and "srgb" in (source.profile.profile_description or "").lower():
        return mode, None
    return mode, ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    result = ImageCms.applyTransform(image, transform)
    assert result is not None  # only an in-place transform returns None
    return result
