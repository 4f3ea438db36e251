"""Open a folder of one's own videos, and read and write the labels of each video.

classes.txt          one class a line
labels/VIDEO.json    tracks and labels of a video, see ``labels``
sources.csv          'video,source': what was filmed together; optional
split.csv            'video,source,split', see ``split``
model/               what training made of it
.stad/               caches, which can be deleted
everything else      the videos, in any folders; a folder with the name of a class labels its
                     videos as a whole, and 'nothing' or 'no_CLASS' says that they show none
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stad.annotations.label_maps import read_label_map
from stad.annotations.listed_videos import find_videos
from stad.annotations.own.class_folders import (
    classes_of_folders,
    folder_label,
    has_only_class_folders,
)
from stad.annotations.own.labels import (
    NOTHING,
    LabelSpan,
    VideoLabels,
    check_labels,
    labels_from_json,
    labels_to_json,
)
from stad.errors import InputError
from stad.utils.files import read_json, write_whole, writing

CLASSES, LABELS, MODEL, CACHE = "classes.txt", "labels", "model", ".stad"
# A whole-clip label of a video whose length is not known yet ends here.
FAR_SEC = 1e9


def end_clips(spans: Iterable[LabelSpan], end_sec: float) -> tuple[LabelSpan, ...]:
    """Return labels in which those of a whole clip end with it, at ``end_sec`` seconds."""
    return tuple(replace(one, end_sec=end_sec) if one.end_sec >= FAR_SEC else one for one in spans)


class StaleRevision(InputError):
    """The labels of a video were changed by another writer since they were read.

    Attributes:
        current: the labels as they are now.
    """

    def __init__(self, message: str, current: VideoLabels) -> None:
        super().__init__(message)
        self.current = current


class OwnFolder:
    """A folder of one's own videos, see the module.

    Args:
        path: the folder.

    Raises:
        InputError: there is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise InputError(f"There is no folder {path}. Create it and put your videos into it.")

    @property
    def model_path(self) -> Path:
        """The folder of the trained model."""
        return self.path / MODEL

    def cache_path(self, kind: str) -> Path:
        """Return the folder of a kind of cached files, and create it.

        Raises:
            InputError: it cannot be created.
        """
        path = self.path / CACHE / kind
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
        return path

    def videos(self) -> list[str]:
        """Return the paths of all videos below the folder, with '/', sorted.

        Raises:
            InputError: there is none.
        """
        found = [
            one
            for one in find_videos(self.path)
            if not any(part.startswith(".") for part in one.split("/"))
        ]
        if not found:
            raise InputError(f"{self.path} has no video. Put your videos into it.")
        return found

    def video_path(self, video: str) -> Path:
        """Return the file of a video, which may be missing.

        Raises:
            InputError: the name leads out of the folder.
        """
        parts = video.split("/")
        if not video or any(part in ("", ".", "..") for part in parts):
            raise InputError(f"{video!r} is not the name of a video of {self.path}.")
        return self.path / video

    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes: of classes.txt, else those of the folders of videos.

        Raises:
            InputError: there are none, or the file cannot be used.
        """
        path = self.path / CLASSES
        if path.is_file():
            return tuple(read_label_map(path).values())
        if names := classes_of_folders(self.videos()):
            return names
        raise InputError(
            f"{self.path} has no classes yet. Name them with 'stad label {self.path} "
            f"--classes a,b', or write one a line to {path}."
        )

    def has_classes(self) -> bool:
        """Return whether ``classes`` finds any."""
        return (self.path / CLASSES).is_file() or has_only_class_folders(self.videos())

    def write_classes(self, names: Sequence[str]) -> None:
        """Write classes.txt.

        Raises:
            InputError: a name cannot be used, is there twice, or the file cannot be written.
        """
        plain = [name.strip() for name in names]
        for name in plain:
            if not name or not name.isprintable() or name.startswith("#") or "," in name:
                raise InputError(
                    f"{name!r} cannot be the name of a class: use letters, digits and spaces."
                )
            if plain.count(name) > 1:
                raise InputError(f"The class {name!r} is named twice.")
        write_whole(self.path / CLASSES, "".join(f"{name}\n" for name in plain))

    def labels_path(self, video: str) -> Path:
        """Return the file of a video's labels."""
        return self.path / LABELS / f"{video}.json"

    def labelled_videos(self) -> list[str]:
        """Return the names of all videos that have a file of labels, sorted; some may be gone."""
        top = self.path / LABELS
        files = [one for one in top.rglob("*.json") if not one.name.startswith(".")]
        return sorted(one.relative_to(top).as_posix().removesuffix(".json") for one in files)

    def read_labels(self, video: str) -> VideoLabels:
        """Return the labels of a video; without a file, those that its folder gives.

        Raises:
            InputError: the file cannot be used.
        """
        path = self.labels_path(video)
        if path.is_file():
            labels = labels_from_json(read_json(path), origin=str(path))
            return replace(labels, video=video)
        label = folder_label(video, self.classes() if self.has_classes() else ())
        spans = () if label is None else (LabelSpan(None, label, 0.0, FAR_SEC),)
        return VideoLabels(video, spans=spans)

    def write_labels(self, labels: VideoLabels) -> VideoLabels:
        """Write the labels of a video; the file appears whole or not at all.

        Args:
            labels: their revision is that of the labels that were changed.

        Returns:
            The labels as they were written, with the next revision.

        Raises:
            StaleRevision: another writer has changed them since.
            InputError: they cannot be right, or the file cannot be written.
        """
        path = self.labels_path(labels.video)
        check_labels(labels, origin=str(path))
        self.video_path(labels.video)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            current = self.read_labels(labels.video)
            if current.revision != labels.revision:
                raise StaleRevision(
                    f"The labels of {labels.video} were changed elsewhere in the meantime "
                    f"(revision {current.revision}, expected {labels.revision}). Load them again.",
                    current,
                )
            labels = replace(labels, revision=labels.revision + 1)
            write_whole(path, json.dumps(labels_to_json(labels), separators=(",", ":")) + "\n")
        return labels

    def unknown_labels(self) -> dict[str, list[str]]:
        """Return the labels that are not among the classes, with the videos that have them."""
        names, found = {NOTHING, *self.classes()}, {}
        for video in self.labelled_videos():
            for span in self.read_labels(video).spans:
                if span.label not in names:
                    found.setdefault(span.label, []).append(video)
        return {label: sorted(set(videos)) for label, videos in sorted(found.items())}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the only lock on a file of labels, between threads and processes."""
    import fcntl

    with writing(path):
        lock = path.with_name(f".{path.name}.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
