"""The section `report`: how the run is reported to others."""

from typing import Literal

from pydantic import Field

from mien.config.sections.base import Section


class ReportParams(Section):
    """How the run is presented to others."""

    names: Literal["original", "hashed"] = Field(
        "hashed",
        description="how files are named in metrics/ and in MLflow, which are meant to be shared: hashed shows the first 12 digits of the "
        "SHA-256 of the content, which `mien where` resolves on your machine, and instead of the source its kind and a digest",
    )
