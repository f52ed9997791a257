"""Training of poolings on stored features: it learns, draws one frame of each part, and gives the same weights twice."""

import pytest
import torch

from mien.config.sections.temporal import TemporalParams
from mien.core.errors import TrainingError
from mien.temporal.features import Outputs
from mien.temporal.training import Labelled, clip_logits, drawn, train_pooling


def clips_of(num: int, seed: int, *, by_order: bool = False) -> Labelled:
    """Clips of 4 to 12 frames of two classes, whose label one frame of each shows, or else the order of two kinds of frames."""
    generator = torch.Generator().manual_seed(seed)
    features, clips, targets = [], [], []
    for number in range(num):
        length, target = int(torch.randint(4, 13, (), generator=generator)), number % 2
        own = 0.1 * torch.randn(length, 6, generator=generator)
        if by_order:
            own[: length // 2, target] += 2
            own[length // 2 :, 1 - target] += 2
        else:
            own[int(torch.randint(length, (), generator=generator)), 2 + target] += 4
        clips.append(torch.arange(length) + sum(map(len, clips)))
        features.append(own)
        targets.append(target)
    whole = torch.cat(features)
    return Labelled(Outputs(torch.zeros(len(whole), 2), whole), clips, torch.tensor(targets))


def params_of(pooling: str, **values: object) -> TemporalParams:
    return TemporalParams.model_validate({"model": "m", "pooling": pooling, "batch_size": 8, **values})


def accuracy(trained: torch.nn.Module, data: Labelled) -> float:
    return float((clip_logits(trained, data.outputs, data.clips).argmax(1) == data.targets_B).float().mean())


@pytest.mark.parametrize(("pooling", "by_order", "learns"), [("fan", False, True), ("fan", True, False), ("gru", True, True)])
def test_attention_finds_the_frame_that_tells_and_only_recurrence_the_order(pooling: str, by_order: bool, learns: bool) -> None:
    train, val, test = (clips_of(num, seed, by_order=by_order) for num, seed in ((48, 0), (24, 1), (60, 2)))
    how = params_of(pooling, frames=0, epochs=40, lr=0.1)
    found = train_pooling(train, val, how, num_classes=2, seed=0)
    assert (accuracy(found.pooling, test) > 0.9) == learns


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    train, val = clips_of(20, 0), clips_of(10, 1)
    how = params_of("fan", epochs=3)
    one, same, other = (train_pooling(train, val, how, num_classes=2, seed=seed).pooling.state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["alpha.weight"], other["alpha.weight"])


def test_the_weights_are_those_of_the_epoch_with_the_smallest_validation_loss() -> None:
    train, val = clips_of(20, 0), clips_of(10, 1)
    long = train_pooling(train, val, params_of("fan", epochs=12, lr=0.5), num_classes=2, seed=1)
    assert len(long.val_loss) == len(long.train_loss) == 12
    assert long.val_loss[long.best_epoch - 1] == min(long.val_loss)
    short = train_pooling(train, val, params_of("fan", epochs=long.best_epoch, lr=0.5), num_classes=2, seed=1)
    assert all(torch.equal(one, other) for one, other in zip(long.pooling.parameters(), short.pooling.parameters(), strict=True))
    logits = clip_logits(long.pooling, val.outputs, val.clips)
    assert float(torch.nn.functional.cross_entropy(logits, val.targets_B)) == pytest.approx(min(long.val_loss), abs=1e-5)


def test_the_mean_is_not_trained() -> None:
    data = clips_of(6, 0)
    found = train_pooling(data, data, params_of("mean"), num_classes=2, seed=0)
    assert found.best_epoch == 0 and not found.val_loss and not found.pooling.state_dict()


@pytest.mark.parametrize("length", [1, 2, 3, 7, 30])
def test_one_frame_of_each_equal_part_is_drawn_in_order(length: int) -> None:
    generator, rows = torch.Generator().manual_seed(0), torch.arange(100, 100 + length)
    seen = torch.stack([drawn(rows, 3, generator) for _ in range(400)])
    for part in range(3):
        low, high = 100 + part * length / 3, 100 + (part + 1) * length / 3
        assert set(seen[:, part].tolist()) == {row for row in rows.tolist() if row + 1 > low and row < high}
    assert (seen.diff(dim=1) >= 0).all()
    assert drawn(rows, 0, generator).tolist() == rows.tolist()


def test_a_loss_that_is_not_finite_names_the_remedy() -> None:
    data = clips_of(6, 0)
    with pytest.raises(TrainingError, match=r"epoch \d+: the loss is not finite; lower temporal.NAME.lr"):
        train_pooling(data, data, params_of("fan", lr=1e30), num_classes=2, seed=0)
