"""The section `exports`: networks in ONNX files that are tested like the models they are made from."""

from typing import Literal

from pydantic import Field

from mien.config.sections.base import Section


class ExportParams(Section):
    model: str = Field(description="name of the model that is exported; of several seeds the first")
    precision: Literal["fp32", "fp16", "int8"] = Field(
        description="fp32 stores and computes in single precision; fp16 stores the weights in half precision; int8 computes with 8 bits, "
        "whose ranges are measured on training images"
    )
