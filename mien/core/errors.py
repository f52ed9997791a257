"""The exceptions a user can meet. Everything else that is raised is a defect of mien.

MienError                 any of the below; a stage prints its text, without a traceback, and exits with code 2
├── ParamsError           params.yaml breaks a rule; one line per fault, all faults at once
├── SourceError           ingest.source is missing, empty, or of a kind that cannot be read
├── TableError            a table or image store is missing or not as its schema says
├── LabelError            a label is unknown (labels.on_unknown: refuse) or a class cannot be split (then TooFewImages)
├── ValidationFailed      a data expectation does not hold
├── WeightsError          pretrained weights cannot be had
├── TrainingError         a training run cannot start or go on
├── StorageError          a disk refuses to take a file: it is full, read-only, or there is a limit
├── WorkerError           a worker process was killed
├── StudyError            a file in experiments/ breaks a rule, or its runs cannot be queued or shown
└── TrackingError         `mien track` cannot write to MLflow; no stage raises it

Stopped                   no error: the process was asked to end (Ctrl-C, SIGTERM); see mien/core/stopping.py
"""

from collections.abc import Mapping


class MienError(Exception):
    """The text names the key, file or option, the rule it breaks, and the remedy."""


class ParamsError(MienError):
    """params.yaml breaks a rule."""


class SourceError(MienError):
    """ingest.source cannot be read as a set of photographs."""


class TableError(MienError):
    """A file that an earlier stage writes is missing or is not as its schema says."""


class LabelError(MienError):
    """A label is unknown, or a class has too few images."""


class TooFewImages(LabelError):
    """Classes have too few images: `faults` holds what is wrong, by class, `subset` is the one that lacks them, or None, and `otherwise`
    is what helps beside images, from ', or'."""

    def __init__(self, faults: Mapping[str, str], *, subset: str | None = None, otherwise: str = "") -> None:
        super().__init__("\n".join([*faults.values(), f"add images, or drop the class with labels.drop{otherwise}"]))
        self.faults, self.subset, self.otherwise = dict(faults), subset, otherwise


class ValidationFailed(MienError):
    """The data breaks an expectation; training must not start on it."""


class WeightsError(MienError):
    """Pretrained weights were asked for and cannot be had."""


class TrainingError(MienError):
    """A training run cannot start or go on."""


class StudyError(MienError):
    """A study file breaks a rule, or its runs cannot be queued or shown."""


class TrackingError(MienError):
    """MLflow cannot be written to."""


class StorageError(MienError):
    """A disk refuses to take a file."""


class WorkerError(MienError):
    """A worker process was killed."""


class Stopped(BaseException):
    """The process was asked to end. No Exception, so that nobody takes it for a fault that can be dealt with; no KeyboardInterrupt either,
    of which Typer and Lightning each make an exit of their own with code 1.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
