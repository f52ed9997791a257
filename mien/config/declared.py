"""The sections `loss` and `head` of params.yaml, which contain the parameters that the files of losses and heads declare.

A file's PARAMETERS maps each parameter that the loss or head reads to its `Declaration`, or to the name of another module of the same
folder (`_consistency`) that declares it for all that share it. PARAMETERS is a literal, so that it is read without importing torch.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from pydantic import Field, ValidationError, create_model

from mien.config.sections.base import Section
from mien.core import registry
from mien.core.errors import ParamsError

PACKAGES = {"loss": "mien.losses", "head": "mien.models.heads"}
"""The package whose files declare the parameters, by section."""


class Declaration(Section):
    """One parameter. Its type is the type of its default: Boolean, integer, float, or text that must be one of `choices`."""

    default: bool | int | float | str
    description: str = Field(min_length=1)
    """its meaning, with the unit"""
    ge: int | float | None = None
    gt: int | float | None = None
    le: int | float | None = None
    lt: int | float | None = None
    choices: tuple[str, ...] = ()
    only_if: Mapping[str, Any] = Field(default_factory=dict)
    """values of other parameters, or several of which one is enough; a loss or head that also reads those parameters reads this one only if
    they have these values"""

    def field(self) -> tuple[Any, Any]:
        """The type and the field for pydantic."""
        kind = Literal[self.choices] if self.choices else type(self.default)
        bounds = {key: bound for key in ("ge", "gt", "le", "lt") if (bound := getattr(self, key)) is not None}
        return kind, Field(self.default, description=self.description, **bounds)


@cache
def parameters(section: str, name: str) -> dict[str, Declaration]:
    """The parameters that the loss or head `name` reads, in the order of its file. Raises ParamsError if a declaration is invalid."""
    package = PACKAGES[section]
    found = {}
    for key, value in registry.constant(package, name, "PARAMETERS").items():
        shared = registry.constant(package, value, "PARAMETERS") if isinstance(value, str) else {}
        try:
            found[key] = Declaration.model_validate(shared.get(key) if isinstance(value, str) else value)
        except ValidationError as error:
            place = f"{package.replace('.', '/')}/{value if isinstance(value, str) else name}.py"
            fault = error.errors(include_url=False)[0]
            where = ".".join(["PARAMETERS", key, *(str(part) for part in fault["loc"])])
            raise ParamsError(f"{place}: {where} must be declared as mien/config/declared.py says: {fault['msg']}") from None
    return found


@cache
def section_of(section: str) -> type[Section]:
    """The schema of the section: every parameter that any loss or head declares.

    Raises ParamsError if a declaration is invalid, or if two files declare a parameter differently.
    """
    every: dict[str, Declaration] = {}
    for name in registry.names(PACKAGES[section]):
        for key, declaration in parameters(section, name).items():
            if every.setdefault(key, declaration).model_dump_json() != declaration.model_dump_json():  # == treats 1 and 1.0 as equal
                first = next(other for other in registry.names(PACKAGES[section]) if key in parameters(section, other))
                raise ParamsError(
                    f"{section}.{key} is declared differently by {first} and {name} of {PACKAGES[section]}; "
                    "declare it alike, in one module that the other names, or give it another name"
                )
    fields: dict[str, Any] = {key: declaration.field() for key, declaration in every.items()}
    return create_model(f"{section.title()}Params", __base__=Section, **fields)


def readers(section: str, key: str) -> dict[str, Mapping[str, Any]]:
    """The losses or heads that read a parameter, each with the values that its other parameters must have for that."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in registry.names(PACKAGES[section]):
        declared = parameters(section, name)
        if key in declared:
            found[name] = {other: wanted for other, wanted in declared[key].only_if.items() if other in declared}
    return found


def values(section: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the loss or head `name` reads, from the given values (such as the section of params.yaml) or the defaults.

    Parameters that are not read are not written to data/configs, so changing them retrains nothing. Raises ValidationError if a given value
    breaks a rule, or if no loss or head declares it.
    """
    every = section_of(section).model_validate(dict(given)).model_dump()
    declared = parameters(section, name)
    return {
        key: every[key] for key in declared if all(_is_met(every[other], wanted) for other, wanted in readers(section, key)[name].items())
    }


def _is_met(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, tuple) else bool(value == wanted)
