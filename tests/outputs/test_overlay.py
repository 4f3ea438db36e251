"""Boxes and scores for the page: what a plain reader of the documented bytes gets back."""

from __future__ import annotations

import base64
import json
import struct

import numpy as np
import pytest

from stad.outputs.overlay import TOLERANCE_PX, OverlayStore, simplify_polyline
from stad.structures import Actors, FrameResult, Keyframe


def decoded(store: OverlayStore) -> dict[int, tuple[list, list]]:
    """Chunk -> runs (actor, boxes) and score rows (actor, ms, scores)."""
    found = {}
    for number, text in json.loads("".join(store.texts())):
        content, at = base64.b64decode(text), 8
        num_runs, num_rows = struct.unpack_from("<II", content)
        runs, rows = [], []
        for _ in range(num_runs):
            actor, count = struct.unpack_from("<dH", content, at)
            at += 10
            boxes = [struct.unpack_from("<Hhhhh", content, at + 10 * n) for n in range(count)]
            at += 10 * count
            runs.append((int(actor), boxes))
        for _ in range(num_rows):
            actor, ms, count = struct.unpack_from("<dHB", content, at)
            at += 11
            scores = [struct.unpack_from("<HB", content, at + 3 * n) for n in range(count)]
            at += 3 * count
            rows.append((int(actor), ms, scores))
        assert at == len(content)
        found[number] = (runs, rows)
    return found


def result(time_sec: float, boxes=(), ids=(), scores=None) -> FrameResult:
    actors = Actors.from_arrays(boxes, ids=ids)
    keyframe = None
    if scores is not None:
        keyframe = Keyframe(time_sec, actors, np.array(scores, np.float32))
    return FrameResult(round(time_sec * 30), time_sec, actors, [[] for _ in ids], keyframe)


def test_a_straight_walk_is_two_boxes_a_chunk(tmp_path):
    store = OverlayStore(tmp_path)
    for step in range(61):
        time_sec = step / 5
        store.write(result(time_sec, [[10 * time_sec, 0, 10 * time_sec + 4, 8]], [7]), is_sample=1)
    chunks = decoded(store)
    # The first box of the second chunk also ends the first one: nothing jumps between.
    assert chunks == {
        0: ([(7, [(0, 0, 0, 4, 8), (10000, 100, 0, 104, 8)])], []),
        1: ([(7, [(0, 100, 0, 104, 8), (2000, 120, 0, 124, 8)])], []),
    }
    assert list(tmp_path.iterdir()) == []


def test_a_pause_and_a_gap_end_a_run(tmp_path):
    store = OverlayStore(tmp_path)
    box = [[0, 0, 4, 8]]
    store.write(result(0.0, box, [1]), is_sample=True)
    store.write(result(0.1, [[9, 9, 9, 9]], [1]), is_sample=False)
    store.write(result(0.2), is_sample=True)
    store.write(result(0.4, box, [1]), is_sample=True)
    store.write(result(65.0, box, [1]), is_sample=True)
    assert decoded(store) == {
        0: ([(1, [(0, 0, 0, 4, 8)]), (1, [(400, 0, 0, 4, 8)])], []),
        6: ([(1, [(5000, 0, 0, 4, 8)])], []),
    }


def test_scores_are_the_highest_of_the_classes_allowed(tmp_path):
    scores = np.linspace(0, 1, 21)[None].repeat(2, 0)
    scores[1, 20] = np.nan
    people = ([[0, 0, 4, 8]] * 2, [3, 2**40])
    for allowed, first in ((None, 20), (frozenset(range(5, 9)), 8)):
        store = OverlayStore(tmp_path, allowed=allowed)
        store.write(result(3.0, *people, scores=scores), is_sample=False)
        [(runs, rows)] = decoded(store).values()
        assert runs == []
        assert [(actor, ms) for actor, ms, _ in rows] == [(3, 3000), (2**40, 3000)]
        count = 8 if allowed is None else 4
        expected = [
            (c, round(float(np.float32(c / 20)) * 255)) for c in range(first, first - count, -1)
        ]
        assert rows[0][2] == expected
    store = OverlayStore(tmp_path)
    store.write(result(3.0, *people, scores=scores * 0.04), is_sample=False)
    assert decoded(store) == {}


def test_people_without_a_track_and_boxes_out_of_range(tmp_path):
    store = OverlayStore(tmp_path)
    boxes = [[0, 0, 1, 1], [-1e9, np.nan, 1e9, 5.5]]
    store.write(result(0.0, boxes, [-1, 1], scores=[[0.9], [0.001]]), is_sample=True)
    assert decoded(store) == {0: ([(1, [(0, -32767, 0, 32767, 6)])], [])}


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_out_lies_on_the_line(seed):
    rng = np.random.default_rng(seed)
    steps = rng.integers(-6, 7, (51, 4)) * rng.integers(0, 2, (51, 1))
    samples = np.column_stack([np.arange(51) * 200, np.cumsum(steps, 0)])
    kept = simplify_polyline(samples)
    assert len(kept) < 51
    for column in range(1, 5):
        line = np.interp(samples[:, 0], kept[:, 0], kept[:, column])
        assert np.abs(line - samples[:, column]).max() <= TOLERANCE_PX + 1e-9


def test_two_hours_of_ten_people_who_never_stand_still_are_megabytes(tmp_path):
    store, rng = OverlayStore(tmp_path), np.random.default_rng(0)
    # A tenth of the time and a fifth of the people.
    for step in range(720 * 5):
        boxes = rng.integers(0, 700, (2, 4))
        scores = rng.random((2, 80)) if step % 5 == 0 else None
        store.write(result(step / 5, boxes, [1, 2], scores=scores), is_sample=True)
    assert sum(map(len, store.texts())) * 50 < 9e6
