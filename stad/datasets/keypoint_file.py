"""Read and write the keypoints of labelled actors, an npz file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from stad.errors import InputError
from stad.utils.files import partial_file
from stad.utils.npz import UNREADABLE, open_npz

# What is found of an actor, and what identifies the actor.
FOUND = ("maps", "regions", "tracks")
KEYS = ("video", "time_sec", "person", "variant")
ARRAYS = FOUND + KEYS


def write_keypoints(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``ARRAYS``, each with one row per actor and variant; the folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with partial_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{key: arrays[key] for key in ARRAYS})


def read_keypoints(path: Path) -> dict[str, np.ndarray]:
    """Read ``ARRAYS``.

    Raises:
        InputError: the file was not written by ``write_keypoints``.
    """
    try:
        with open_npz(path) as file:
            return {key: file[key] for key in ARRAYS}
    except UNREADABLE as error:
        raise InputError(
            f"{path} is not a file of keypoints ({error}). Delete it to make it again."
        ) from error
