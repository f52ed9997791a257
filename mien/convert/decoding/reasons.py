"""The reasons why a file cannot be decoded to an image."""

REASONS = ("empty", "not_an_image", "unsupported", "truncated", "corrupt", "too_large", "decoder_crash")


class Undecodable(Exception):
    """A file cannot be decoded. `reason` is one of REASONS; `detail` describes the fault and is always the same for the same bytes."""

    def __init__(self, reason: str, detail: str = "") -> None:
        assert reason in REASONS, reason
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail
