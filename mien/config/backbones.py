"""The names that a model's `backbone` may have, found without importing torch or timm, whose import takes seconds."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OWN = frozenset({"cnn"})
"""The names in mien.models.backbones.OWN."""


@cache
def names() -> frozenset[str]:
    """mien's own architectures and all that timm registers; timm's are read from its source files."""
    spec = find_spec("timm")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations))) / "models"
    pattern = re.compile(r"^@register_model\s+def (\w+)\(", re.MULTILINE)
    return OWN | frozenset(name for path in folder.glob("*.py") for name in pattern.findall(path.read_text(encoding="utf-8")))
