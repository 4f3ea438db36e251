"""Keep what a run has computed in a file beside its outputs, so that it can be resumed.

A line is a JSON object with one record; a line that was cut by a crash is dropped. The first one
identifies the run, the others hold, in the order in which they were made:

    {"frames": [time, ...]}                    times of frames that were read
    {"people": time, "found": ...}             what the person detector found in a frame; "memory"
                                               holds what it remembers and did not before
    {"scores": [...]}                          the scores of a batch of clips; "entries" holds what
                                               a model with a memory keeps of their actors
    {"done": time}                             results up to this keyframe have come out
    {"end": {...}}                             the run was interrupted and its files closed

While an earlier run's outputs are still in place, a run that has no results yet is known by a first
line without a run, see ``mark_begun``.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import threading
from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from stad.errors import InputError
from stad.utils.files import atomic_write, writing
from stad.utils.part_files import open_here

FORMAT, VERSION = "stad-state", 1
# A run began and has no results yet.
BEGUN = {"format": FORMAT, "version": VERSION}
READ_BYTES = 1000


class Journal:
    """Returns what was computed before, in order, and records what is computed now.

    Memory holds the times of the frames and a few records. Detector, scorer and reader may use it
    from a thread each.

    Args:
        path: the file; its folder exists.
        run: everything that the results depend on, as JSON values.
        resume: continue the file if there is one; otherwise start it over.
        free: keys of ``run`` whose values may differ from those of the file.

    Attributes:
        frame_times: float64 times of the frames that were read before, seconds.
        done_sec: results up to this keyframe came out before; None if there were none.
        end: state of the outputs when the run was interrupted; empty after a crash.
        changed: of the free keys that differ, the value in the file and the current one.
        memory: what the person detector remembered after the last detection that was returned or
            recorded, by name.

    Raises:
        InputError: the file belongs to a run with other options or cannot be used.
    """

    def __init__(
        self, path: Path, run: Mapping[str, Any], *, resume: bool, free: Sequence[str] = ()
    ) -> None:
        self.path, self._free = path, free
        self.changed: dict[str, tuple[Any, Any]] = {}
        self.frame_times, self.done_sec, self.end = array("d"), None, {}
        self.memory: dict[str, Any] = {}
        self._new_times: list[float] = []
        self._waiting: dict[str, deque[Any]] = {"people": deque(), "scores": deque()}
        self._reader = None
        self._lock = threading.RLock()
        head = {"format": FORMAT, "version": VERSION, "run": json.loads(json.dumps(run))}
        with writing(path):
            if resume and path.exists() and not is_begun(path):
                self._resume(head)
            else:
                # A run that is killed before its first result can be resumed as well.
                _write_whole(path, head)
                self._file = open_here(path, "a", encoding="ascii")

    def _resume(self, head: dict) -> None:
        with open_here(self.path, "rb") as file:
            self.changed = _check_head(self.path, file.readline(), head, free=self._free)
            size = self._begin = file.tell()
            for line in file:
                if not line.endswith(b"\n"):
                    break
                size += len(line)
                self._note(line)
        self._size = size
        # Only a cut last line is dropped.
        with open_here(self.path, "r+b") as file:
            file.truncate(size)
        self._file = open_here(self.path, "a", encoding="ascii")
        self._reader = open_here(self.path, "rb")
        self._reader.seek(self._begin)

    def _note(self, line: bytes) -> None:
        """Read a record that is needed at once; detections and scores are read on request."""
        if line.startswith((b'{"people"', b'{"scores"')):
            return
        with self._reading():
            record = json.loads(line)
            self.frame_times.extend(record.get("frames", ()))
            self.done_sec = record.get("done", self.done_sec)
            self.end = dict(record.get("end", self.end))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what a damaged record raises into an InputError."""
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"{self.path} is damaged. Use --overwrite to start over.") from error

    def _next(self, kind: str) -> dict | None:
        """Return the next record of a kind from earlier runs; None when there are no more."""
        waiting = self._waiting[kind]
        with self._lock:
            while not waiting and self._reader is not None:
                if self._reader.tell() >= self._size:
                    self._reader.close()
                    self._reader = None
                    break
                with self._reading():
                    record = dict(json.loads(self._reader.readline()))
                for name in self._waiting.keys() & record.keys():
                    self._waiting[name].append(record)
            return waiting.popleft() if waiting else None

    def next_people(self, time_sec: float) -> dict[str, np.ndarray] | Literal[False] | None:
        """Return what the detector found in the frame of a time.

        None if it could not tell, False if it was not asked in an earlier run.
        """
        record = self._next("people")
        if record is None:
            return False
        if record["people"] != time_sec:
            raise InputError(
                f"{self.path} does not match the video any more. Use --overwrite to start over."
            )
        with self._reading():
            self.memory.update(record.get("memory", {}))
            found = record["found"]
            return None if found is None else {key: _array(one) for key, one in found.items()}

    def next_scores(self) -> list[np.ndarray] | None:
        """Return the scores of the next batch of clips; None if it was not scored yet."""
        record = self._next("scores")
        with self._reading():
            return None if record is None else [_array(one) for one in record["scores"]]

    def next_remembered(self) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        """Return the scores of the next batch, and what the model keeps of its actors.

        Raises:
            InputError: they were made by a model without a memory.
        """
        record = self._next("scores")
        if record is None:
            return None
        if "entries" not in record:
            raise InputError(
                f"{self.path} was written with a model that has no memory. Use --overwrite to "
                "start over."
            )
        scores, entries = ([_array(one) for one in record[k]] for k in ("scores", "entries"))
        return scores, entries

    def add_frame(self, time_sec: float) -> None:
        """Record a frame that was read, after those of earlier runs."""
        with self._lock:
            self._new_times.append(time_sec)

    def add_detections(
        self,
        time_sec: float,
        found: Mapping[str, np.ndarray] | None,
        *,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """Record what the detector found; None if it could not tell.

        Args:
            time_sec: seconds.
            found: arrays by name.
            memory: what the detector remembers now, as JSON values by name.
        """
        plain = None if found is None else {key: _plain(one) for key, one in found.items()}
        record: dict[str, Any] = {"people": time_sec, "found": plain}
        new = {
            key: value
            for key, value in (memory or {}).items()
            if key not in self.memory or self.memory[key] != value
        }
        if new:
            self.memory.update(new)
            record["memory"] = new
        self._write(record)

    def add_scores(
        self, scores: list[np.ndarray], *, entries: list[np.ndarray] | None = None
    ) -> None:
        """Record the scores of a batch of clips, and what a model keeps of its actors."""
        record = {"scores": [_plain(one) for one in scores]}
        if entries is not None:
            record["entries"] = [_plain(one) for one in entries]
        self._write(record)

    def add_done(self, time_sec: float) -> None:
        """Record that the results up to a keyframe are out, and save everything so far."""
        if self.done_sec is not None and time_sec <= self.done_sec:
            return
        with self._lock:
            self._write_times()
            self._write({"done": time_sec})
            with writing(self.path):
                self._file.flush()
        self.done_sec = time_sec

    def add_end(self, **files: Any) -> None:
        """Record the state of the outputs of an interrupted run."""
        with self._lock:
            self._write_times()
            self._write({"end": files})
        self.end = files

    def _write_times(self) -> None:
        if self._new_times:
            self._write({"frames": self._new_times})
            self._new_times = []

    def _write(self, record: dict) -> None:
        with self._lock, writing(self.path):
            self._file.write(_line(record))

    def close(self) -> None:
        """Keep the file for a later run, if it holds any results."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        with writing(self.path):
            self._file.close()
        if self.done_sec is None and not self.end:
            self.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the file: the run is complete."""
        self.done_sec, self.end = None, {}
        self.close()


def mark_begun(path: Path) -> None:
    """Write a file without results: the outputs beside it are not those of the run that began.

    Raises:
        InputError: it cannot be written.
    """
    with writing(path):
        _write_whole(path, BEGUN)


def _write_whole(path: Path, record: dict) -> None:
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    atomic_write(path, _line(record))


def is_begun(path: Path) -> bool:
    """Return whether a file is one of ``mark_begun``."""
    try:
        with open_here(path, "rb") as file:
            return file.read(READ_BYTES) == _line(BEGUN).encode("ascii")
    except OSError:
        return False


def _line(record: dict) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"


def _check_head(
    path: Path, line: bytes, head: dict, *, free: Sequence[str]
) -> dict[str, tuple[Any, Any]]:
    """Return the free keys that differ, with both values; the others must not differ."""
    changed = {}
    try:
        found = json.loads(line)
        same_kind = (found["format"], found["version"]) == (FORMAT, VERSION)
        run = dict(found["run"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path} is not a stad resume file. Use --overwrite to start over."
        ) from error
    if not same_kind:
        raise InputError(
            f"{path} was written by another version of stad. Use --overwrite to start over."
        )
    for key in [*head["run"], *run]:
        before, now = run.get(key), head["run"].get(key)
        if before != now and key in free:
            changed[key] = (before, now)
        elif before != now:
            raise InputError(
                f"Cannot resume: {key} was {_short(before)} in the interrupted run and is "
                f"{_short(now)} now. Use the original options, or --overwrite to start over."
            )
    return changed


def _short(value: Any) -> str:
    text = "not set" if value is None else json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(values: np.ndarray) -> list:
    """Return an array as JSON values that keep every bit: dtype, shape, base64."""
    values = np.ascontiguousarray(values)
    content = base64.b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return [values.dtype.str[1:], list(values.shape), content.decode("ascii")]


def _array(plain: list) -> np.ndarray:
    kind, shape, content = plain
    return np.frombuffer(base64.b64decode(content), f"<{kind}").reshape(shape)
