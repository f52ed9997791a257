"""Numbers as text, places on axes, labels of charts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.report.page import formats
from mien.report.page.axis import Axis, axis_around, log_axis_around, tick_texts
from mien.report.page.chart import Point
from mien.report.page.labels import LETTER_HEIGHT, LETTER_WIDTH, place_labels

NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.figure(0.8736), "0.874"),
        (formats.figure(-0.1), "−0.100"),
        (formats.figure(-1e-17), "0.000"),
        (formats.round_text("5.00"), "5"),
        (formats.round_text("50.0 M"), "50 M"),
        (formats.round_text("0.05"), "0.05"),
        (formats.round_text("1.05"), "1.05"),
        (formats.signed(0.02), "+0.020"),
        (formats.signed(-0.02), "−0.020"),
        (formats.signed(-0.0001), "0.000"),
        (formats.percent(0.5619, 1), "56.2\u202f%"),
        (formats.span(0.1, 0.25, 2), "0.10 to 0.25"),
        (formats.count(7178), "7\u202f178"),
        (formats.plural(1, "image"), "1 image"),
        (formats.plural(2, "class", "classes"), "2 classes"),
        (formats.p_value(0.0004), "<\u202f0.001"),
        (formats.p_value(0.0126), "0.013"),
        (formats.large(24_033_861), "24.0\u202fM"),
        (formats.large(999_600), "1.00\u202fM"),
        (formats.large(12), "12.0"),
        (formats.file_size(92_300_000), "92.3\u202fMB"),
        (formats.three_digits(0.8), "0.800"),
        (formats.three_digits(0), "0"),
        (formats.title("macro_f1"), "macro-F1"),
        (str(formats.unbroken("<macro_f1>")), "&lt;macro f1&gt;"),
        (str(formats.unbroken("val_macro_f1")), 'validation <span class="nowrap">macro-F1</span>'),
        (formats.title("face_px"), "face px"),
        (formats.value({"lr": 1e-3, "flip": True}), "lr 0.001, flip yes"),
        (formats.value([]), "none"),
        (str(formats.breakable("a_<b>")), "a_<wbr>&lt;b&gt;"),
        (str(formats.breakable("a/&.jpg")), "a/<wbr>&amp;.jpg"),
    ],
)
def test_formats(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_what_is_missing_is_a_dash(missing: float | None) -> None:
    every = (
        formats.figure,
        formats.signed,
        formats.percent,
        formats.count,
        formats.p_value,
        formats.large,
        formats.file_size,
        formats.three_digits,
    )
    assert {show(missing) for show in every} == {formats.MISSING} == {formats.span(missing, 1.0)}


@given(st.lists(NUMBERS, min_size=1, max_size=9), NUMBERS)
def test_an_axis_holds_its_values_in_order(values: list[float], other: float) -> None:
    axis = axis_around(values, length=300)
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places) and places[0] >= 0 and places[-1] <= 300
    assert axis.low < axis.high and all(axis.low <= value <= axis.high for value in values)
    assert 0 <= axis.at(other) <= 300


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_ticks_are_few_and_inside(low: float, width: float) -> None:
    axis = Axis(low, low + width)
    ticks = axis.ticks()
    slack = 1e-6 * max(1.0, abs(low), width)
    assert 2 <= len(ticks) <= 11 and all(axis.low - slack <= tick <= axis.high + slack for tick in ticks)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_ticks_are_told_apart_and_written_alike(low: float, width: float) -> None:
    texts = [text for _, text in tick_texts(Axis(low, low + width).ticks())]
    assert len(set(texts)) == len(texts)
    assert len({len(text.partition(".")[2]) for text in texts}) == 1


@given(st.lists(st.floats(1e-2, 1e12), min_size=1, max_size=9))
def test_a_logarithmic_axis_gives_equal_ratios_equal_room(values: list[float]) -> None:
    axis = log_axis_around(values, length=1000)
    ticks = axis.ticks()
    assert ticks and all(axis.low <= tick * (1 + 1e-6) and tick <= axis.high * (1 + 1e-6) for tick in ticks)
    middle = math.sqrt(axis.low * axis.high)
    assert axis.at(middle) == pytest.approx(500, abs=0.02)


@given(st.lists(st.tuples(st.floats(60, 340), st.floats(50, 200)), min_size=1, max_size=8))
def test_labels_stay_beside_their_points(places: list[tuple[float, float]]) -> None:
    points = [Point(x, y, "a", "", 4.0) for x, y in places]
    labels = place_labels(points, [f"model{number}" for number in range(len(points))])
    assert [label.text for label in labels] == [f"model{number}" for number in range(len(points))]
    for point, label in zip(points, labels, strict=True):
        assert abs(label.x - point.x) == pytest.approx(8) and abs(label.y - point.y) <= 65


def test_labels_of_near_points_cover_neither_each_other_nor_a_point() -> None:
    points = [Point(100 + number, 100 + 3 * number, "a", "", 4.0) for number in range(5)]
    labels = place_labels(points, ["efficientnet"] * 5)
    boxes = [(label.x - (len(label.text) * LETTER_WIDTH if label.anchor == "end" else 0), label.y) for label in labels]
    width = len("efficientnet") * LETTER_WIDTH
    for number, (x, y) in enumerate(boxes):
        assert all(abs(x - left) >= width or abs(y - base) >= LETTER_HEIGHT for left, base in boxes[number + 1 :])
