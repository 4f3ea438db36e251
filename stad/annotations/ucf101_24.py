"""Read the corrected annotations of UCF101-24: pyannot.pkl and finalAnnots.mat.

Singh et al., "Online Real-time Multiple Spatiotemporal Action Localisation and Prediction", ICCV
2017; https://github.com/gurkirt/corrected-UCF101-Annots. Boxes x, y, width, height become xyxy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stad.annotations.tube_types import LabelledTube, TubeAnnotations, TubeVideo, make_tube
from stad.errors import InputError
from stad.utils.files import read_text
from stad.utils.text import first_line

# The classes that both files number: from 0 in the pickle, from 1 in the .mat.
UCF24_LABELS = (
    "Basketball",
    "BasketballDunk",
    "Biking",
    "CliffDiving",
    "CricketBowling",
    "Diving",
    "Fencing",
    "FloorGymnastics",
    "GolfSwing",
    "HorseRiding",
    "IceDancing",
    "LongJump",
    "PoleVault",
    "RopeClimbing",
    "SalsaSpin",
    "SkateBoarding",
    "Skiing",
    "Skijet",
    "SoccerJuggling",
    "Surfing",
    "TennisSwing",
    "TrampolineJumping",
    "VolleyballSpiking",
    "WalkingWithDog",
)


def from_pyannot(content: Mapping[Any, Any]) -> TubeAnnotations:
    """Return the annotations of pyannot.pkl, whose frames are counted from 0, without the end."""
    tubes, facts = {}, {}
    for video, entry in content.items():
        facts[str(video)] = TubeVideo(int(entry.get("numf", 0)))
        tubes[str(video)] = mine = []
        for one in entry["annotations"]:
            frames = np.arange(int(one["sf"]), int(one["ef"])) + 1
            mine.append(_tube(int(one["label"]), frames, one["boxes"]))
    return TubeAnnotations(UCF24_LABELS, tubes, facts=facts)


def read_final_annots(path: str | Path) -> TubeAnnotations:
    """Read finalAnnots.mat, whose frames are counted from 1, with the end.

    Raises:
        InputError: the file cannot be read, or it has other content.
    """
    content = read_mat(path)
    tubes, facts = {}, {}
    try:
        for entry in np.ravel(content["annot"]):
            name = str(np.ravel(entry["name"])[0])
            facts[name] = TubeVideo(int(np.ravel(entry["num_imgs"])[0]))
            tubes[name] = mine = []
            for one in np.ravel(entry["tubes"]):
                first, last = (int(np.ravel(one[key])[0]) for key in ("sf", "ef"))
                label = int(np.ravel(one["class"])[0]) - 1
                mine.append(_tube(label, np.arange(first, last + 1), one["boxes"]))
    except (TypeError, KeyError, ValueError, IndexError) as error:
        raise InputError(
            f"{path}: expected finalAnnots.mat of the corrected UCF101-24 annotations "
            f"({first_line(error)})."
        ) from error
    return TubeAnnotations(UCF24_LABELS, tubes, facts=facts)


def _tube(label: int, frames: np.ndarray, boxes: Any) -> LabelledTube:
    if not 0 <= label < len(UCF24_LABELS):
        raise ValueError(f"there is no class {label}")
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    corners = np.hstack((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]))
    return make_tube(UCF24_LABELS[label], frames, corners)


def with_test_list(annotations: TubeAnnotations, path: str | Path) -> TubeAnnotations:
    """Return the annotations with one split: a list of test videos, and the others to train on.

    Args:
        annotations: without splits.
        path: testlist01.txt, lines Class/v_Class_g01_c01, with or without the ending of the file.

    Raises:
        InputError: the file cannot be read, or none of its videos is annotated.
    """
    try:
        lines = read_text(path, encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a list of videos ({error}).") from error
    # UCF101's own lists have a class number after the name in some versions.
    names = [line.split()[0].removesuffix(".avi") for line in lines if line.strip()]
    known: Sequence[str] = [name for name in names if name in annotations.tubes]
    if not known:
        first = f", such as {names[0]!r}" if names else ""
        raise InputError(f"{path} names no annotated video{first}. Give testlist01.txt.")
    chosen = set(known)
    others = tuple(name for name in annotations.tubes if name not in chosen)
    return annotations._replace(train=(others,), test=(tuple(known),))


def read_mat(path: str | Path) -> dict[str, Any]:
    """Return the variables of a MATLAB file of version 7 or older; no code of it runs.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    from scipy.io import loadmat

    path = Path(path)
    if not path.is_file():
        raise InputError(f"No such file: {path}. Check the name and the folder.")
    try:
        return loadmat(path)
    # A damaged file can fail in any way.
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as a MATLAB file ({first_line(error)}). It is damaged, "
            "incomplete or of version 7.3: get it again."
        ) from error
