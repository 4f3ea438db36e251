"""Treat the whole frame as one actor."""

from __future__ import annotations

from stad.structures import Actors, Frame


class WholeFrame:
    """Return the whole frame as one actor, so that actions of the scene can be scored."""

    name = "whole_frame"
    interval_sec = None
    gives_ids = True
    person_threshold = 0.0

    def detect(self, frame: Frame) -> Actors:
        """Return one box around the frame, id 1."""
        height_px, width_px = frame.image.shape[:2]
        return Actors.from_arrays([[0, 0, width_px, height_px]], ids=[1])
