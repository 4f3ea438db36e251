"""Localize by two thresholds: keyframes of all actors to segments, for videos and for streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stad.errors import InputError
from stad.localization.base import LocalizerSetup
from stad.localization.curve import ActorCurves, cut_run
from stad.localization.hysteresis import JITTER, Interval
from stad.localization.options import LocalizerOptions
from stad.localization.posture_options import posture_options
from stad.structures import Keyframe, Segment


class HysteresisLocalizer:
    """Turn keyframes, in the order of time, into the segments of every actor and label.

    A segment is returned as soon as nothing later can change it, at most ``delay_sec`` after its
    end. Memory is bounded: of each actor it holds the scores of one window, and nothing once the
    actor has been away for long.

    Timestamps: a gap ends segments if it is longer than the joining bridges. A keyframe that
    comes late, by up to a stride, is dropped; one further back means that the stream was
    restarted: all segments end, and ids mean other people from there on. People who share an id
    in one keyframe (those without a track have -1) count as one, with their highest scores.
    Scores that are not finite count as unknown.

    Args:
        options: thresholds and times.
        stride_sec: usual time between keyframes, seconds.
        class_names: names of the model's classes, needed where options differ by label.
        allowed: class indices to keep; None for all.

    Raises:
        InputError: the options name a label that the model does not have.
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
                f"The localizer's options name the label {sorted(missing)[0]!r}, which the model "
                "does not have. Use options for the labels of this model."
            )
        self.options, self._stride_sec = options, stride_sec
        self._class_names = None if class_names is None else tuple(class_names)
        self._allowed = None if allowed is None else sorted(allowed)
        self._actors: dict[int, ActorCurves] = {}
        self._first_sec: float | None = None
        self._last_sec = -np.inf

    @classmethod
    def open(cls, setup: LocalizerSetup) -> HysteresisLocalizer:
        """Open by the kind 'hysteresis', see ``stad.localization.registry.LOCALIZERS``.

        A threshold in the file replaces that of the setup, and so does its default. Without a
        file, postures that exclude each other have options of their own.

        Raises:
            InputError: the options cannot be used, or do not fit the labels.
        """
        if setup.values is not None:
            options = LocalizerOptions.from_dict(setup.values)
        elif setup.num_exclusive > 1:
            options = posture_options(
                setup.class_names, setup.num_exclusive, threshold=setup.threshold
            )
        else:
            options = LocalizerOptions(start_threshold=setup.threshold)
        if options.window_sec is None:
            options = replace(options, window_sec=setup.window_sec)
        return cls(options, setup.stride_sec, class_names=setup.class_names, allowed=setup.allowed)

    @property
    def delay_sec(self) -> float:
        """The longest time from the end of a segment to the keyframe that returns it, seconds.

        Averaging waits for half a window, joining for the gap it may bridge (both together no
        longer than ``options.lookahead_sec``), and each for the next keyframe; the last score of
        an actor counts for half a stride, and jitter allows for another half.
        """
        longest = max(
            self.options.of_label(name).join_gap_sec for name in ("", *self.options.labels)
        )
        wanted = self.options.ahead_sec() + longest
        limit = self.options.lookahead_sec
        return (wanted if limit is None else min(wanted, limit)) + (2 + JITTER) * self._stride_sec

    def update(self, keyframe: Keyframe) -> list[Segment]:
        """Take the next keyframe and return the segments that nothing later can change."""
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
        """Return the remaining segments, cut at ``end_sec``; later keyframes are a new video."""
        segments = []
        for actor_id, curves in self._actors.items():
            segments += self._segments(actor_id, curves.finish(), end_sec=end_sec)
        self._actors, self._first_sec, self._last_sec = {}, None, -np.inf
        return _in_order(segments)

    def ongoing(self) -> list[Segment]:
        """Return the segments that may still grow, as they are now; nothing changes."""
        segments = []
        for actor_id, curves in self._actors.items():
            segments += self._segments(actor_id, curves.ongoing(), end_sec=self._last_sec)
        return _in_order(segments)

    def oldest_sec(self) -> float:
        """Return a time before which no later segment starts, seconds."""
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


def _highest_known(rows: np.ndarray) -> np.ndarray:
    """Return the (C,) highest finite score of each class; NaN where there is none."""
    rows = np.where(np.isfinite(rows), rows, np.nan).astype(np.float64)
    return rows[0] if len(rows) == 1 else np.fmax.reduce(rows, axis=0)


def _in_order(segments: list[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda s: (s.start_sec, s.actor_id, s.class_index))
