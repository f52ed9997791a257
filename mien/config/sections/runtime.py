"""The section `runtime`: the hardware that the stages use."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from mien.config.sections.base import Section


class RuntimeParams(Section):
    """On which hardware the stages run. No stage tracks these parameters, because they do not change results."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto uses a GPU if there is one")
    workers: NonNegativeInt = Field(0, description="number of processes of the data stages and of `doubts`; 0 means one per core")
    memory_gb: NonNegativeFloat = Field(
        0.0,
        description="memory for decoded faces on each machine, in GB; sets that need more are decoded while they are used, which gives the "
        "same results; 0 means half of the memory that is available",
    )
    executor: Literal["local", "ray"] = Field(
        "local", description="where these processes run: here, or on the Ray cluster at RAY_ADDRESS (not set: a Ray on this machine)"
    )
    devices: PositiveInt = Field(
        1, le=1024, description="number of processes on each machine that train one model together: one per GPU, or parts of the cores"
    )
    num_nodes: PositiveInt = Field(
        1, le=4096, description="number of machines that train one model together; above 1, srun or torchrun must start the processes"
    )
