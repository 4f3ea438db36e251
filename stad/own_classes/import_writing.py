"""Write imported labels, with respect for those that are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from stad.annotations.csv_rows import csv_text, read_rows
from stad.annotations.importers.contract import Notes
from stad.annotations.importers.merging import is_same, merge_labels
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import VideoLabels
from stad.annotations.own.split import SOURCES, read_sources
from stad.utils.files import write_whole

Existing = Literal["keep", "overwrite", "merge"]


class LabelWriter:
    """Writes the labels of videos.

    Labels that are there stay as they are, are replaced, or get the new ones beside theirs. People
    without a label, as the tracker finds them, do not count as labels: the imported people replace
    them, and a file without people leaves them.

    Args:
        folder: of the videos.
        existing: what happens to labels that are there.
        is_trial: write nothing.

    Attributes:
        written: labels by video.
        unchanged: videos that had the same labels.
        left: videos that had others, and keep them.
    """

    def __init__(self, folder: OwnFolder, *, existing: Existing, is_trial: bool = False) -> None:
        self._folder, self._existing, self._is_trial = folder, existing, is_trial
        self.written: dict[str, VideoLabels] = {}
        self.unchanged: list[str] = []
        self.left: list[str] = []

    def write(self, labels: VideoLabels) -> None:
        """Write the labels of a video.

        Raises:
            InputError: the file cannot be written, or was changed meanwhile.
        """
        has_file = self._folder.labels_path(labels.video).is_file()
        current = self._folder.read_labels(labels.video)
        wanted = self._wanted(current, labels, has_file=has_file)
        if wanted is None:
            self.left.append(labels.video)
        elif has_file and is_same(wanted, current) and _knows_file(current, labels):
            self.unchanged.append(labels.video)
        else:
            wanted = replace(
                wanted,
                width_px=labels.width_px or wanted.width_px,
                height_px=labels.height_px or wanted.height_px,
                duration_sec=labels.duration_sec or wanted.duration_sec,
                fingerprint=labels.fingerprint or wanted.fingerprint,
                revision=current.revision,
            )
            self.written[labels.video] = (
                wanted if self._is_trial else self._folder.write_labels(wanted)
            )

    def _wanted(
        self, current: VideoLabels, labels: VideoLabels, *, has_file: bool
    ) -> VideoLabels | None:
        if not has_file:
            # The folder of a video labels it as a whole, until there is a file.
            has_whole = any(one.track is None for one in labels.spans)
            return labels if has_whole else merge_labels(labels, current)
        if not current.spans and not (current.is_complete and current.tracks):
            return labels if labels.tracks else replace(labels, tracks=current.tracks)
        if self._existing == "overwrite":
            return labels if labels.tracks else replace(labels, tracks=current.tracks)
        merged = merge_labels(current, labels)
        if self._existing == "merge" or is_same(merged, current):
            return merged
        return None


def _knows_file(current: VideoLabels, labels: VideoLabels) -> bool:
    """Return whether labels were made when the video was there, and was the same file."""
    return not labels.fingerprint or current.fingerprint == labels.fingerprint


def write_sources(
    folder: OwnFolder,
    sources: Mapping[str, str],
    notes: Notes,
    *,
    existing: Existing,
    is_trial: bool = False,
) -> list[str]:
    """Add the sources of videos to sources.csv.

    Args:
        folder: of the videos.
        sources: of the videos of the import.
        notes: a sentence is added for each source that is another one there.
        existing: 'overwrite' replaces the sources that are there.
        is_trial: write nothing.

    Returns:
        The videos whose source is new or changed.

    Raises:
        InputError: the file cannot be used or written.
    """
    path = folder.path / SOURCES
    header, rows = ["video", "source"], []
    if path.is_file():
        # Checks the columns, too.
        read_sources(folder)
        header, *rows = [[cell.strip() for cell in cells] for _, cells in read_rows(path)]
    video_at, source_at = header.index("video"), header.index("source")
    changed = []
    for video, source in sorted(sources.items()):
        row = next((one for one in rows if one[video_at] == video), None)
        if row is None:
            rows.append(["" for _ in header])
            rows[-1][video_at], rows[-1][source_at] = video, source
        elif row[source_at] == source:
            continue
        elif existing != "overwrite":
            notes.add(
                f"{video} keeps its source {row[source_at]!r} of {path}; the file has {source!r}."
            )
            continue
        else:
            row[source_at] = source
        changed.append(video)
    if changed and not is_trial:
        write_whole(path, csv_text([header, *rows]))
    return changed
