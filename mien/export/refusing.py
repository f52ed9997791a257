"""The error of a graph that does not compute what its model computes."""

from mien.core.errors import ExportError

REMEDY = "this is an error of mien or of a library, report it with the name of the backbone"


def refused(fault: str) -> ExportError:
    """The error that says so in one line."""
    return ExportError(f"nothing was written, because the exported graph does not predict what the model predicts: {fault}; {REMEDY}")
