"""What happens to a picture between two folders: each function makes a copy as people and websites make them."""

import io
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Copy = Callable[[Image.Image, np.random.Generator], Image.Image]


def recompressed(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """JPEG at quality 30."""
    return _jpeg(image, 30)


def halved(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """Half the width and height."""
    return _jpeg(image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC), 90)


def cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A window of 7/8 to 19/20 of the sides anywhere in the picture: shifted by up to an eighth, and closer."""
    share = rng.uniform(0.875, 0.95)
    width, height = image.width * share, image.height * share
    left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    return image.resize(image.size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))


def mirrored(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """Left and right exchanged."""
    return _jpeg(ImageOps.mirror(image))


def captioned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A line of text over the picture, at the top or the bottom, half of them on a bar."""
    height = image.height * rng.uniform(0.08, 0.14)
    top = 0.01 * image.height if rng.random() < 0.5 else 0.99 * image.height - height
    captioned_image = image.copy()
    draw = ImageDraw.Draw(captioned_image)
    if rng.random() < 0.5:
        draw.rectangle((0, top, image.width, top + height), fill=_grey(rng.choice((0, 255))))
    words = str(rng.choice(("WHEN YOU SEE IT", "happy monday", "oh really?", "I CANT EVEN")))
    font = ImageFont.load_default(max(8, 0.8 * height))
    draw.text(
        (image.width * rng.uniform(0.02, 0.2), top), words, fill=(255, 220, 0) if rng.random() < 0.4 else _grey(255), font=font,
        stroke_width=max(1, int(0.06 * height)), stroke_fill=_grey(0),
    )  # fmt: skip
    return _jpeg(captioned_image)


def framed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A plain frame around the picture, 3 to 7 % of its width."""
    return _jpeg(ImageOps.expand(image, int(image.width * rng.uniform(0.03, 0.07)), fill=_grey(rng.choice((0, 128, 255)))))


def greyed(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """Without colour."""
    return _jpeg(image.convert("L"))


def toned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Another gamma and contrast, half of them in sepia."""
    gamma = rng.choice((0.5, 0.65, 1.5, 2.0))
    changed = image.point([round(255 * (level / 255) ** gamma) for level in range(256)] * 3)
    changed = ImageEnhance.Contrast(changed).enhance(rng.uniform(0.6, 1.5))
    return _jpeg(ImageOps.colorize(changed.convert("L"), "#2b1a0a", "#f8e8c8") if rng.random() < 0.5 else changed)


def blurred(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Out of focus by 0.6 to 1.1 pixels of a width of 48."""
    return _jpeg(image.filter(ImageFilter.GaussianBlur(image.width / 48 * rng.uniform(0.6, 1.1))))


def noisy(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Noise as of a dark room: standard deviation 8 to 16 grey levels at a width of 48, more in larger pictures."""
    pixels = np.asarray(image, np.float32)
    noise = rng.normal(0, rng.uniform(8, 16) * np.sqrt(image.width / 48), pixels.shape)
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))


def rotated(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turned by 1 to 5 degrees either way, corners black or white."""
    angle = rng.uniform(1, 5) * rng.choice((-1, 1))
    return _jpeg(image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=_grey(rng.choice((0, 255)))))


def watermarked(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A half-transparent word across the face, as picture agencies print it."""
    height = image.height * rng.uniform(0.1, 0.18)
    layer = Image.new("RGBA", image.size)
    ImageDraw.Draw(layer).text(
        (image.width * rng.uniform(-0.1, 0.2), image.height * rng.uniform(0.35, 0.75)),
        str(rng.choice(("stockphotos", "agencyimages", "picturebank"))),
        fill=(255, 255, 255, int(rng.uniform(90, 170))), font=ImageFont.load_default(height),
        stroke_width=int(0.04 * height), stroke_fill=(80, 80, 80, 90),
    )  # fmt: skip
    return _jpeg(Image.alpha_composite(image.convert("RGBA"), layer))


KINDS: Final[dict[str, Copy]] = {
    function.__name__: function
    for function in (
        recompressed, halved, cropped, mirrored, captioned, framed, greyed, toned, blurred, noisy, rotated, watermarked,
    )
}  # fmt: skip


def _jpeg(image: Image.Image, quality: int = 85) -> Image.Image:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def _grey(level: int) -> tuple[int, int, int]:
    return (int(level),) * 3
