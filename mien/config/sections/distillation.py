"""The section `distillation`: which model learns from which other one."""

from pydantic import Field

from mien.config.sections.base import Section


class TeachingParams(Section):
    student: str = Field(description="name of the model that also learns the teacher's probabilities; it may have several teachers")
    teacher: str = Field(description="name of another model, which is trained first")
