"""What every person detector offers."""

from __future__ import annotations

from typing import Protocol

from stad.structures import Actors, Frame


class PersonDetector(Protocol):
    """Anything that finds people in a frame.

    Attributes:
        name: for people.
        interval_sec: how often it wants to be asked; None leaves that to the caller.
        gives_ids: whether its ids are to be kept; else a tracker gives them.
        person_threshold: the score from which a box surely is a person, in [0, 1].
    """

    name: str
    interval_sec: float | None
    gives_ids: bool
    person_threshold: float

    def detect(self, frame: Frame) -> Actors | None:
        """People in the frame, boxes in its pixels; None where it has nothing to say of it."""
