"""Show the catalog as text, on the terminal and in the documentation."""

from __future__ import annotations

import re

from stad.annotations import label_maps
from stad.utils.markdown import markdown_table
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry
from stad.zoo.files import is_cached

MODEL_COLUMNS = ("model", "scores", "trained on", "published accuracy", "licence")
DETECTOR_COLUMNS = ("person detector", "box AP", "licence")
SCORES = {"detect": "each person", "recognize": "the whole clip"}
CACHED = "in the cache"
PAGE = re.compile(r" \(docs/(\w+\.md)\)")


def models_table() -> str:
    """Return all models and person detectors, one per line, and which are in the cache."""
    models = [(*_model_row(entry), _cached(entry)) for entry in MODELS]
    return _align([(*MODEL_COLUMNS, ""), *models]) + "\n\n" + detectors_table()


def detectors_table() -> str:
    """Return all person detectors, one a line, with what is in the cache."""
    detectors = [(*_detector_row(entry), _cached(entry)) for entry in DETECTORS]
    return _align([(*DETECTOR_COLUMNS, ""), *detectors])


def markdown_tables() -> str:
    """Return the Markdown tables of docs/zoo.md, without the cache."""
    tables = (
        (MODEL_COLUMNS, (_with_link(_model_row(entry)) for entry in MODELS)),
        (DETECTOR_COLUMNS, map(_detector_row, DETECTORS)),
    )
    return "\n".join(
        markdown_table(columns, rows, texts=range(len(columns))) for columns, rows in tables
    ).rstrip("\n")


def _with_link(row: tuple[str, ...]) -> tuple[str, ...]:
    """Turn a page that a row names into a link of the model, as seen from docs/."""
    for index, cell in enumerate(row):
        if match := PAGE.search(cell):
            linked = list(row)
            linked[0], linked[index] = f"[{row[0]}]({match[1]})", PAGE.sub("", cell)
            return tuple(linked)
    return row


def labels_table(model: str | None = None) -> str:
    """Return the labels of a model, or AVA's, one per line, with their numbers from 1.

    Raises:
        InputError: there is no such model.
    """
    if model is None:
        class_names = label_maps.class_names("ava")
    else:
        # Imported here: reading a config needs mmengine.
        from stad.zoo.loading import class_names_of

        class_names = class_names_of(model)
    return "\n".join(f"{number:>3}  {name}" for number, name in enumerate(class_names, start=1))


def _model_row(entry: ModelEntry) -> tuple[str, ...]:
    metric = entry.metric or "-"
    if entry.metric_note:
        metric += f" ({entry.metric_note})"
    return entry.name, SCORES[entry.task], entry.trained_on, metric, entry.licence


def _detector_row(entry: DetectorEntry) -> tuple[str, ...]:
    accuracy = "-" if entry.box_ap is None else f"{entry.box_ap:.1f}"
    if entry.num_classes == 1:
        accuracy += " (people only)"
    return entry.name, accuracy, entry.licence


def _cached(entry: ModelEntry | DetectorEntry) -> str:
    needs = entry.needs if isinstance(entry, ModelEntry) else ()
    weights = () if entry.weights is None else (entry.weights, *needs)
    return CACHED if weights and all(map(is_cached, weights)) else ""


def _align(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
