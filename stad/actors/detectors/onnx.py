"""Find people with RTMDet and YOLOX from ONNX files, as mmdeploy and YOLOX export them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from stad.actors.detectors.base import (
    MINIMUM_SCORE,
    PERSON_CLASS,
    DetectorSetup,
    clip_to_image,
)
from stad.actors.detectors.yolo_boxes import suppress
from stad.errors import InputError
from stad.structures import Actors, Frame
from stad.utils.networks import Network
from stad.utils.onnx_files import FLOAT32, read_onnx_inputs
from stad.utils.text import last_line

# What is below or right of the frame in the square input; mmdet's configs of both have it.
PADDING = 114
# The input's sides where neither the file nor the catalog fixes them.
SIDE_PX = 640
# YOLOX: the sides of the cells of its three maps, and the overlap above which the weaker box goes.
STRIDES = (8, 16, 32)
NMS_IOU = 0.45

UNDERSTOOD = (
    "Understood are dets (1, N, 5) with labels (1, N), as mmdeploy exports RTMDet and YOLOX, and "
    "(1, M, 5 + classes) with M cells of 8, 16 and 32 pixels, as YOLOX itself exports"
)


class Normalization(NamedTuple):
    """Mean and standard deviation of blue, green and red, of values from 0 to 255."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# By the name in the catalog's config, and in the names of a user's file and its folder.
