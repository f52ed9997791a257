from mien.evaluate.selection import selection


def test_the_choice_of_the_epoch() -> None:
    record = {"monitor": "val_loss", "best_epoch": 3, "val": {"loss": 0.5, "accuracy": 0.8, "mean_accuracy": 0.7, "macro_f1": 0.75}}
    last = {"epoch": 5.0, "stage": 1.0, "train_loss": 0.1, "val_loss": 0.9, "val_accuracy": 0.7, "val_macro_f1": 0.625, "lr": 0.1}
    found = selection(record, last, test_macro_f1=0.5)
    assert found == {
        "monitor": "val_loss",
        "best_epoch": 3,
        "last_epoch": 5,
        "val_best": {"macro_f1": 0.75, "accuracy": 0.8, "loss": 0.5},
        "val_last": {"macro_f1": 0.625, "accuracy": 0.7, "loss": 0.9},
        "gap_macro_f1": 0.125,
        "val_to_test_macro_f1": 0.25,
    }
