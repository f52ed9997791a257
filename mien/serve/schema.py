"""The JSON of the server: what OpenAPI describes and what is sent are the same classes."""

from pydantic import BaseModel, Field

from mien.predict.answer import Point, Tested


class Error(BaseModel):
    """Why there is no answer."""

    reason: str = Field(description="one word, such as not_an_image, truncated, too_large, busy")
    detail: str = Field(description="a sentence for people")


class ErrorAnswer(BaseModel):
    """The body of every answer whose status is not 200."""

    error: Error


class Box(BaseModel):
    """A face in the upright photograph, in its own pixels from its top left corner."""

    left: float = Field(description="pixels from the left edge")
    top: float = Field(description="pixels from the upper edge")
    right: float = Field(description="pixels from the left edge")
    bottom: float = Field(description="pixels from the upper edge")


class Corner(BaseModel):
    """A point of the upright photograph, in its own pixels; it may lie outside of it."""

    x: float = Field(description="pixels from the left edge")
    y: float = Field(description="pixels from the upper edge")


class FaceMap(BaseModel):
    """What decided an answer: which cells of the square that the network is given speak for its class (Grad-CAM)."""

    corners: list[Corner] = Field(description="of the square: upper left, upper right, lower right, lower left, as the network sees it")
    values: list[list[float]] = Field(description="rows of cells; the largest value is 1, and 0 says nothing for the class")


class FaceAnswer(BaseModel):
    """One face and its expression."""

    box: Box | None = Field(description="null if the whole image is taken as the face")
    score: float | None = Field(description="of the detector, from 0 to 1; null if the whole image is taken as the face")
    turn_deg: int = Field(description="the clockwise rotation after which the face is upright: 0, 90, 180 or 270")
    label: str = Field(description="the likeliest class")
    confidence: float = Field(description="its calibrated probability")
    unsure: bool | None = Field(description="whether the confidence is below the threshold; null if there is no threshold")
    probabilities: dict[str, float] = Field(description="the calibrated probability of each class; their sum is 1")
    map: FaceMap | None = Field(description="what decided the label; null unless explain is true")


class FileAnswer(BaseModel):
    """One file of a request, in the order of the request."""

    name: str | None = Field(description="the file's name as it was sent")
    status: int = Field(description="200, or the status that a request of this file alone has")
    width: int | None = Field(description="of the upright photograph, pixels")
    height: int | None = Field(description="of the upright photograph, pixels")
    faces: list[FaceAnswer] = Field(description="largest first; empty if no face was found")
    error: Error | None = Field(description="why this file has no answer; a photograph without a face has one, without faces")


class Prediction(BaseModel):
    """The answer to POST /v1/predict."""

    model: str = Field(description="its name")
    classes: list[str] = Field(description="in the order of the network's outputs")
    min_accuracy: float = Field(description="the accuracy on validation images that answers are to have; the others are unsure")
    threshold: float | None = Field(description="the confidence that reaches it; null if none does or if it is 0")
    files: list[FileAnswer] = Field(description="in the order of the request")


class LimitsAnswer(BaseModel):
    """What this server accepts."""

    file_bytes: int = Field(description="the largest file")
    request_bytes: int = Field(description="the largest request, all its files together")
    files: int = Field(description="the most files of a request")
    megapixels: float = Field(description="the largest picture, 10⁶ pixels; JPEGs up to four times as large are decoded at half their size")
    faces: int = Field(description="the most faces of a picture when all are asked for")
    requests: int = Field(description="the most requests that are read or answered at once")
    time_s: float = Field(description="seconds within which a request must arrive, and again within which it is answered")


class ModelAnswer(BaseModel):
    """The answer to GET /v1/model."""

    name: str
    classes: list[str] = Field(description="in the order of the network's outputs")
    size_px: int = Field(description="side of the squares that the network is given, pixels")
    explains: bool = Field(description="whether requests may set explain")
    detector: str = Field(description="mtcnn: faces are found first; none: each picture is taken as a face that is cropped already")
    min_accuracy: float = Field(description="what applies to requests that do not set it")
    threshold: float | None = Field(description="the confidence that reaches it on validation images")
    selective: list[Point] = Field(description="accuracy and coverage on validation images by threshold")
    test: Tested = Field(description="metrics on test images")
    licence: str = Field(description="of the weights; empty if it is not known")
    weights_sha256: str = Field(description="of the file of weights, hexadecimal")
    version: str = Field(description="of the mien that made the model")
    limits: LimitsAnswer = Field(description="what this server accepts")


class Health(BaseModel):
    """The answer to GET /healthz."""

    status: str = Field(description="ok")
