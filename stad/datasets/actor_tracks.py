"""Link the boxes of a person in keyframes by id, to boxes at any time."""

from __future__ import annotations

import numpy as np

from stad.annotations.keyframes import ActorTable


class ActorTracks:
    """Tracks of the people in each video.

    Between annotated keyframes boxes are interpolated linearly; before the first and after the
    last one they stand still. So do the boxes of people without an id, and of those whose id two
    boxes of one keyframe share, as it does not identify anyone.

    Args:
        table: the annotations.
    """

    def __init__(self, table: ActorTable) -> None:
        self._table = table
        keyframe = np.repeat(np.arange(len(table.time_sec)), np.diff(table.first))
        keys = np.column_stack((table.video[keyframe], table.person))
        times_sec = table.time_sec[keyframe]
        self._paths: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
        order = np.lexsort((times_sec, keys[:, 1], keys[:, 0]))
        changes = np.flatnonzero((np.diff(keys[order], axis=0) != 0).any(axis=1)) + 1
        for rows in np.split(order, changes) if len(order) else []:
            if (np.diff(times_sec[rows]) > 0).all():
                video, person = keys[rows[0]].tolist()
                self._paths[video, person] = (times_sec[rows], table.boxes[rows])

    def at(self, keyframe: int, times_sec: np.ndarray) -> np.ndarray:
        """Return the boxes of a keyframe's actors at other times.

        Args:
            keyframe: index in the table.
            times_sec: (T,) seconds.

        Returns:
            (K, T, 4) float64 xyxy, relative to the frame size (0 to 1).
        """
        table = self._table
        mine = slice(*table.first[keyframe : keyframe + 2])
        found = np.repeat(table.boxes[mine, None], len(times_sec), axis=1)
        for row, person in zip(found, table.person[mine].tolist(), strict=True):
            path = self._paths.get((int(table.video[keyframe]), person))
            if person < 0 or path is None:
                continue
            known_sec, boxes = path
            for edge in range(4):
                row[:, edge] = np.interp(times_sec, known_sec, boxes[:, edge])
        return found
