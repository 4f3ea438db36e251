"""Files of tubes for tests."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

TUBE = np.column_stack((np.arange(3, 7), np.tile([10.0, 20, 30, 60], (4, 1)))).astype(np.float32)


def gttubes(tube=TUBE) -> dict:
    """As UCF101v2-GT.pkl, JHMDB-GT.pkl and multisports_GT.pkl are made."""
    return {
        "labels": ["walk", "basketball save"],
        "gttubes": {"a/v1": {0: [tube], 1: [tube]}, "a/v2": {np.int64(1): [tube + 1]}, "v3": {}},
        "train_videos": [["a/v2"], ["a/v1"]],
        "test_videos": [["a/v1", "v3"], ["a/v2"]],
        "nframes": {"a/v1": 40},
        "resolution": {"a/v1": (240, 320)},
    }


def write(path: Path, content, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def as_json(**changes) -> dict:
    box = [10, 20, 30, 60]
    one = {"label": "walk", "score": 0.9, "first_frame": 4, "boxes": [box] * 3} | changes
    return {"format": "stad-tubes", "version": 1, "videos": {"a/v1": [one], "other": [one]}}
