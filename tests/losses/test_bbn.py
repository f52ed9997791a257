"""BBN against its formulas: the schedule, the mixture of two branches, and the accuracies of each."""

import math
from fractions import Fraction
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from mien.losses.bbn import conventional_share
from mien.models.build import build_model
from mien.training.fit import fit
from tests.losses.stepping import METHODS, TRAIN, batch_of, finished, loss_of, network
from tests.training.tiny import face_set, model_config

ROWS = [0, 1, 2, 3, 5, 5, 8, 11]  # the first half from the data set, the second from the reversed sampler


@pytest.mark.parametrize("epochs", [1, 2, 7, 60])
def test_the_share_of_the_conventional_branch_falls_by_a_parabola(epochs: int) -> None:
    shares = [conventional_share(epoch, epochs) for epoch in range(1, epochs + 1)]
    assert shares == pytest.approx([float(1 - Fraction(epoch - 1, epochs) ** 2) for epoch in range(1, epochs + 1)])
    assert shares[0] == 1 and shares == sorted(shares, reverse=True) and shares[-1] > 0


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 10, 60])
def test_weights_are_kept_once_the_rebalancing_branch_counts_more(epochs: int) -> None:
    loss = loss_of("bbn")
    kept = [epoch for epoch in range(1, epochs + 1) if loss.may_keep(epoch, epochs)]
    assert kept == ([epoch for epoch in range(1, epochs + 1) if 2 * (epoch - 1) ** 2 > epochs**2] or [epochs])


@pytest.mark.parametrize("epoch", [1, 4, 10])
def test_the_loss_is_that_of_the_paper(epoch: int) -> None:
    """Branch by branch and image by image; the network is in eval mode."""
    loss, model = loss_of("bbn"), network("bbn").eval()
    _disturb(model)
    share = 1 - ((epoch - 1) / 10) ** 2
    weight, bias = model.head.classifier.weight, model.head.classifier.bias
    losses, right = [], [0, 0]
    for first, second in zip(ROWS[:4], ROWS[4:], strict=True):
        maps = [model.forward_features(TRAIN.images_N3SS[row : row + 1] / 255)[0] for row in (first, second)]
        width = len(maps[0]) // 2
        own, other = maps[0][:width].mean(dim=(1, 2)), maps[1][width:].mean(dim=(1, 2))
        z = (weight[:, :width] @ (2 * share * own) + weight[:, width:] @ (2 * (1 - share) * other) + bias).tolist()
        log_total = math.log(sum(map(math.exp, z)))
        labels = [int(TRAIN.targets_N[row]) for row in (first, second)]
        losses.append(share * (log_total - z[labels[0]]) + (1 - share) * (log_total - z[labels[1]]))
        right = [num + (z.index(max(z)) == label) for num, label in zip(right, labels, strict=True)]
    found = loss.step(model, batch_of(ROWS, epoch=epoch))
    assert float(found.loss) == pytest.approx(sum(losses) / 4, rel=1e-5)
    counted = sum(each.weight * float((each.logits_NK.argmax(1) == each.targets_N).sum()) for each in found.counted)
    assert counted == pytest.approx(share * right[0] + (1 - share) * right[1])
    assert loss.epoch_figures() == {"conventional_share": share}


def test_in_the_middle_both_branches_predict_as_they_do_afterwards() -> None:
    """With l = 1/2 and the same images for both branches, the training's logits are the model's."""
    loss, model = loss_of("bbn"), network("bbn").eval()
    _disturb(model)
    images = TRAIN.images_N3SS[:5] / 255
    features = [model.forward_branch(images, branch).mean(dim=(2, 3)) for branch in (0, 1)]
    torch.testing.assert_close(loss._logits(model, features, 0.5), model(images))


def test_in_the_first_epoch_the_rebalancing_branch_learns_nothing() -> None:
    loss, model = loss_of("bbn"), network("bbn")
    loss.step(model, batch_of(ROWS, epoch=1)).loss.backward()
    grads = {name: float(p.grad.abs().max()) for name, p in model.named_parameters() if ".branches." in name}
    assert all((grad == 0) == (".branches.1." in name) for name, grad in grads.items() if "conv" in name)


def test_each_batch_is_normalised_by_itself() -> None:
    """Running statistics of the shared part are those of one batch and then of the other, as two passes give them."""
    loss, model, other = loss_of("bbn"), network("bbn"), network("bbn")
    loss.step(model, batch_of(ROWS))
    with torch.no_grad():
        other.forward_branch(TRAIN.images_N3SS[ROWS[:4]] / 255, 0)
        other.forward_branch(TRAIN.images_N3SS[ROWS[4:]] / 255, 1)
    for (name, buffer), (_, expected) in zip(model.named_buffers(), other.named_buffers(), strict=True):
        assert torch.equal(buffer, expected), name


def test_the_accuracies_of_each_branch_alone() -> None:
    loss, model, run = loss_of("bbn"), network("bbn").eval(), finished()
    _disturb(model)
    maps = model.forward_features(run.val.images_N3SS / 255).mean(dim=(2, 3))
    width = maps.shape[1] // 2
    found = loss.findings(model, run)["branches"]
    for name, part in (("conventional", slice(None, width)), ("rebalancing", slice(width, None))):
        guesses = F.linear(2 * maps[:, part], model.head.classifier.weight[:, part], model.head.classifier.bias).argmax(1)
        right = [guess == target for guess, target in zip(guesses.tolist(), run.val.targets_N.tolist(), strict=True)]
        each = [[r for r, t in zip(right, run.val.targets_N.tolist(), strict=True) if t == name] for name in range(3)]
        assert found[name] == {
            "accuracy": round(sum(right) / len(right), 6),
            "mean_accuracy": round(sum(sum(own) / len(own) for own in each) / 3, 6),
        }


def _disturb(model: torch.nn.Module) -> None:
    """Makes the branches differ, as training does, and the logits large."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".branches.1." in name:
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
        model.head.classifier.weight.mul_(20)


def test_early_stopping_and_the_choice_of_the_epoch_wait_for_the_rebalancing_branch(tmp_path: Path) -> None:
    """With a patience of one epoch and a rate at which nothing is learned, a training would end at once."""
    train = {"epochs": 10, "patience": 1, "lr": 1e-9, "monitor": "val_macro_f1"}
    config = model_config(loss={"name": "bbn"}, train=train, **METHODS["bbn"])
    torch.manual_seed(config.seed)
    fitted = fit(build_model(config), TRAIN, face_set(9, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert len(fitted.curves) >= 9 and fitted.best["epoch"] >= 9
    assert [row["conventional_share"] for row in fitted.curves] == pytest.approx(
        [conventional_share(epoch, 10) for epoch in range(1, len(fitted.curves) + 1)]
    )
