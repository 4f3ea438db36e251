"""Folders of small real videos with labels."""

from __future__ import annotations

import random
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels
from tests.annotations.importers.label_files import FPS, HEIGHT, NUM_FRAMES, WIDTH
from tests.videos import write_video


@cache
def _video(shade: int) -> Path:
    def picture(index: int, width_px: int, height_px: int) -> np.ndarray:
        return np.full((height_px, width_px, 3), (shade, 2 * index, 90), dtype=np.uint8)

    path = Path(mkdtemp(prefix="stad_own_")) / "video.mp4"
    return write_video(path, num_frames=NUM_FRAMES, fps=FPS, size=(WIDTH, HEIGHT), picture=picture)


def put_video(path: Path, *, shade: int = 50) -> Path:
    """Put a video of 4 s, 160x120, there; those of another shade differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_video(shade), path)
    return path


def folder_with(top: Path, *videos: str, classes: tuple[str, ...] = ()) -> OwnFolder:
    """A folder with videos that all differ."""
    for number, video in enumerate(videos):
        put_video(top / video, shade=10 + 10 * number)
    top.mkdir(exist_ok=True)
    folder = OwnFolder(top)
    if classes:
        folder.write_classes(classes)
    return folder


def track_of(number: int, times: list[float], box=(10, 10, 50, 100)) -> ActorTrack:
    """A person who stands still."""
    return ActorTrack(
        number, np.array(times), np.tile(np.array(box, np.float32), (len(times), 1)), "drawn"
    )


def random_labels(video: str, seed: int, classes: tuple[str, ...]) -> VideoLabels:
    """Everything that labels may hold: people who come and go, all kinds of labels."""
    rng = random.Random(seed)
    tracks, spans = [], []
    for number in rng.sample(range(9), rng.randint(0, 3)):
        times = np.unique([rng.randint(0, 3999) / 1000 for _ in range(rng.randint(1, 30))])
        corners = [
            (x, y, x + rng.randint(20, 400) / 10, y + rng.randint(20, 400) / 10)
            for x, y in ((rng.randint(0, 1100) / 10, rng.randint(0, 700) / 10) for _ in times)
        ]
        boxes = np.array(corners).round(1).astype(np.float32)
        tracks.append(ActorTrack(number, times, boxes, "imported"))
        spans += _random_spans(rng, number, classes)
    spans += _random_spans(rng, None, classes) if rng.random() < 0.5 else []
    return VideoLabels(
        video, WIDTH, HEIGHT, NUM_FRAMES / FPS, "", tuple(tracks), tuple(spans), rng.random() < 0.3
    )


def _random_spans(rng: random.Random, track: int | None, classes) -> list[LabelSpan]:
    spans = []
    for name, is_positive in [("", True), *((one, rng.random() < 0.7) for one in classes)]:
        cuts = sorted(rng.sample(range(4001), 4))
        spans += [
            LabelSpan(track, name, cuts[place] / 1000, cuts[place + 1] / 1000, is_positive)
            for place in (0, 2)
            if rng.random() < 0.5
        ]
    return spans
