"""Build the tables and the JSON of the figures of postures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stad.cli.figure_table import FigureTable
from stad.errors import InputError
from stad.evaluation.posture_summary import MIN_TIOU, PostureSummary
from stad.utils.files import read_json
from stad.utils.numbers import shown_number

FORMAT, VERSION = "stad-posture-figures", 1
POOLED = "all"
NOTHING = "-"

Figures = Mapping[str, Any]


def figure_tables(
    groups: Mapping[str, PostureSummary], *, old: Mapping[str, Figures] | None = None
) -> list[FigureTable]:
    """Return the tables of an evaluation.

    Args:
        groups: the figures of each person, and of ``POOLED``.
        old: those of an earlier evaluation, shown beside.
    """
    new = {name: one.to_dict() for name, one in groups.items()}
    people = [name for name in groups if name != POOLED]
    tables = [_people_table(new, old)] if len(people) > 1 else []
    pooled = groups[POOLED]
    return [
        *tables,
        _figure_table(new[POOLED], None if old is None else old.get(POOLED, {})),
        _posture_table(pooled, None if old is None else old.get(POOLED, {})),
    ]


def _people_table(new: Mapping[str, Figures], old: Mapping[str, Figures] | None) -> FigureTable:
    names = ("keyframes", "right", "right where found", "no box", "calibration error")
    chosen = [row for row in ROWS if row[0] in names] + [("falls found", _falls)]
    columns = ["person", *(name for name, _ in chosen)]
    if old is not None:
        columns.insert(columns.index("right") + 1, "before")
    rows = []
    for name, figures in new.items():
        cells = [name, *(show(figures) for _, show in chosen)]
        if old is not None:
            cells.insert(columns.index("before"), _show(_fraction("accuracy"), old.get(name, {})))
        rows.append(tuple(cells))
    return FigureTable("people", tuple(columns), rows)


def _figure_table(new: Figures, old: Figures | None) -> FigureTable:
    rows = [(name, show(new)) for name, show in ROWS]
    if old is None:
        return FigureTable("figures", ("figure", "value"), rows, texts=(0, 1))
    both = [(*row, _show(show, old)) for row, (_, show) in zip(rows, ROWS, strict=True)]
    return FigureTable("figures", ("figure", "value", "before"), both, texts=(0, 1, 2))


def _posture_table(pooled: PostureSummary, old: Figures | None) -> FigureTable:
    """Return recall, AP and confusion, without rows and columns in which there is nothing."""
    names = [*(short_name(one) for one in pooled.postures), "not sure", "no box"]
    used = [
        column
        for column in range(len(names))
        if column >= len(pooled.postures)
        or any(pooled.confusion[column])
        or any(row[column] for row in pooled.confusion)
    ]
    columns = ["posture", "recall", "AP", *(names[column] for column in used)]
    if old is not None:
        columns.insert(2, "before")
    rows = []
    for name in pooled.judged:
        counts = pooled.confusion[pooled.postures.index(name)]
        if not any(counts):
            continue
        ap = shown_number(pooled.segment_ap.get(name))
        cells = [short_name(name), shown_number(pooled.recall(name)), ap]
        if old is not None:
            cells.insert(2, shown_number(old.get("recall", {}).get(name)))
        rows.append((*cells, *(str(counts[column]) for column in used)))
    title = "postures in keyframes: rows are annotated, columns predicted"
    return FigureTable(title, tuple(columns), rows)


def short_name(posture: str) -> str:
    """Return the first words of a name: 'bend/bow (at the waist)' is 'bend'."""
    return posture.split("/")[0].split(" (")[0]


def _show(show: Callable[[Figures], str], figures: Figures) -> str:
    """Return a figure of an earlier file, which may lack it."""
    try:
        return show(figures)
    except (KeyError, TypeError, ValueError):
        return NOTHING


def _fraction(name: str) -> Callable[[Figures], str]:
    return lambda figures: shown_number(figures[name], 3)


def _number(name: str) -> Callable[[Figures], str]:
    return lambda figures: str(figures[name])


def _part(column: int) -> Callable[[Figures], str]:
    """Show which fraction of the keyframes is in a column of the confusion."""

    def show(figures: Figures) -> str:
        number = sum(row[column] for row in figures["confusion"])
        return f"{number / figures['keyframes']:.3f}" if figures["keyframes"] else NOTHING

    return show


def _falls(figures: Figures) -> str:
    if not figures["falls"]:
        return NOTHING
    return f"{figures['falls_found']} of {figures['falls']}"


def _false_alarms(figures: Figures) -> str:
    rate = figures["false_alarms_per_hour"]
    if rate is None:
        return NOTHING
    return f"{figures['false_alarms']} in {figures['quiet_sec']:.0f} s ({rate:.0f} an hour)"


def _ids(figures: Figures) -> str:
    mean = figures["mean_ids"]
    return NOTHING if mean is None else f"{mean:.2f} (maximum {figures['max_ids']})"


def _phantoms(figures: Figures) -> str:
    if figures["phantoms"] is None:
        return NOTHING
    return (
        f"{figures['phantoms']}, {figures['phantom_sec']:.1f} s together, longest "
        f"{figures['longest_phantom_sec']:.1f} s (with a posture "
        f"{figures['phantom_posture_sec']:.1f} s)"
    )


def _cost(figures: Figures) -> str:
    length = figures["video_sec"]
    return f"{figures['processor_sec'] / length:.2f} s" if length else NOTHING


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("keyframes", _number("keyframes")),
    ("right", _fraction("accuracy")),
    ("right where found", _fraction("accuracy_found")),
    ("no box", _part(-1)),
    ("not sure", _part(-2)),
    ("calibration error", _fraction("calibration_error")),
    ("falls found", _falls),
    ("false alarms of falls", _false_alarms),
    (f"segment-mAP at {MIN_TIOU:g}", _fraction("mean_segment_ap")),
    ("ids per person", _ids),
    ("phantom tracks", _phantoms),
    ("processor time per second", _cost),
)


def as_json(groups: Mapping[str, PostureSummary], **about: object) -> dict[str, Any]:
    """Return all figures, and how they were made."""
    figures = {name: one.to_dict() for name, one in groups.items()}
    return {"format": FORMAT, "version": VERSION, **about, "groups": figures}


def read_figures(path: Path) -> dict[str, Figures]:
    """Read the figures of a file that ``as_json`` made, by group.

    Raises:
        InputError: it is another file.
    """
    value = read_json(path)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(
            f"{path} has no figures of postures. Give a file that 'stad evaluate poses --json' "
            "wrote."
        )
    return value["groups"]
