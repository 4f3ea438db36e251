"""The tables of the catalog by name."""

from __future__ import annotations

import difflib
from pathlib import Path

from stad.errors import InputError
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry


def list_models(task: str | None = None) -> tuple[ModelEntry, ...]:
    """All models, or those of a task: 'detect' or 'recognize'."""
    return tuple(entry for entry in MODELS if task in (None, entry.task))


def names(task: str | None = None) -> list[str]:
    """The names of all models, or of those of a task: 'detect' or 'recognize'."""
    return [entry.name for entry in list_models(task)]


def model_entry(name: str) -> ModelEntry:
    """What the catalog says of a model.

    Raises:
        InputError: no such name; says which are near, and all there are.
    """
    return _find("model", name, MODELS, how_to_list="stad.zoo.names(), or --list-models,")


def detector_entry(name: str) -> DetectorEntry:
    """What the catalog says of a person detector.

    Raises:
        InputError: no such name; says which are near, and all there are.
    """
    known = ", ".join(entry.name for entry in DETECTORS)
    return _find("person detector", name, DETECTORS, how_to_list=f"the list ({known})")


def config_dir() -> Path:
    """The folder of the configs: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def _find(what: str, name: str, entries: tuple, *, how_to_list: str):
    for entry in entries:
        if entry.name == name:
            return entry
    near = difflib.get_close_matches(name, [entry.name for entry in entries], n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise InputError(f"there is no {what} {name!r}: {hint}{how_to_list} has all names")
