"""A detector and a scorer that look at real pixels, in place of networks."""

from __future__ import annotations

import numpy as np

from stad.structures import Actors, Frame
from stad.video.geometry import clip_size
from stad.video.window import Window


class RedSquareDetector:
    """Finds the red square of ``moving_square`` by its colour."""

    name = "red square"
    interval_sec = None
    gives_ids = False
    person_threshold = 0.5

    def __init__(self):
        self.asked_sec = []

    def detect(self, frame: Frame) -> Actors:
        self.asked_sec.append(frame.time_sec)
        rows, columns = np.nonzero(frame.image[..., 0] > 150)
        if not len(rows):
            return Actors.from_arrays()
        return Actors.from_arrays(
            [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], [0.9]
        )


class PositionScorer:
    """Class 0: fraction of the frames with the square in the left half; class 1: the rest."""

    num_classes = 2
    num_exclusive = 0
    sees_tracks = False

    def __init__(self, window: Window):
        self.window = window
        self.batches = []

    def clip_size(self, source_size):
        return clip_size(*source_size, 60)

    def begin_stream(self):
        """Nothing is remembered."""

    def score(self, clips, boxes, *, source_size, tracks=None):
        self.batches.append(len(clips))
        found = []
        for clip, boxes_of_clip in zip(clips, boxes, strict=True):
            assert clip.shape == (self.window.num_frames, 60, 80, 3)
            columns = [np.nonzero(image[..., 0] > 150)[1].mean() for image in clip]
            left = float(np.mean(np.array(columns) < 40))
            found.append(np.array([[left, 1 - left]] * len(boxes_of_clip), np.float32))
        return found
