"""The section `report`: how the run is reported to others."""

from typing import Literal

from pydantic import Field

from mien.config.sections.base import Section


class ReportParams(Section):
    """How the run is told to others."""

    names: Literal["original", "hashed"] = Field(
        "hashed",
        description="how files are named in metrics/ and in MLflow, which are meant to be shared: hashed is the first 12 digits of the "
        "content's SHA-256, which `mien where` resolves at home, and the source is its kind and a digest",
    )
