"""What a model's run in MLflow shows of its training record."""

from mien.messages import flat, training_figures


def test_other_seeds_stand_beside_the_first() -> None:
    record = {"model": "m", "epochs": 3, "best_epoch": 2, "val": {"macro_f1": 0.2}}
    alone = flat(training_figures(record))
    assert alone == {"epochs": 3, "best_epoch": 2, "best/macro_f1": 0.2}
    other = record | {"val": {"macro_f1": 0.4}}
    assert flat(training_figures(record | {"other_seeds": {"1": other}})) == alone | {"best/seed_1/macro_f1": 0.4}
