"""Let the trained model of a folder propose labels for a video."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.actors.detectors.group import GROUP
from stad.actors.detectors.whole_frame import WholeFrame
from stad.annotations.own.examples import boxes_at, is_seen
from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack
from stad.inference.api import annotate
from stad.inference.options import AUTO
from stad.own_classes.alone import Stopped
from stad.own_classes.people import with_people
from stad.own_classes.video_cache import VideoCache
from stad.structures import Actors, Frame, RunInfo, Segment
from stad.utils.files import read_json
from stad.utils.text import first_line

PROPOSALS = "proposals"
NONE, COMPUTING, COMPUTED = "none", "computing", "ready"
MODEL_CARD = "model.json"


class TrackDetector:
    """Gives the boxes of tracks as if they were detected, with the ids of the tracks.

    Args:
        tracks: people of one video.
    """

    name = "labels"
    interval_sec = None
    gives_ids = True
    person_threshold = 0.5

    def __init__(self, tracks: Sequence[ActorTrack]) -> None:
        self._tracks = tracks

    def detect(self, frame: Frame) -> Actors:
        """Return the people of the tracks at the time of a frame."""
        now = np.array([frame.time_sec])
        there = [one for one in self._tracks if is_seen(one.times_sec, now)[0]]
        return Actors.from_arrays(
            [boxes_at(one.times_sec, one.boxes, now)[0] for one in there],
            ids=[one.id for one in there],
        )


class Proposals:
    """Computes proposals once per video and model, and keeps them in the folder's cache.

    Args:
        folder: of the videos.
        model: what ``stad annotate --model`` takes; None for the model that was trained there.
        weights: its checkpoint; 'auto' for those that belong to it.
        log: takes lines about failures.
    """

    def __init__(
        self,
        folder: OwnFolder,
        *,
        model: str | Path | None = None,
        weights: str | Path = AUTO,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder, self._log = folder, log
        self._cache = VideoCache(folder, PROPOSALS)
        self._given, self._weights = None if model is None else str(model), weights
        self._lock = threading.Lock()
        self._failed: set[tuple[str, str]] = set()

    def get(self, video: str) -> dict[str, Any]:
        """Return the state and the proposals of a video, those that are not sure first."""
        model = self._model_print()
        if not model or (video, model) in self._failed:
            return {"state": NONE, "spans": []}
        spans = self._read(video, model)
        if spans is None:
            return {"state": COMPUTING, "spans": []}
        ids = {one.id for one in with_people(self._folder, video).tracks}
        kept = [one for one in spans if one["track"] is None or one["track"] in ids]
        return {"state": COMPUTED, "spans": kept}

    def compute_next(self, videos: Sequence[str], should_stop: Callable[[], bool]) -> bool:
        """Compute the proposals of the first video that has none; return whether there was one.

        A video that fails is logged, and not tried again with this model.
        """
        model = self._model_print()
        if not model:
            return False
        for video in videos:
            if (video, model) in self._failed or self._read(video, model) is not None:
                continue
            try:
                self._write(video, model, self._propose(video, should_stop))
            except Stopped:
                return False
            except Exception as error:
                self._failed.add((video, model))
                self._log(f"note      no proposals for {video}: {first_line(error)}")
            return True
        return False

    def _propose(self, video: str, should_stop: Callable[[], bool]) -> list[dict[str, Any]]:
        people = with_people(self._folder, video).tracks
        card = self._card()
        detector = card.get("detector")
        info, segments = score_video(
            self._folder.video_path(video),
            self._given or self._folder.path,
            weights=self._weights,
            # A model of the region of all people makes it of these people itself.
            detector=None if detector == WholeFrame.name else TrackDetector(people),
            should_stop=should_stop,
        )
        is_whole = detector in (WholeFrame.name, GROUP)
        return make_spans(info, segments, card.get("thresholds", {}), is_whole=is_whole)

    def _card(self) -> dict[str, Any]:
        path = self._folder.model_path / MODEL_CARD
        if self._given is not None or not path.is_file():
            return {}
        content = read_json(path)
        return content if isinstance(content, dict) else {}

    def _model_print(self) -> str:
        """Return what tells models apart, '' if there is none."""
        if self._given is not None:
            return hashlib.sha256(self._given.encode()).hexdigest()[:24]
        if not (self._folder.model_path / MODEL_CARD).is_file():
            return ""
        digest = hashlib.sha256()
        for path in sorted(self._folder.model_path.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                digest.update(f"{path.name} {fingerprint(path)}\n".encode())
        return digest.hexdigest()[:24]

    def _read(self, video: str, model: str) -> list[dict[str, Any]] | None:
        content = self._cache.read(video) or {}
        return content.get("spans") if content.get("model") == model else None

    def _write(self, video: str, model: str, spans: list[dict[str, Any]]) -> None:
        self._cache.write(video, {"model": model, "spans": spans})


def score_video(
    path: Path,
    model: str | Path,
    *,
    weights: str | Path = AUTO,
    detector: PersonDetector | None,
    should_stop: Callable[[], bool],
) -> tuple[RunInfo, list[Segment]]:
    """Return how a model was run over a video, and its segments.

    Args:
        path: the video.
        model: what ``stad annotate --model`` takes.
        weights: its checkpoint.
        detector: gives the people; None scores the whole frame.
        should_stop: asked after each frame.

    Raises:
        InputError: the video or the model cannot be used.
        Stopped: ``should_stop`` said so.
    """
    run = annotate(
        path,
        model=model,
        weights=weights,
        detector=detector or WholeFrame.name,
        keep_frames=False,
    )
    with run:
        for _ in run:
            if should_stop():
                raise Stopped
        return run.info, run.segments


def make_spans(
    info: RunInfo,
    segments: Sequence[Segment],
    thresholds: Mapping[str, float],
    *,
    is_whole: bool,
) -> list[dict[str, Any]]:
    """Return segments as proposals, those with a score nearest to their threshold first.

    Args:
        info: how they were made.
        segments: of one video.
        thresholds: of classes by name; others have that of the run.
        is_whole: they are of the whole frame, not of people.
    """
    found = []
    for one in segments:
        label = info.class_names[one.class_index]
        distance = one.score - float(thresholds.get(label, info.threshold))
        span = {
            "track": None if is_whole else one.actor_id,
            "label": label,
            "start_sec": round(one.start_sec, 3),
            "end_sec": round(one.end_sec, 3),
            "score": round(one.score, 4),
        }
        found.append((abs(distance), one.start_sec, span))
    return [span for _, _, span in sorted(found, key=lambda row: row[:2])]
