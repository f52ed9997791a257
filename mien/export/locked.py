"""The part of dvc.lock that one model depends on, for a folder that travels without the rest of the repository."""

import io

from ruamel.yaml import YAML


def locked_of(text: str, model: str) -> str:
    """The text of a dvc.lock without the stages of other models, which a run of this one does not need."""
    yaml = YAML()
    document = yaml.load(text)
    if not document or not document.get("stages"):
        return text  # nothing was run yet
    for name in [name for name in document["stages"] if "@" in name and name.partition("@")[2] != model]:
        del document["stages"][name]
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()
