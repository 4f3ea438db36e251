"""Make a small corpus with real videos: a red square that moves, and where it was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from stad.corpus.store import ResultStore
from stad.structures import Actors, Keyframe, Segment
from tests.corpus.rows import MODEL, make_results
from tests.videos import write_video

FPS, NUM_FRAMES = 10, 60


def box_at(time_sec: float) -> np.ndarray:
    """The square of ``tests.videos.moving_square``, (4,) xyxy."""
    left = 10 + 2 * round(time_sec * FPS) % 120
    return np.array([left, 40, left + 20, 80], np.float32)


def make_corpus(folder: Path, names: tuple[str, ...] = ("a.mp4", "b.mp4")) -> ResultStore:
    """Write videos of six seconds and the results of 'stad corpus' beside them."""
    store = ResultStore.open(folder / "results", create=True)
    scores = np.array([[0.5, 0.0, 0.8]], np.float32)
    for number, name in enumerate(names):
        video = folder / name
        video.parent.mkdir(parents=True, exist_ok=True)
        if not video.exists():
            write_video(video, num_frames=NUM_FRAMES, fps=FPS)
        results = make_results(
            number, path=str(video), size_bytes=video.stat().st_size, fps=float(FPS)
        )
        keyframes = [
            Keyframe(time, Actors.from_arrays(box_at(time), [0.9], [7]), scores)
            for time in np.arange(0.5, 6.0, 0.5)
        ]
        segments = [
            Segment(actor_id=7, class_index=0, start_sec=0.5, end_sec=3.0, score=0.5 + number / 10),
            Segment(actor_id=7, class_index=2, start_sec=2.0, end_sec=4.5, score=0.8 - number / 10),
        ]
        store.add(MODEL, replace(results, keyframes=keyframes, segments=segments))
    return store
