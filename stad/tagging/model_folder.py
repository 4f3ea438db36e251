"""Write the folder of a trained tagger, which has all that tagging a video needs.

config.py             the network, for every command that takes a config
weights.safetensors   its weights
label_map.txt         one class a line
pca.safetensors       the projection of the features
model.json            what the features are, thresholds, what was trained on what, and the figures
README.md             the same to read
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import stad
from stad.datasets.records.dataset import RecordDataset
from stad.models.video_tagger import VideoTagger
from stad.own_classes.config_text import config_text
from stad.tagging.examples import TagExamples
from stad.tagging.figures import class_table, decide, number, tag_figures
from stad.tagging.network import MEAN_POOLING, NEXTVLAD
from stad.tagging.table import MODEL, PCA, RecordsTable
from stad.tagging.training import MAX_FRAMES, FittedTagger, TagTraining
from stad.utils.folders import new_folder
from stad.utils.markdown import markdown_table
from stad.utils.numbers import shown_number
from stad.zoo.own_models import CARD, CONFIG, LABEL_MAP, README, TAGGER_FORMAT, WEIGHTS

VERSION = 1
NAMES = {NEXTVLAD: "NeXtVLAD", MEAN_POOLING: "mean pooling", "netvlad": "NetVLAD"}


def write_tagger(
    records: Path,
    table: RecordsTable,
    examples: TagExamples,
    fitted: FittedTagger,
    options: TagTraining,
    *,
    seconds: float,
) -> tuple[Path, dict[str, Any]]:
    """Write the tagger of a folder of records; an interruption leaves the old one as it was.

    Args:
        records: the folder.
        table: of it.
        examples: that it was trained on.
        fitted: the tagger.
        options: of the training.
        seconds: that the training took.

    Returns:
        The folder of the tagger, and what its model.json says.

    Raises:
        InputError: it cannot be written, as on a full disk.
    """
    content = _content(records.resolve().name, table, examples, fitted, options, seconds=seconds)
    path = records / MODEL
    with new_folder(path) as part:
        values = {"model": fitted.config, "val_dataloader": {"dataset": _dataset(records, table)}}
        title = f"The tags {', '.join(examples.classes)}, as 'stad train' trained them."
        (part / CONFIG).write_text(config_text(title, values), encoding="utf-8")
        (part / LABEL_MAP).write_text("".join(f"{one}\n" for one in examples.classes), "utf-8")
        (part / PCA).write_bytes((records / PCA).read_bytes())
        _save_weights(part / WEIGHTS, fitted.model)
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        (part / CARD).write_text(text + "\n", "utf-8")
        (part / README).write_text(card_text(content), encoding="utf-8")
    return path, content


def _dataset(records: Path, table: RecordsTable) -> dict[str, Any]:
    """Return the data set of the folder, as every config says it."""
    return {
        "type": RecordDataset,
        "records": str(records.resolve()),
        "modalities": table.modalities,
        "label_map": LABEL_MAP,
        "max_frames": MAX_FRAMES,
    }


def _save_weights(path: Path, model: VideoTagger) -> None:
    from safetensors.torch import save

    state = {key: one.detach().cpu().contiguous() for key, one in model.state_dict().items()}
    path.write_bytes(save(state))


def _content(
    name: str,
    table: RecordsTable,
    examples: TagExamples,
    fitted: FittedTagger,
    options: TagTraining,
    *,
    seconds: float,
) -> dict[str, Any]:
    """Return what model.json says, as JSON values."""
    thresholds = dict(zip(examples.classes, fitted.thresholds.round(4).tolist(), strict=True))
    return {
        "format": TAGGER_FORMAT,
        "version": VERSION,
        "name": name,
        "stad": stad.__version__,
        "classes": list(examples.classes),
        "thresholds": thresholds,
        "single_label": examples.is_single,
        "features": table.kind.to_json(),
        "backbone": table.backbone,
        "backbone_weights": table.weights,
        "pca": {"file": PCA, "sha256": table.pca_sha256},
        "modalities": table.modalities,
        "training": {
            "aggregator": options.aggregator,
            "epochs": fitted.num_epochs,
            "seed": options.seed,
            "seconds": round(seconds, 1),
            "parameters": sum(one.numel() for one in fitted.model.parameters()),
        },
        "data": {
            "videos": len(examples),
            "sources": len(examples.amounts),
            "seconds": sum(map(len, examples.frames)),
        },
        "figures": _figures(examples, fitted),
    }


def _figures(examples: TagExamples, fitted: FittedTagger) -> dict[str, Any] | None:
    """Return the figures of the checks; None without any."""
    if not len(fitted.checked):
        return None
    labels = examples.labels[fitted.checked]
    decided = decide(fitted.checked_scores, fitted.thresholds, examples.labels)
    figures = tag_figures(fitted.checked_scores, labels, decided=decided)
    majority = None
    if examples.is_single:
        counts = [*labels.sum(axis=0), (labels.sum(axis=1) == 0).sum()]
        majority = number(max(counts) / len(labels))
    return {
        **figures.to_json(),
        "majority": majority,
        "videos": len(labels),
        "classes": class_table(examples.classes, fitted.checked_scores, labels, decided=decided),
    }


def figure_rows(content: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the names of the columns, and a row for each class."""
    columns = ("tag", "videos", "AP", "F1", "precision", "recall", "threshold")
    found = content["figures"]
    rows = [
        (
            one["name"],
            str(one["videos"]),
            *(shown_number(one[name]) for name in columns[2:6]),
            f"{content['thresholds'][one['name']]:.2f}",
        )
        for one in (found["classes"] if found else ())
    ]
    return columns, rows


