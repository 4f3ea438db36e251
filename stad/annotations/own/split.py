"""Divide videos into training and validation, never across videos of one source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stad.annotations.csv_rows import csv_text, read_rows
from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.utils.files import write_whole

SOURCES, SPLIT = "sources.csv", "split.csv"
TRAIN, VAL = "train", "val"
SOURCE = "source "
VAL_FRACTION = 0.25
TINY = 1e-9


def read_sources(folder: OwnFolder) -> dict[str, str]:
    """Return the source of each video: of sources.csv, else the video itself.

    Raises:
        InputError: the file has no columns 'video' and 'source', or one of them is empty.
    """
    videos = folder.videos()
    sources = {one: one for one in videos}
    path = folder.path / SOURCES
    if path.is_file():
        for _, row in _rows(path, ("video", "source")):
            if row["video"] in sources:
                # The name of a source must not be taken for that of a video without one.
                sources[row["video"]] = f"{SOURCE}{row['source']}"
    return sources


def read_split(folder: OwnFolder) -> dict[str, str]:
    """Return 'train' or 'val' for each video of split.csv; {} without the file.

    Raises:
        InputError: a row is wrong, or the videos of one source are in both parts.
    """
    path = folder.path / SPLIT
    if not path.is_file():
        return {}
    parts: dict[str, str] = {}
    for place, row in _rows(path, ("video", "split")):
        if row["split"] not in (TRAIN, VAL):
            raise InputError(f"{place}: the split must be {TRAIN} or {VAL}, got {row['split']!r}.")
        if row["video"] in parts:
            raise InputError(f"{place}: the video {row['video']!r} is there twice.")
        parts[row["video"]] = row["split"]
    sources, part_of = read_sources(folder), {}
    for video, part in parts.items():
        source = sources.get(video)
        if source is not None and part_of.setdefault(source, part) != part:
            raise InputError(
                f"{path}: videos of one source ({source}) are in {TRAIN} and in {VAL}, first "
                f"{video!r}. Validation would be too good: put them into one part."
            )
    return parts


def keep_split(folder: OwnFolder, amounts: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Return 'train' or 'val' for each video; those without a part get one, and it is written.

    Args:
        folder: of the videos.
        amounts: for each labelled video (C + 1,) seconds of each class and of none.

    Raises:
        InputError: a file of the folder cannot be used or written.
    """
    sources, known = read_sources(folder), read_split(folder)
    parts = {video: part for video, part in known.items() if video in sources}
    part_of = {sources[video]: part for video, part in parts.items()}
    by_source: dict[str, np.ndarray] = {}
    for video, amount in amounts.items():
        by_source[sources[video]] = by_source.get(sources[video], 0) + np.asarray(amount, float)
    part_of = divide(by_source, part_of)
    chosen = {video: part_of[sources[video]] for video in amounts}
    if chosen.items() - known.items():
        lines = [["video", "source", "split"]]
        for video in sorted({**parts, **chosen}):
            part = chosen.get(video, parts.get(video))
            lines.append([video, sources[video].removeprefix(SOURCE), str(part)])
        write_whole(folder.path / SPLIT, csv_text(lines))
    return chosen


def divide(
    amounts: Mapping[str, np.ndarray], known: Mapping[str, str], *, fraction: float = VAL_FRACTION
) -> dict[str, str]:
    """Return the part of each source; about ``fraction`` of each class goes to validation.

    Sources with the rarest class are placed first, each where more of its classes is missing.
    Each class stays in training at least once. The order of the sources does not matter.

    Args:
        amounts: for each source (C + 1,) seconds of each class and of none.
        known: parts of sources that stay as they are.
        fraction: of each class for validation, in ]0, 1[.
    """
    parts = dict(known)
    if not amounts:
        return parts
    total = np.sum(list(amounts.values()), axis=0)
    ratios = {source: amount / np.maximum(total, TINY) for source, amount in amounts.items()}
    filled = {part: np.zeros_like(total) for part in (TRAIN, VAL)}
    for source in set(known) & set(amounts):
        filled[parts[source]] += ratios[source]
    rarest = {one: float(ratios[one].max(initial=0)) for one in amounts}
    for source in sorted(set(amounts) - set(parts), key=lambda one: (-rarest[one], _shuffled(one))):
        own = ratios[source]
        missing_val = float((own * (fraction - filled[VAL])).sum()) / fraction
        missing_train = float((own * (1 - fraction - filled[TRAIN])).sum()) / (1 - fraction)
        is_new = bool(((own > 0) & (filled[TRAIN] == 0)).any())
        parts[source] = VAL if missing_val > missing_train and not is_new else TRAIN
        filled[parts[source]] += own
    return parts


def make_folds(
    amounts: Mapping[str, np.ndarray], num_folds: int, *, seed: int = 0
) -> dict[str, int]:
    """Return the fold of each source, 0 to ``num_folds`` - 1, with similar amounts of each class.

    Raises:
        InputError: there are fewer sources than folds.
    """
    if len(amounts) < num_folds:
        raise InputError(
            f"{num_folds} folds need {num_folds} sources or more, and there are {len(amounts)}. "
            "Use fewer folds, or label videos of more sources."
        )
    total = np.sum(list(amounts.values()), axis=0)
    scale = 1 / np.maximum(total, TINY)
    size = {source: float((scale * amount).sum()) for source, amount in amounts.items()}
    filled = np.zeros((num_folds, len(total)))
    folds: dict[str, int] = {}
    for source in sorted(amounts, key=lambda one: (-size[one], _shuffled(f"{seed} {one}"))):
        after = filled + amounts[source]
        cost = ((after * scale) ** 2).sum(axis=1) - ((filled * scale) ** 2).sum(axis=1)
        empty = num_folds - len(set(folds.values()))
        if empty >= len(amounts) - len(folds):
            cost[sorted(set(folds.values()))] = np.inf
        fold = int(np.argmin(cost))
        folds[source] = fold
        filled[fold] = after[fold]
    return folds


def folds_of(
    names: np.ndarray, amounts: Mapping[str, np.ndarray], num_folds: int, *, seed: int = 0
) -> np.ndarray:
    """Return the fold of each row by its source, (N,) int64; for the rest see ``make_folds``.

    Args:
        names: (N,) sources.
        amounts: of each source.
        num_folds: folds.
        seed: of the division.
    """
    folds = make_folds(amounts, num_folds, seed=seed)
    return np.array([folds[one] for one in names.tolist()], np.int64)


def _rows(path: Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Return the named columns of a CSV file with a header, and the place of each row."""
    found, header = [], None
    for line, cells in read_rows(path):
        plain = [cell.strip() for cell in cells]
        if header is None:
            header = plain
            if missing := [one for one in columns if one not in header]:
                raise InputError(
                    f"{path}: expected a first line with the columns {', '.join(columns)}; "
                    f"{missing[0]!r} is missing."
                )
            continue
        row = dict(zip(header, plain, strict=False))
        if empty := [one for one in columns if not row.get(one)]:
            raise InputError(f"{path}:{line}: the column {empty[0]!r} is empty. Fill it in.")
        found.append((f"{path}:{line}", {one: row[one] for one in columns}))
    return found


def _shuffled(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
