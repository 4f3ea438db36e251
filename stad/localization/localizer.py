"""Keyframes of all actors -> segments with a start, an end, a label and a score, as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stad.errors import InputError
from stad.localization.curve import ActorCurves, cut_run
from stad.localization.hysteresis import JITTER, Interval
from stad.localization.options import LabelOptions, LocalizerOptions
from stad.structures import Keyframe, Segment

STATE_VERSION = 1


class Localizer:
    """Segments of every actor and label, from keyframes in the order of time.

    A segment is given as soon as nothing later can change it, at most ``delay_sec`` after its
    end. Memory is bounded: of an actor it holds the scores of one window, and nothing once the
    actor has been gone for long. Whole curves through ``localize`` give the same segments.

    Time stamps: a gap closes segments if it is longer than the joining bridges. A keyframe that
    comes late, by up to a stride, is dropped; one further back means that the stream began anew:
    all segments end, and ids mean other people from there on. People who share an id in one
    keyframe (those without a track have -1) count as one, with the highest of their scores.
    Scores that are not finite are not known.

    Args:
        options: thresholds and times.
        stride_sec: the usual time between keyframes, seconds.
        class_names: of the model, needed where options differ by label.
        allowed: class indices to keep; None for all.

    Raises:
        InputError: options for a label that the model does not have.
    """

    def __init__(
        self,
        options: LocalizerOptions,
        stride_sec: float,
        *,
        class_names: Sequence[str] | None = None,
        allowed: frozenset[int] | None = None,
    ) -> None:
        if not 0 < stride_sec < np.inf:
            raise ValueError(f"the stride must be a number of seconds above 0, got {stride_sec}")
        missing = set(options.labels) - set(class_names or ())
        if missing:
            raise InputError(
                f"the localizer's options name the label {sorted(missing)[0]!r}, which the model "
                "does not have: use options that were made for its labels"
            )
        self.options, self._stride_sec = options, stride_sec
        self._class_names = None if class_names is None else tuple(class_names)
        self._allowed = None if allowed is None else sorted(allowed)
        self._actors: dict[int, ActorCurves] = {}
        self._first_sec: float | None = None
        self._last_sec = -np.inf

    @property
    def delay_sec(self) -> float:
        """The longest time from the end of a segment to the keyframe that gives it out.

        Averaging waits for half a window, joining for the gap it may bridge (both together no
        longer than ``options.lookahead_sec``), and each for the keyframe that comes next; an
        actor's last score speaks for half a stride, and jitter allows for half of one more.
        """
        longest = max(
            self.options.of_label(name).join_gap_sec for name in ("", *self.options.labels)
        )
        wanted = self.options.ahead_sec() + longest
        limit = self.options.lookahead_sec
        return (wanted if limit is None else min(wanted, limit)) + (2 + JITTER) * self._stride_sec

    def update(self, keyframe: Keyframe) -> list[Segment]:
        """Take the next keyframe; give the segments that have ended by now."""
        time_sec = float(keyframe.time_sec)
        if not np.isfinite(time_sec) or 0 <= self._last_sec - time_sec <= self._stride_sec:
            return []
        segments = self.finish() if time_sec < self._last_sec else []
        if self._first_sec is None:
            self._first_sec = time_sec
        self._last_sec = time_sec
        scores = keyframe.scores if self._allowed is None else keyframe.scores[:, self._allowed]
        for actor_id in np.unique(keyframe.actors.ids).tolist():
            rows = scores[keyframe.actors.ids == actor_id]
            if actor_id not in self._actors:
                self._actors[actor_id] = self._new_actor(scores.shape[1])
            self._actors[actor_id].add(time_sec, _highest_known(rows))
        for actor_id, curves in list(self._actors.items()):
            segments += self._segments(actor_id, curves.advance(time_sec))
            if curves.is_idle(time_sec):
                del self._actors[actor_id]
        return _in_order(segments)

    def finish(self, end_sec: float = np.inf) -> list[Segment]:
        """Nothing more comes; give the rest, cut at the end of the video, ``end_sec``.

        What comes after all is a new video.
        """
        segments = []
        for actor_id, curves in self._actors.items():
            segments += self._segments(actor_id, curves.finish(), end_sec=end_sec)
        self._actors, self._first_sec, self._last_sec = {}, None, -np.inf
        return _in_order(segments)

    def ongoing(self) -> list[Segment]:
        """The segments that may still grow, as far as they are decided on; nothing changes."""
        segments = []
        for actor_id, curves in self._actors.items():
            segments += self._segments(actor_id, curves.ongoing(), end_sec=self._last_sec)
        return _in_order(segments)

    def oldest_sec(self) -> float:
        """No segment that is still to come starts before this time, seconds."""
        starts = [one.start_sec for one in self.ongoing()]
        starts += [c.next_sec(self._last_sec) - self._stride_sec for c in self._actors.values()]
        return min([*starts, self._last_sec - self._stride_sec])

    def _new_actor(self, num_classes: int) -> ActorCurves:
        if self._class_names is None:
            names = [""] * num_classes
        else:
            chosen = range(len(self._class_names)) if self._allowed is None else self._allowed
            names = [self._class_names[index] for index in chosen]
        return ActorCurves(self.options, self._stride_sec, names=names)

    def _segments(
        self, actor_id: int, runs: list[Interval], *, end_sec: float = np.inf
    ) -> list[Segment]:
        first_sec = -np.inf if self._first_sec is None else self._first_sec
        runs = [cut_run(run, first_sec, end_sec) for run in runs]
        return [
            Segment(
                actor_id=actor_id,
                class_index=self._class_index(run),
                start_sec=run.start_sec,
                end_sec=run.end_sec,
                score=run.score,
            )
            for run in runs
        ]

    def _class_index(self, run: Interval) -> int:
        return run.class_index if self._allowed is None else self._allowed[run.class_index]

    def state(self) -> dict[str, Any]:
        """All that ``from_state`` needs to go on, as JSON knows it."""
        return {
            "version": STATE_VERSION,
            "options": self.options.to_dict(),
            "stride_sec": self._stride_sec,
            "class_names": self._class_names and list(self._class_names),
            "allowed": self._allowed,
            "first_sec": self._first_sec,
            "last_sec": None if np.isinf(self._last_sec) else self._last_sec,
            "actors": {str(key): curves.to_dict() for key, curves in self._actors.items()},
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Localizer:
        """A localizer that goes on exactly where another one gave its ``state()``.

        Raises:
            InputError: the state of another version of stad.
        """
        if state.get("version") != STATE_VERSION:
            raise InputError(
                "the localizer's state is of another version of stad: begin the run anew"
            )
        plain = {k: v for k, v in state["options"].items() if k not in ("format", "version")}
        labels = {name: LabelOptions(**one) for name, one in plain.pop("labels").items()}
        allowed = state["allowed"]
        localizer = cls(
            LocalizerOptions(**plain, labels=labels),
            state["stride_sec"],
            class_names=state["class_names"],
            allowed=None if allowed is None else frozenset(allowed),
        )
        localizer._first_sec = state["first_sec"]
        localizer._last_sec = -np.inf if state["last_sec"] is None else state["last_sec"]
        for key, one in state["actors"].items():
            curves = localizer._new_actor(len(one["curves"]["is_open"]))
            curves.restore(one)
            localizer._actors[int(key)] = curves
        return localizer


def open_localizer(
    path: str | Path | None,
    *,
    threshold: float,
    window_sec: float,
    stride_sec: float,
    class_names: Sequence[str],
    allowed: frozenset[int] | None = None,
) -> Localizer:
    """The localizer of a run.

    Args:
        path: file of options, whose thresholds then hold; None for the defaults.
        threshold: score that segments start at where there is no file, in [0, 1].
        window_sec: length of the model's clips, seconds, where the file says nothing of it.
        stride_sec, class_names, allowed: as ``Localizer`` takes them.

    Raises:
        InputError: the file cannot be read or does not fit the model's labels.
    """
    options = LocalizerOptions(start_threshold=threshold)
    if path is not None:
        options = LocalizerOptions.from_file(path)
    if options.window_sec is None:
        options = replace(options, window_sec=window_sec)
    return Localizer(options, stride_sec, class_names=class_names, allowed=allowed)


def _highest_known(rows: np.ndarray) -> np.ndarray:
    """(C,) the highest finite score of each class; NaN where there is none."""
    rows = np.where(np.isfinite(rows), rows, np.nan).astype(np.float64)
    return rows[0] if len(rows) == 1 else np.fmax.reduce(rows, axis=0)


def _in_order(segments: list[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda s: (s.start_sec, s.actor_id, s.class_index))
