"""The experiment, code, parameters and data that a result comes from, as short fingerprints by which tracking finds runs."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.config.params import Params
from mien.core import paths

DATA_SECTIONS = {"seed", "ingest", "convert", "dedup", "labels", "faces", "split"}


@dataclass(frozen=True)
class Provenance:
    """The origin of results; fingerprints are the first 16 hex digits of a SHA-256."""

    experiment: str | None
    """DVC's name of the experiment; None under plain `dvc repro`"""
    revision: str
    """Git commit in hex; within an experiment, that of the baseline; empty outside Git"""
    params: str
    """fingerprint of the values in params.yaml (comments do not count), without `runtime`"""
    data: str
    """fingerprint of the split and of the parameters that made its images"""

    @property
    def key(self) -> str:
        """What distinguishes one experiment from another: DVC's name (none under plain `dvc repro`), revision and parameters."""
        return fingerprint([self.experiment, self.revision, self.params])

    @property
    def title(self) -> str:
        """A readable name."""
        return self.experiment or f"repro-{self.revision[:7] or 'no-git'}-{self.params[:7]}"


def provenance(params: Params) -> Provenance:
    """The provenance of the files that are in the current folder now. DVC sets the environment variables within an experiment."""
    values = params.model_dump(mode="json", by_alias=True)
    split = hashlib.sha256(paths.SPLITS.read_bytes()).hexdigest() if paths.SPLITS.is_file() else ""
    return Provenance(
        experiment=os.environ.get("DVC_EXP_NAME") or None,
        revision=os.environ.get("DVC_EXP_BASELINE_REV") or _git_revision(Path()),
        params=fingerprint({key: value for key, value in values.items() if key != "runtime"}),
        data=fingerprint([split, {key: value for key, value in values.items() if key in DATA_SECTIONS}]),
    )


def fingerprint(value: Any) -> str:
    """16 hex digits that are equal for equal JSON values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _git_revision(folder: Path) -> str:
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
