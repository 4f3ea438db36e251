"""Frame -> person boxes with YOLOv4-tiny on OpenCV, with a second look for people it lost."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from stad.actors.detectors.base import MINIMUM_SCORE, PERSON_CLASS, DetectorSetup
from stad.structures import Actors, Frame
from stad.utils.boxes import box_iou

NMS_IOU = 0.45
# Longer side of the input. Small people are seen at the first size, people who fill the picture
# better at the second.
FIRST_PX, SECOND_PX = 608, 416
STEP_PX = 32
# A weak box near somebody who was surely seen is the same person.
WEAK_SCORE = 0.2
# Somebody seen so lately should still be there.
MEMORY_SEC = 2.0
SAME_IOU = 0.3
# Who touches the border, within this part of the picture, may have left.
BORDER = 0.02
# A smaller input finds only people of at least this part of the picture's shorter side.
LARGE = 0.2
# Empty pictures get a second look only so often.
SEARCH_SEC = 0.5
# How long a picture is turned to one side, before the other: no multiple of usual intervals.
TURN_SEC = 0.27
QUARTER_TURNS = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE)


def open_detector(setup: DetectorSetup) -> DarknetDetector:
    """Open YOLOv4-tiny, see ``stad.actors.detectors.KINDS``."""
    return DarknetDetector(setup.files["cfg"], setup.weights)


class DarknetDetector:
    """A darknet model (YOLOv4-tiny) in OpenCV's DNN module: no download but its weights.

    The network knows standing people best: who falls, lies or comes close drops out of its
    sight. Where somebody large who was surely seen a moment ago is not found, it looks again, at
    a smaller size, then with the picture turned by a quarter. Frames must come in order.

    Args:
        cfg_path, weights_path: darknet's network description and weights, 80 COCO classes.
        minimum_score: weaker boxes are left out.
    """

    interval_sec = None
    gives_ids = False
    # Traffic cones reach 0.5 to 0.6, people lie above.
    person_threshold = 0.6

    def __init__(
        self, cfg_path: Path, weights_path: Path, *, minimum_score: float = MINIMUM_SCORE
    ) -> None:
        self.name = "yolov4_tiny"
        self._minimum_score = minimum_score
        self._model = cv2.dnn.DetectionModel(str(weights_path), str(cfg_path))
        self._seen: list[tuple[float, np.ndarray]] = []
        self._last_sec = self._search_sec = -np.inf

    def detect(self, frame: Frame) -> Actors:
        """People in the frame."""
        image = np.ascontiguousarray(frame.image)
        may_search = self._begin(frame.time_sec)
        found = self._look(image, FIRST_PX)
        if self._lost(found) or (may_search and not len(self._strong(found))):
            found = np.concatenate((found, self._look(image, SECOND_PX)))
            if self._lost(found) or not len(self._strong(found)):
                found = np.concatenate((found, self._look_turned(image, frame.time_sec)))
        found = _suppress(found)
        people = clip_to_image(Actors.from_arrays(found[:, :4], found[:, 4]), image)
        self._remember(people, image.shape[1::-1], frame.time_sec)
        return people

    def recall(self, time_sec: float, people: Actors, size: tuple[int, int]) -> None:
        """Take what an earlier run found at a time, so that this one goes on as it would have.

        Args:
            time_sec: seconds.
            people: what ``detect`` gave then.
            size: (width, height) of the frame, pixels.
        """
        self._begin(time_sec)
        self._remember(people, size, time_sec)

    def _begin(self, time_sec: float) -> bool:
        """Forget what is too old; whether an empty picture may be searched once more now."""
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

    def _lost(self, found: np.ndarray) -> list[np.ndarray]:
        """The boxes of people who were there a moment ago and are not now."""
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
            near = _near(box, weak)
            kept.append((seen_sec, box) if near is None else (time_sec, near))
        inner = np.array([*size, *size]) * [BORDER, BORDER, 1 - BORDER, 1 - BORDER]
        inside = (strong[:, :2] > inner[:2]).all(axis=1) & (strong[:, 2:] < inner[2:]).all(axis=1)
        large = (strong[:, 2:] - strong[:, :2]).max(axis=1) >= LARGE * min(size)
        self._seen = kept + [(time_sec, box) for box in strong[inside & large]]

    def _look(self, image: np.ndarray, longer_px: int) -> np.ndarray:
        """(K, 5) xyxy and score, at an input of the picture's own shape."""
        scale = longer_px / max(image.shape[:2])
        size = [max(round(side * scale / STEP_PX), 1) * STEP_PX for side in image.shape[1::-1]]
        # The frames are RGB already, which is what the network was trained on.
        self._model.setInputParams(size=size, scale=1 / 255, swapRB=False)
        classes, scores, boxes = self._model.detect(image, self._minimum_score, NMS_IOU)
        if len(boxes) == 0:
            return np.zeros((0, 5))
        boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        person = np.asarray(classes).reshape(-1) == PERSON_CLASS
        return np.column_stack((boxes, np.asarray(scores).reshape(-1)))[person]

    def _look_turned(self, image: np.ndarray, time_sec: float) -> np.ndarray:
        """People who stand in the picture turned by a quarter: who lies; either side by turns."""
        turn = QUARTER_TURNS[int(time_sec / TURN_SEC) % 2]
        found = self._look(cv2.rotate(image, turn), SECOND_PX)
        found[:, :4] = _turn_back(found[:, :4], turn, image)
        lying = found[:, 2] - found[:, 0] > found[:, 3] - found[:, 1]
        return found[lying]


def _near(box: np.ndarray, others: np.ndarray) -> np.ndarray | None:
    """The box whose centre is nearest, if it is within a longer side of ``box``."""
    if not len(others):
        return None
    apart = (others[:, :2] + others[:, 2:] - box[:2] - box[2:]) / 2
    distance = np.hypot(*apart.T)
    closest = int(distance.argmin())
    return others[closest] if distance[closest] <= (box[2:] - box[:2]).max() else None


def _turn_back(boxes: np.ndarray, turn: int, image: np.ndarray) -> np.ndarray:
    """Boxes of the turned picture in the picture itself."""
    left, top, right, bottom = boxes.T
    height, width = image.shape[:2]
    if turn == cv2.ROTATE_90_CLOCKWISE:
        return np.stack((top, height - right, bottom, height - left), axis=1)
    return np.stack((width - bottom, left, width - top, right), axis=1)


def clip_to_image(actors: Actors, image: np.ndarray) -> Actors:
    """Boxes cut to (H, W, 3) ``image``; those with nothing left are dropped."""
    height_px, width_px = image.shape[:2]
    boxes = actors.boxes.copy()
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, width_px)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, height_px)
    keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return Actors(boxes=boxes, scores=actors.scores, ids=actors.ids)[keep]


def _suppress(found: np.ndarray) -> np.ndarray:
    """Non-maximum suppression over what several looks found, highest score first."""
    order, kept = np.argsort(-found[:, 4], kind="stable"), []
    while len(order):
        kept.append(order[0])
        rest = order[1:]
        overlap = box_iou(found[order[:1], :4], found[rest, :4])[0]
        order = rest[overlap < NMS_IOU]
    return found[kept]
