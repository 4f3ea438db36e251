"""Import labels of other programs into a folder of one's own videos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from stad.annotations.importers import read_file, recognize
from stad.annotations.importers.contract import FRAMES, FileVideo, Notes, ReadOptions
from stad.annotations.importers.fit import KnownVideo, fit_labels
from stad.annotations.importers.merging import merge_labels
from stad.annotations.importers.names import ClassChoice, choose_classes
from stad.annotations.label_maps import read_label_map
from stad.annotations.own.class_folders import classes_of_folders, plain_name
from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import CLASSES, OwnFolder
from stad.annotations.own.labels import VideoLabels
from stad.errors import InputError
from stad.own_classes.import_videos import Transfer, VideoFinder
from stad.own_classes.import_writing import Existing, LabelWriter, write_sources
from stad.utils.text import shown

Others = Literal["negative", "unknown"]


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """Everything that an import is told.

    Attributes:
        folder: of the videos, which gets the labels.
        files: to read.
        format: of the files; None recognizes each.
        videos: a folder in which the videos are; None for what the files say.
        transfer: bring videos that are elsewhere by a copy or a link; None leaves them there.
        read: what the files may not say.
        fps: frames per second of the files' frame numbers; None for their own, or the videos'.
        renames: new names of labels.
        classes: the only classes to keep; () for all.
        ignore: labels to leave out with the boxes that have no other label.
        others: what has no label is negative or unknown; None for what the files say.
        existing: what happens to labels that are there.
        keep_missing: also write labels of videos that are not there.
        is_trial: write nothing.
    """

    folder: Path
    files: tuple[Path, ...]
    format: str | None = None
    videos: Path | None = None
    transfer: Transfer | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    fps: float | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    others: Others | None = None
    existing: Existing = "keep"
    keep_missing: bool = False
    is_trial: bool = False


@dataclass
class ImportResult:
    """Summary of an import.

    Attributes:
        formats: of the files.
        choice: the classes.
        labels: that were written, by video.
        unchanged: videos whose labels were the same already.
        left: videos whose labels were not touched, as they had others.
        missing: names of videos that were not found, and why.
        brought: videos that were copied or linked.
        sources: videos whose source was written.
        notes: sentences about what was left out or doubtful.
    """

    formats: tuple[str, ...]
    choice: ClassChoice
    labels: dict[str, VideoLabels] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    brought: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_labels(
    request: ImportRequest,
    *,
    progress: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> ImportResult:
    """Import labels; what was written stays if the process is killed.

    Args:
        request: what to do.
        progress: wraps the list of videos to show a bar.

    Raises:
        InputError: a file or an option cannot be used, no video was found, or the folder cannot
            be written.
    """
    notes = Notes()
    folder = _open(request)
    formats, read, listed = _read_files(request, folder, notes)
    finder = VideoFinder(folder, request.videos, transfer=request.transfer)
    placed = finder.find_all(read, keep_missing=request.keep_missing)
    choice = _choose(request, folder, placed, listed, notes)
    result = ImportResult(formats, choice, missing=finder.missing)
    if not placed:
        raise InputError(finder.why_none())
    if not request.is_trial:
        result.brought = finder.bring()
        if choice.new or not (folder.path / CLASSES).is_file():
            folder.write_classes(choice.classes)
    writer = LabelWriter(folder, existing=request.existing, is_trial=request.is_trial)
    for video in progress(list(placed)):
        labels = _fit(request, folder, video, placed[video], choice, finder, notes)
        if labels is not None:
            writer.write(labels)
    result.labels, result.unchanged, result.left = writer.written, writer.unchanged, writer.left
    sources = {video: one.source for video, own in placed.items() for one in own if one.source}
    result.sources = write_sources(
        folder, sources, notes, existing=request.existing, is_trial=request.is_trial
    )
    result.notes = [*choice.notes, *notes.all()]
    return result


def _open(request: ImportRequest) -> OwnFolder:
    if request.transfer and not request.is_trial and not request.folder.exists():
        request.folder.mkdir(parents=True)
    return OwnFolder(request.folder)


def _read_files(
    request: ImportRequest, folder: OwnFolder, notes: Notes
) -> tuple[tuple[str, ...], list[FileVideo], list[str]]:
    """Return the formats, what the files say of each video, and the labels in their order."""
    known = folder.path / CLASSES
    classes = tuple(read_label_map(known).values()) if known.is_file() else ()
    options = ReadOptions(request.read.first_frame, classes, request.read.step_sec)
    formats, videos, labels = [], [], []
    for path in request.files:
        name = request.format or recognize(path)
        found = read_file(path, options, name=name)
        formats.append(name)
        # A video may also lie beside the file that names it.
        videos += [
            one if one.folders else replace(one, folders=(path.parent,)) for one in found.videos
        ]
        labels += found.labels
        for line in found.notes:
            notes.add(line)
    labels += [span.label for one in videos for span in one.spans]
    return tuple(dict.fromkeys(formats)), videos, list(dict.fromkeys(labels))


def _choose(
    request: ImportRequest,
    folder: OwnFolder,
    placed: Mapping[str, Sequence[FileVideo]],
    labels: Sequence[str],
    notes: Notes,
) -> ClassChoice:
    """Return the classes: those of the folder, and those of the videos that were found."""
    path = folder.path / CLASSES
    known: tuple[str, ...] = ()
    if path.is_file():
        known = tuple(read_label_map(path).values())
    else:
        try:
            by_folder = classes_of_folders(folder.videos())
        except InputError:
            by_folder = ()
        plain = {plain_name(one) for one in [*labels, *request.renames.values()]}
        if {plain_name(one) for one in by_folder} & plain:
            known = by_folder
        elif by_folder:
            notes.add(
                f"The folders of the videos ({shown(by_folder)}) are not taken for classes, as "
                f"{path} now names others."
            )
    return choose_classes(
        labels,
        known=known,
        renames=request.renames,
        keep=request.classes,
        ignore=request.ignore,
        used={span.label for own in placed.values() for one in own for span in one.spans},
    )


def _fit(
    request: ImportRequest,
    folder: OwnFolder,
    video: str,
    read: Sequence[FileVideo],
    choice: ClassChoice,
    finder: VideoFinder,
    notes: Notes,
) -> VideoLabels | None:
    """Return all labels of a video; None where its frames cannot be turned into seconds."""
    needs_times = any(one.unit == FRAMES for one in read)
    known = know_video(video, finder.path_of(video), needs_times=needs_times, notes=notes)
    labels: VideoLabels | None = None
    for one in read:
        if one.unit == FRAMES and not (request.fps or one.fps or known.fps):
            notes.add(
                f"{video} is left out: {one.place} has frame numbers, and the frames per second "
                "are not known. Put the video there, or give --fps."
            )
            continue
        is_complete = request.others == "negative" if request.others else bool(one.is_complete)
        fitted = fit_labels(
            one,
            known,
            meanings=choice.meanings,
            is_complete=is_complete,
            notes=notes,
            fps=request.fps,
        )
        labels = fitted if labels is None else merge_labels(labels, fitted)
    return labels


def know_video(video: str, path: Path | None, *, needs_times: bool, notes: Notes) -> KnownVideo:
    """Return the facts about a video that labels need.

    Args:
        video: its name in the folder.
        path: of the file; None where it is missing.
        needs_times: also read the times of all frames.
        notes: a sentence is added if the file cannot be read.
    """
    if path is None:
        return KnownVideo(video)
    # Imported here: PyAV takes a moment.
    from stad.video.source import VideoSource

    try:
        source = VideoSource(path)
        return KnownVideo(
            video,
            (source.info.width_px, source.info.height_px),
            round(source.measured_duration_sec(), 3),
            fingerprint(path),
            source.index().times_sec if needs_times else None,
            float(source.info.fps),
        )
    except InputError as error:
        notes.add(f"{video} cannot be read, so its labels are not fitted to it: {error}")
        return KnownVideo(video)
