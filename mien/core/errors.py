"""The exceptions that a user can see. Any other exception is a bug in mien.

MienError                 base of all errors below; a stage prints its text, without a traceback, and exits with code 2
├── ParamsError           params.yaml breaks a rule; one line per fault, all faults at once
├── SourceError           ingest.source is missing, empty, or of a kind that cannot be read
├── TableError            a table or image store is missing or does not match its schema
├── LabelError            a label is unknown (labels.on_unknown: refuse) or a class cannot be split (then TooFewImages)
├── ValidationFailed      a data expectation does not hold
├── WeightsError          pretrained weights are not available
├── TrainingError         a training run cannot start or continue
├── StorageError          a file cannot be written: the disk is full or read-only, or a limit is reached
├── WorkerError           a worker process was killed
├── PredictError          there is nothing to predict, or no model to predict with
├── ExportError           a model cannot be exported, or the exported file predicts something else
├── ServeError            the server of `mien serve` cannot start
├── ReproError            `mien repro` has no such target, or DVC cannot read the pipeline
├── StudyError            a file in experiments/ breaks a rule, or its runs cannot be queued or shown
└── TrackingError         `mien track` cannot write to MLflow; no stage raises this error

Stopped                   not an error: the process was asked to end (Ctrl-C, SIGTERM); see mien/core/stopping.py
"""

from collections.abc import Mapping


class MienError(Exception):
    """The text names the key, file or option, the rule it breaks, and the remedy."""


class ParamsError(MienError):
    """params.yaml breaks a rule."""


class SourceError(MienError):
    """ingest.source cannot be read as a set of photographs."""


class TableError(MienError):
    """A file that an earlier stage writes is missing or does not match its schema."""


class LabelError(MienError):
    """A label is unknown, or a class has too few images."""


class TooFewImages(LabelError):
    """Classes have too few images. `faults` contains the fault of each class, `subset` is the subset that lacks images, or None, and
    `otherwise` is another remedy, which begins with ', or'."""

    def __init__(self, faults: Mapping[str, str], *, subset: str | None = None, otherwise: str = "") -> None:
        super().__init__("\n".join([*faults.values(), f"add images, or drop the class with labels.drop{otherwise}"]))
        self.faults, self.subset, self.otherwise = dict(faults), subset, otherwise


class ValidationFailed(MienError):
    """The data breaks an expectation, so training must not start."""


class WeightsError(MienError):
    """Pretrained weights were requested but are not available."""


class TrainingError(MienError):
    """A training run cannot start or continue."""


class PredictError(MienError):
    """A source or a model cannot be used for predictions."""


class ExportError(MienError):
    """A model cannot be exported, the exported file would predict something else, or a file is not an export of mien."""


class ServeError(MienError):
    """A server cannot start: a package is missing, or its address cannot be taken."""


class ReproError(MienError):
    """A target is not in the pipeline, or DVC cannot read dvc.yaml."""


class StudyError(MienError):
    """A study file breaks a rule, or its runs cannot be queued or shown."""


class TrackingError(MienError):
    """MLflow cannot be written to."""


class StorageError(MienError):
    """A file cannot be written to the disk."""


class WorkerError(MienError):
    """A worker process was killed."""


class Stopped(BaseException):
    """The process was asked to end. It is not an Exception, so that no handler treats it as a recoverable error, and not a
    KeyboardInterrupt, which Typer and Lightning each turn into an exit with code 1.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
