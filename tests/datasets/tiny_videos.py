"""A data set of small real videos of one class each, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.videos import write_video

SIZE = (80, 64)
CONFIG = Path(__file__).parents[1] / "data" / "tiny_recognition.py"
CLASSES = ("red left", "red right", "blue left", "blue right")


def square(label: int, shift: int = 0):
    """A frame function: a red or blue square that moves to the left or to the right."""
    colour = (220, 30, 30) if label < 2 else (30, 30, 220)
    step = 1 if label % 2 else -1

    def frame(index: int, width_px: int, height_px: int) -> np.ndarray:
        image = np.full((height_px, width_px, 3), 90, dtype=np.uint8)
        left = (30 + 5 * shift + step * index) % (width_px - 20)
        image[20:44, left : left + 20] = colour
        return image

    return frame


def write_tiny_videos(folder: Path, *, per_class: int = 2) -> Path:
    """``CLASS/*.mp4``, list.txt and labels.txt in ``folder``."""
    rows = []
    for label, name in enumerate(CLASSES):
        inside = folder / name.replace(" ", "_")
        inside.mkdir(parents=True)
        for number in range(per_class):
            path = inside / f"video{number}.mp4"
            write_video(
                path, num_frames=30, fps=15, size=SIZE, picture=square(label, number), gop=5
            )
            rows.append(f"{inside.name}/{path.name} {label}")
    (folder / "list.txt").write_text("\n".join(rows) + "\n")
    (folder / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    return folder


def changes_for(folder: Path) -> dict[str, str]:
    """What makes ``tiny_recognition.py`` read this folder."""
    paths = {
        "annotations": str(folder / "list.txt"),
        "videos": str(folder),
        "label_map": str(folder / "labels.txt"),
    }
    return {
        f"{loader}.dataset.{key}": value
        for loader in ("train_dataloader", "val_dataloader")
        for key, value in paths.items()
    }
