"""The section `runtime`: where things run."""

from typing import Literal

from pydantic import Field, NonNegativeInt

from mien.config.sections.base import Section


class RuntimeParams(Section):
    """Where things run; tracked by no stage, because it must not change results."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto takes the accelerator if there is one")
    workers: NonNegativeInt = Field(0, description="processes of the data stages; 0 is one per core")
