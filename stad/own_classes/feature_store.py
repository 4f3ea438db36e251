"""Keep features in the folder's cache: one file a video, which appears whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.utils.files import write_whole, writing
from stad.utils.npz import UNREADABLE, open_npz

FEATURES = "features"
META, NAMES, VALUES = "meta", "names", "values"


class VideoFeatures:
    """The features of one video by view and by the name of the shot.

    What was made of another file of that name, or by other networks, is not read.

    Args:
        folder: of the videos.
        video: its name.
        fingerprint: of the video's content.
        keys: of each view that is wanted, what its features depend on besides the video.
    """

    def __init__(
        self, folder: OwnFolder, video: str, *, fingerprint: str, keys: Mapping[str, str]
    ) -> None:
        self.path = folder.cache_path(FEATURES) / f"{video}.npz"
        self._fingerprint, self._keys = fingerprint, dict(keys)
        self._known: dict[str, dict[str, np.ndarray]] = {view: {} for view in keys}
        self._is_changed = False
        self._read()

    def _read(self) -> None:
        try:
            with open_npz(self.path) as content:
                meta = json.loads(str(content[META]))
                if meta["fingerprint"] != self._fingerprint:
                    return
                for view, key in meta["keys"].items():
                    if self._keys.get(view, key) == key:
                        self._keys[view] = key
                        names = content[f"{view}.{NAMES}"].tolist()
                        self._known[view] = dict(
                            zip(names, content[f"{view}.{VALUES}"], strict=True)
                        )
        except (*UNREADABLE, InputError, AttributeError):
            # Missing or damaged: it is made again.
            return

    def missing(self, names: Sequence[str], views: Sequence[str]) -> list[int]:
        """Return the places of the shots of which a view is not known."""
        return [
            place
            for place, name in enumerate(names)
            if any(name not in self._known[view] for view in views)
        ]

    def add(self, name: str, values: Mapping[str, np.ndarray]) -> None:
        """Add the features of a shot, (F,) float32 by view."""
        for view, row in values.items():
            self._known[view][name] = np.asarray(row, np.float32)
        self._is_changed = True

    def get(self, names: Sequence[str], view: str) -> np.ndarray:
        """Return (N, F) float32 features of shots, all known."""
        known = self._known[view]
        return np.stack([known[name] for name in names])

    def write(self) -> None:
        """Write what was added.

        Raises:
            InputError: the file cannot be written, as on a full disk.
        """
        if not self._is_changed:
            return
        meta = {"fingerprint": self._fingerprint, "keys": self._keys}
        arrays: dict[str, np.ndarray] = {META: np.array(json.dumps(meta))}
        for view, known in self._known.items():
            if known:
                arrays[f"{view}.{NAMES}"] = np.array(list(known))
                arrays[f"{view}.{VALUES}"] = np.stack(list(known.values()))
            else:
                del meta["keys"][view]
        arrays[META] = np.array(json.dumps(meta))
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, lambda part: _save(part, arrays))
        self._is_changed = False


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    # numpy adds .npz to names without it.
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(arrays))


def disk_use(folder: OwnFolder) -> int:
    """Return the bytes that cached features take."""
    files = folder.cache_path(FEATURES).rglob("*.npz")
    return sum(one.stat().st_size for one in files)
