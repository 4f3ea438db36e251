"""Prepare videos for the label page in the background: find people, make playable copies."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.labeling.playable import make_copy, playable_path
from stad.own_classes.alone import Stopped
from stad.own_classes.people import PeopleFinder
from stad.utils.text import first_line
from stad.video.source import VideoSource

WAITING, PREPARING, READY, FAILED = "waiting", "preparing", "ready", "failed"
# How much of the work a copy is, where one is made.
COPY_RATIO = 0.3
# The page is more urgent than the preparation.
NICE = 10
# Smaller steps are not told.
MIN_PROGRESS = 0.005
# After this time, a model may have been trained.
IDLE_SEC = 5.0


@dataclass(frozen=True)
class VideoState:
    """State of the preparation of a video.

    Attributes:
        state: one of ``WAITING``, ``PREPARING``, ``READY`` and ``FAILED``.
        progress: ratio of the work that is done, 0 to 1.
        message: a sentence about a failure; else ''.
        media: the file that browsers play, once it is known.
    """

    state: str = WAITING
    progress: float = 0.0
    message: str = ""
    media: Path | None = None


class Preparation:
    """Prepares videos one after the other in a thread of its own.

    Args:
        folder: of the videos.
        finder: finds the people.
        more_work: called while no video waits, with the videos that are ready, the wanted one
            first, and with ``should_stop``; does one piece of work and returns whether there was
            any.
        on_change: called with the name of a video whenever its state changes.
    """

    def __init__(
        self,
        folder: OwnFolder,
        finder: PeopleFinder,
        *,
        more_work: Callable[[list[str], Callable[[], bool]], bool] = lambda *_: False,
        on_change: Callable[[str, VideoState], None] = lambda *_: None,
    ) -> None:
        self._folder, self._finder = folder, finder
        self._more_work, self._on_change = more_work, on_change
        self._states: dict[str, VideoState] = {}
        self._sizes: dict[str, int] = {}
        self._wanted: str | None = None
        self._changed = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="preparation", daemon=True)

    def start(self) -> None:
        """Begin with the videos of the folder."""
        self.add(self._folder.videos())
        self._thread.start()

    def stop(self, *, timeout_sec: float = 10.0) -> None:
        """End after the current frame; what is unfinished begins again the next time."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_sec)

    def add(self, videos: list[str]) -> None:
        """Prepare these videos too, if they are not known yet."""
        with self._changed:
            for video in videos:
                if video not in self._states:
                    self._states[video] = VideoState()
                    self._sizes[video] = _size(self._folder.video_path(video))
            self._changed.notify_all()

    def want(self, video: str) -> None:
        """Prepare this video next."""
        with self._changed:
            self._wanted = video
            self._changed.notify_all()

    def state_of(self, video: str) -> VideoState:
        """Return how far a video is."""
        with self._changed:
            return self._states.get(video, VideoState())

    def should_stop(self) -> bool:
        """Return whether ``stop`` was called."""
        return self._is_stopping

    def _set(self, video: str, state: VideoState) -> None:
        with self._changed:
            self._states[video] = state
        self._on_change(video, state)

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        checked: set[str] = set()
        while not self._is_stopping:
            # What is ready already is shown at once, before anything is computed.
            for video in self._unchecked(checked):
                checked.add(video)
                self._check(video)
            video = self._next()
            if video is not None:
                self._prepare(video)
            elif not self._more_work(self._ready(), self.should_stop):
                with self._changed:
                    if not self._is_stopping and not self._has_work(checked):
                        self._changed.wait(IDLE_SEC)

    def _has_work(self, checked: set[str]) -> bool:
        return any(one not in checked for one in self._states) or self._next() is not None

    def _unchecked(self, checked: set[str]) -> Iterator[str]:
        with self._changed:
            names = [one for one in self._states if one not in checked]
        for video in names:
            if self._is_stopping:
                return
            yield video

    def _next(self) -> str | None:
        with self._changed:
            waiting = [one for one, found in self._states.items() if found.state == WAITING]
            if self._wanted in waiting:
                return self._wanted
            # Small files first: something is ready soon.
            return min(waiting, key=lambda one: self._sizes[one], default=None)

    def _ready(self) -> list[str]:
        with self._changed:
            ready = [one for one, found in self._states.items() if found.state == READY]
            return sorted(ready, key=lambda one: one != self._wanted)

    def _check(self, video: str) -> None:
        try:
            media = playable_path(self._folder, video)
            is_ready = media is not None and self._finder.is_done(video)
            state = (READY, 1.0) if is_ready else (WAITING, 0.0)
            self._set(video, VideoState(*state, media=media))
        except InputError as error:
            self._set(video, VideoState(FAILED, message=first_line(error)))

    def _prepare(self, video: str) -> None:
        before = self.state_of(video)
        try:
            self._set(video, replace(before, state=PREPARING))
            media = self._make_playable(video)
            self._find_people(video)
        except Stopped:
            self._set(video, before)
        except InputError as error:
            is_disk = isinstance(error.__cause__, OSError)
            advice = " Then start 'stad label' again." if is_disk else ""
            self._fail(video, first_line(error) + advice)
        except Exception as error:
            # One video must not end the preparation of the others.
            self._fail(video, f"{type(error).__name__}: {first_line(error)}")
        else:
            self._set(video, VideoState(READY, 1.0, media=media))

    def _fail(self, video: str, message: str) -> None:
        self._set(video, replace(self.state_of(video), state=FAILED, message=message))

    def _make_playable(self, video: str) -> Path:
        media = playable_path(self._folder, video)
        if media is None:
            show = self._shower(video, 0.0, COPY_RATIO)
            media = make_copy(self._folder, video, on_time=show, should_stop=self.should_stop)
        self._set(video, replace(self.state_of(video), media=media))
        return media

    def _find_people(self, video: str) -> None:
        if not self._finder.is_done(video):
            begun = self.state_of(video).progress
            show = self._shower(video, begun, 1.0)
            self._finder.find(video, on_time=show, should_stop=self.should_stop)

    def _shower(self, video: str, begin: float, end: float) -> Callable[[float], None]:
        """Return what notes the progress within a part of the work of a video.

        Args:
            video: its name.
            begin: of the part, 0 to 1.
            end: of the part, 0 to 1.
        """
        length_sec = VideoSource(self._folder.video_path(video)).info.duration_sec

        def show(time_sec: float) -> None:
            ratio = min(time_sec / length_sec, 1.0) if length_sec else 0.0
            state = self.state_of(video)
            progress = begin + ratio * (end - begin)
            if progress >= state.progress + MIN_PROGRESS:
                self._set(video, replace(state, progress=progress))

        return show


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
