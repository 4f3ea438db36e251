"""Folders of small rendered clips in folders of classes, and a small network for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from stad import zoo
from stad.tagging.describer import ClipDescriber
from stad.tagging.extraction import Extraction, extract_features
from stad.tagging.videos import list_videos
from tests.videos import write_video

TINY = Path(__file__).parents[1] / "data" / "tiny_recognizer.py"
SIZE, FPS = (64, 48), 5
COLOURS = {"red": (230, 40, 40), "blue": (40, 60, 230)}


def plain(colour, *, brightness):
    """Return what draws a square in a colour over a grey ground, which moves."""

    def draw(index: int, width_px: int, height_px: int) -> np.ndarray:
        image = np.full((height_px, width_px, 3), brightness, np.uint8)
        left = 4 + index % 16
        image[8:40, left : left + 36] = colour
        return image

    return draw


def clip_folder(path: Path, *, num_videos: int = 12, num_frames: int = 12) -> Path:
    """Write clips into the folders 'red' and 'blue', and sources.csv: two clips a source."""
    rows = ["video,source"]
    for number in range(num_videos):
        name = ("red", "blue")[number % 2]
        (path / name).mkdir(parents=True, exist_ok=True)
        draw = plain(COLOURS[name], brightness=40 + 12 * number)
        video = path / name / f"{number}.mp4"
        write_video(video, num_frames=num_frames, fps=FPS, size=SIZE, picture=draw)
        rows.append(f"{name}/{number}.mp4,s{number // 2}")
    (path / "sources.csv").write_text("\n".join(rows) + "\n")
    return path


def tiny_weights(path: Path) -> Path:
    """Write weights of the small network, always the same."""
    torch.manual_seed(0)
    torch.save(zoo.load(str(TINY), weights=None).state_dict(), path)
    return path


def describer(weights: Path) -> ClipDescriber:
    """Return what describes clips with the small network."""
    return ClipDescriber(str(TINY), str(weights), device="cpu", runtime="torch")


def extract(videos, out: Path, weights: Path, *, log=lambda text: None, **options):
    """Write the features of videos with the small network; return the table."""
    inputs = [videos] if isinstance(videos, Path) else videos
    extraction = Extraction(str(TINY), str(weights), **options)
    return extract_features(
        list_videos(inputs), out, extraction, describer(weights), progress=False, log=log
    )
