"""Limits how much an archive may unpack to: photographs hardly compress, whereas a decompression bomb expands a thousandfold."""

from dataclasses import dataclass

FREE_BYTES = 2**30
MAX_RATIO = 100


class UnpacksTooLarge(Exception):
    """A file exceeds the limit. The text is the reason for the row of that file."""


@dataclass
class Allowance:
    """The number of bytes that may still be unpacked from one archive on disk, including the archives within it."""

    left_bytes: int

    @classmethod
    def of(cls, size_bytes: int) -> "Allowance":
        """The allowance of an archive of `size_bytes`: a hundred times its size, plus 1 GiB for small harmless archives (blank bitmaps)."""
        return cls(FREE_BYTES + MAX_RATIO * size_bytes)

    def take(self, num_bytes: int) -> None:
        """Subtracts `num_bytes`. Raises UnpacksTooLarge, and subtracts nothing, if fewer bytes are left."""
        if num_bytes > self.left_bytes:
            raise UnpacksTooLarge(
                f"too large: its archive unpacks to more than {MAX_RATIO} times its size; unpack it yourself if you trust it"
            )
        self.left_bytes -= num_bytes
