"""RUL against plain loops: the mixed features, the loss, and which way the uncertainty learns."""

import math

import pytest
import torch

from mien.losses.rul import mixed
from tests.losses.stepping import TRAIN, batch_of, finished, loss_of, network

ROWS = [3, 7, 1, 12, 20, 5, 9, 16]


def test_the_loss_is_that_of_the_paper() -> None:
    loss, model = loss_of("rul"), network("rul").eval()
    maps = model.forward_features(TRAIN.images_N3SS[ROWS] / 255)
    means, logs = model.head.mean(maps).tolist(), model.head.log_variance(maps).tolist()
    uncertain = [sum(math.exp(value) for value in row) / len(row) for row in logs]
    order = torch.randperm(len(ROWS), generator=torch.Generator().manual_seed(4)).tolist()
    weights, biases = model.head.classifier.weight.tolist(), model.head.classifier.bias.tolist()
    total = 0.0
    for i, j in enumerate(order):
        both = uncertain[i] + uncertain[j]
        features = [(uncertain[i] * a + uncertain[j] * b) / both for a, b in zip(means[i], means[j], strict=True)]
        logits = [sum(w * f for w, f in zip(row, features, strict=True)) + bias for row, bias in zip(weights, biases, strict=True)]
        log_total = math.log(sum(math.exp(each) for each in logits))
        total += sum((log_total - logits[int(TRAIN.targets_N[ROWS[place]])]) / 2 for place in (i, j))
    found = loss.step(model, batch_of(ROWS, seed=4))
    assert float(found.loss) == pytest.approx(total / len(ROWS), rel=1e-5)
    assert torch.equal(found.counted[0].targets_N, TRAIN.targets_N[ROWS])


def test_the_uncertainty_of_the_image_that_is_harder_to_recognise_grows() -> None:
    """Two images with the labels 0 and 1; the first is recognised, the second looks like the first class, too."""
    features = torch.tensor([[4.0, 0.0], [3.0, 0.5]])
    uncertainty = torch.ones(2, 1, requires_grad=True)
    logits = mixed(features, uncertainty, torch.tensor([1, 0]))
    targets = torch.tensor([0, 1])
    loss = sum(torch.nn.functional.cross_entropy(logits, labels) for labels in (targets, targets.flip(0))) / 2
    loss.backward()
    assert uncertainty.grad[1] < 0 < uncertainty.grad[0], "descent raises that of the hard one"


def test_a_fixed_point_of_the_permutation_is_cross_entropy_of_the_image() -> None:
    features, uncertainty = torch.randn(3, 4), torch.rand(3, 1) + 0.1
    torch.testing.assert_close(mixed(features, uncertainty, torch.arange(3)), features)


def test_predictions_use_the_features_alone() -> None:
    model = network("rul").eval()
    images = TRAIN.images_N3SS[:4] / 255
    before = model(images)
    with torch.no_grad():
        for parameter in model.head.log_variance.parameters():
            parameter.mul_(7)
    torch.testing.assert_close(model(images), before)
    maps = model.forward_features(images)
    torch.testing.assert_close(before, model.head.mean(maps) @ model.head.classifier.weight.T + model.head.classifier.bias)


def test_no_uncertainty_overflows() -> None:
    head = network("rul").eval().head
    with torch.no_grad():
        head.log_variance[3].weight.fill_(1e4)
    found = head.uncertainty(torch.rand(2, *_map_shape(head)))
    assert found.shape == (2, 1) and found.isfinite().all() and (found > 0).all()


def _map_shape(head: torch.nn.Module) -> tuple[int, int, int]:
    channels = head.mean[0].num_features
    side = int((head.mean[3].in_features / channels) ** 0.5)
    return channels, side, side


def test_the_list_begins_with_the_most_uncertain_image() -> None:
    loss, model = loss_of("rul"), network("rul").eval()
    found = loss.findings(model, finished())
    values = [entry["uncertainty"] for entry in found["images"]]
    assert sorted(entry["row"] for entry in found["images"]) == list(range(24)) and values == sorted(values, reverse=True)
    uncertain = model.head.uncertainty(model.forward_features(TRAIN.images_N3SS / 255))
    assert found["images"][0]["row"] == int(uncertain.argmax())
    assert found["mean_uncertainty"] == pytest.approx(float(uncertain.mean()), abs=1e-5)
