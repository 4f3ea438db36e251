"""Read JHMDB-21 as published: puppet masks and splits.

Jhuang et al., "Towards understanding action recognition", ICCV 2013. A tube's box is that of the
person's mask in each frame: the columns and rows of its first and last pixels, counted from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from stad.annotations.tube_types import LabelledTube, TubeAnnotations, TubeVideo, make_tube
from stad.annotations.ucf101_24 import read_mat
from stad.errors import InputError
from stad.utils.boxes import fill_gaps

MASK_NAME, MASK_VARIABLE = "puppet_mask.mat", "part_mask"
NUM_SPLITS = 3
# The second word of a line of a split, 'NAME.avi 1'.
TRAIN, TEST = "1", "2"


def mask_boxes(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames with a mask, from 1, and its box in each.

    Frames without a mask between others get boxes between theirs.

    Args:
        mask: (H, W, T) int, above 0 on the person.

    Returns:
        (S,) int64 consecutive frames, and (S, 4) float64 xyxy, the last pixels inside.

    >>> mask = np.zeros((4, 5, 3))
    >>> mask[1:3, 2, 0] = mask[1:3, 4, 2] = 1
    >>> [one.tolist() for one in mask_boxes(mask)]
    [[1, 2, 3], [[2.0, 1.0, 2.0, 2.0], [3.0, 1.0, 3.0, 2.0], [4.0, 1.0, 4.0, 2.0]]]
    """
    inside = np.asarray(mask > 0)
    columns, rows = (np.asarray(inside.any(axis=axis)) for axis in (0, 1))
    seen = np.flatnonzero(rows.any(axis=0))
    if not len(seen):
        return np.zeros(0, np.int64), np.zeros((0, 4))
    sides = [one[:, seen] for one in (columns, rows)]
    first = [one.argmax(axis=0) for one in sides]
    last = [len(one) - 1 - one[::-1].argmax(axis=0) for one in sides]
    known = np.stack((*first, *last), axis=1).astype(np.float64)
    return fill_gaps(seen + 1, known)


def read_jhmdb(
    folder: str | Path, *, on_video: Callable[[], object] = lambda: None
) -> TubeAnnotations:
    """Read the puppet masks and the splits below a folder.

    Args:
        folder: with puppet_mask/CLASS/VIDEO/puppet_mask.mat and CLASS_test_split1.txt, 2 and 3,
            in any folders below it.
        on_video: called after each video.

    Raises:
        InputError: there are no masks or no splits, a file cannot be read, or a split names a
            video without a mask.
    """
    folder = Path(folder)
    masks = find_masks(folder)
    splits = [_read_split(folder, number, masks) for number in range(1, NUM_SPLITS + 1)]
    tubes: dict[str, list[LabelledTube]] = {}
    facts: dict[str, TubeVideo] = {}
    for name, path in masks.items():
        tubes[name], facts[name] = _read_mask(path)
        on_video()
    labels = tuple(sorted({name.partition("/")[0] for name in masks}))
    train, test = (tuple(one[part] for one in splits) for part in (TRAIN, TEST))
    return TubeAnnotations(labels, tubes, train, test, facts)


def find_masks(folder: Path) -> dict[str, Path]:
    """Return the files of masks below a folder, by video: 'CLASS/VIDEO'.

    Raises:
        InputError: there are none.
    """
    found = sorted(folder.rglob(MASK_NAME)) if folder.is_dir() else []
    if not found:
        raise InputError(
            f"{folder} has no masks of JHMDB: expected files puppet_mask/CLASS/VIDEO/{MASK_NAME}. "
            "Unpack puppet_mask.zip there."
        )
    return {f"{path.parent.parent.name}/{path.parent.name}": path for path in found}


def _read_mask(path: Path) -> tuple[list[LabelledTube], TubeVideo]:
    content = read_mat(path)
    mask = content.get(MASK_VARIABLE)
    if mask is None or mask.ndim not in (2, 3):
        raise InputError(f"{path}: expected {MASK_VARIABLE!r} of height, width and frames.")
    mask = np.atleast_3d(mask)
    frames, boxes = mask_boxes(mask)
    height, width, count = mask.shape
    label = path.parent.parent.name
    tubes = [make_tube(label, frames, boxes)] if len(frames) else []
    return tubes, TubeVideo(count, (width, height))


def _read_split(folder: Path, number: int, masks: dict[str, Path]) -> dict[str, tuple[str, ...]]:
    suffix = f"_test_split{number}.txt"
    files = sorted(folder.rglob(f"*{suffix}"))
    if not files:
        raise InputError(f"{folder} has no files CLASS{suffix}. Unpack splits.zip there.")
    parts: dict[str, list[str]] = {TRAIN: [], TEST: []}
    for path in files:
        label = path.name.removesuffix(suffix)
        for line_number, line in enumerate(path.read_text().splitlines(), start=1):
            name, _, part = line.strip().rpartition(" ")
            if not line.strip() or part == "0":
                continue
            where = f"{path}, line {line_number}"
            if part not in parts or not name.strip():
                raise InputError(f"{where}: expected 'VIDEO.avi 1' or 2, got {line[:60]!r}.")
            video = f"{label}/{Path(name.strip()).stem}"
            if video not in masks:
                raise InputError(f"{where}: there is no {MASK_NAME} of {video}. Unpack it again.")
            parts[part].append(video)
    return {part: tuple(videos) for part, videos in parts.items()}
