"""The section `ingest`: which files are read, and where their labels and subjects come from."""

import re
from collections.abc import Iterator
from typing import Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from mien.config.faults import Fault, refuse, suggestion
from mien.config.sections.base import Section
from mien.core import registry

LAYOUTS = "mien.ingest.layouts"


class IngestParams(Section):
    source: str = Field(
        "data/sample.zip",
        min_length=1,
        description="folder, .zip, .tar(.gz) or FER2013 pixel .csv; use an absolute path if it is outside the repository",
    )
    metadata: str = Field(
        "metadata.csv",
        min_length=1,
        description="CSV with a column path and any other columns; the column subject names the person, the column label gives the label; "
        "leave only the header if you have none",
    )
    votes: str = Field(
        "votes.csv",
        min_length=1,
        description="CSV with a column path (within the source, or the file name) and a column per label, also unknown and NF (no face), "
        "with the number of people who gave the image this label; a fer2013new.csv (FERPlus) in the source is read without it; leave only "
        "the header if you have none",
    )
    layout: str = Field(
        "",
        description="the published data set whose original files the source has (mien/ingest/layouts); its own lists or file names then "
        "give labels, splits, persons and boxes, as docs/data.md describes; `mien check` names the layout; ingest.metadata and "
        "ingest.label have precedence; empty means that folders give the labels",
    )
    label: str = Field(
        "",
        description="Python regular expression that is searched in each path of the source; its group (?P<label>...) is the label (a class "
        "or alias) and replaces the folder name; ingest.metadata has precedence; empty means that it is not used",
    )
    subject: str = Field(
        "",
        description="Python regular expression that is searched in each path of the source; its group (?P<subject>...) is the subject if "
        "ingest.metadata gives none; empty means that it is not used",
    )
    part: str = Field(
        "",
        description="Python regular expression that is searched in each path of the source; its group (?P<part>...) names the part of "
        "the test split that an image belongs to, and metrics are also reported for each part; a column part of ingest.metadata has "
        "precedence; empty means that it is not used",
    )
    skip: str = Field(
        "",
        description="Python regular expression that is searched in each path of the source; files in whose path it is found are left out; "
        "empty means that it is not used",
    )
    video_fps: NonNegativeFloat = Field(
        0.0,
        le=120,
        description="frames per second that are taken from each video file; the frames of a video are a clip, and need the extra video; 0 "
        "leaves video files out",
    )
    max_file_mb: PositiveInt = Field(
        160,
        le=1024,
        description="larger files are rejected without being read, in MiB; ingest needs about three times the memory of the largest file",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.layout and self.layout not in (layouts := registry.names(LAYOUTS)):
            yield "layout", f"must be empty or a layout; {suggestion(self.layout, layouts)}", self.layout
        try:
            re.compile(self.skip)
        except (re.error, OverflowError, RecursionError) as error:
            yield "skip", f"must be a regular expression, or empty: {error}", self.skip
        for group, pattern in (("label", self.label), ("subject", self.subject), ("part", self.part)):
            try:
                groups = re.compile(pattern).groupindex
            except (re.error, OverflowError, RecursionError) as error:
                yield group, f"must be a regular expression with a group (?P<{group}>...), or empty: {error}", pattern
                continue
            if pattern and group not in groups:
                yield group, f"must have a group (?P<{group}>...), or be empty", pattern
