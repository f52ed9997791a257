"""SCN against plain loops: groups, rank term, relabelling."""

import math

import pytest
import torch
from torch import Tensor

from tests.losses.stepping import TRAIN, batch_of, finished, loss_of, network

ROWS = [3, 7, 1, 12, 20, 5, 9, 16, 2, 11]


def forward(model: torch.nn.Module, rows: list[int]) -> tuple[list[list[float]], list[float]]:
    """Weighted logits and importances by their formula, one image after the other; the network is in eval mode."""
    head = model.head
    logits, alphas = [], []
    for row in rows:
        features = model.forward_features(TRAIN.images_N3SS[row : row + 1] / 255).mean(dim=(2, 3))[0]
        alpha = 1 / (1 + math.exp(-float(head.importance.weight[0] @ features + head.importance.bias[0])))
        alphas.append(alpha)
        logits.append([alpha * float(w @ features + b) for w, b in zip(head.classifier.weight, head.classifier.bias, strict=True)])
    return logits, alphas


def probabilities(logits: list[float]) -> list[float]:
    total = sum(math.exp(each) for each in logits)
    return [math.exp(each) / total for each in logits]


def expected_loss(logits: list[list[float]], alphas: list[float], labels: list[int], *, beta: float, margin: float) -> tuple[float, float]:
    order = sorted(alphas, reverse=True)
    num_high = max(1, min(int(beta * len(order)), len(order) - 1))
    high, low = order[:num_high], order[num_high:]
    rank = max(0.0, margin - (sum(high) / len(high) - sum(low) / len(low)))
    return -sum(math.log(probabilities(z)[y]) for z, y in zip(logits, labels, strict=True)) / len(labels), rank


def settled(seed: int = 0) -> torch.nn.Module:
    """A network in eval mode, whose output for an image does not depend on others, with importances and guesses that differ."""
    model = network("scn", seed=seed).eval()
    with torch.no_grad():
        features = model.forward_features(TRAIN.images_N3SS / 255).mean(dim=(2, 3))
        for layer, size in ((model.head.importance, 1.0), (model.head.classifier, 3.0)):
            given = layer(features)
            scale = size / given.std(dim=0)
            layer.weight.mul_(scale[:, None])
            layer.bias.sub_(given.mean(dim=0)).mul_(scale)
    return model


@pytest.mark.parametrize("num", [2, 10])
@pytest.mark.parametrize("beta", [0.05, 0.7, 0.99])
@pytest.mark.parametrize(("form", "weight"), [("sum", 0.5), ("mixture", 0.5), ("mixture", 0.2)])
def test_the_loss_is_that_of_the_paper(num: int, beta: float, form: str, weight: float) -> None:
    model = settled()
    loss = loss_of("scn", high_share=beta, rank_margin=1.0, rank_form=form, rank_weight=weight)
    loss.prepare(model, TRAIN.targets_N)
    rows = ROWS[:num]
    logits, alphas = forward(model, rows)
    classification, rank = expected_loss(logits, alphas, [int(TRAIN.targets_N[row]) for row in rows], beta=beta, margin=1.0)
    expected = classification + rank if form == "sum" else weight * rank + (1 - weight) * classification
    assert rank > 0, "the test compares nothing"
    assert float(loss.step(model, batch_of(rows)).loss) == pytest.approx(expected, rel=1e-4)


def test_the_rank_term_pushes_the_groups_apart_and_ends_at_the_margin() -> None:
    loss = loss_of("scn", high_share=0.5, rank_margin=0.15)
    alpha = torch.tensor([0.50, 0.52, 0.48, 0.51], requires_grad=True)
    term = loss.rank_term(alpha, loss.high_group(alpha))
    term.backward()
    assert term.item() == pytest.approx(0.15 - (0.515 - 0.49), rel=1e-5)
    assert alpha.grad.tolist() == [0.5, -0.5, 0.5, -0.5], "descent raises the high group and lowers the low one"
    far = torch.tensor([0.9, 0.1, 0.8, 0.2])
    assert loss.rank_term(far, loss.high_group(far)) == 0


