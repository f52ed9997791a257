"""The section `ingest`: which files are read, and where their labels and subjects come from."""

import re
from collections.abc import Iterator
from typing import Self

from pydantic import Field, PositiveInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Section


class IngestParams(Section):
    source: str = Field(
        "data/sample.zip", min_length=1, description="folder, .zip, .tar(.gz), or FER2013 pixel .csv; absolute if outside the repository"
    )
    metadata: str = Field(
        "metadata.csv",
        min_length=1,
        description="CSV with the column path and any others, of which subject says who is in a file and label what its label is; "
        "only the header line for none",
    )
    label: str = Field(
        "",
        description="regular expression (Python's) searched in each path within the source, whose group (?P<label>...) is the label, "
        "a class or alias, in place of the folder's; ingest.metadata goes before it; empty for none",
    )
    subject: str = Field(
        "",
        description="regular expression (Python's) searched in each path within the source, whose group (?P<subject>...) is the subject "
        "where ingest.metadata gives none; empty for none",
    )

    max_file_mb: PositiveInt = Field(
        160,
        le=1024,
        description="larger files are rejected unread, 2^20 bytes; ingest needs about three times as much memory as the largest file",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        for group, pattern in (("label", self.label), ("subject", self.subject)):
            try:
                groups = re.compile(pattern).groupindex
            except (re.error, OverflowError, RecursionError) as error:
                yield group, f"must be a regular expression with a group (?P<{group}>...), or empty: {error}", pattern
                continue
            if pattern and group not in groups:
                yield group, f"must have a group (?P<{group}>...), or be empty", pattern