NORMALIZATIONS = {
    "rtmdet": Normalization((103.53, 116.28, 123.675), (57.375, 57.12, 58.395)),
    "yolox": Normalization((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}

# Takes the outputs, gives boxes in pixels of the input and their scores: (K, 5), people only.
Decoder = Callable[[Sequence[np.ndarray]], np.ndarray]


def open_detector(setup: DetectorSetup) -> OnnxDetector:
    """Open RTMDet or YOLOX; see ``stad.actors.detectors.KINDS``.

    The config is the name in ``NORMALIZATIONS`` and the side of the input, pixels; '' of a user's
    own file.
    """
    family, _, side = setup.config.partition(" ")
    size = _input_size(setup.weights, int(side or SIDE_PX))
    network = setup.open_network(setup.weights, name=setup.name)
    outputs = _try(network, size, setup.weights)
    decode = choose_decoder(outputs, size, name=setup.name)
    if not family:
        family = "yolox" if len(outputs) == 1 else _guess_family(setup.weights)
    return OnnxDetector(network, decode, NORMALIZATIONS[family], size=size, name=setup.name)


class OnnxDetector:
    """Find people with a network whose class 0 is the person.

    Args:
        network: takes (1, 3, H, W) float32 BGR.
        decode: reads its outputs.
        normalization: of the input.
        size: (W, H) of the input, pixels.
        name: name that users read.
        minimum_score: weaker boxes are left out, in [0, 1].
    """

    interval_sec = None
    gives_ids = False
    person_threshold = 0.5

    def __init__(
        self,
        network: Network,
        decode: Decoder,
        normalization: Normalization,
        *,
        size: tuple[int, int],
        name: str,
        minimum_score: float = MINIMUM_SCORE,
    ) -> None:
        self.name = name
        self._network = network
        self._decode = decode
        self._normalization = normalization
        self._size = size
        self._minimum_score = minimum_score

    def detect(self, frame: Frame) -> Actors:
        """Return the people in the frame."""
        pixels, scale = letterbox(frame.image, self._size, self._normalization)
        found = self._decode(self._network(pixels))
        found = found[found[:, 4] >= self._minimum_score]
        people = Actors.from_arrays(found[:, :4] / np.tile(scale, 2), found[:, 4])
        return clip_to_image(people, frame.image)


def letterbox(
    image: np.ndarray, size: tuple[int, int], normalization: Normalization
) -> tuple[np.ndarray, np.ndarray]:
    """Resize to fit into the top left of the input, keeping the ratio; pad, then normalise.

    Args:
        image: (H, W, 3) uint8 RGB.
        size: (width, height) of the input, pixels.
        normalization: of the result, the padding included.

    Returns:
        (1, 3, height, width) float32 BGR, and its pixels per pixel of the image in x and y.
    """
    height, width = image.shape[:2]
    ratio = min(size[0] / width, size[1] / height)
    # As mmcv rounds; rounding makes the two scales differ.
    fitted = [max(int(side * ratio + 0.5), 1) for side in (width, height)]
    resized = cv2.resize(np.ascontiguousarray(image), fitted, interpolation=cv2.INTER_LINEAR)
    pixels = np.full((1, 3, size[1], size[0]), PADDING, dtype=np.float32)
    pixels[0, :, : fitted[1], : fitted[0]] = resized[..., ::-1].transpose(2, 0, 1)
    mean, std = (np.array(values, np.float32).reshape(1, 3, 1, 1) for values in normalization)
    pixels -= mean
    pixels /= std
    return pixels, np.array([fitted[0] / width, fitted[1] / height])


def choose_decoder(outputs: Sequence[np.ndarray], size: tuple[int, int], *, name: str) -> Decoder:
    """Return what reads such outputs.

    Args:
        outputs: of a network.
        size: (width, height) of its input, pixels.
        name: of the detector, for the message.

    Raises:
        InputError: no known network has such outputs.
    """
    shapes = [output.shape for output in outputs]
    for index in (0, 1):
        boxes, labels = (shapes[index], shapes[1 - index]) if len(shapes) == 2 else ((), ())
        if len(boxes) == 3 and boxes[2] == 5 and labels == boxes[:2]:
            return functools.partial(decode_dets, boxes_at=index)
    cells = _cells(size)
    if len(shapes) == 1 and shapes[0][:2] == (1, len(cells)) and shapes[0][2:] > (5,):
        return functools.partial(decode_yolox, cells=cells)
    raise InputError(
        f"The outputs of {name} have the shapes {', '.join(map(str, shapes))}. {UNDERSTOOD}. "
        "Export it in one of these ways."
    )


def decode_dets(outputs: Sequence[np.ndarray], *, boxes_at: int) -> np.ndarray:
    """Return the people among boxes (1, N, 5) with labels (1, N), suppressed already."""
    return outputs[boxes_at][0][outputs[1 - boxes_at][0] == PERSON_CLASS]


def decode_yolox(outputs: Sequence[np.ndarray], *, cells: np.ndarray) -> np.ndarray:
    """Return the people among YOLOX's predictions.

    See Ge et al., "YOLOX: Exceeding YOLO Series in 2021", section 2.1: a cell predicts the
    centre in cells from its corner, the logarithm of the sides in cells, the probability that
    there is anything, and those of the classes.

    Args:
        outputs: one (1, M, 5 + classes).
        cells: (M, 3) corner in cells, and side of the cell in pixels.
    """
    predicted = outputs[0][0].astype(np.float64)
    scores = predicted[:, 4] * predicted[:, 5 + PERSON_CLASS]
    # A box belongs to its best class; the others' are not people.
    keep = (scores >= MINIMUM_SCORE) & (predicted[:, 5:].argmax(axis=1) == PERSON_CLASS)
    predicted, scores, cells = predicted[keep], scores[keep], cells[keep]
    centre = (predicted[:, :2] + cells[:, :2]) * cells[:, 2:]
    with np.errstate(over="ignore"):
        half = np.exp(predicted[:, 2:4]) * cells[:, 2:] / 2
    return suppress(np.column_stack((centre - half, centre + half, scores)), max_iou=NMS_IOU)


def _cells(size: tuple[int, int]) -> np.ndarray:
    """Return (M, 3) column, row and side in pixels of YOLOX's cells, in the order of its output."""
    maps = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
        maps.append(np.column_stack((columns.ravel(), rows.ravel(), np.full(rows.size, stride))))
    return np.concatenate(maps)


def _input_size(path: Path, side_px: int) -> tuple[int, int]:
    """Return (width, height) of the network's input; ``side_px`` where the file leaves it open."""
    inputs = read_onnx_inputs(path)
    shape = inputs[0].shape
    if len(inputs) > 1 or len(shape) != 4 or shape[1] not in (3, None) or shape[0] not in (1, None):
        raise InputError(
            f"The inputs of {path} are {', '.join(f'{one.name} {one.shape}' for one in inputs)}. "
            "Give a detector with one input (1, 3, height, width)."
        )
    if inputs[0].element_type != FLOAT32:
        raise InputError(f"The input of {path} is not float32. Export the detector in float32.")
    return shape[3] or side_px, shape[2] or side_px


def _try(network: Network, size: tuple[int, int], path: Path) -> list[np.ndarray]:
    """Return the outputs for an empty image."""
    try:
        return network(np.zeros((1, 3, size[1], size[0]), np.float32))
    except (InputError, MemoryError):
        raise
    # The exceptions of the libraries have no common base.
    except Exception as error:
        reason = last_line(error)[:200]
        raise InputError(
            f"{path} cannot be run on an image of {size[0]}x{size[1]} ({reason}). Export the "
            "detector again, or try another --runtime."
        ) from error


def _guess_family(path: Path) -> str:
    """Return the family that the names of a file and its folder contain.

    RTMDet and YOLOX have the same outputs, and a wrong normalisation finds nothing or nonsense.
    """
    names = "/".join(path.absolute().parts[-2:]).lower()
    found = [family for family in NORMALIZATIONS if re.search(family, names)]
    if len(found) != 1:
        raise InputError(
            f"{path} could be RTMDet, which is normalised, or YOLOX, which is not. Rename it so "
            "that its name has one of the words rtmdet and yolox, or give it as the weights of a "
            f"known one: --detector rtmdet_nano_person --detector-weights {path}."
        )
    return found[0]
