"""Build the tables of an evaluation of own classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stad.cli.figure_table import FigureTable
from stad.utils.numbers import shown_number


def own_tables(data: Mapping[str, Any]) -> list[FigureTable]:
    """Return the tables of an evaluation, of the JSON values of ``evaluation_data.as_json``."""
    tables = [_figures(data), _classes(data)]
    if any("events" in one for one in data["classes"]):
        tables.append(_events(data))
    tables.append(_confusions(data))
    if data["curve"]:
        tables.append(_curve(data))
    return tables


def _figures(data: Mapping[str, Any]) -> FigureTable:
    rows = [
        ("examples", f"{data['num_examples']} of {data['num_videos']} videos"),
        ("tested in", f"{data['num_folds']} parts of {data['num_sources']} sources"),
    ]
    if clips := data["clips"]:
        rows += [
            ("clip accuracy", f"{clips['accuracy']:.3f} ± {clips['deviation']:.3f} over the parts"),
            ("most frequent label", f"{clips['majority']:.3f}"),
        ]
    rows += [
        ("mAP", _number(data["mAP"])),
        ("mean F1", _number(data["F1"])),
        ("calibration error", _number(data["calibration_error"])),
    ]
    return FigureTable("figures", ("figure", "value"), rows, texts=(0, 1))


def _classes(data: Mapping[str, Any]) -> FigureTable:
    names = ("AP", "F1", "precision", "recall")
    rows = [
        (
            one["name"],
            *(_number(one[name]) for name in names),
            str(one["positive"]),
            str(one["negative"]),
        )
        for one in data["classes"]
    ]
    return FigureTable("classes", ("class", *names, "positive", "negative"), rows)


def _events(data: Mapping[str, Any]) -> FigureTable:
    rows = []
    for one in data["classes"]:
        rate = one["false_per_hour"]
        rows.append(
            (
                one["name"],
                f"{one['events_found']} of {one['events']}",
                str(one["events_false"]),
                shown_number(rate, 1),
                f"{one['quiet_sec'] / 60:.1f} min",
            )
        )
    columns = ("class", "found", "false", "false an hour", "time without it")
    return FigureTable("events", columns, rows)


def _confusions(data: Mapping[str, Any]) -> FigureTable:
    names = data["names"]
    rows = [
        (name, *map(str, counts)) for name, counts in zip(names, data["confusions"], strict=True)
    ]
    return FigureTable("rows are labels, columns what is shown", ("label", *names), rows)


def _curve(data: Mapping[str, Any]) -> FigureTable:
    columns = ["labels", "mAP", "F1"]
    if data["clips"]:
        columns.append("clip accuracy")
    rows = []
    for point in data["curve"]:
        cells = [f"{point['fraction']:.0%}", _number(point["mAP"]), _number(point["F1"])]
        if data["clips"]:
            cells.append(_number(point["clip_accuracy"]))
        rows.append(tuple(cells))
    return FigureTable("learning curve", tuple(columns), rows)


def _number(value: float | None) -> str:
    return shown_number(value, 3)
