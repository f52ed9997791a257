"""Why a request or one of its files has no answer, and the status code that says so."""

from mien.convert.decoding import REASONS

STATUS = {
    # of a file: the reasons of mien.convert.decoding, and two of the server
    "empty": 422,
    "not_an_image": 415,
    "unsupported": 415,
    "truncated": 422,
    "corrupt": 422,
    "too_large": 413,
    "decoder_crash": 422,
    "too_many_faces": 422,
    "time_is_up": 504,
    # of a request
    "bad_parameter": 400,
    "bad_body": 400,
    "no_file": 400,
    "body_too_slow": 408,
    "body_too_large": 413,
    "file_too_large": 413,
    "too_many_files": 413,
    "foreign_host": 421,
    "foreign_origin": 403,
    "busy": 503,
}
"""HTTP status code by reason"""
assert set(REASONS) <= set(STATUS)

RETRY_AFTER_S = 1


class Refusal(Exception):
    """A request is refused as a whole. `reason` is one of STATUS, `detail` says which rule it breaks and what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.status = reason, detail, STATUS[reason]
