"""Read annotated tubes of any known kind: UCF101-24, JHMDB, MultiSports, or one's own JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from stad.annotations.jhmdb import read_jhmdb
from stad.annotations.tube_files import read_tube_file, read_tube_results, write_tubes
from stad.annotations.tube_types import LabelledTube, TubeAnnotations, TubeVideo, make_tube
from stad.annotations.ucf101_24 import from_pyannot, read_final_annots
from stad.errors import InputError

__all__ = [
    "SETS",
    "LabelledTube",
    "TubeAnnotations",
    "TubeVideo",
    "make_tube",
    "read_tube_annotations",
    "read_tube_results",
    "write_tubes",
]

SETS = ("train", "test")


def read_tube_annotations(path: str | Path) -> TubeAnnotations:
    """Read the annotations of a data set, without running any code in its files.

    Args:
        path: a pickle with 'labels', 'gttubes', 'train_videos' and 'test_videos'
            (UCF101v2-GT.pkl, JHMDB-GT.pkl, multisports_GT.pkl); pyannot.pkl or finalAnnots.mat
            of the corrected UCF101-24 annotations, whose frames are counted from 1 here; the
            folder of JHMDB's puppet masks and splits; or the JSON that 'stad prepare' writes.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    path = Path(path)
    if path.is_dir():
        return read_jhmdb(path)
    if path.suffix.lower() == ".mat":
        return read_final_annots(path)
    if path.suffix.lower() == ".json":
        return read_tube_file(path)
    from stad.utils.pickles import read_numpy_pickle

    content = read_numpy_pickle(path)
    try:
        if "gttubes" in content:
            return _from_gttubes(content)
        return from_pyannot(content)
    except (TypeError, KeyError, ValueError, IndexError, AttributeError) as error:
        raise InputError(
            f"{path}: expected the annotations of UCF101-24, JHMDB or MultiSports as published "
            f"({error or type(error).__name__})."
        ) from error


def _from_gttubes(content: dict[str, Any]) -> TubeAnnotations:
    labels = tuple(str(name) for name in content["labels"])
    tubes = {
        str(video): [
            make_tube(labels[int(index)], rows[:, 0], rows[:, 1:5])
            for index, arrays in by_class.items()
            for rows in map(np.asarray, arrays)
        ]
        for video, by_class in content["gttubes"].items()
    }
    train, test = (
        tuple(tuple(map(str, videos)) for videos in content[f"{part}_videos"]) for part in SETS
    )
    return TubeAnnotations(labels, tubes, train, test, _facts(content))


def _facts(content: dict[str, Any]) -> dict[str, TubeVideo]:
    """Return what a pickle knows of its videos: 'nframes', and 'resolution' (height, width)."""
    counts = {str(name): int(count) for name, count in content.get("nframes", {}).items()}
    sizes = {
        str(name): (int(width), int(height))
        for name, (height, width) in content.get("resolution", {}).items()
    }
    return {
        name: TubeVideo(counts.get(name, 0), sizes.get(name, (0, 0))) for name in (counts | sizes)
    }
