"""Why a file's content gives no picture."""

REASONS = ("empty", "not_an_image", "unsupported", "truncated", "corrupt", "too_large", "decoder_crash")


class Undecodable(Exception):
    """`reason` is one of REASONS; `detail` says more, the same for the same bytes."""

    def __init__(self, reason: str, detail: str = "") -> None:
        assert reason in REASONS, reason
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail
