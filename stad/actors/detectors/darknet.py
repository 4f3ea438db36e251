"""Find people with YOLOv4-tiny, and detect again where it lost a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from stad.actors.detectors.base import PERSON_CLASS, DetectorSetup, LookCounts, clip_to_image
from stad.actors.detectors.darknet_network import open_darknet
from stad.actors.detectors.search import PersonSearch
from stad.actors.detectors.yolo_boxes import decode_boxes, suppress
from stad.structures import Actors, Frame
from stad.utils.networks import NetworkOpener, open_in_torch

# Weaker boxes are dropped; darknet's own threshold, which the tracker's settings suit.
MINIMUM_SCORE = 0.2
NMS_IOU = 0.45
STEP_PX = 32


def open_detector(setup: DetectorSetup) -> DarknetDetector:
    """Open YOLOv4-tiny; see ``stad.actors.detectors.KINDS``."""
    return DarknetDetector(
        setup.files["cfg"], setup.weights, device=setup.device, open_network=setup.open_network
    )


class DarknetDetector:
    """Find people with a darknet model (YOLOv4-tiny).

    The network finds standing people best and loses people who fall, lie or come close:
    ``PersonSearch`` looks again where they should be. Frames must come in order.

    Args:
        cfg_path: darknet's network description, 80 COCO classes.
        weights_path: darknet's weights.
        minimum_score: weaker boxes are left out, in [0, 1].
        device: of the network where torch runs it.
        open_network: makes the network ready to run.

    Raises:
        InputError: the files are not of darknet, or do not fit each other.
    """

    interval_sec = None
    gives_ids = False
    # Traffic cones reach 0.5 to 0.6, people have more.
    person_threshold = 0.6

    def __init__(
        self,
        cfg_path: Path,
        weights_path: Path,
        *,
        minimum_score: float = MINIMUM_SCORE,
        device: str = "cpu",
        open_network: NetworkOpener = open_in_torch,
    ) -> None:
        self.name = "yolov4_tiny"
        self._minimum_score = minimum_score
        module = open_darknet(cfg_path, weights_path).to(device)
        self._scales = module.scales
        self._network = open_network(module, name=self.name, any_size=True)
        self._search = PersonSearch(threshold=self.person_threshold)

    @property
    def counts(self) -> LookCounts:
        """Counts of the looks of the network."""
        return self._search.counts

    def detect(self, frame: Frame) -> Actors:
        """Return the people in the frame; ids are -1, or guesses for the tracker."""
        image = np.ascontiguousarray(frame.image)
        people = self._search.detect(image, frame.time_sec, self._detect_at)
        return clip_to_image(people, image)

    def memory(self) -> dict[str, Any]:
        """Return what later answers depend on; see ``RecallingDetector``."""
        return self._search.state()

    def recall(self, time_sec: float, memory: dict[str, Any]) -> None:
        """Continue an earlier run exactly; see ``RecallingDetector``."""
        self._search.restore(memory, time_sec)

    def forget(self) -> None:
        """Forget the frames so far; see ``RecallingDetector``."""
        self._search.forget()

    def _detect_at(self, image: np.ndarray, longer_px: int) -> np.ndarray:
        """Return (K, 5) xyxy and score, with an input of the frame's aspect ratio."""
        scale = longer_px / max(image.shape[:2])
        width, height = (
            max(round(side * scale / STEP_PX), 1) * STEP_PX for side in image.shape[1::-1]
        )
        # The network was trained on RGB, which frames already are.
        resized = cv2.resize(image, (width, height)).transpose(2, 0, 1)
        inputs = np.multiply(resized, np.float32(1 / 255), dtype=np.float32, order="C")
        found = decode_boxes(
            [one[0] for one in self._network(inputs[None])],
            self._scales,
            class_index=PERSON_CLASS,
            minimum_score=self._minimum_score,
            input_size=(width, height),
            frame_size=(image.shape[1], image.shape[0]),
        )
        return suppress(found, max_iou=NMS_IOU)
