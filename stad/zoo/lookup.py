"""Find entries of the catalog by name, and the folder of configs."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TypeVar

from stad.errors import InputError
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry

Entry = TypeVar("Entry", ModelEntry, DetectorEntry)


def list_models(task: str | None = None) -> tuple[ModelEntry, ...]:
    """Return all models, or those of a task: 'detect', 'recognize' or 'tag'."""
    return tuple(entry for entry in MODELS if task in (None, entry.task))


def names(task: str | None = None) -> list[str]:
    """Return the names of all models, or of those of a task: 'detect', 'recognize' or 'tag'."""
    return [entry.name for entry in list_models(task)]


def model_entry(name: str) -> ModelEntry:
    """Return the catalog's entry of a model.

    Raises:
        InputError: there is no such name; says which are similar and how to list all.
    """
    return _find(
        "model", name, MODELS, how_to_list="List all with --list-models or stad.zoo.names()"
    )


def config_path(name: str) -> Path:
    """Return the config of a model of the catalog, or the path of a config file itself.

    Raises:
        InputError: there is no such model.
    """
    return Path(name) if str(name).endswith(".py") else config_dir() / model_entry(name).config


def name_of_config(config: str | Path) -> str | None:
    """Return the model whose config this file is; None for a config of one's own."""
    path = Path(config).resolve()
    own = (one.name for one in MODELS if (config_dir() / one.config).resolve() == path)
    return next(own, None)


def detector_entry(name: str) -> DetectorEntry:
    """Return the catalog's entry of a person detector.

    Raises:
        InputError: there is no such name; says which are similar and how to list all.
    """
    known = ", ".join(entry.name for entry in DETECTORS)
    return _find("person detector", name, DETECTORS, how_to_list=f"Known are {known}")


def config_dir() -> Path:
    """Return the folder of the configs: in an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def _find(what: str, name: str, entries: tuple[Entry, ...], *, how_to_list: str) -> Entry:
    for entry in entries:
        if entry.name == name:
            return entry
    near = difflib.get_close_matches(name, [entry.name for entry in entries], n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    raise InputError(f"There is no {what} named {name!r}. {hint}{how_to_list}.")
