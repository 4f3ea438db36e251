"""Evaluate a model of the zoo by name, on the data and with the method of its published figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mmengine.config import Config

from stad import zoo
from stad.engine.options import RunOptions
from stad.errors import InputError
from stad.zoo.catalog import ModelEntry
from stad.zoo.published import fetch_published


def named_entry(config: str | Path) -> ModelEntry | None:
    """Return the zoo's entry of that name; None for the path of a config.

    Raises:
        InputError: it is neither the path of a config nor a name in the zoo.
    """
    if str(config).endswith(".py") or Path(config).is_file():
        return None
    return zoo.model_entry(str(config))


def evaluation_options(entry: ModelEntry, options: RunOptions) -> RunOptions:
    """Return the options that evaluate ``entry`` as its authors did.

    Args:
        entry: an entry of the zoo.
        options: without a work folder, it is named after the model; its changes have priority
            over those of the entry.
    """
    return replace(
        options,
        config=zoo.config_dir() / entry.config,
        work_dir=options.work_dir or f"work_dirs/{entry.name}",
        changes={**dict(entry.evaluation), **options.changes},
    )


def checkpoint_of(entry: ModelEntry | None, checkpoint: str | Path | None) -> Path:
    """Return the file to evaluate: the one given, else the published weights of ``entry``.

    Raises:
        InputError: a config has no checkpoint, or the file is missing or cannot be fetched.
    """
    if checkpoint is not None:
        if not Path(checkpoint).is_file():
            raise InputError(
                f"{checkpoint}: no such checkpoint file. Check the name and the folder."
            )
        return Path(checkpoint)
    if entry is None:
        raise InputError(
            "A config needs a checkpoint to evaluate. Give it after the config, or give only the "
            "name of a model, such as slowfast_r50_4x16_ava21, to evaluate its published weights."
        )
    return fetch_published(entry)


def describe_evaluation(entry: ModelEntry, config: Config) -> str:
    """Return what is measured and how, with the published figure, for the log."""
    dataset, evaluator = config.val_dataloader.dataset, config.val_evaluator
    records = dataset.get("records")
    parts = [f"records {records}" if records else f"annotations {dataset.get('annotations')}"]
    if dataset.get("proposals") is not None:
        parts.append(f"person boxes from {dataset.get('min_score', 0.9)}")
    if "protocol" in evaluator:
        parts.append(f"protocol {evaluator['protocol']}")
    figure = entry.metric or "none"
    if entry.metric_note:
        figure += f" ({entry.metric_note})"
    return f"{entry.name}: {', '.join(parts)}; published figure: {figure}"
