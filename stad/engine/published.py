"""Evaluating a model of the zoo by name: on the data and in the way of its published figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config

from stad import zoo
from stad.errors import InputError
from stad.zoo.catalog import ModelEntry


def named_entry(config: str | Path) -> ModelEntry | None:
    """Return the zoo's entry of that name; None for the path of a config.

    Raises:
        InputError: neither a config's path nor a name in the zoo.
    """
    if str(config).endswith(".py") or Path(config).is_file():
        return None
    return zoo.model_entry(str(config))


def evaluation_changes(
    entry: ModelEntry, work_dir: str | Path | None, changes: Mapping[str, object]
) -> dict[str, object]:
    """Return the options that evaluate ``entry``: 'config', 'work_dir' and 'changes'.

    Args:
        entry: of the zoo.
        work_dir: as given; None names the folder after the model.
        changes: the caller's own, which win over the entry's.
    """
    return {
        "config": zoo.config_dir() / entry.config,
        "work_dir": work_dir or f"work_dirs/{entry.name}",
        "changes": {**dict(entry.evaluation), **changes},
    }


def checkpoint_of(entry: ModelEntry | None, checkpoint: str | Path | None) -> Path:
    """Return the file to evaluate: the one given, else the published weights of ``entry``.

    Raises:
        InputError: no checkpoint for a config, no such file, or weights that cannot be had.
    """
    if checkpoint is not None:
        if not Path(checkpoint).is_file():
            raise InputError(f"{checkpoint}: there is no such checkpoint file.")
        return Path(checkpoint)
    if entry is None:
        raise InputError(
            "A config needs a checkpoint to evaluate: give it after the config, or give the name "
            "of a model instead of both, such as slowfast_r50_4x16_ava21, whose published weights "
            "are then evaluated."
        )
    return zoo.fetch_published(entry)


def describe_evaluation(entry: ModelEntry, config: Config) -> str:
    """Return what is measured and how, beside the published figure, for the log."""
    dataset, evaluator = config.val_dataloader.dataset, config.val_evaluator
    parts = [f"annotations {dataset.get('annotations')}"]
    if dataset.get("proposals") is not None:
        parts.append(f"person boxes from {dataset.get('min_score', 0.9)}")
    if "protocol" in evaluator:
        parts.append(f"protocol {evaluator['protocol']}")
    figure = entry.metric or "none"
    if entry.metric_note:
        figure += f" ({entry.metric_note})"
    return f"{entry.name}: {', '.join(parts)}; published figure: {figure}"
