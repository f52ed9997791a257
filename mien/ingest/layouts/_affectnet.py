"""What the two layouts of AffectNet share (Mollahosseini, Hasani and Mahoor 2019, IEEE Transactions on Affective Computing 10,
arXiv:1708.03985): the codes, of which three are no expression, and the split that stands in for the test split.

The test split has not been released. Published results are those of the validation split, which therefore counts as test.
"""

LABELS = dict(enumerate(("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt", "none", "uncertain", "no face")))
NO_EXPRESSION = frozenset(("none", "uncertain", "no face"))


def reason(label: str) -> str:
    """Why an image without an expression is left out."""
    return f"no expression: {label} (AffectNet)"
