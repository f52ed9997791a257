"""The three networks of MTCNN in ONNX Runtime. mien/pretrained/mtcnn contains their files and tells where they come from."""

from importlib.resources import files
from typing import Literal

import numpy as np
import onnxruntime

from mien.align.mtcnn.area import Images
from mien.align.mtcnn.boxes import Floats


class Network:
    """One of the three networks.

    It runs on the CPU with one thread, so that the faces found depend on the image alone, and not on an accelerator or the number of
    workers. Images are processed in parallel instead, which was also faster.
    """

    def __init__(self, name: Literal["pnet", "rnet", "onet"]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        # Nearly every photograph has a size of its own. Memory patterns would be kept for each size, and an arena never returns memory.
        options.enable_mem_pattern = options.enable_cpu_mem_arena = False
        network = files("mien.pretrained.mtcnn").joinpath(f"{name}.onnx").read_bytes()
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def __call__(self, images: Images) -> list[Floats]:
        """The outputs for RGB images with values from 0 to 255: the scores of a face, from 0 to 1, the shares by which the sides of its box
        move, and of the last network the landmarks. For each image there is one row, and of the first network one map."""
        standardised = images - np.float32(127.5)
        standardised *= np.float32(0.0078125)
        logits, *others = self._session.run(None, {"images": standardised})
        with np.errstate(over="ignore"):  # exp becomes infinite, and the score 0
            return [1 / (1 + np.exp(logits[:, 0] - logits[:, 1])), *others]
