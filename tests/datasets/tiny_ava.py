"""A data set of small real videos in AVA's format, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.videos import write_video

SIZE = (80, 64)
CONFIG = Path(__file__).parents[1] / "data" / "tiny_train.py"
CLASSES = ("red", "left", "right")


def scene(number: int):
    """A frame function: a square that moves to the left or right, red or blue."""
    colour = (220, 30, 30) if number % 2 else (30, 30, 220)
    step = 1 if number % 3 else -1

    def frame(index: int, width_px: int, height_px: int) -> np.ndarray:
        image = np.full((height_px, width_px, 3), 60 + 10 * number % 100, dtype=np.uint8)
        left = (10 + 5 * number + step * index) % (width_px - 20)
        image[20:44, left : left + 20] = colour
        return image

    return frame


def box_at(number: int, time_sec: float) -> tuple[float, float, float, float]:
    """Where the square of ``scene`` is, relative to the frame."""
    step = 1 if number % 3 else -1
    left = (10 + 5 * number + step * round(time_sec * 15)) % (SIZE[0] - 20)
    return left / SIZE[0], 20 / SIZE[1], (left + 20) / SIZE[0], 44 / SIZE[1]


def class_ids_of(number: int) -> list[int]:
    """Colour and direction of a scene, ids of ``CLASSES``."""
    return ([1] if number % 2 else []) + ([3] if number % 3 else [2])


def write_tiny_ava(folder: Path, *, num_videos: int = 4, times_sec=(0.5, 1.0)) -> Path:
    """Videos, labels.csv and labels.txt in ``folder``."""
    (folder / "videos").mkdir(parents=True)
    lines = []
    for number in range(num_videos):
        path = folder / "videos" / f"scene{number}.mp4"
        write_video(path, num_frames=24, fps=15, size=SIZE, picture=scene(number))
        for time_sec in times_sec:
            box = ",".join(f"{value:.4f}" for value in box_at(number, time_sec))
            lines += [f"scene{number},{time_sec},{box},{k},0" for k in class_ids_of(number)]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    (folder / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    return folder


def changes_for(folder: Path) -> dict[str, str]:
    """What makes ``tiny_train.py`` read this folder."""
    paths = {
        "annotations": str(folder / "labels.csv"),
        "videos": str(folder / "videos"),
        "label_map": str(folder / "labels.txt"),
    }
    return {
        f"{loader}.dataset.{key}": value
        for loader in ("train_dataloader", "val_dataloader")
        for key, value in paths.items()
    }