@pytest.mark.parametrize("which", ["low", "all", "none"])
@pytest.mark.parametrize("epoch", [4, 5, 9])
def test_labels_change_by_the_rule(which: str, epoch: int) -> None:
    model = settled()
    loss = loss_of("scn", relabel=which, relabel_margin=0.2, relabel_epoch=5, high_share=0.4)
    loss.prepare(model, TRAIN.targets_N)
    logits, alphas = forward(model, ROWS)
    labels = {row: int(TRAIN.targets_N[row]) for row in ROWS}
    high = set(sorted(range(len(ROWS)), key=lambda place: -alphas[place])[: int(0.4 * len(ROWS))])
    for place, row in enumerate(ROWS):
        p = probabilities(logits[place])
        if epoch >= 5 and (which == "all" or (which == "low" and place not in high)) and max(p) - p[labels[row]] > 0.2:
            labels[row] = p.index(max(p))
    before = loss.labels_M.clone()
    loss.step(model, batch_of(ROWS, epoch=epoch))
    assert loss.labels_M[ROWS].tolist() == list(labels.values())
    others = [row for row in range(len(TRAIN)) if row not in ROWS]
    assert torch.equal(loss.labels_M[others], before[others])
    changed = sum(int(loss.labels_M[row]) != int(TRAIN.targets_N[row]) for row in range(len(TRAIN)))
    assert changed > 0 or which == "none" or epoch == 4, "the test compares nothing"
    assert loss.epoch_figures()["relabelled_share"] == pytest.approx(changed / len(TRAIN))


def test_the_next_epoch_learns_the_changed_label_which_may_change_back() -> None:
    model = settled()
    loss = loss_of("scn", relabel="all", relabel_margin=0.0, relabel_epoch=1)
    loss.prepare(model, TRAIN.targets_N)
    loss.step(model, batch_of(ROWS))
    once = loss.labels_M.clone()
    logits, alphas = forward(model, ROWS)
    classification, rank = expected_loss(logits, alphas, once[ROWS].tolist(), beta=0.7, margin=0.15)
    found = loss.step(model, batch_of(ROWS, epoch=2))
    assert float(found.loss) == pytest.approx(classification + rank, rel=1e-4)
    assert torch.equal(found.counted[0].targets_N, TRAIN.targets_N[ROWS]), "accuracy counts the labels of the data set"
    other = settled(seed=5)
    loss.step(other, batch_of(ROWS, epoch=3))
    assert not torch.equal(loss.labels_M, once)


def test_an_image_drawn_twice_takes_the_last_change() -> None:
    model = settled()
    guesses = model(TRAIN.images_N3SS / 255).argmax(dim=1).tolist()
    first = guesses.index(guesses[0])
    second = next(row for row, guess in enumerate(guesses) if guess != guesses[0])
    neither = next(name for name in range(3) if name not in (guesses[first], guesses[second]))

    def views(images: Tensor) -> Tensor:  # of one image, which look like two
        return torch.stack([TRAIN.images_N3SS[first], TRAIN.images_N3SS[second]]) / 255 + 0 * images.sum()

    loss = loss_of("scn", relabel="all", relabel_margin=0.0, relabel_epoch=1)
    loss.prepare(model, torch.full_like(TRAIN.targets_N, neither))
    loss.step(model, batch_of([4, 4], augmented=views))
    assert loss.labels_M[4] == guesses[second]


def test_the_state_is_the_labels() -> None:
    loss, other = loss_of("scn"), loss_of("scn")
    for each in (loss, other):
        each.prepare(network("scn"), TRAIN.targets_N)
    loss.labels_M[5] = 2 - loss.labels_M[5]
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.labels_M, loss.labels_M)
    assert not list(loss.buffers()), "a moving average of the weights must not average labels"


def test_the_list_names_each_changed_image() -> None:
    loss, model = loss_of("scn"), network("scn")
    loss.prepare(model, TRAIN.targets_N)
    loss.labels_M[4], loss.labels_M[8] = 0, 0
    assert loss.findings(model, finished()) == {
        "relabelled": 2,
        "share_at_the_end": round(2 / 24, 6),
        "images": [{"row": 4, "label": "happy", "used": "angry"}, {"row": 8, "label": "sad", "used": "angry"}],
    }
