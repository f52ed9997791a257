"""One training step and one validation pass, as a Lightning module. Shapes: N batch, K classes, S×S stored side."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from lightning.pytorch import LightningModule, seed_everything
from torch import Tensor, nn
from typing_extensions import override

from mien.augmentation import augment
from mien.config.model import ModelConfig
from mien.core import registry
from mien.core.errors import TrainingError
from mien.losses import validation_loss
from mien.losses._step import Batch as StepBatch
from mien.losses._step import Counted
from mien.losses._views import View
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.statistics import metrics
from mien.training.distillation import distilled, mix_with_taught
from mien.training.optimizers import build_optimizer
from mien.training.processes import ALONE, Processes
from mien.training.sam import Sam
from mien.training.samplers import random_stream
from mien.training.schedules import input_side
from mien.training.shares import Shares
from mien.training.steps import step_loss

Batch = tuple[Tensor, ...]
"""images and classes; for training on votes, then their shares, N×K; for training a student, then its teachers' probabilities, N×K; for a
loss that trains the network itself, then the rows of the images"""


class Views(NamedTuple):
    """What a forward pass and its loss need of a batch."""

    images: Tensor
    second: Tensor | None
    """the second views, if the loss takes two"""
    targets: Tensor
    """classes, N, or soft targets, N×K, of mixed images and of votes"""
    taught_NK: Tensor | None
    """probabilities of the teachers of a student"""


class ExpressionTraining(LightningModule):
    """One stage of a recipe. All randomness of an epoch is drawn from seed, stage and epoch, so a resumed training is the same."""

    def __init__(
        self,
        model: ExpressionModel,
        loss: nn.Module,
        config: ModelConfig,
        *,
        stage: int,
        lr: float,
        num_epochs: int = 1,
        processes: Processes = ALONE,
    ) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.config = config
        self.stage = stage
        self.lr = lr
        self.num_epochs = num_epochs
        self._processes, self._shares = processes, Shares(processes)
        self._is_repeated = False
        self._to_repeat: tuple[Views, Tensor]
        """of the last batch, with the state of the random numbers before its forward pass; kept only for SAM"""
        self._method, self._num_steps = step_loss(loss), 0
        self._two_views = registry.constant("mien.losses", config.loss["name"], "TWO_VIEWS")
        self.figures: dict[str, float] = {}
        """The metrics of the last epoch: train_loss, train_accuracy, train_macro_f1, val_loss, val_accuracy, val_macro_f1,
        val_mean_accuracy.

        The training metrics are those of the epoch's batches: images as the sampler drew them and as they were augmented, each predicted
        with the weights that it then changed. For mixed images they count the label of the first image of each pair. train_loss contains
        the terms of the head and of the teachers; val_loss is the loss on the labels alone (mien.losses.validation_loss). A loss that
        trains the network itself adds figures of its own.
        """

    @override
    def configure_optimizers(self) -> torch.optim.Optimizer:
        optimizer, rho = build_optimizer(self.model, self.config.train, lr=self.lr), self.config.train.sam_rho
        return Sam(optimizer, rho=rho, again=self._same_batch_again) if rho else optimizer

    @contextmanager
    def _same_batch_again(self) -> Iterator[None]:
        """The context of SAM's second pass: the same views of the batch, the same dropout, and no change of statistics or metrics."""
        norms = [module for module in self.model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 0.0  # running statistics keep all of their value
        self._is_repeated = True
        try:
            yield
        finally:
            self._is_repeated = False
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum

    @override
    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        # As Lightning's own method, but that refuses fused optimisers under any autocast, although bf16 needs no unscaling.
        if gradient_clip_val:
            trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            nn.utils.clip_grad_norm_(trained, gradient_clip_val)

    @override
    def on_train_epoch_start(self) -> None:
        self._side_px = input_side(self.config.train, self.config.input_px, epoch=self.current_epoch, epochs=self.num_epochs)
        self._loss_sum = torch.zeros((), device=self.device)
        self._confusion_KK = torch.zeros((len(self.config.classes),) * 2, device=self.device, dtype=torch.float64)
        self._num_seen = 0
        self._num_steps = self.global_step

    @override
    def training_step(self, batch: Batch, step: int) -> Tensor:
        if step == 0 and not self._is_repeated:
            self._draw_anew()
        loss, counted = self._own_step(batch) if self._method else self._step(batch)
        to_backward, loss = self._shares.to_backward(loss, self.model.penalty())
        if not torch.isfinite(loss):
            raise self._diverged(f"step {step + 1}", loss)
        if not self._is_repeated:
            num = len(counted[0].targets_N)
            self._loss_sum += loss.detach() * num
            self._num_seen += num
            self._count(counted)
        return to_backward

    def _step(self, batch: Batch) -> tuple[Tensor, tuple[Counted, ...]]:
        """The loss of one view or of two, and the predictions to count."""
        if self._is_repeated:
            views, dropout_state = self._to_repeat
            torch.set_rng_state(dropout_state)
        else:
            views = self._drawn_views(batch)
            if self.config.train.sam_rho:
                self._to_repeat = views, torch.get_rng_state()
        images, second, targets, taught_NK = views
        loss, logits_NK = self._loss(images, targets) if second is None else self._loss_of_pair(images, second, targets)
        if taught_NK is not None:
            loss = distilled(loss, logits_NK, taught_NK, self.config.train)
        return loss, (Counted(logits_NK, batch[1]),)

    def _own_step(self, batch: Batch) -> tuple[Tensor, tuple[Counted, ...]]:
        """The same of a loss that trains the network itself."""
        assert self._method
        images_N3SS, targets_N, rows_N = batch
        given = StepBatch(
            images_N3SS, targets_N, rows_N, self.current_epoch + 1, self.num_epochs, generator=self._draws, augmented=self._augmented
        )
        return self._method.step(self.model, given)

    def _augmented(self, images_N3SS: Tensor) -> Tensor:
        # Autocast would round the sampling coordinates: bfloat16 stores those of a 96 px image to half a pixel only.
        with torch.autocast(self.device.type, enabled=False):
            return augment(self._input(images_N3SS, side_px=self._side_px), self.config.augment, generator=self._draws)

    @override
    def on_train_batch_end(self, outputs: Any, batch: Batch, step: int) -> None:
        if self._method and self.global_step != self._num_steps:  # not within accumulated batches
            self._num_steps = self.global_step
            self._method.after_step(self.model)

    @property
    def judged(self) -> ExpressionModel:
        """The network that is validated, and whose weights are kept."""
        return self._method.judged(self.model) if self._method else self.model

    @property
    def may_keep(self) -> bool:
        """Whether the weights of this epoch may be kept, and early stopping counts it."""
        return not self._method or self._method.may_keep(self.current_epoch + 1, self.num_epochs)

    def _count(self, counted: tuple[Counted, ...]) -> None:
        """Adds a batch to the confusion matrix of the epoch, whose counts are whole unless a method weights its predictions."""
        num_classes = len(self._confusion_KK)
        for logits_NK, targets_N, weight in counted:
            cells_N = targets_N * num_classes + logits_NK.argmax(dim=1)
            self._confusion_KK += weight * torch.bincount(cells_N, minlength=num_classes**2).view(num_classes, num_classes)

    def _drawn_views(self, batch: Batch) -> Views:
        """Augmented and mixed images, with targets that are mixed alike."""
        images_N3SS, targets_N, *more = batch
        taught_NK = more.pop() if self.config.teachers else None
        targets = more[0] if more else targets_N
        settings, num_classes = self.config.augment, len(self.config.classes)
        images = self._augmented(images_N3SS)
        with torch.autocast(self.device.type, enabled=False):
            images, targets, taught_NK = mix_with_taught(
                images, targets, taught_NK, settings, num_classes=num_classes, generator=self._draws
            )
            second = self.loss.second_view(images, generator=self._draws) if self._two_views else None  # type: ignore[operator]
        return Views(images, second, targets, taught_NK)

    def _loss(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the loss on the targets and the logits, N×K."""
        logits_NK = self._logits(images)
        return self.loss(logits_NK, targets), logits_NK

    def _loss_of_pair(self, images: Tensor, second_view: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the loss of the images and their second views, and the logits of the images, N×K."""
        both = [images, second_view]
        if self.loss.joint_views:
            first, second = zip(*(part.chunk(2) for part in self._seen(torch.cat(both))), strict=True)
        else:
            first, second = (self._seen(view) for view in both)
        return self.loss.pair(View(*first), View(*second), targets), first[0]  # type: ignore[operator]

    def _logits(self, images: Tensor) -> Tensor:
        """Returns logits, N×K."""
        model = self.model if self.training else self.judged
        (logits_NK,) = self._shares.spread(lambda rows: (model(rows).float(),), images)
        return logits_NK

    def _seen(self, images: Tensor) -> tuple[Tensor, ...]:
        """Returns logits and class maps."""

        def see(rows: Tensor) -> tuple[Tensor, ...]:
            maps_NCHW = self.model.forward_features(rows)
            class_maps_NKHW = self.model.head.class_maps(maps_NCHW, detach=self.loss.detach_class_weights)  # type: ignore[operator]
            return self.model.head(maps_NCHW).float(), class_maps_NKHW

        return self._shares.spread(see, images)

    @override
    def on_validation_epoch_start(self) -> None:
        self._validated: list[Batch] = []

    @override
    def validation_step(self, batch: Batch, step: int) -> None:
        images_N3SS, targets_N, *_ = batch
        self._validated.append((self._logits(self._input(images_N3SS, side_px=self.config.input_px)), targets_N))

    @override
    def on_validation_epoch_end(self) -> None:
        # The loss is computed over all images at once: a mean over batches would depend on how the images are batched.
        logits_NK, targets_N = (torch.cat(parts) for parts in zip(*self._validated, strict=True))
        loss = validation_loss(self.loss, logits_NK, targets_N)
        if not torch.isfinite(loss):
            raise self._diverged("validation", loss)
        trained_KK = self._confusion_KK.cpu().numpy()
        confusion_KK = metrics.confusion_matrix(targets_N.cpu(), logits_NK.argmax(dim=1).cpu(), logits_NK.shape[1])
        validation = {
            "val_loss": float(loss),
            "val_accuracy": metrics.accuracy(confusion_KK),
            "val_macro_f1": metrics.macro_f1(confusion_KK),
            "val_mean_accuracy": metrics.mean_accuracy(confusion_KK),
        }
        figures = {
            "train_loss": float(self._loss_sum) / self._num_seen,
            "train_accuracy": metrics.accuracy(trained_KK),
            "train_macro_f1": metrics.macro_f1(trained_KK),
            **validation,
            **(self._method.epoch_figures() if self._method else {}),
        }
        self.figures = self._processes.shared(figures, device=self.device)
        for name in validation:
            self.log(name, self.figures[name], prog_bar=name in ("val_loss", self.config.train.monitor))

    def _draw_anew(self) -> None:
        # The seed is set right before the first step, because a resumed Trainer draws a different number of random numbers before it.
        stream = random_stream("step", seed=self.config.seed, stage=self.stage, epoch=self.current_epoch)
        seed_everything(int(stream.integers(2**32)), verbose=False)  # dropout and the like
        self._draws = torch.Generator().manual_seed(int(stream.integers(2**63)))

    def _input(self, images_N3SS: Tensor, *, side_px: int) -> Tensor:
        return to_input(images_N3SS, input_px=side_px, channels_last=True)

    def _diverged(self, where: str, loss: Tensor) -> TrainingError:
        name, knob = self.config.name, "fine_tune_lr" if self.stage > 1 else "lr"
        remedy = f"lower models.{name}.train.{knob} (now {self.lr:g})"
        if not self.config.train.clip_norm:
            remedy += f", set models.{name}.train.clip_norm to 1"
        if self.config.precision == "bf16":
            remedy += f", or set models.{name}.precision to fp32"
        epoch = f"epoch {self.current_epoch + 1}{f' of stage {self.stage}' if self.stage > 1 else ''}"
        return TrainingError(f"{name}: the loss is {loss.item()} at {epoch}, {where}; {remedy}")
