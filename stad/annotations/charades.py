"""Read the CSV files of Charades: a video a row, with its actions and their times.

Sigurdsson et al., "Hollywood in Homes", ECCV 2016. The column 'actions' has 'c092 11.90 21.20'
for each action, class, start and end in seconds, with semicolons between them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stad.annotations.csv_rows import read_rows
from stad.errors import InputError

ID, ACTIONS = "id", "actions"

ActionRow = tuple[str, str, tuple[float, float]]


def read_charades(path: str | Path) -> tuple[list[ActionRow], tuple[str, ...]]:
    """Read Charades_v1_train.csv or Charades_v1_test.csv; also those of Charades-Ego.

    Returns:
        The actions (video, class such as 'c092', (start, end) in seconds), and all videos.

    Raises:
        InputError: the file cannot be read, has no columns 'id' and 'actions', or an action is
            wrong; the message has the line.
    """
    rows = read_rows(path)
    _, names = next(rows, (0, []))
    if ID not in names or ACTIONS not in names:
        raise InputError(
            f"{path}: expected the CSV of Charades, whose first line has the columns {ID!r} and "
            f"{ACTIONS!r}; got {','.join(names)[:80]!r}."
        )
    video_column, action_column = names.index(ID), names.index(ACTIONS)
    found: list[ActionRow] = []
    videos = []
    for line, cells in rows:
        if len(cells) != len(names):
            raise InputError(
                f"{path}, line {line}: expected {len(names)} columns, got {len(cells)}."
            )
        videos.append(cells[video_column])
        for text in filter(None, cells[action_column].split(";")):
            found.append((videos[-1], *_action(text, f"{path}, line {line}")))
    return found, tuple(videos)


def _action(text: str, where: str) -> tuple[str, tuple[float, float]]:
    try:
        label, start, end = text.split()
        span = float(start), float(end)
    except ValueError:
        span = (np.nan, np.nan)
        label = ""
    if not np.isfinite(span).all():
        raise InputError(
            f"{where}: expected an action, its start and its end, such as 'c092 11.90 21.20', got "
            f"{text[:60]!r}."
        )
    return label, span
