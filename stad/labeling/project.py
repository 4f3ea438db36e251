"""Answer what the label page asks: overview, labels, changes, files to play."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import (
    VideoLabels,
    labels_to_json,
    span_from_json,
    track_from_json,
    track_to_json,
)
from stad.errors import InputError
from stad.labeling.box_following import follow_box
from stad.labeling.class_names import add_class, known_classes
from stad.labeling.errors import BAD_REQUEST, NOT_FOUND, NOT_READY, RequestError
from stad.labeling.preparation import Preparation
from stad.labeling.proposals import COMPUTING, Proposals
from stad.labeling.summary import summarize
from stad.outputs.palette import PALETTE, actor_color, hex_color, text_color
from stad.own_classes.people import forget_tracks, frame_rate_of, people_of, with_people
from stad.video.source import VideoSource


class LabelProject:
    """The folder of videos as the label page sees it; its methods may run in several threads.

    Args:
        folder: of the videos.
        preparation: prepares them.
        proposals: of the folder's model.
    """

    def __init__(self, folder: OwnFolder, preparation: Preparation, proposals: Proposals) -> None:
        self.folder, self._preparation, self._proposals = folder, preparation, proposals
        # One person is followed at a time: it takes all cores.
        self._following = threading.Lock()
        self._last_ids: dict[str, int] = {}
        self._lock = threading.Lock()
        self._summaries: dict[str, tuple[tuple, dict]] = {}
        self._known: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.path.resolve().name

    def overview(self) -> dict[str, Any]:
        """Return the classes, and the state of each video."""
        videos, names = self._videos(), known_classes(self.folder)
        return {
            "folder": self.name,
            "classes": _with_colors(names),
            "palette": [_colors(place) for place in range(len(PALETTE))],
            "has_model": self.folder.model_path.is_dir(),
            "videos": [self._video(one, names) for one in videos],
        }

    def check_video(self, video: str) -> str:
        """Return the name of a video of the folder.

        Raises:
            RequestError: there is no such video.
        """
        if video not in self._known and video not in self._videos():
            raise RequestError(NOT_FOUND, f"There is no video {video!r} in {self.name}.")
        return video

    def labels(self, video: str) -> dict[str, Any]:
        """Return the labels of a video with its people, and what is needed to play it."""
        self.check_video(video)
        self._preparation.want(video)
        fps = frame_rate_of(self.folder, video)
        if not fps:
            # The people are not known, and may never be.
            fps = float(VideoSource(self.folder.video_path(video)).info.fps)
        return {**labels_to_json(self._labels(video)), "fps": fps}

    def _labels(self, video: str) -> VideoLabels:
        """Return the labels of a video with its people, size, length and fingerprint."""
        labels = with_people(self.folder, video)
        path = self.folder.video_path(video)
        if not (labels.width_px and labels.duration_sec):
            info = VideoSource(path).info
            labels = replace(
                labels,
                width_px=info.width_px,
                height_px=info.height_px,
                duration_sec=labels.duration_sec or info.duration_sec,
            )
        # Also the labels of a file that was replaced by another one belong to the new file.
        return replace(labels, fingerprint=fingerprint(path))

    def save(self, video: str, change: Mapping[str, Any]) -> int:
        """Write a change of labels; return the new revision.

        Args:
            video: its name.
            change: 'revision' that was changed, all 'spans', 'tracks_changed', ids of
                'tracks_removed', and whether it is 'complete'.

        Raises:
            RequestError: the change cannot be read.
            StaleRevision: the labels have changed since that revision.
            InputError: they cannot be right, or cannot be written.
        """
        self.check_video(video)
        current = self._labels(video)
        try:
            changed = [track_from_json(one) for one in change.get("tracks_changed", ())]
            removed = {int(one) for one in change.get("tracks_removed", ())}
            spans = tuple(span_from_json(one) for one in change["spans"])
            revision = int(change["revision"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RequestError(BAD_REQUEST, f"The change cannot be read: {error!r}.") from error
        tracks = {one.id: one for one in (*current.tracks, *changed) if one.id not in removed}
        labels = replace(
            current,
            tracks=tuple(tracks[one] for one in sorted(tracks)),
            spans=spans,
            is_complete=bool(change.get("complete", current.is_complete)),
            revision=revision,
        )
        written = self.folder.write_labels(labels)
        if current.tracks and not tracks:
            # Otherwise the people that were found would be back.
            forget_tracks(self.folder, video)
        return written.revision

    def current(self, labels: VideoLabels) -> dict[str, Any]:
        """Return labels that another writer has written, as the page reads them."""
        return labels_to_json(with_people(self.folder, labels.video))

    def follow(self, video: str, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Follow a drawn box through a video.

        Args:
            video: its name.
            drawn: 'time_sec', and 'box', xyxy in source pixels.

        Returns:
            The 'track', with an id that no other track has, and a 'message' about its ends.

        Raises:
            RequestError: the request cannot be read.
            InputError: the box is not in the video, or the video cannot be read.
        """
        self.check_video(video)
        try:
            time_sec, box = float(drawn["time_sec"]), [float(one) for one in drawn["box"]]
        except (KeyError, TypeError, ValueError) as error:
            raise RequestError(BAD_REQUEST, f"The box cannot be read: {error!r}.") from error
        people = people_of(self.folder, video)
        with self._following:
            found = follow_box(
                self.folder.video_path(video),
                box,
                time_sec=time_sec,
                people=() if people is None else people.tracks,
                track_id=self._new_id(video),
                should_stop=self._preparation.should_stop,
            )
        return {"track": track_to_json(found.track), "message": found.describe()}

    def _new_id(self, video: str) -> int:
        """Return an id that no track of a video has, nor was given before."""
        known = with_people(self.folder, video).tracks
        people = people_of(self.folder, video)
        ids = [one.id for one in (*known, *(people.tracks if people else ()))]
        self._last_ids[video] = max([*ids, self._last_ids.get(video, -1)]) + 1
        return self._last_ids[video]

    def proposals(self, video: str) -> dict[str, Any]:
        """Return what the model proposes for a video."""
        self.check_video(video)
        found = self._proposals.get(video)
        if found["state"] == COMPUTING:
            self._preparation.want(video)
        return found

    def add_class(self, name: Any) -> dict[str, Any]:
        """Add a class; return all of them.

        Raises:
            InputError: it cannot be used, or not be written.
        """
        if not isinstance(name, str):
            raise RequestError(BAD_REQUEST, "The name of the class must be a text.")
        with self._lock:
            add_class(self.folder, name)
            return {"classes": _with_colors(known_classes(self.folder))}

    def media(self, video: str) -> Path:
        """Return the file that browsers play for a video.

        Raises:
            RequestError: there is none yet.
        """
        found = self._preparation.state_of(self.check_video(video))
        if found.media is None or not found.media.is_file():
            self._preparation.want(video)
            message = found.message or f"{video} is not prepared yet. Wait until it is ready."
            raise RequestError(NOT_READY, message)
        return found.media

    def _videos(self) -> list[str]:
        videos = self.folder.videos()
        self._known = frozenset(videos)
        self._preparation.add(videos)
        return videos

    def _video(self, video: str, names: tuple[str, ...]) -> dict[str, Any]:
        found = self._preparation.state_of(video)
        return {
            "name": video,
            "state": found.state,
            "progress": round(found.progress, 3),
            "message": found.message,
            **self._summary(video, found.state, names),
        }

    def _summary(self, video: str, state: str, names: tuple[str, ...]) -> dict[str, Any]:
        """Return the counts of a video's labels; they are read again when the file changes."""
        key = (state, _stamp(self.folder.labels_path(video)), names)
        known = self._summaries.get(video)
        if known is None or known[0] != key:
            try:
                found = summarize(with_people(self.folder, video))
            except InputError as error:
                found = {**summarize(VideoLabels(video)), "message": str(error)}
            known = self._summaries[video] = key, found
        return known[1]


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino


def _with_colors(names: Sequence[str]) -> list[dict[str, str]]:
    return [{"name": name, **_colors(place)} for place, name in enumerate(names)]


def _colors(place: int) -> dict[str, str]:
    color = actor_color(place)
    return {"color": hex_color(color), "text": hex_color(text_color(color))}
