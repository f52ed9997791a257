"""Knowledge distillation against its formula, and that it changes nothing where it has no share of the loss."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import softmax

from mien.augmentation.mixing import mix
from mien.config import declared
from mien.config.model import ModelConfig
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams
from mien.core.errors import TableError
from mien.models.build import ExpressionModel, build_model
from mien.store.faces import FaceSet
from mien.store.tables import TEACHINGS, write_table
from mien.training import module
from mien.training.distillation import distilled, mean_probabilities, mix_with_taught, read_taught, taught_rows
from mien.training.fit import Fitted, fit
from tests.training.tiny import face_set, model_config

TRAIN, VAL = face_set(36, seed=0), face_set(18, seed=1)
TEACHERS = {"one": "big"}
PLAIN_LOSS = {"name": "cross_entropy", "class_weights": "none", "label_smoothing": 0.0}
MIXED = {"mixup": 0.4, "cutmix": 1.0}


def taught_for(faces: FaceSet, seed: int = 3) -> torch.Tensor:
    """Probabilities that have nothing to do with the labels."""
    return torch.softmax(torch.randn(len(faces), 3, generator=torch.Generator().manual_seed(seed)), dim=1)


def trained(config: ModelConfig, folder: Path, taught_NK: torch.Tensor | None = None) -> tuple[ExpressionModel, Fitted]:
    torch.manual_seed(config.seed)
    model = build_model(config)
    return model, fit(model, TRAIN, VAL, config=config, pretrained=False, checkpoints=folder, taught_NK=taught_NK)


def same(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True))


@pytest.mark.parametrize(("weight", "temperature"), [(0.3, 1.0), (0.5, 2.0), (0.9, 7.5)])
def test_the_loss_is_that_of_hinton_and_others(weight: float, temperature: float) -> None:
    """Written out in numpy, with two teachers, whose probabilities are averaged at the temperature."""
    rng = np.random.default_rng(0)
    student_NK, teachers_VNK = 3 * rng.normal(size=(5, 4)), 3 * rng.normal(size=(2, 5, 4))
    p = softmax(teachers_VNK / temperature, axis=2).mean(axis=0)
    q = softmax(student_NK / temperature, axis=1)
    expected = (1 - weight) * 1.25 + weight * temperature**2 * np.mean([sum(p[n] * np.log(p[n] / q[n])) for n in range(5)])
    logs_VNK = torch.log_softmax(torch.tensor(teachers_VNK), dim=2)
    taught_NK = mean_probabilities(logs_VNK, temperature=temperature)
    settings = TrainParams(distill_weight=weight, distill_temperature=temperature)
    found = distilled(torch.tensor(1.25), torch.tensor(student_NK).float(), taught_NK, settings)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_a_student_that_agrees_with_its_teacher_has_no_divergence() -> None:
    logits_NK = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    taught_NK = mean_probabilities(torch.log_softmax(logits_NK, dim=1)[None], temperature=3.0)
    settings = TrainParams(distill_weight=1.0, distill_temperature=3.0)
    assert float(distilled(torch.tensor(9.0), logits_NK, taught_NK, settings)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("augment", [{}, MIXED], ids=["alone", "mixed"])
def test_without_a_share_of_the_loss_it_is_the_training_without_a_teacher(augment: dict[str, float], tmp_path: Path) -> None:
    how: dict[str, Any] = {"augment": augment, "head": "max_pool_dense"}  # a head that adds terms of its own
    alone, curves = trained(model_config(train={"epochs": 2}, **how), tmp_path / "alone")
    config = model_config(train={"epochs": 2, "distill_weight": 0.0}, teachers=TEACHERS, **how)
    student, taught_curves = trained(config, tmp_path / "taught", taught_for(TRAIN))
    assert taught_curves == curves and same(alone, student)
    config = model_config(train={"epochs": 2, "distill_weight": 0.1}, teachers=TEACHERS, **how)
    assert not same(alone, trained(config, tmp_path / "more", taught_for(TRAIN))[0])


@pytest.mark.parametrize("augment", [{}, MIXED], ids=["alone", "mixed"])
def test_a_teacher_that_gives_the_labels_is_cross_entropy(augment: dict[str, float], tmp_path: Path) -> None:
    """All of the loss, at temperature 1: KL(y ‖ q) = -log q_y. Of mixed images it is less by the entropy of y, which moves no weight."""
    labels_NK = torch.nn.functional.one_hot(TRAIN.targets_N, 3).float()
    taught_NK = mean_probabilities(labels_NK.log()[None], temperature=1.0)
    assert torch.equal(taught_NK, labels_NK)
    alone, curves = trained(model_config(train={"epochs": 2}, loss=PLAIN_LOSS, augment=augment), tmp_path / "alone")
    settings = {"epochs": 2, "distill_weight": 1.0, "distill_temperature": 1.0}
    config = model_config(train=settings, loss=PLAIN_LOSS, augment=augment, teachers=TEACHERS)
    student, taught_curves = trained(config, tmp_path / "taught", taught_NK)
    for own, taught in zip(curves.curves, taught_curves.curves, strict=True):
        assert taught["val_loss"] == pytest.approx(own["val_loss"], rel=1e-3)
        assert augment or taught["train_loss"] == pytest.approx(own["train_loss"], rel=1e-4)
    for a, b in zip(alone.parameters(), student.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("settings", [{"mixup": 0.4}, {"cutmix": 1.0}])
@pytest.mark.parametrize("soft", [False, True])
def test_probabilities_are_mixed_like_the_targets(settings: dict[str, float], soft: bool) -> None:
    """If the teacher gives the labels, it gives those of the mixed images; images and targets are those that are mixed without it."""
    labels_NK = torch.nn.functional.one_hot(TRAIN.targets_N[:8], 3).float()
    images, targets = TRAIN.images_N3SS[:8] / 255, labels_NK if soft else TRAIN.targets_N[:8]
    how: dict[str, Any] = {"settings": AugmentParams(**settings), "num_classes": 3}
    expected = mix(images, targets, generator=torch.Generator().manual_seed(5), **how)
    *found, taught_NK = mix_with_taught(images, targets, labels_NK, generator=torch.Generator().manual_seed(5), **how)
    assert torch.equal(found[0], expected[0]) and torch.equal(found[1], expected[1])
    assert taught_NK is not None and torch.equal(taught_NK, found[1]) and not torch.equal(taught_NK, labels_NK)
    other_NK = taught_for(TRAIN)[:8]
    mixed_NK = mix_with_taught(images, targets, other_NK, generator=torch.Generator().manual_seed(5), **how)[2]
    share = ((found[1] - labels_NK.flip(0)) / (labels_NK - labels_NK.flip(0))).nanmean()
    torch.testing.assert_close(mixed_NK, share * other_NK + (1 - share) * other_NK.flip(0))


def test_the_terms_of_the_head_keep_their_strength(tmp_path: Path) -> None:
    none = {"hidden": 256, "batch_norm": True, "l1_weights": 0.0, "l2_weights": 0.0, "l1_bias": 0.0, "l1_activations": 0.0}
    losses: dict[float, list[float]] = {}
    for weight in (0.0, 1.0):
        for l2_weights in (0.0, 0.016):
            settings = {"epochs": 1, "batch_size": 36, "lr": 1e-9, "distill_weight": weight}
            head = {"head": "max_pool_dense", "head_params": none | {"l2_weights": l2_weights}}
            config = model_config(train=settings, teachers=TEACHERS, **head)
            fitted = trained(config, tmp_path / f"{weight}{l2_weights}", taught_for(TRAIN))[1]
            losses.setdefault(weight, []).append(fitted.curves[0]["train_loss"])
    gaps = [after - before for before, after in losses.values()]
    assert gaps[1] == pytest.approx(gaps[0], rel=1e-4) and gaps[0] > 0


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The logits and the teachers' probabilities of every forward pass of a student from now on."""
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def watch(own: torch.Tensor, logits_NK: torch.Tensor, taught_NK: torch.Tensor, settings: TrainParams) -> torch.Tensor:
        seen.append((logits_NK.detach().clone(), taught_NK.clone()))
        return distilled(own, logits_NK, taught_NK, settings)

    monkeypatch.setattr(module, "distilled", watch)
    return seen


