"""Small images as WebP, for pages and sheets."""

import io

from PIL import Image


def webp(image: Image.Image, *, max_px: int, quality: int = 75) -> bytes:
    """The image as WebP, reduced to a longer side of at most `max_px` (Lanczos), never enlarged; the same image gives the same bytes."""
    small = image.copy()  # thumbnail() works in place
    small.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=quality, method=6)
    return file.getvalue()
