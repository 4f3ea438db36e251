"""A small UCF101-24 and a small JHMDB, in the file formats that are published."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from scipy.io import savemat

from stad.annotations.ucf101_24 import UCF24_LABELS
from tests.videos import write_video

FPS, FRAMES, SIZE = 25, 24, (160, 120)
# Class, name, and (first frame from 0, end, left edge at frame 0, speed) of each tube.
UCF_VIDEOS = {
    "Biking/v_Biking_g01_c01": [(2, 20, 10, 2), (5, 24, 90, 1)],
    "Biking/v_Biking_g02_c01": [(0, 24, 30, 1)],
    "Biking/v_Biking_g08_c01": [(0, 18, 20, 2)],
    "Diving/v_Diving_g01_c01": [(4, 22, 40, -1)],
    "Diving/v_Diving_g02_c01": [(0, 20, 60, 1), (6, 24, 5, 1)],
    "Diving/v_Diving_g08_c01": [(1, 24, 10, 3)],
}
UCF_TEST = [name for name in UCF_VIDEOS if "_g08_" not in name]
JHMDB_VIDEOS = {
    "catch/a_catch_1": (0, 20, 2),
    "catch/b_catch_2": (1, 60, -1),
    "run/c_run_1": (0, 5, 3),
    "run/d_run_2": (0, 80, -2),
}


def ucf_boxes(first: int, end: int, left: int, speed: int) -> np.ndarray:
    """Return (T, 4) int x, y, width and height of a tube."""
    frames = np.arange(first, end)
    x = left + speed * frames
    return np.column_stack((x, np.full_like(x, 30), np.full_like(x, 40), np.full_like(x, 60)))


def write_videos(folder: Path, names) -> Path:
    for name in names:
        path = folder / f"{name}.avi"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, num_frames=FRAMES, fps=FPS, size=SIZE, codec="mpeg4")
    return folder


def write_ucf(folder: Path) -> Path:
    """Write pyannot.pkl, finalAnnots.mat, testlist01.txt and the videos; return the folder."""
    write_videos(folder / "videos", UCF_VIDEOS)
    pickled, entries = {}, []
    for name, tubes in UCF_VIDEOS.items():
        label = UCF24_LABELS.index(name.partition("/")[0])
        annotations = [
            {"label": label, "sf": np.int32(t[0]), "ef": np.int32(t[1]), "boxes": ucf_boxes(*t)}
            for t in tubes
        ]
        pickled[name] = {"annotations": annotations, "numf": FRAMES, "label": label}
        kinds = [("ef", "O"), ("sf", "O"), ("class", "O"), ("boxes", "O")]
        # MATLAB counts frames and classes from 1, and has the last frame.
        rows = [
            (float(t[1]), float(t[0] + 1), float(label + 1), ucf_boxes(*t).astype(float))
            for t in tubes
        ]
        entries.append((float(FRAMES), name, np.array([rows and tuple(r) for r in rows], kinds)))
    fields = [("num_imgs", "O"), ("name", "O"), ("tubes", "O")]
    savemat(folder / "finalAnnots.mat", {"annot": np.array(entries, fields)})
    (folder / "pyannot.pkl").write_bytes(pickle.dumps(pickled, protocol=2))
    (folder / "testlist01.txt").write_text("".join(f"{name}\n" for name in UCF_TEST))
    return folder


def jhmdb_box(start: int, left: int, speed: int, frame: int) -> tuple[int, int, int, int]:
    """Return the first and last pixels of a mask; frames before ``start`` have none."""
    x = left + speed * frame
    return x, 20, x + 29, 89


def write_jhmdb(folder: Path) -> Path:
    """Write puppet masks, splits and videos as they are unpacked; return the folder."""
    write_videos(folder / "ReCompress_Videos", JHMDB_VIDEOS)
    for name, (start, left, speed) in JHMDB_VIDEOS.items():
        mask = np.zeros((SIZE[1], SIZE[0], FRAMES), np.uint8)
        for frame in range(start, FRAMES):
            x1, y1, x2, y2 = jhmdb_box(start, left, speed, frame)
            mask[y1 : y2 + 1, max(x1, 0) : x2 + 1, frame] = 3
        path = folder / "puppet_mask" / name / "puppet_mask.mat"
        path.parent.mkdir(parents=True)
        savemat(path, {"part_mask": mask}, do_compression=True)
    for number in (1, 2, 3):
        for label in ("catch", "run"):
            names = [Path(one).name for one in JHMDB_VIDEOS if one.startswith(label)]
            parts = (1, 2) if number != 2 else (2, 1)
            lines = [f"{one}.avi {part}\n" for one, part in zip(names, parts, strict=True)]
            path = folder / "splits" / f"{label}_test_split{number}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(lines))
    return folder
