"""Files of segments for tests."""

from __future__ import annotations

import json
from pathlib import Path

DATABASE = {
    "v1": {
        "subset": "validation",
        "duration": 40.0,
        "annotations": [
            {"label": "walk", "segment": [0.0, 10.0]},
            {"label": "wave", "segment": [20, 30]},
        ],
    },
    "v2": {"subset": "Validation", "annotations": []},
    "v3": {"subset": "training", "annotations": [{"label": "run", "segment": [1, 2]}]},
}
RESULTS = {
    "v1": [
        {"label": "walk", "segment": [0.0, 9.0], "score": 0.9},
        {"label": "swim", "segment": [0.0, 9.0], "score": 0.9},
    ],
    "v9": [{"label": "wave", "segment": [0.0, 9.0], "score": 0.8}],
}


def write(path: Path, content) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


THUMOS = {
    "CliffDiving_test.txt": "video_test_1  1.0 5.0\nvideo_test_1 7.5 9\n\n",
    "Diving_test.txt": "video_test_2 1.0 5.0\n",
    "Diving_val.txt": "video_validation_1 1.0 5.0\n",
    "Ambiguous_test.txt": "video_test_2 8 9\n",
    "detclasslist.txt": "21 CliffDiving\n22 Diving\n",
}


def write_thumos(folder: Path) -> Path:
    """Write a folder of THUMOS 2014's text files."""
    folder.mkdir()
    for name, text in THUMOS.items():
        write(folder / name, text)
    return folder
