"""Names that docs/papers.md uses before they are in this repository: presets, studies, models and parameters of work under way.

Commands that use one of them are not checked. Remove a name when it is merged; a test fails as long as one is here that exists.
"""

import re
from pathlib import PurePath

PENDING = frozenset(
    {
        "fer2013_papers",  # preset
        "ferplus_methods",  # preset in experiments/
        "imbalance_sample",  # study
        "efficientnet_b0_pointwise",  # model of the preset all
        "explain.epochs",  # parameter
    }
)


def is_pending(command: str) -> bool:
    """Whether a command uses one of the names: as a word, after an @, as a file, or as a parameter that it sets, also of one model."""
    used = set()
    for word in command.replace("'", " ").split():
        key = word.split("=")[0]
        used |= {word, key, re.sub(r"^models\.[^.]+\.", "", key), word.rpartition("@")[2], PurePath(word).stem}
    return not PENDING.isdisjoint(used)
