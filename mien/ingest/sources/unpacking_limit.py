"""How much an archive may unpack to: photographs hardly compress, decompression bombs do so a thousand times over."""

from dataclasses import dataclass

FREE_BYTES = 2**30
MAX_RATIO = 100


class UnpacksTooLarge(Exception):
    """The text is the reason for the row of the file that went beyond."""


@dataclass
class Allowance:
    """What may still be unpacked from one archive on disk, archives within it included."""

    left_bytes: int

    @classmethod
    def of(cls, size_bytes: int) -> "Allowance":
        """For an archive of `size_bytes`: a hundred times as much, and 1 GiB on top for small ones that are honest (blank bitmaps)."""
        return cls(FREE_BYTES + MAX_RATIO * size_bytes)

    def take(self, num_bytes: int) -> None:
        """Raises UnpacksTooLarge if that is more than is left, which then stays as it is."""
        if num_bytes > self.left_bytes:
            raise UnpacksTooLarge(
                f"too large: its archive unpacks to more than {MAX_RATIO} times its size; unpack it yourself if you trust it"
            )
        self.left_bytes -= num_bytes
