"""What one server accepts: the options of `mien serve`."""

from dataclasses import dataclass

MIB = 2**20
HELD_REQUESTS = 8
"""bodies of the largest size that may be in memory at once; smaller ones are many more"""


@dataclass(frozen=True)
class Limits:
    """Each limit has a status code of its own (mien.serve.refusing).

    Args:
        file_bytes: the largest file.
        request_bytes: the largest request, all of its files together.
        files: the most files of one request.
        megapixels: as convert.max_megapixels; a JPEG of up to four times this size is decoded at half its width and height.
        faces: the most faces of one file when all are asked for.
        requests: the most requests that are read or answered at once.
        time_s: within this time the body of a request must arrive, and within this time again its answer is ready or given up.
    """

    file_bytes: int = 20 * MIB
    request_bytes: int = 64 * MIB
    files: int = 16
    megapixels: float = 50.0
    faces: int = 64
    requests: int = 64
    time_s: float = 30.0

    @property
    def held_bytes(self) -> int:
        """The most bytes of bodies that are in memory at once."""
        return HELD_REQUESTS * self.request_bytes
