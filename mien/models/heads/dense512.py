"""Global average pool → Linear 512 → ReLU → Dropout → Linear."""

from functools import partial

from mien.models.heads._dense import DenseHead

PARAMETERS = ()
CLASS_MAPS = False
HEAD = partial(DenseHead, hidden=512)
