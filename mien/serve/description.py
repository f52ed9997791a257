"""What OpenAPI says in words, and the forms of the requests and answers that FastAPI cannot read from annotations."""

from importlib.metadata import version as installed
from typing import Any

from mien.serve.refusing import STATUS
from mien.serve.schema import ErrorAnswer, Prediction

API = (
    "Expressions of faces in photographs, by a model that was trained with mien. Pictures are held in memory while they are answered, "
    "and are neither stored nor logged."
)
MODEL = "What the model is, how well it did on test images, and the limits of this server"
FACES = "which faces of a photograph are answered: the one that training would have chosen, or all"
MIN_ACCURACY = (
    "the accuracy that answers had on the model's validation images; less certain answers are unsure; 0 makes none unsure; "
    "without it the model's own"
)

EXPLAIN = "whether each face has the map of what decided its label; not every model has maps (see explains at /v1/model)"

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": {"type": "string", "format": "binary", "description": "one picture; any Content-Type is accepted"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "description": "one or more pictures; parts may have any name",
                }
            },
        },
    }
}

_PHRASES = {
    400: "The request is malformed",
    408: "The body did not arrive in time",
    413: "A limit on bytes, pixels or files is exceeded",
    415: "The file is not an image, or of a format that is not supported",
    422: "The image is damaged, crashes its decoder, or shows too many faces",
    503: "The server is busy; Retry-After says when to try again",
    504: "The answer took too long",
}


def version() -> str:
    """The installed version of mien."""
    return installed("mien")


def _errors() -> dict[int | str, dict[str, Any]]:
    reasons = {status: sorted(reason for reason, own in STATUS.items() if own == status) for status in _PHRASES}
    return {
        status: {"model": ErrorAnswer, "description": f"{phrase}. Reasons: {', '.join(reasons[status])}."}
        for status, phrase in _PHRASES.items()
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Prediction,
        "description": "An answer for each file. If the request has a single file and it cannot be answered, its error is the answer.",
    },
    **_errors(),
}
UNHEALTHY: dict[int | str, dict[str, Any]] = {503: {"model": ErrorAnswer, "description": "No process that reads pictures could be started"}}
METRICS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Metrics"}}
