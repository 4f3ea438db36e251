"""Link the boxes of frames into tubes by following the people, with the tracker of the pipeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from stad.actors.tracker import ActorTracker
from stad.actors.trackers import DEFAULT_TRACKER
from stad.localization.linking import (
    FrameBoxes,
    LinkedTube,
    LinkRules,
    suppress_tubes,
)
from stad.structures import Actors
from stad.utils.boxes import fill_gaps


def link_by_tracker(
    frames: Sequence[FrameBoxes],
    *,
    fps: float,
    rules: LinkRules | None = None,
    name: str = DEFAULT_TRACKER,
) -> list[LinkedTube]:
    """Follow each person, and score the whole track for each class by the mean of its boxes.

    Of the rules, ``max_gap_frames``, ``min_frames``, ``min_score`` and ``max_tube_iou`` count.
    All boxes are taken for people that are certain.

    Args:
        frames: in ascending order; a frame without boxes may be left out.
        fps: frames per second.
        rules: None for the defaults.
        name: of the tracker.

    Returns:
        The tubes, by class.

    Raises:
        InputError: there is no such tracker.
    """
    rules = rules or LinkRules()
    tracker = ActorTracker(rate=fps, max_gap_sec=max(rules.max_gap_frames, 1) / fps, name=name)
    tracks: dict[int, list[tuple[int, np.ndarray, np.ndarray]]] = defaultdict(list)
    for one in frames:
        if not len(one.boxes):
            continue
        *_, (_, actors) = tracker.update((one.frame - 1) / fps, Actors.from_arrays(one.boxes))
        # Certain people all have ids, in the order of the boxes.
        for actor_id, box, scores in zip(actors.ids, one.boxes, one.scores, strict=True):
            tracks[int(actor_id)].append((one.frame, box, scores))
    pieces = [piece for track in tracks.values() for piece in _pieces(track, rules)]
    found: list[LinkedTube] = []
    for class_index in range(frames[0].scores.shape[1] if frames else 0):
        mine = [
            LinkedTube(class_index, numbers, boxes, float(scores[class_index]))
            for numbers, boxes, scores in pieces
            if scores[class_index] >= rules.min_score
        ]
        found += suppress_tubes(mine, rules)
    return found


def _pieces(
    track: Sequence[tuple[int, np.ndarray, np.ndarray]], rules: LinkRules
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Split a track at long gaps: frames, boxes and the (C,) mean scores of each piece."""
    numbers = np.array([frame for frame, _, _ in track])
    ends = np.flatnonzero(np.diff(numbers) - 1 > rules.max_gap_frames) + 1
    found = []
    for rows in np.split(np.arange(len(track)), ends):
        frames, boxes = fill_gaps(numbers[rows], np.array([track[row][1] for row in rows]))
        if len(frames) >= rules.min_frames:
            found.append((frames, boxes, np.mean([track[row][2] for row in rows], axis=0)))
    return found
