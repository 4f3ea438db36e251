"""Let several runs on one folder of results share the videos.

Each run writes which videos it is working on to a file of its own, again and again. Others leave
these videos out while that file changes. It saves work and nothing depends on it: where two runs do
the same video, they write the same results.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from stad.corpus.place import Place
from stad.errors import InputError

FOLDER = "runs"
BEAT_SEC = 15.0
# A run whose file did not change for so long has ended without removing it.
DEAD_SEC = 75.0
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Claims:
    """The videos that this run and others are working on.

    Args:
        place: of the results.

    Attributes:
        model_key: of this run; it does not matter what is done with other models.
        name: of the file of this run.
    """

    def __init__(self, place: Place, *, name: str = "") -> None:
        self._place, self.model_key = place, ""
        self.name = name or new_name()
        self._count = 0
        self._beat_sec = -float("inf")
        self._held: frozenset[str] = frozenset()
        # Count of each other run, and when it last changed here.
        self._others: dict[str, tuple[int, float]] = {}
        self._taken: set[str] = set()

    def is_taken(self, key: str) -> bool:
        """Return whether another run works on a video."""
        return key in self._taken

    def beat(self, held: Iterable[str], *, at_once: bool = False) -> None:
        """Say which videos this run works on, and look what others do; does so now and then.

        Args:
            held: keys of the videos.
            at_once: do not wait for the next time.
        """
        now_sec = time.monotonic()
        if now_sec - self._beat_sec < BEAT_SEC and not at_once:
            return
        self._held = frozenset(held)
        self._beat_sec = now_sec
        self._count += 1
        content = {
            "count": self._count,
            "model": self.model_key,
            "machine": _machine(),
            "process": os.getpid(),
            "videos": sorted(self._held),
        }
        # A store that cannot be reached for a moment costs nothing but double work.
        with contextlib.suppress(InputError):
            self._place.write(self.name, (json.dumps(content) + "\n").encode("ascii"))
            self._look(now_sec)

    def _look(self, now_sec: float) -> None:
        taken: set[str] = set()
        for name in self._place.names(FOLDER):
            path = f"{FOLDER}/{name}"
            content = self._place.read(path) if path != self.name else None
            if content is None:
                continue
            try:
                found = json.loads(content)
                count, videos = int(found["count"]), set(found["videos"])
            except (ValueError, KeyError, TypeError):
                continue
            if self._is_dead(path, count, found, now_sec):
                self._place.remove(path)
            elif found.get("model") == self.model_key:
                taken |= videos
        self._taken = taken

    def _is_dead(self, path: str, count: int, found: dict, now_sec: float) -> bool:
        """Return whether a run has ended; clocks of machines differ, so only changes count."""
        if found.get("machine") == _machine() and not Path("/proc", str(found["process"])).exists():
            return True
        before, changed_sec = self._others.get(path, (None, now_sec))
        if before != count:
            changed_sec = now_sec
        self._others[path] = count, changed_sec
        return now_sec - changed_sec > DEAD_SEC

    def close(self) -> None:
        """Give the videos free."""
        with contextlib.suppress(InputError):
            self._place.remove(self.name)


def new_name() -> str:
    """Return a name for the file of a run, in the folder of the results."""
    return f"{FOLDER}/{uuid.uuid4().hex[:12]}.json"


def _machine() -> str:
    """Return what tells this machine from others, and its containers from each other."""
    boot = BOOT.read_text(encoding="ascii").strip() if BOOT.is_file() else ""
    return f"{socket.gethostname()} {boot}"
