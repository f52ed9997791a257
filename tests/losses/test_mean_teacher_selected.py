"""The mean teacher against plain loops: selection within the classes, the loss, the schedules and the moving average."""

import math

import pytest
import torch
from torch import Tensor

from mien.losses.mean_teacher_selected import selected
from tests.losses.stepping import TRAIN, batch_of, loss_of, network

ROWS = [3, 7, 1, 12, 20, 5, 9, 16, 0, 6]


def log_softmax(logits: list[float]) -> list[float]:
    total = math.log(sum(map(math.exp, logits)))
    return [each - total for each in logits]


def kept_by_hand(logits: list[list[float]], labels: list[int], share: float) -> list[int]:
    kept = []
    for name in set(labels):
        own = [place for place, label in enumerate(labels) if label == name]
        own.sort(key=lambda place: (-log_softmax(logits[place])[name], place))
        kept += own[: max(1, math.floor(share * len(own) + 0.5))]
    return sorted(kept)


@pytest.mark.parametrize("share", [1.0, 0.9, 0.8, 0.5, 0.1])
def test_each_class_keeps_its_share_of_the_smallest_losses(share: float) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(30):
        num = int(torch.randint(1, 40, (), generator=generator))
        logits = 3 * torch.randn(num, 4, dtype=torch.float64, generator=generator)
        targets = torch.randint(4, (num,), generator=generator)
        assert selected(logits, targets, share=share).tolist() == kept_by_hand(logits.tolist(), targets.tolist(), share)


def test_a_rare_class_is_not_dropped_for_being_rare() -> None:
    """Whose losses are the largest: a selection over the batch would drop all of it."""
    targets = torch.tensor([0] * 16 + [1] * 4)
    logits = torch.tensor([[5.0, -5.0]]).repeat(20, 1)
    kept = selected(logits, targets, share=0.8)
    assert (targets[kept] == 1).sum() == 3 and (targets[kept] == 0).sum() == 13
    assert selected(logits, torch.tensor([0] * 19 + [1]), share=0.5)[-1] == 19, "at least one"


@pytest.mark.parametrize("epoch", [1, 5, 30])
def test_the_loss_is_the_formula(epoch: int) -> None:
    loss = loss_of("mean_teacher_selected", dropped_share=0.4, dropped_after=5, agreement_weight=3.0, agreement_after=0.5)
    model, other = network("mean_teacher_selected").eval(), network("mean_teacher_selected", seed=9).eval()
    loss.prepare(other, TRAIN.targets_N)
    views = iter((0.0, 0.4))

    def augmented(images: Tensor) -> Tensor:
        return images / 255 + next(views)

    with torch.no_grad():
        students = model(TRAIN.images_N3SS[ROWS] / 255).tolist()
        teachers = other(TRAIN.images_N3SS[ROWS] / 255 + 0.4).tolist()
    labels = TRAIN.targets_N[ROWS].tolist()
    kept = kept_by_hand(teachers, labels, 1 - 0.4 * min(1, epoch / 5))
    classification = -sum(log_softmax(students[place])[labels[place]] for place in kept) / len(kept)
    apart = [
        (math.exp(a) - math.exp(b)) ** 2
        for one, two in zip(students, teachers, strict=True)
        for a, b in zip(log_softmax(one), log_softmax(two), strict=True)
    ]
    weight = 3.0 * math.exp(-5 * (1 - min(1, epoch / 15)) ** 2)
    expected = classification + weight * sum(apart) / len(apart)
    found = loss.step(model, batch_of(ROWS, epoch=epoch, epochs=30, augmented=augmented))
    assert float(found.loss) == pytest.approx(expected, rel=1e-5)
    assert loss.epoch_figures() == {"selected": len(kept) / len(ROWS)} and loss.epoch_figures() == {"selected": 0.0}


def test_the_teacher_is_the_moving_average_of_the_student() -> None:
    loss, model = loss_of("mean_teacher_selected", teacher_decay=0.7), network("mean_teacher_selected")
    loss.prepare(model, TRAIN.targets_N)
    expected = {name: parameter.detach().double().clone() for name, parameter in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(1, 6):
        loss.step(model, batch_of(ROWS)).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.after_step(model)
        decay = min(0.7, 1 - 1 / (step + 1))
        for name, parameter in model.named_parameters():
            expected[name] = decay * expected[name] + (1 - decay) * parameter.detach().double()
    for name, parameter in loss.teacher.named_parameters():
        torch.testing.assert_close(parameter.double(), expected[name], rtol=1e-5, atol=1e-6)
        assert parameter.grad is None and not parameter.requires_grad
    for own, students in zip(loss.teacher.buffers(), model.buffers(), strict=True):
        assert torch.equal(own, students)
    assert loss.judged(model) is loss.teacher and not loss.teacher.training


def test_the_state_is_the_teacher_and_the_number_of_steps() -> None:
    loss, other, model = loss_of("mean_teacher_selected"), loss_of("mean_teacher_selected"), network("mean_teacher_selected")
    loss.prepare(model, TRAIN.targets_N)
    loss.after_step(network("mean_teacher_selected", seed=3))
    other.prepare(model, TRAIN.targets_N)
    other.load_state_dict(loss.state_dict())
    assert int(other.num_steps) == 1
    for own, expected in zip(other.teacher.state_dict().values(), loss.teacher.state_dict().values(), strict=True):
        assert torch.equal(own, expected)
