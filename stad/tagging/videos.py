"""List videos with their labels and sources: of folders of one's own videos, or single files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stad.annotations.own.class_folders import folder_label
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import NOTHING, VideoLabels
from stad.annotations.own.split import SOURCE, read_sources
from stad.errors import InputError
from stad.utils.files import missing_file
from stad.utils.text import shown
from stad.video.source import VideoSource


@dataclass(frozen=True)
class ListedVideo:
    """A video and what is known of it.

    Attributes:
        id: its path below its folder, with '/'; unique.
        path: of the file.
        source: what was filmed together; its id where that is not known.
        labels: its classes; () for none of them, None where it has no labels.
    """

    id: str
    path: Path
    source: str
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class VideoListing:
    """The videos of a command, in order.

    Attributes:
        videos: each once.
        classes: of their labels; () without labels.
    """

    videos: tuple[ListedVideo, ...]
    classes: tuple[str, ...] = ()


def list_videos(inputs: Sequence[str | Path]) -> VideoListing:
    """List the videos of folders and files.

    A folder may have labels, folders of classes or sources.csv as ``OwnFolder`` reads them, or
    just videos. The ids of several inputs begin with the name of their folder.

    Args:
        inputs: folders and files.

    Raises:
        InputError: one does not exist, a folder has no video or labels that cannot be read, or
            two videos have one id.
    """
    found: list[ListedVideo] = []
    classes: dict[str, None] = {}
    for one in map(Path, inputs):
        if one.is_dir():
            listing = _list_folder(one)
            prefix = f"{one.resolve().name}/" if len(inputs) > 1 else ""
            found += [
                replace(video, id=prefix + video.id, source=_prefixed(video, prefix))
                for video in listing.videos
            ]
            classes |= dict.fromkeys(listing.classes)
        elif one.is_file():
            found.append(ListedVideo(one.name, one, one.name))
        else:
            raise missing_file(one)
    ids = [video.id for video in found]
    if repeated := [one for one in dict.fromkeys(ids) if ids.count(one) > 1]:
        raise InputError(
            f"Two videos have the name {shown(repeated, limit=1)}. Put them into one folder with "
            "folders in it, and give that."
        )
    return VideoListing(tuple(found), tuple(classes))


def _prefixed(video: ListedVideo, prefix: str) -> str:
    return video.source if video.source.startswith(SOURCE) else prefix + video.source


def _list_folder(path: Path) -> VideoListing:
    folder = OwnFolder(path)
    videos, sources = folder.videos(), read_sources(folder)
    classes = folder.classes() if folder.has_classes() else ()
    found = [
        ListedVideo(one, path / one, sources[one], _labels(folder, one, classes)) for one in videos
    ]
    return VideoListing(tuple(found), classes)


def _labels(folder: OwnFolder, video: str, classes: Sequence[str]) -> tuple[str, ...] | None:
    """Return the classes that a video shows at any time, in their order; None if not known."""
    if not classes:
        return None
    if not folder.labels_path(video).is_file():
        # As ``OwnFolder.read_labels`` does, without looking for all videos again for each.
        label = folder_label(video, classes)
        return None if label is None else tuple(one for one in classes if one == label)
    labels = folder.read_labels(video)
    if not _is_known(labels):
        return None
    shown_here = {one.label for one in labels.spans if one.is_positive}
    return tuple(one for one in classes if one in shown_here)


def _is_known(labels: VideoLabels) -> bool:
    """Return whether labels say anything of the video as a whole."""
    return labels.is_complete or any(
        one.is_positive or one.label == NOTHING for one in labels.spans
    )


def stated_lengths(
    videos: Iterable[ListedVideo], *, on_error: Callable[[ListedVideo, InputError], object]
) -> dict[str, float]:
    """Return the stated length of each video that can be opened, seconds, by its id.

    Args:
        videos: to open.
        on_error: called with each of the others and the reason.
    """
    found = {}
    for video in videos:
        try:
            found[video.id] = VideoSource(video.path).info.duration_sec or 1.0
        except InputError as error:
            on_error(video, error)
    return found
