"""Folders of small rendered videos with labels, and a small network, for tests of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from stad import zoo
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels
from tests.videos import write_video

TINY = Path(__file__).parents[1] / "data" / "tiny_detector.py"
SIZE, FPS, NUM_FRAMES = (160, 120), 10, 40
LENGTH_SEC = NUM_FRAMES / FPS
# Of two people; the class is a red one.
BOXES = ((20.0, 30.0, 60.0, 100.0), (95.0, 25.0, 135.0, 95.0))
GREY, RED = (120, 120, 120), (230, 30, 30)


def picture(colours, *, brightness=90):
    """Return what draws two people in colours, one a half of the video."""

    def draw(index: int, width_px: int, height_px: int) -> np.ndarray:
        image = np.full((height_px, width_px, 3), brightness, np.uint8)
        half = int(index >= NUM_FRAMES // 2)
        for box, colour in zip(BOXES, colours, strict=True):
            left, top, right, bottom = map(int, box)
            image[top:bottom, left:right] = colour[half]
        return image

    return draw


def person_folder(path: Path, *, num_videos: int = 6) -> OwnFolder:
    """Write videos in which one of two people is red in one half, and the labels of that."""
    path.mkdir(parents=True, exist_ok=True)
    folder = OwnFolder(path)
    for number in range(num_videos):
        first, half = number % 2, number // 2 % 2
        colours = [(GREY, GREY), (GREY, GREY)]
        colours[first] = (RED, GREY) if half == 0 else (GREY, RED)
        name = f"v{number}.mp4"
        draw = picture(colours, brightness=60 + 15 * number)
        write_video(path / name, num_frames=NUM_FRAMES, fps=FPS, size=SIZE, picture=draw)
        times = np.arange(NUM_FRAMES) / FPS
        tracks = tuple(
            ActorTrack(i, times, np.tile(np.array(box, np.float32), (NUM_FRAMES, 1)), "drawn")
            for i, box in enumerate(BOXES)
        )
        middle = LENGTH_SEC / 2
        there = (0.0, middle) if half == 0 else (middle, LENGTH_SEC)
        away = (middle, LENGTH_SEC) if half == 0 else (0.0, middle)
        spans = (
            LabelSpan(first, "red", *there),
            LabelSpan(first, "", *away),
            LabelSpan(1 - first, "", 0.0, LENGTH_SEC),
        )
        folder.write_labels(VideoLabels(name, *SIZE, LENGTH_SEC, "", tracks=tracks, spans=spans))
    folder.write_classes(["red"])
    return folder


def clip_folder(path: Path, *, num_videos: int = 8) -> OwnFolder:
    """Write clips into the folders 'red' and 'no_red', with two people in each."""
    for number in range(num_videos):
        name = "red" if number % 2 else "no_red"
        colour = RED if number % 2 else GREY
        (path / name).mkdir(parents=True, exist_ok=True)
        draw = picture([(colour, colour)] * 2, brightness=60 + 12 * number)
        write_video(path / name / f"{number}.mp4", num_frames=20, fps=FPS, size=SIZE, picture=draw)
    return OwnFolder(path)


def tiny_weights(path: Path) -> Path:
    """Write weights of the small network, always the same."""
    torch.manual_seed(0)
    torch.save(zoo.load(str(TINY), weights=None).state_dict(), path)
    return path
