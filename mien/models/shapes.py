"""Forward passes that are for shapes alone, on the meta device."""

from typing import Any

import torch.nn.functional as F
from torch.overrides import TorchFunctionMode


class ShapesOnly(TorchFunctionMode):
    """Within, a batch norm gives back its input, which has the shape, type and layout of its output.

    PyTorch computes the shapes of a batch norm in Python: most of the time of a pass through DenseNet-121, 0.18 s against 0.03 s.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """As the mode's base class says: called in place of `func`."""
        if func is F.batch_norm:
            return args[0] if args else kwargs["input"]
        return func(*args, **(kwargs or {}))
