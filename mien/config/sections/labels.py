"""The section `labels`: the classes, their spellings, and what happens to files without a clear label."""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Names, Section
from mien.config.spelling import Spellings, fold


class LabelParams(Section):
    classes: Names = Field(
        ("angry", "fear", "happy", "sad", "surprise"), description="the canonical classes, in the order of the model's outputs"
    )
    aliases: Mapping[str, Names] = Field(
        default_factory=dict,
        description="other spellings of each class; case, spaces, punctuation and trailing numbers are ignored (mien/config/spelling.py)",
    )
    drop: Names = Field((), description="classes that are left out")
    corrections: str = Field(
        "corrections.csv",
        min_length=1,
        description="CSV with the columns sample_id and decision (a class, keep or drop) and any other columns; leave only "
        "the header if you have none",
    )
    on_unknown: Literal["quarantine", "refuse"] = Field(
        "quarantine", description="what happens to files whose label is neither a class nor an alias"
    )
    from_votes: Literal["majority", "distribution", "none"] = Field(
        "majority",
        description="how the votes of ingest.votes label an image: majority is the class with more than half of them (single votes left "
        "out); distribution also trains on the share of each class, and on images without a majority; none ignores votes",
    )
    on_conflict: Literal["quarantine", "majority"] = Field(
        "quarantine", description="what happens to copies of the same picture that have different labels"
    )
    near_copies: Literal["keep", "drop"] = Field(
        "keep",
        description="what happens to near and mirrored copies with the same label, which frames of one recording resemble: keep leaves all "
        "of them in one split, drop leaves one of them",
    )

    @property
    def kept(self) -> tuple[str, ...]:
        """The classes that a model learns, in order."""
        return tuple(name for name in self.classes if name not in self.drop)

    @property
    def spellings(self) -> Spellings:
        """Looks up the class of a spelling."""
        return Spellings(self.classes, self.aliases)

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if len(set(self.classes)) != len(self.classes):
            yield "classes", "must differ from one another", self.classes
        if len(set(self.kept)) < 2:
            yield "classes", "must name at least two classes that labels.drop does not leave out", self.classes
        for field, named in (("drop", self.drop), ("aliases", self.aliases)):
            if unknown := sorted(set(named) - set(self.classes)):
                clear = f"; `mien preset --set labels.{field}.{unknown[0]}=null` takes one out, --set 'labels.{field}={{}}' all"
                yield field, f"must name classes of labels.classes{clear if field == 'aliases' else ''}", unknown
        owner: dict[str, str] = {}
        for name in dict.fromkeys(self.classes):
            for spelling in (name, *self.aliases.get(name, ())):
                folded = fold(spelling)
                where = "classes" if spelling == name else f"aliases.{name}"
                if not folded:
                    yield where, "must hold a letter or digit", spelling
                elif owner.setdefault(folded, name) != name:
                    yield where, f"must not be claimed by two classes, {owner[folded]} and {name}", spelling
