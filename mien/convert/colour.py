"""Any of Pillow's pixel modes of 8 bits to sRGB: colour profile, palette, transparency over white."""

import io
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageCms

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image, convert: Callable[[Image.Image], Image.Image] | None = None) -> Image.Image:
    """The loaded `image` in mode RGB, sRGB colours, transparent parts over white.

    `convert` turns its opaque colours into sRGB where these are not told by its profile.
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
    """Without a usable profile. Pillow knows no way from Lab to RGB, the colour management does."""
    if image.mode == "LAB":
        return _applied(image, ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"))
    return image if image.mode == "RGB" else image.convert("RGB")  # which would copy all pixels once more


def _through_profile(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """The image by its embedded profile; None if it has none, a broken one, or one for other channels than it has."""
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
    """The mode that a profile describes and its transform to sRGB; None where it is sRGB itself."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _PROFILE_MODES.get(source.profile.xcolor_space.strip())
    if mode is None:
        raise ValueError("a profile for channels that Pillow does not have")
    if mode == "RGB" and "srgb" in (source.profile.profile_description or "").lower():
        return mode, None
    return mode, ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    result = ImageCms.applyTransform(image, transform)
    assert result is not None  # it is None only for a transform in place
    return result