def card_text(content: Mapping[str, Any]) -> str:
    """Return the model card in Markdown."""
    data, training, figures = content["data"], content["training"], content["figures"]
    kind = content["features"]
    columns, rows = figure_rows(content)
    measured = ["It was checked on nothing: all videos are of one source."]
    if figures is not None:
        whole = f"mean average precision {shown_number(figures['mAP'])}"
        if content["single_label"]:
            whole = (
                f"accuracy {shown_number(figures['accuracy'])} (most frequent answer: "
                f"{shown_number(figures['majority'])}), {whole}"
            )
        measured = [
            markdown_table(columns, rows).rstrip(),
            "",
            f"All videos: {whole}. Each was scored by a tagger that was trained on other sources. "
            "The number of epochs, the calibration and the thresholds were fitted to these scores, "
            "so the figures are a little too good: `stad evaluate RECORDS` keeps that apart, and "
            "compares with mean pooling.",
        ]
    lines = [
        f"# Tags of {content['name']}",
        "",
        f"Tags whole videos with {', '.join(content['classes'])}. Made by `stad train` (stad "
        f"{content['stad']}). Use:",
        "",
        "```bash",
        "stad tag VIDEOS --model FOLDER --out tags.html",
        "```",
        "",
        "## Figures",
        "",
        *measured,
        "",
        "## Data",
        "",
        f"{data['videos']} videos of {data['sources']} sources, {data['seconds']} seconds.",
        "",
        "## How it works",
        "",
        f"{kind['backbone']} describes each second of a video by a clip of {kind['num_frames']} "
        f"frames; a PCA keeps {content['modalities'][0]['channels']} values. "
        f"{NAMES[training['aggregator']]} puts the seconds of a video together "
        f"({training['parameters']:,} parameters, {training['epochs']} epochs). Audio is not used. "
        "Features of another network or another PCA cannot be compared with these.",
        "",
        "## Limits",
        "",
        "The figures hold for videos like these. A tag with few sources may have learnt a place or "
        "a camera. Scores are no proof of what a video shows.",
    ]
    return "\n".join(lines) + "\n"
