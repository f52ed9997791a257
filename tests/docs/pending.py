"""Names that docs/papers.md uses before they are in this repository: presets, studies, models and parameters of work under way.

Commands that use one of them are not checked. Remove a name when it is merged; a test fails as long as one is here that exists.
"""

PENDING = frozenset(
    {
        "fer2013_papers",  # preset
        "ferplus_methods",  # study
        "scn",  # models of the preset all
        "rul",
        "bbn",
        "mean_teacher_selected",
        "efficientnet_b0_pointwise",
        "explain.epochs",  # parameter
    }
)


def is_pending(command: str) -> bool:
    """Whether a command uses one of the names: as a word, after an @, or as a parameter that it sets."""
    words = {part for word in command.replace("'", " ").split() for part in (word, word.split("=")[0], word.rpartition("@")[2])}
    return not PENDING.isdisjoint(words)
