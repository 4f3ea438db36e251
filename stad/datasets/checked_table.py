"""Check annotations against their label map and videos, and keep the rows that can be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stad.annotations.ava_table import AvaTable, locate_rows
from stad.annotations.checks.boxes import check_boxes
from stad.annotations.checks.findings import Checked, Finding, settle
from stad.annotations.checks.rows import check_class_ids, check_repeats
from stad.annotations.checks.times import check_times
from stad.annotations.readers import read_annotations
from stad.annotations.video_ids import guess_video_ids
from stad.datasets.video_facts import VideoFacts, available_ids, probe_videos
from stad.errors import InputError
from stad.video.clip_source import ClipSource
from stad.video.unreadable import warn_of_left_out


@dataclass(frozen=True)
class CheckedTable:
    """Annotations without the rows that are wrong.

    Attributes:
        table: the rows to use.
        left_out: (K,) int64 rows, as ``read_annotations`` gives them, that are left out.
        warning: a readable table of what was found; empty if nothing was.
        unreadable: the videos that cannot be read, and why.
    """

    table: AvaTable
    left_out: np.ndarray
    warning: str
    unreadable: dict[str, str]


def read_checked(
    path: str,
    *,
    classes: Mapping[int, str],
    label_map: str,
    source: ClipSource | None = None,
    start_sec: float = 0.0,
    annotation_format: str | None = None,
) -> CheckedTable:
    """Read and check annotations.

    Args:
        path: annotations in any known format, such as AVA CSV.
        classes: id -> name of the label map.
        label_map: its name, for messages.
        source: the videos; without it times and sizes are not checked.
        start_sec: timestamp of the start of the videos in the annotations.
        annotation_format: as in ``read_annotations``.

    Raises:
        InputError: the file cannot be read, most of its rows are wrong, or no video is found.
            The message says what the file seems to contain instead.
    """
    table = read_annotations(path, format=annotation_format, allow_bad_numbers=True)
    facts: dict[str, VideoFacts] = {}
    reasons: dict[str, str] = {}
    if source is not None:
        latest_sec = np.full(len(table.videos), -np.inf)
        np.fmax.at(latest_sec, table.video, table.time_sec - start_sec)
        latest = dict(zip(table.videos, latest_sec.tolist(), strict=True))
        facts, reasons = probe_videos(source, latest, listed_in=path)
        _check_videos(path, source, facts, reasons)
    checked = check_table(
        table, classes=classes, label_map=label_map, facts=facts, start_sec=start_sec
    )
    if reasons:
        warn_of_left_out(reasons, len(table.videos), listed_in=path)
    used = table.without_rows(checked.left_out) if len(checked.left_out) else table
    return CheckedTable(used, checked.left_out, checked.warning, reasons)


def _check_videos(
    path: str, source: ClipSource, facts: dict[str, VideoFacts], reasons: dict[str, str]
) -> None:
    """Raise InputError if a video has two ids, or if most ids only differ in spelling from a file.

    Keyframes under one id of a video would lack the actors annotated under the other.
    """
    first: dict[Path, str] = {}
    for name in facts:
        # Facts are of videos that were found.
        found = source.find(name) or Path(name)
        if (other := first.setdefault(found, name)) != name:
            raise InputError(
                f"{path} has two ids for one video: {other!r} and {name!r} are both {found}. "
                "Use one id for each video."
            )
    missing = [one for one in reasons if source.find(one) is None]
    if 2 * len(missing) < len(facts) + len(reasons) or not missing:
        return
    stems = [Path(name).stem for name in available_ids(source)]
    guess = guess_video_ids(missing, stems)
    if guess:
        raise InputError(
            f"{len(missing)} of the {len(facts) + len(reasons)} videos of {path} are not in "
            f"{source.folder}. {guess} Change the ids in the "
            "file or the names of the videos."
        )


def check_table(
    table: AvaTable,
    *,
    classes: Mapping[int, str],
    label_map: str,
    facts: Mapping[str, VideoFacts],
    start_sec: float = 0.0,
) -> Checked:
    """Check the rows of annotations; see ``read_checked``.

    Args:
        table: the rows.
        classes: id -> name of the label map.
        label_map: its name, for messages.
        facts: of the videos that can be read; times in other videos are not checked.
        start_sec: timestamp of the start of the videos in the annotations.

    Raises:
        InputError: most of them are wrong.
    """
    known = [facts.get(name, VideoFacts()) for name in table.videos]
    columns = np.array([(one.duration_sec, one.fps, *one.size_px) for one in known], np.float64)
    rows = columns.reshape(-1, 4)[table.video]
    is_there = np.isin(table.video, [i for i, one in enumerate(table.videos) if one in facts])
    sizes = rows[:, 2:] if np.isfinite(rows[:, 2:]).any() else None
    findings: list[Finding] = check_boxes(table.boxes, sizes)
    findings += check_class_ids(table.class_id, classes, label_map=label_map)
    findings += check_times(table.time_sec, rows[:, 0], rows[:, 1], start_sec=start_sec)
    repeats = (table.video, table.time_sec, table.boxes, table.class_id)
    findings += check_repeats(repeats, effect="each counts once")
    return settle(
        findings,
        name=table.path,
        # Rows of missing videos say nothing about the others.
        num_rows=int(is_there.sum()) or len(table),
        locate=lambda wanted: locate_rows(table, wanted),
    )
