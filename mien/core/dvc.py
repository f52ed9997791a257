"""DVC's command line, with the tools of this environment."""

import os
import sys
from pathlib import Path


def dvc_command(*arguments: str) -> list[str]:
    """The command that runs the DVC of this environment."""
    return [sys.executable, "-m", "dvc", *arguments]


def tools_first() -> dict[str, str]:
    """The environment with this environment's tools first in PATH, because DVC starts `dvc` and `python` by name."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
