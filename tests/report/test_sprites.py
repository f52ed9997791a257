import base64
import io

import numpy as np
from PIL import Image

from mien.report.page.sprites import STEPS, Sprites, Symbol


def picture(seed: int, side_px: int = 96, kind: str = "WEBP") -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (side_px, side_px, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


def content(symbol: Symbol) -> bytes:
    return base64.b64decode(symbol.uri.removeprefix("data:image/webp;base64,"))


def test_a_picture_shown_twice_is_held_once() -> None:
    sprites = Sprites(budget_bytes=10**9)
    names = [sprites.add(picture(seed)) for seed in (1, 2, 1)]
    assert names[0] == names[2] != names[1]
    assert [symbol.name for symbol in sprites.symbols()] == names[:2]


def test_webp_within_the_budget_stays_as_it_is() -> None:
    sprites = Sprites(budget_bytes=10**9)
    sprites.add(picture(1))
    assert content(sprites.symbols()[0]) == picture(1)


def test_other_kinds_become_webp_of_at_most_the_first_step() -> None:
    sprites = Sprites(budget_bytes=10**9)
    sprites.add(picture(1, side_px=300, kind="PNG"))
    (symbol,) = sprites.symbols()
    assert (symbol.width_px, symbol.height_px) == (STEPS[0][0], STEPS[0][0])
    assert Image.open(io.BytesIO(content(symbol))).format == "WEBP"


def test_a_budget_is_kept_by_reducing_all_alike() -> None:
    whole = sum(len(content(symbol)) for symbol in filled(10**9).symbols())
    symbols = filled(whole // 2).symbols()
    assert sum(len(symbol.uri) for symbol in symbols) <= whole // 2 + 30 * len(symbols)
    assert len({symbol.width_px for symbol in symbols}) == 1 and symbols[0].width_px < 96
    assert filled(whole // 2).symbols() == symbols
    assert {symbol.width_px for symbol in filled(1).symbols()} == {STEPS[-1][0]}  # no less than the smallest step


def filled(budget_bytes: int) -> Sprites:
    sprites = Sprites(budget_bytes=budget_bytes)
    for seed in range(8):
        sprites.add(picture(seed))
    return sprites


def test_no_picture_has_no_name() -> None:
    sprites = Sprites(budget_bytes=1)
    assert sprites.add(None) is None and sprites.add_from({}, "face/x") is None and sprites.add_from({"a": b""}, None) is None
    assert sprites.symbols() == []
