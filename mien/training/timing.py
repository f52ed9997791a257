"""How long a training took. The time is kept under .mien/, outside DVC, on the machine that trained."""

import json
from dataclasses import dataclass
from pathlib import Path

from mien.core import paths
from mien.core.files import read_json, write_json


@dataclass(frozen=True)
class Timing:
    """The duration of one training, without the time to load its data."""

    seconds: float
    resumed: bool
    """whether an interrupted training was resumed; the seconds before the interruption are not counted"""

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.seconds), 60)
        hours, minutes = divmod(minutes, 60)
        text = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        return f"over {text} (resumed)" if self.resumed else text


def write_timing(path: Path, seconds: float, *, resumed: bool, device: str) -> None:
    """Writes the time of one training; a time already on record is kept if that training was finished before the run was cut off."""
    if not (resumed and path.is_file()):
        write_json(path, {"seconds": seconds, "resumed": resumed, "device": device})


def read_timing(model: str) -> Timing | None:
    """The time of the training that made models/MODEL, or None if it is unknown, for example after `dvc pull`."""
    try:
        fingerprint = read_json(paths.model(model) / "model.json")["training"]["fingerprint"]
        found = read_json(paths.timing(model, fingerprint))
        return Timing(float(found["seconds"]), bool(found["resumed"]))
    except (OSError, json.JSONDecodeError, KeyError, TypeError):
        return None
