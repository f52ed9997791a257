"""Every subset of the test images that was measured has its row, with the metrics of its document."""

from typing import Any

from mien.compare.subsets import subset_table

INTERVALS = {name: {"low": 0.1, "high": 0.9} for name in ("accuracy", "mean_accuracy", "macro_f1")}


def figures(value: float, num_images: int, **more: Any) -> dict[str, Any]:
    return {"num_images": num_images, "accuracy": value, "mean_accuracy": value / 2, "macro_f1": value / 4, **more}


def test_a_row_for_each_subset_of_each_model() -> None:
    whole = {
        "all": figures(0.8, 7178, intervals=INTERVALS),
        "clean": figures(0.7, 6482),
        "parts": {"PrivateTest": figures(0.6, 3589), "Public|Test": figures(0.5, 3589)},
    }
    text = subset_table({"first": whole, "second": {"all": figures(0.4, 7178)}})
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("|")]
    assert rows[2:] == [
        ["first", "all", "7,178", "0.8000 [0.100, 0.900]", "0.4000 [0.100, 0.900]", "0.2000 [0.100, 0.900]"],
        ["first", "clean: without a flag", "6,482", "0.7000", "0.3500", "0.1750"],
        ["first", "PrivateTest", "3,589", "0.6000", "0.3000", "0.1500"],
        ["first", "Public\\|Test", "3,589", "0.5000", "0.2500", "0.1250"],
        ["second", "all", "7,178", "0.4000", "0.2000", "0.1000"],
    ]
