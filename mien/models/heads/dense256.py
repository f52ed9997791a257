"""Global average pool → Linear 256 → ReLU → Dropout → Linear."""

from functools import partial

from mien.models.heads._dense import DenseHead

PARAMETERS: dict[str, object] = {}
CLASS_MAPS = False
HEAD = partial(DenseHead, hidden=256)
