"""Show the catalog as text on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from stad.annotations import label_maps
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry
from stad.zoo.files import is_cached

MODEL_COLUMNS = ("model", "scores", "trained on", "published accuracy", "licence")
DETECTOR_COLUMNS = ("person detector", "box AP", "licence")
SCORES = {"detect": "each person", "recognize": "the whole clip", "tag": "the whole video"}
CACHED = "in the cache"


def models_table() -> str:
    """Return all models and person detectors, one per line, and which are in the cache."""
    models = [(*model_row(entry), _cached(entry)) for entry in MODELS]
    return _align([(*MODEL_COLUMNS, ""), *models]) + "\n\n" + detectors_table()


def detectors_table() -> str:
    """Return all person detectors, one a line, with what is in the cache."""
    detectors = [(*detector_row(entry), _cached(entry)) for entry in DETECTORS]
    return _align([(*DETECTOR_COLUMNS, ""), *detectors])


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
    return numbered(class_names)


def numbered(class_names: Sequence[str]) -> str:
    """Return names one per line, with their numbers from 1."""
    return "\n".join(f"{number:>3}  {name}" for number, name in enumerate(class_names, start=1))


def model_row(entry: ModelEntry) -> tuple[str, ...]:
    """Return the cells of a model under ``MODEL_COLUMNS``."""
    metric = entry.metric or "-"
    if entry.metric_note:
        metric += f" ({entry.metric_note})"
    return entry.name, SCORES[entry.task], entry.trained_on, metric, entry.licence


def detector_row(entry: DetectorEntry) -> tuple[str, ...]:
    """Return the cells of a person detector under ``DETECTOR_COLUMNS``."""
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
