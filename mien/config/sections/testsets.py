"""The section `testsets`: further sources on which every trained model is tested."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from mien.config.sections.base import Names
from mien.config.sections.ingest import IngestParams


class ExternalSetParams(IngestParams):
    """A further source. It has the keys of `ingest`, and those in which it may differ from the main source."""

    source: str = Field(
        min_length=1, description="folder, archive or table, as in ingest.source; every model is tested on it, and none is trained on it"
    )
    use: Literal["all", "test"] = Field(
        "all", description="all uses every image; test uses only the official test split of the source, which stays whole"
    )
    metadata: str = Field("", description="CSV as in ingest.metadata; empty if there is none")
    votes: str = Field("", description="CSV as in ingest.votes; empty if there is none")
    aliases: Mapping[str, Names] = Field(
        default_factory=dict, description="spellings of the classes in this source, in addition to labels.aliases"
    )
    faces: Mapping[str, Any] = Field(default_factory=dict, description="values of parameters of faces that differ for this source")
