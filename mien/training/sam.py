"""Sharpness-aware minimisation, SAM: a step with the gradient at the worst place nearby, around any other optimiser."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

TINY = 1e-12


class Sam(torch.optim.Optimizer):
    """SAM (Foret et al. 2021, arXiv:2010.01412, algorithm 1) with the Euclidean norm.

    g = ∇L(w),  w' = w + ρ g / ‖g‖,  and `base` steps from w with ∇L(w')

    ρ > 0 has the unit of the weights. L is the loss of one batch, so a step takes two forward and backward passes, and the batch must not
    be one of several whose gradients are accumulated. `again` is a context for the second pass, in which L must be the same function.
    Groups and state are those of `base`.
    """

    def __init__(self, base: torch.optim.Optimizer, *, rho: float, again: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(base.param_groups, dict(base.defaults))
        self.base, self.rho, self._again = base, rho, again
        self.param_groups = base.param_groups
        self.state = base.state

    @override
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; `closure` computes the loss of the batch and its gradients, and returns the loss."""
        assert closure is not None, "SAM computes the loss twice"
        loss = closure()
        given = [parameter for group in self.param_groups for parameter in group["params"] if parameter.grad is not None]
        before = [parameter.detach().clone() for parameter in given]
        self._move(given)
        with self._again():
            closure()
        with torch.no_grad():
            for parameter, value in zip(given, before, strict=True):
                parameter.copy_(value)
        self.base.step()
        return loss

    @torch.no_grad()
    def _move(self, parameters: list[Tensor]) -> None:
        gradients = [parameter.grad for parameter in parameters]
        norm = torch.nn.utils.get_total_norm(gradients)  # type: ignore[arg-type]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.add_(gradient * (self.rho / (norm + TINY)))  # type: ignore[operator]

    @override
    def state_dict(self) -> dict[str, Any]:
        return self.base.state_dict()

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.base.load_state_dict(state_dict)
        self.param_groups, self.state = self.base.param_groups, self.base.state
