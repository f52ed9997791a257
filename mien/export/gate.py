"""Proves an exported graph against the network it was made from; without the proof no file is written.

Shapes: N images, 3 colours, S×S side, K classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from tqdm import tqdm

from mien.core.errors import ExportError
from mien.export.graph import INPUT, OUTPUTS
from mien.export.refusing import refused
from mien.models.build import ExpressionModel
from mien.models.predict import predict_logits
from mien.predict.engine import FEATURES, MAPS

MAX_DIFFERENCE = 1e-4
"""Largest difference of a probability; also of a logit, as a share of the largest one (of at least 1)."""
TIE = 1e-6
"""Two classes whose probabilities differ by no more than this may swap places."""
BATCH_SIZES = (1, 2, 5, 16)

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Outputs:
    """What a network makes of N images."""

    logits_NK: Figures
    probabilities_NK: Figures
    """after the temperature"""


@dataclass(frozen=True)
class Agreement:
    """How far an exported graph predicts what torch predicts in single precision."""

    num_images: int
    same_class: float
    """share of the images with the same likeliest class"""
    mean_difference: float
    """of a probability"""
    max_difference: float


def torch_outputs(
    network: ExpressionModel, images_N3SS: NDArray[np.uint8], *, input_px: int, tta: str, temperature: float, progress: str | None = None
) -> Outputs:
    """What the pipeline's own prediction gives in single precision, whatever the precision of the training."""
    logits_NK = predict_logits(
        network, torch.from_numpy(images_N3SS), input_px=input_px, precision="fp32", device="cpu", tta=tta, progress=progress
    ).astype(np.float64)
    return Outputs(logits_NK, softmax(logits_NK / temperature, axis=1))


def graph_maps(graph: bytes, images_N3SS: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """The class maps that ONNX Runtime makes of the same images, N×K×h×w; None if the graph has none."""
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, _options(), providers=["CPUExecutionProvider"])
    if MAPS not in [each.name for each in session.get_outputs()]:
        return None
    return np.concatenate([session.run([MAPS], {INPUT: images_N3SS[batch]})[0] for batch in _batches(len(images_N3SS))])


def graph_outputs(graph: bytes, images_N3SS: NDArray[np.uint8], *, progress: str | None = None) -> Outputs:
    """What ONNX Runtime makes of the same images, in batches of several sizes in turn.

    Raises ExportError if the graph cannot be loaded, has other inputs or outputs than an exported model, or cannot run a batch.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(graph, _options(), providers=["CPUExecutionProvider"])
        _check_names(session)
        batches = _batches(len(images_N3SS))
        with tqdm(total=len(images_N3SS), desc=progress, unit="image", disable=progress is None) as bar:
            parts = []
            for batch in batches:
                parts.append(session.run([*OUTPUTS], {INPUT: images_N3SS[batch]}))
                bar.update(batch.stop - batch.start)
        logits_NK, probabilities_NK = (np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True))
    except ExportError:
        raise
    except Exception as error:  # ONNX Runtime raises classes of its own, without a common one
        raise refused(f"ONNX Runtime cannot run the graph ({' '.join(str(error).split())[:200]})") from error
    return Outputs(logits_NK, probabilities_NK)


def agreement(given: Outputs, expected: Outputs) -> Agreement:
    """The agreement of a graph with torch. Raises ExportError if an output is not finite or has another shape."""
    if given.probabilities_NK.shape != expected.probabilities_NK.shape or given.logits_NK.shape != expected.logits_NK.shape:
        raise refused(f"the outputs have the shape {given.logits_NK.shape}, not {expected.logits_NK.shape}")
    if not (np.isfinite(given.logits_NK).all() and np.isfinite(given.probabilities_NK).all()):
        raise refused("some outputs are not finite")
    differences_NK = np.abs(given.probabilities_NK - expected.probabilities_NK)
    return Agreement(
        num_images=len(differences_NK),
        same_class=float((given.probabilities_NK.argmax(axis=1) == expected.probabilities_NK.argmax(axis=1)).mean()),
        mean_difference=float(differences_NK.mean()),
        max_difference=float(differences_NK.max()),
    )


def prove(given: Outputs, expected: Outputs, *, classes: Sequence[str]) -> Agreement:
    """The agreement of a graph in single precision with torch.

    Raises ExportError unless every image has the same class by logits and by probabilities (of two that are tied within TIE, either
    may come first), and no probability and no logit differs by more than MAX_DIFFERENCE.
    """
    found = agreement(given, expected)
    rows = np.arange(found.num_images)
    top_N = expected.probabilities_NK.argmax(axis=1)
    for output, values_NK in (("logits", given.logits_NK), ("probabilities", given.probabilities_NK)):
        chosen_N = values_NK.argmax(axis=1)
        behind_N = expected.probabilities_NK[rows, top_N] - expected.probabilities_NK[rows, chosen_N]
        worst = int(behind_N.argmax())
        if behind_N[worst] > TIE:
            raise refused(f"its {output} give {classes[chosen_N[worst]]} for image {worst}, not {classes[top_N[worst]]}")
    if found.max_difference >= MAX_DIFFERENCE:
        raise refused(f"a probability differs by {found.max_difference:.1e}, but at most {MAX_DIFFERENCE:.0e} is allowed")
    scale = max(1.0, float(np.abs(expected.logits_NK).max()))
    off = float(np.abs(given.logits_NK - expected.logits_NK).max()) / scale
    if off >= MAX_DIFFERENCE:
        raise refused(f"a logit differs by {off:.1e} of the largest one, but at most {MAX_DIFFERENCE:.0e} is allowed")
    return found


def _options() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors only
    return options


def _batches(num_images: int) -> Iterator[slice]:
    start = 0
    for size in cycle(BATCH_SIZES):
        if start >= num_images:
            return
        yield slice(start, min(start + size, num_images))
        start += size


def _check_names(session: Any) -> None:
    given, taken = [each.name for each in session.get_inputs()], [each.name for each in session.get_outputs()]
    if given != [INPUT] or taken[:2] != [*OUTPUTS] or taken[2:] not in ([], [MAPS], [FEATURES]):
        raise refused(f"the graph maps {', '.join(given)} to {', '.join(taken)}, not {INPUT} to {', '.join(OUTPUTS)}")
