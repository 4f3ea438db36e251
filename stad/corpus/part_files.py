"""Keep what the parts of a long video gave beside the results, until the video is joined."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from stad.corpus.place import Place
from stad.errors import InputError
from stad.structures import Actors
from stad.video.index import FrameIndex, KeyFrame

FOLDER = "parts"
ENDING = ".npz"
# Between tries to write.
PAUSES_SEC = (2.0, 10.0)
# What a split video knows before anything is computed, and its windows.
INDEX, WINDOWS = "index", "windows"


class ResultsError(Exception):
    """The results cannot be written: no other video would fare better."""


def write_results(write: Callable[[], Written]) -> Written:
    """Call what writes results; it is tried again, as a store may be out of reach for a moment.

    Raises:
        ResultsError: they cannot be written.
    """
    for pause_sec in PAUSES_SEC:
        try:
            return write()
        except InputError:
            time.sleep(pause_sec)
    try:
        return write()
    except InputError as error:
        raise ResultsError(str(error)) from error


Arrays = dict[str, np.ndarray]
Found = tuple[float, Actors | None]
Written = TypeVar("Written")


class PartFiles:
    """The files of one split video; each appears whole.

    Args:
        place: of the results.
        model_key: of the model.
        key: of the video.
    """

    def __init__(self, place: Place, model_key: str, key: str) -> None:
        self._place, self._folder = place, f"{FOLDER}/model={model_key}/{key}"

    def names(self) -> set[str]:
        """Return the names of the files that are there."""
        found = self._place.names(self._folder)
        return {one.removesuffix(ENDING) for one in found if one.endswith(ENDING)}

    def numbers(self, step: str) -> tuple[int, ...]:
        """Return which parts of a step are there."""
        names = [one.partition("-") for one in self.names()]
        return tuple(sorted(int(number) for name, _, number in names if name == step and number))

    def write(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a file.

        Raises:
            ResultsError: it cannot be written, for example on a full disk.
        """
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **arrays)
        path = f"{self._folder}/{name}{ENDING}"
        write_results(lambda: self._place.write(path, content.getvalue()))

    def read(self, name: str) -> Arrays | None:
        """Return the arrays of a file; None where there is none."""
        content = self._place.read(f"{self._folder}/{name}{ENDING}")
        if content is None:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)

    def remove(self) -> None:
        """Remove all of them."""
        # The index last: without it the others say nothing.
        for name in sorted(self.names(), key=lambda one: one == INDEX):
            self._place.remove(f"{self._folder}/{name}{ENDING}")
        if self._place.is_local:
            with contextlib.suppress(OSError):
                Path(self._place.root, self._folder).rmdir()


def part_name(step: str, number: int) -> str:
    """Return the name of the file of a part."""
    return f"{step}-{number:05d}"


def index_arrays(index: FrameIndex, begins: Sequence[int]) -> Arrays:
    """Return an index of frames, and the numbers of the frames at which parts begin, as arrays."""
    return {
        "times_sec": index.times_sec,
        "key_sec": np.array([key.time_sec for key in index.keys], np.float64),
        "key_stamps": np.array([(key.pts, key.dts) for key in index.keys], np.int64).reshape(-1, 2),
        "has_leading": np.array(index.has_leading),
        "begins": np.array(begins, np.int64),
    }


def read_index(arrays: Arrays) -> tuple[FrameIndex, list[int]]:
    """Return what ``index_arrays`` was given."""
    stamps = arrays["key_stamps"].tolist()
    keys = tuple(
        KeyFrame(time_sec, *pair)
        for time_sec, pair in zip(arrays["key_sec"].tolist(), stamps, strict=True)
    )
    index = FrameIndex(arrays["times_sec"], keys, bool(arrays["has_leading"]))
    return index, arrays["begins"].tolist()


def detection_arrays(
    found: Sequence[Found], *, memory: Mapping[str, Any] | None, warnings: Sequence[str]
) -> Arrays:
    """Return what a detector found in a part as arrays that keep every bit.

    Args:
        found: times, seconds, and people; None where it could not tell.
        memory: what the detector remembers after it, as JSON values; None for nothing.
        warnings: about the video.
    """
    known = [people for _, people in found if people is not None]
    empty = Actors.from_arrays()
    return {
        "times_sec": np.array([time_sec for time_sec, _ in found], np.float64),
        "counts": np.array([-1 if one is None else len(one) for _, one in found], np.int64),
        "boxes": np.concatenate([one.boxes for one in (empty, *known)]),
        "scores": np.concatenate([one.scores for one in (empty, *known)]),
        "ids": np.concatenate([one.ids for one in (empty, *known)]),
        "memory": json_array(memory),
        "warnings": json_array(list(warnings)),
    }


def read_detections(parts: Iterable[Arrays]) -> Iterator[Found]:
    """Yield what the detector found in the parts of a video, in order."""
    for arrays in parts:
        begin = 0
        for time_sec, count in zip(
            arrays["times_sec"].tolist(), arrays["counts"].tolist(), strict=True
        ):
            if count < 0:
                yield time_sec, None
                continue
            end = begin + count
            people = (arrays[name][begin:end] for name in ("boxes", "scores", "ids"))
            yield time_sec, Actors(*people)
            begin = end


def json_array(value: object) -> np.ndarray:
    """Return JSON values as an array of bytes."""
    return np.frombuffer(json.dumps(value).encode("ascii"), np.uint8)


def read_json_array(array: np.ndarray) -> Any:
    """Return what ``json_array`` was given."""
    return json.loads(array.tobytes())
