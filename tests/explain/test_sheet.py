import io

import numpy as np
from PIL import Image

from mien.explain.sheet import Cell, Strip, contact_sheet


def cell(colour: tuple[int, int, int], *, num: int = 2, caption: str = "happy 0.98") -> Cell:
    return Cell([np.full((32, 32, 3), colour, np.uint8)] * num, caption)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    return image.convert("RGB")


def num_pixels(image: Image.Image, colour: tuple[int, int, int]) -> int:
    return int((np.abs(np.asarray(image).astype(int) - colour).max(axis=-1) < 30).sum())


def test_every_picture_is_on_the_sheet_whole() -> None:
    sheet = opened(contact_sheet("t", [Strip("a", [cell((200, 0, 0))] * 3), Strip("b", [cell((0, 0, 200))])], picture_px=50))
    assert num_pixels(sheet, (200, 0, 0)) >= 0.98 * 6 * 2500 and num_pixels(sheet, (0, 0, 200)) >= 0.98 * 2 * 2500


def test_same_sheet_same_bytes_and_none_is_said() -> None:
    strips = [Strip("happy, right", []), Strip("sad, right", [cell((200, 0, 0))])]
    assert contact_sheet("t", strips) == contact_sheet("t", strips)
    assert opened(contact_sheet("only titles", [Strip("a", [])])).height < 100
    assert opened(contact_sheet("nothing", [])).width > 50


def test_a_long_caption_stays_within_its_cell() -> None:
    long = [Strip("a", [cell((255, 255, 255), num=1, caption="w" * 200), cell((200, 0, 0), num=1, caption="")])]
    sheet = opened(contact_sheet("t", long, picture_px=64))
    assert sheet.width < 300
    assert num_pixels(sheet, (200, 0, 0)) >= 0.98 * 64 * 64


def test_headings_stand_above_the_columns_and_move_nothing_else() -> None:
    strips = [Strip("a", [cell((200, 0, 0), num=1, caption="")] * 3)]
    bare, headed = (opened(contact_sheet("t", strips, headings=headings, picture_px=64)) for headings in ((), ("face", "", "epoch 5")))
    added = headed.height - bare.height
    assert headed.width == bare.width and added > 0
    top = min(np.argwhere(np.abs(np.asarray(bare).astype(int) - (200, 0, 0)).max(axis=-1) < 30)[:, 0])
    moved = np.abs(np.asarray(headed)[top + added :].astype(int) - np.asarray(bare)[top:])
    assert moved.mean() < 1 and (moved > 60).mean() < 0.002, "up to JPEG"
    words = np.asarray(headed)[: top + added, :, 0] < 128
    assert words[:, : 64 + 12].any() and not words[40:52, 64 + 26 : 128 + 26].any() and words[40:60, 64 * 2 + 14 * 2 + 12 :].any()
    assert opened(contact_sheet("t", [], headings=["w"] * 4, picture_px=64)).width > 4 * 64
