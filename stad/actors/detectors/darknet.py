"""Find people with YOLOv4-tiny, and detect again where it lost a person."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from stad.actors.detectors.base import PERSON_CLASS, DetectorSetup, clip_to_image
from stad.actors.detectors.darknet_network import open_darknet
from stad.actors.detectors.yolo_boxes import decode_boxes, suppress
from stad.structures import Actors, Frame
from stad.utils.boxes import box_iou
from stad.utils.networks import NetworkOpener, open_in_torch

# Weaker boxes are dropped; darknet's own threshold, which the tracker's settings suit.
MINIMUM_SCORE = 0.2
NMS_IOU = 0.45
# Longer side of the input. Small people are found at the first size, people who fill the frame
# better at the second.
FIRST_PX, SECOND_PX = 608, 416
STEP_PX = 32
# A weak box near a certain person is the same person.
WEAK_SCORE = 0.2
# A person who was seen within this time should still be there.
MEMORY_SEC = 2.0
SAME_IOU = 0.3
# A person who touches the edge, within this fraction of the frame, may have left.
EDGE_RATIO = 0.02
# A smaller input finds only people of at least this fraction of the frame's shorter side.
MIN_SIDE_RATIO = 0.2
# Time between two searches of a frame without people.
SEARCH_SEC = 0.5
# How long frames are turned to one side, before the other: not a multiple of usual intervals.
TURN_SEC = 0.27
QUARTER_TURNS = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE)


def open_detector(setup: DetectorSetup) -> DarknetDetector:
    """Open YOLOv4-tiny; see ``stad.actors.detectors.KINDS``."""
    return DarknetDetector(
        setup.files["cfg"], setup.weights, device=setup.device, open_network=setup.open_network
    )


class DarknetDetector:
    """Find people with a darknet model (YOLOv4-tiny).

    The network finds standing people best and loses people who fall, lie or come close. Where a
    large person who was certain a moment ago is not found, it detects again, at a smaller size,
    then in the frame turned by a quarter. Frames must come in order.

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
        self._seen: list[tuple[float, np.ndarray]] = []
        self._last_sec = self._search_sec = -np.inf

    def detect(self, frame: Frame) -> Actors:
        """Return the people in the frame."""
        image = np.ascontiguousarray(frame.image)
        may_search = self._begin(frame.time_sec)
        found = self._detect_at(image, FIRST_PX)
        if self._missing(found) or (may_search and not len(self._strong(found))):
            found = np.concatenate((found, self._detect_at(image, SECOND_PX)))
            if self._missing(found) or not len(self._strong(found)):
                found = np.concatenate((found, self._detect_turned(image, frame.time_sec)))
        found = suppress(found, max_iou=NMS_IOU, inclusive=False)
        people = clip_to_image(Actors.from_arrays(found[:, :4], found[:, 4]), image)
        self._remember(people, (image.shape[1], image.shape[0]), frame.time_sec)
        return people

    def recall(self, time_sec: float, people: Actors, size: tuple[int, int]) -> None:
        """Take the result of an earlier run at a time, so that this run continues it exactly.

        Args:
            time_sec: seconds.
            people: what ``detect`` returned in the earlier run.
            size: (width, height) of the frame, pixels.
        """
        self._begin(time_sec)
        self._remember(people, size, time_sec)

    def _begin(self, time_sec: float) -> bool:
        """Drop old people; return whether a frame without people may be searched again now."""
        if time_sec < self._last_sec:
            self._seen, self._search_sec = [], -np.inf
        self._last_sec = time_sec
        self._seen = [one for one in self._seen if time_sec - one[0] <= MEMORY_SEC]
        if self._seen or time_sec - self._search_sec < SEARCH_SEC:
            return False
        self._search_sec = time_sec
        return True

    def _strong(self, found: np.ndarray) -> np.ndarray:
        return found[found[:, 4] >= self.person_threshold]

    def _missing(self, found: np.ndarray) -> list[np.ndarray]:
        """Return the boxes of people who were there a moment ago and are not found now."""
        boxes = self._strong(found)[:, :4]
        return [
            box
            for _, box in self._seen
            if not len(boxes) or box_iou(box[None], boxes).max() < SAME_IOU
        ]

    def _remember(self, people: Actors, size: tuple[int, int], time_sec: float) -> None:
        strong = people.boxes[people.scores >= np.float32(self.person_threshold)]
        weak = people.boxes[people.scores >= np.float32(WEAK_SCORE)]
        kept = []
        for seen_sec, box in self._seen:
            if len(strong) and box_iou(box[None], strong).max() >= SAME_IOU:
                continue
            near = _nearest_within(box, weak)
            kept.append((seen_sec, box) if near is None else (time_sec, near))
        inner = np.array([*size, *size]) * [EDGE_RATIO, EDGE_RATIO, 1 - EDGE_RATIO, 1 - EDGE_RATIO]
        inside = (strong[:, :2] > inner[:2]).all(axis=1) & (strong[:, 2:] < inner[2:]).all(axis=1)
        large = (strong[:, 2:] - strong[:, :2]).max(axis=1) >= MIN_SIDE_RATIO * min(size)
        self._seen = kept + [(time_sec, box) for box in strong[inside & large]]

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

    def _detect_turned(self, image: np.ndarray, time_sec: float) -> np.ndarray:
        """Return people who lie: they stand in the frame turned by a quarter, left or right."""
        turn = QUARTER_TURNS[int(time_sec / TURN_SEC) % 2]
        found = self._detect_at(cv2.rotate(image, turn), SECOND_PX)
        found[:, :4] = _turn_back(found[:, :4], turn, image)
        lying = found[:, 2] - found[:, 0] > found[:, 3] - found[:, 1]
        return found[lying]


def _nearest_within(box: np.ndarray, others: np.ndarray) -> np.ndarray | None:
    """Return the box with the nearest centre, if it is within a longer side of ``box``."""
    if not len(others):
        return None
    apart = (others[:, :2] + others[:, 2:] - box[:2] - box[2:]) / 2
    distance = np.hypot(*apart.T)
    closest = int(distance.argmin())
    return others[closest] if distance[closest] <= (box[2:] - box[:2]).max() else None


def _turn_back(boxes: np.ndarray, turn: int, image: np.ndarray) -> np.ndarray:
    """Return boxes of the turned frame in pixels of the frame itself."""
    left, top, right, bottom = boxes.T
    height, width = image.shape[:2]
    if turn == cv2.ROTATE_90_CLOCKWISE:
        return np.stack((top, height - right, bottom, height - left), axis=1)
    return np.stack((width - bottom, left, width - top, right), axis=1)
