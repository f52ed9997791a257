"""Any of Pillow's pixel modes to sRGB: colour profile, palette, transparency over white, 16 bits and floats to 8."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image) -> Image.Image:
    """The loaded `image` in mode RGB, sRGB colours, transparent parts over white."""
    profile = image.info.get("icc_profile")
    image = _eight_bits(image)
    alpha = None
    if image.has_transparency_data:
        grey = image.mode in ("LA", "La", "L")
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("L" if grey else "RGB")
    elif image.mode in ("P", "PA"):
        image = image.convert("RGB")
    colours = _through_profile(image, profile) or _plain(image)
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


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, whole numbers or floats as 8-bit grey; Pillow's own conversion would clip at 255."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    levels = np.nan_to_num(np.asarray(image).astype(np.float64))
    return Image.fromarray(np.rint(np.clip(levels / _full_scale(image.mode, float(levels.max())) * 255, 0, 255)).astype(np.uint8))


def _full_scale(mode: str, highest: float) -> float:
    """The level that is white. Only 16-bit modes declare it; else the narrowest usual range that holds the highest level."""
    if mode.startswith("I;16"):
        return 65535.0
    ranges = ((1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)) + (2.0**31 - 1,)
    return next((full for full in ranges if highest <= full), highest)


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