def test_both_passes_of_sam_are_taught_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch)
    trained(model_config(train={"epochs": 1, "sam_rho": 0.05}, augment=MIXED, teachers=TEACHERS), tmp_path, taught_for(TRAIN))
    firsts, seconds = seen[::2], seen[1::2]
    assert len(firsts) == len(seconds) == 3
    for (logits, taught), (later, again) in zip(firsts, seconds, strict=True):
        assert torch.equal(taught, again) and not torch.equal(logits, later)


def test_each_image_has_the_probabilities_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever order the images are drawn in: here the probabilities say which image it is."""
    seen = watched(monkeypatch)
    batches: list[torch.Tensor] = []
    true_views = module.ExpressionTraining._drawn_views

    def watch(self: module.ExpressionTraining, batch: module.Batch) -> module.Views:
        batches.append(batch[0])
        return true_views(self, batch)

    monkeypatch.setattr(module.ExpressionTraining, "_drawn_views", watch)
    numbers = torch.arange(len(TRAIN)) / len(TRAIN)
    taught_NK = torch.stack([numbers, 1 - numbers, torch.zeros(len(TRAIN))], dim=1)
    trained(model_config(train={"epochs": 2, "sampler": "weighted"}, teachers=TEACHERS), tmp_path, taught_NK)
    assert len(seen) == len(batches) == 6
    for images, (_, taught) in zip(batches, seen, strict=True):
        places = (taught[:, 0] * len(TRAIN)).round().long()
        assert torch.equal(images, TRAIN.images_N3SS[places])


@pytest.mark.parametrize("joint_views", [True, False])
def test_of_two_views_the_first_is_compared(joint_views: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch)
    firsts: list[torch.Tensor] = []
    true_pair = module.ExpressionTraining._loss_of_pair

    def watch(self: module.ExpressionTraining, *views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        loss, logits = true_pair(self, *views)
        firsts.append(logits.detach().clone())
        return loss, logits

    monkeypatch.setattr(module.ExpressionTraining, "_loss_of_pair", watch)
    loss = {"name": "rebalanced", **declared.values("loss", "rebalanced", {"joint_views": joint_views})}
    trained(model_config(head="linear", loss=loss, train={"epochs": 1}, teachers=TEACHERS), tmp_path, taught_for(TRAIN))
    assert len(seen) == len(firsts) == 3
    assert all(torch.equal(logits, first) and logits.shape == taught.shape for (logits, taught), first in zip(seen, firsts, strict=True))


def test_validation_has_no_teacher(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 3, "distill_weight": 1.0}, teachers=TEACHERS)
    model, fitted = trained(config, tmp_path, taught_for(TRAIN))
    with torch.no_grad():
        logits_NK = model.eval()(VAL.images_N3SS / 255)
    own = torch.nn.functional.cross_entropy(logits_NK, VAL.targets_N)  # balanced classes: all weights are 1
    assert fitted.best["val_loss"] == pytest.approx(float(own), abs=1e-5)


def test_nothing_is_kept_of_a_batch_that_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping: list[bool] = []
    true_end = module.ExpressionTraining.on_validation_epoch_end

    def watch(self: module.ExpressionTraining) -> None:
        keeping.append(hasattr(self, "_to_repeat"))
        true_end(self)

    monkeypatch.setattr(module.ExpressionTraining, "on_validation_epoch_end", watch)
    for rho in (0.0, 0.05):
        trained(model_config(train={"epochs": 1, "sam_rho": rho}), tmp_path / str(rho))
    assert keeping == [False, True]


def test_tables_are_read_in_the_order_of_the_images(tmp_path: Path) -> None:
    rng, names = np.random.default_rng(0), ["a", "b", "c", "d"]
    logits_VNK = rng.normal(size=(2, 4, 3)).astype(np.float32)
    tables = [tmp_path / f"{place}.parquet" for place in range(2)]
    for path, logits_NK in zip(tables, logits_VNK, strict=True):
        rows = taught_rows(names, logits_NK)
        assert np.allclose([sum(np.exp(logs)) for logs in rows["log_probabilities"]], 1, atol=1e-6)
        write_table(path, rows.sample(frac=1, random_state=1), TEACHINGS)
    found = read_taught(tables, ("c", "a", "d", "b"), num_classes=3, temperature=2.0)
    np.testing.assert_allclose(found, softmax(logits_VNK / 2, axis=2).mean(axis=0)[[2, 0, 3, 1]], atol=1e-6)
    for others, num_classes in ((("a", "b", "c"), 3), (("a", "b", "c", "e"), 3), (("a", "b", "c", "d"), 4)):
        with pytest.raises(TableError, match="is not for the training images and classes of this run; delete it and run"):
            read_taught(tables, others, num_classes=num_classes, temperature=2.0)
    with pytest.raises(TableError, match="is missing"):
        read_taught([tmp_path / "gone.parquet"], names, num_classes=3, temperature=2.0)
