"""The base class of all sections of params.yaml: frozen, strict about types, and without unknown keys."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
ABOVE = "__above"


class Section(BaseModel):
    """A section of params.yaml; a field's description says what its value means and in which unit it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


def only_if(**conditions: str | float) -> dict[str, Any]:
    """Marks a field that is read only if another field of its section has this value or, written as FIELD__above, exceeds it."""
    return {"only_if": conditions}
