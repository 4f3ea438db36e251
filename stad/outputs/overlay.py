"""Pack boxes and scores over time for a page that draws them over a video.

Time is cut into chunks of ``CHUNK_SEC``. A chunk is base64 of little-endian bytes:

    u32 number of runs, u32 number of score rows
    run:   f64 actor, u16 number of boxes, boxes: u16 ms since the chunk began, i16 x1 y1 x2 y2
    row:   f64 actor, u16 ms since the chunk began, u8 number of scores, scores: u16 class, u8

A run is an actor without a pause; between its boxes the page interpolates, so boxes that lie on
the straight line are left out. Scores are those of a keyframe, 0 to 255 for 0 to 1, the highest
first.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stad.structures import Actors, FrameResult, Keyframe
from stad.utils.scratch import ScratchFile

CHUNK_SEC = 10.0
# Maximum distance of a drawn box from its place.
TOLERANCE_PX = 1
MIN_SCORE = 0.05
MAX_SCORES = 8
MAX_PX = 32767
_RUN, _BOX = struct.Struct("<dH"), struct.Struct("<Hhhhh")
_ROW, _SCORE = struct.Struct("<dHB"), struct.Struct("<HB")


class OverlayStore:
    """Collects samples of a run in order on disk; returns the chunks as text.

    Args:
        folder: where there is room on disk, such as that of the page.
        allowed: class indices to keep; None for all.
    """

    def __init__(self, folder: str | Path, *, allowed: frozenset[int] | None = None) -> None:
        self._file = ScratchFile(folder)
        self._allowed = None if allowed is None else np.array(sorted(allowed), np.int64)
        self._chunk = 0
        self._open: dict[int, list[tuple]] = {}
        self._runs: list[tuple[int, list[tuple]]] = []
        self._rows: list[bytes] = []
        self._first = True

    def write(self, result: FrameResult, *, is_sample: bool) -> None:
        """Add the next frame: boxes of samples, scores of keyframes."""
        if not is_sample and result.keyframe is None:
            return
        chunk = int(max(result.time_sec, 0.0) // CHUNK_SEC)
        if chunk != self._chunk:
            # The next chunk's first boxes also end this one, so that nothing jumps between.
            if chunk == self._chunk + 1 and is_sample:
                self._add_boxes(result.time_sec, result.actors)
            self._flush(chunk)
        if is_sample:
            self._add_boxes(result.time_sec, result.actors)
        if result.keyframe is not None:
            self._add_scores(result.keyframe)

    def _ms(self, time_sec: float) -> int:
        return min(max(round((time_sec - self._chunk * CHUNK_SEC) * 1000), 0), 65535)

    def _add_boxes(self, time_sec: float, actors: Actors) -> None:
        ms, seen = self._ms(time_sec), set()
        boxes = np.rint(np.nan_to_num(actors.boxes)).clip(-MAX_PX, MAX_PX).astype(int)
        for actor_id, box in zip(actors.ids.tolist(), boxes.tolist(), strict=True):
            # Without an id, an actor cannot be followed from one sample to the next.
            if actor_id >= 0 and actor_id not in seen:
                self._open.setdefault(actor_id, []).append((ms, *box))
                seen.add(actor_id)
        for actor_id in self._open.keys() - seen:
            self._runs.append((actor_id, self._open.pop(actor_id)))

    def _add_scores(self, keyframe: Keyframe) -> None:
        ms = self._ms(keyframe.time_sec)
        classes = self._allowed
        if classes is None:
            classes = np.arange(keyframe.scores.shape[1])
        for actor_id, scores in zip(keyframe.actors.ids.tolist(), keyframe.scores, strict=True):
            own = np.nan_to_num(scores[classes], nan=0.0, posinf=0.0, neginf=0.0)
            order = np.argsort(-own, kind="stable")[:MAX_SCORES]
            kept = [place for place in order.tolist() if own[place] >= MIN_SCORE]
            if actor_id >= 0 and kept:
                pairs = [
                    _SCORE.pack(int(classes[place]), round(min(float(own[place]), 1.0) * 255))
                    for place in kept
                ]
                self._rows.append(_ROW.pack(actor_id, ms, len(pairs)) + b"".join(pairs))

    def _flush(self, next_chunk: int) -> None:
        self._runs += self._open.items()
        if self._runs or self._rows:
            parts = [struct.pack("<II", len(self._runs), len(self._rows))]
            for actor_id, samples in sorted(self._runs, key=lambda run: (run[0], run[1][0][0])):
                kept = simplify_polyline(np.array(samples))
                parts.append(_RUN.pack(actor_id, len(kept)))
                parts += [_BOX.pack(*sample) for sample in kept.tolist()]
            text = base64.b64encode(b"".join([*parts, *self._rows])).decode("ascii")
            line = json.dumps([self._chunk, text], separators=(",", ":"))
            self._file.append((("" if self._first else ",") + line + "\n").encode("ascii"))
            self._first = False
        self._chunk, self._open, self._runs, self._rows = next_chunk, {}, [], []

    def texts(self) -> Iterator[str]:
        """Yield a JSON array of [chunk, base64], piece by piece; nothing can be added later."""
        self._flush(self._chunk + 1)
        yield "["
        for line in self._file.lines():
            yield line.decode("ascii")
        yield "]"

    def close(self) -> None:
        """Free the disk space."""
        self._file.close()


def simplify_polyline(samples: np.ndarray) -> np.ndarray:
    """Return the samples that straight lines between the others cannot replace.

    Args:
        samples: (N, 1 + D) time and D values, ascending in time, N >= 1.

    Returns:
        (M, 1 + D) some of the rows, with the first and the last; each value of the other rows
        is within ``TOLERANCE_PX`` of the line between its neighbours.

    >>> simplify_polyline(np.array([[0, 0], [1, 10], [2, 20], [3, 20], [4, 20]])).tolist()
    [[0, 0], [2, 20], [4, 20]]
    """
    kept = [0]
    for place in range(2, len(samples)):
        start, end = samples[kept[-1]], samples[place]
        between = samples[kept[-1] + 1 : place]
        part = (between[:, :1] - start[0]) / max(end[0] - start[0], 1)
        line = start[1:] + part * (end[1:] - start[1:])
        if (np.abs(line - between[:, 1:]) > TOLERANCE_PX).any():
            kept.append(place - 1)
    if len(samples) > 1:
        kept.append(len(samples) - 1)
    return samples[kept]
