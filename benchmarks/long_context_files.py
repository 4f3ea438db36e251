"""Write rendered scenes whose classes depend on the past to a folder in AVA's layout."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2

from benchmarks.long_context import LongScene
from stad.annotations.ava_writer import GROUND_TRUTH, ava_row
from stad.errors import InputError
from stad.utils.files import write_whole, writing

# Far above the training seeds, so that more training scenes never meet the held-out ones.
FIRST_VAL_SEED = 1_000_000
JPEG_QUALITY = 90


def write_long_context(
    folder: str | Path,
    *,
    num_train: int,
    num_val: int,
    on_scene: Callable[[], object] | None = None,
) -> dict[str, int]:
    """Write ``frames/SCENE/*.jpg``, ``train.csv`` and ``val.csv``.

    Images are read faster than many small videos. Existing scenes are kept, so an interrupted run
    continues where it stopped.

    Args:
        folder: of the data set; made if it does not exist.
        num_train: number of scenes.
        num_val: number of held-out scenes.
        on_scene: called after each scene, for a progress bar.

    Returns:
        The number of rows of each file.

    Raises:
        InputError: a number is wrong, or files cannot be written.
    """
    for flag, count in (("--train", num_train), ("--val", num_val)):
        if not 1 <= count <= FIRST_VAL_SEED:
            raise InputError(f"{flag} must be 1 to {FIRST_VAL_SEED}, got {count}.")
    frames = Path(folder) / "frames"
    with writing(frames):
        frames.mkdir(parents=True, exist_ok=True)
    counts = {}
    for split, first, count in (("train", 0, num_train), ("val", FIRST_VAL_SEED, num_val)):
        rows: list[str] = []
        for seed in range(first, first + count):
            rows += _write_scene(frames, seed)
            if on_scene is not None:
                on_scene()
        write_whole(Path(folder) / f"{split}.csv", "".join(f"{row}\n" for row in rows))
        counts[split] = len(rows)
    return counts


def _write_scene(folder: Path, seed: int) -> list[str]:
    scene, name = LongScene(seed), f"scene_{seed:07d}"
    path, part = folder / name, folder / f".{name}.part"
    if not path.exists():
        with writing(path):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            for index, image in enumerate(scene.frames()):
                options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
                _, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
                (part / f"{index:06d}.jpg").write_bytes(coded.tobytes())
            part.rename(path)
    return [
        ava_row(name, row.time_sec, row.box, row.label + 1, row.person_id, numbers=GROUND_TRUTH)
        for row in scene.rows()
    ]
