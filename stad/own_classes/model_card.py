"""Describe a trained model: figures for model.json, and the model card that users read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import stad
from stad.annotations.own.examples import POSITIVE
from stad.evaluation.multilabel import ClassFigures, class_aps, class_figures, mean_of
from stad.own_classes.example_set import ExampleSet
from stad.own_classes.training import FittedModel
from stad.utils.numbers import rounded_or_none, shown_number

DIGITS = 4


@dataclass(frozen=True)
class Validation:
    """Figures on the validation part of a model of the training part alone.

    Attributes:
        mean_ap: mean average precision; NaN where no class can be measured.
        classes: figures of each class.
        num_examples: plain rows.
    """

    mean_ap: float
    classes: Sequence[ClassFigures]
    num_examples: int


def validate(examples: ExampleSet, fitted: FittedModel, rows: np.ndarray) -> Validation:
    """Return the figures of a model on plain rows of other sources than it was trained on."""
    scores = fitted.scores(examples.of_views(fitted.views, rows))
    labels = examples.labels[rows]
    figures = class_figures(examples.classes, scores, labels, decided=scores >= fitted.thresholds)
    return Validation(mean_of(class_aps(scores, labels)), figures, len(rows))


def facts(
    examples: ExampleSet,
    fitted: FittedModel,
    validation: Validation | None,
    *,
    seconds: float,
) -> dict[str, Any]:
    """Return what model.json says about training, data and figures, as JSON values."""
    positive, negative = examples.counts()
    classes = {}
    for column, name in enumerate(examples.classes):
        plain = examples.variants == 0
        rows = plain & (examples.labels[:, column] == POSITIVE)
        classes[name] = {
            "positive": int(positive[column]),
            "negative": int(negative[column]),
            "videos": len(np.unique(examples.videos[rows])),
            "sources": len(np.unique(examples.sources[rows])),
            "ap_out_of_fold": _number(fitted.class_aps[column]),
        }
    recipe = examples.recipe
    found: dict[str, Any] = {
        "stad": stad.__version__,
        "features": {
            "backbone": recipe.backbone,
            "keys": {view: recipe.view_keys()[view] for view in fitted.views},
            "licence": recipe.licence(fitted.views),
        },
        "training": {
            "seeds": list(fitted.seeds),
            "decay": fitted.decay,
            "seconds": round(seconds, 1),
            "step_sec": examples.step_sec,
            "variants": int(examples.variants.max(initial=0)) + 1,
        },
        "data": {
            "videos": len(np.unique(examples.videos)),
            "sources": len(np.unique(examples.sources)),
            "examples": int((examples.variants == 0).sum()),
            "of": "all people together" if examples.whole_frame else "people",
            "classes": classes,
        },
        "figures": {
            "out_of_fold": {
                "mean_ap": _number(fitted.mean_ap),
                "spread": _number(fitted.spread),
                "left_out": fitted.left_out,
                "by_seed": [_number(one) for one in fitted.seed_aps],
                "tried": {"+".join(key): _number(one) for key, one in fitted.tried.items()},
            },
        },
    }
    if validation is not None:
        found["figures"]["validation"] = {
            "mean_ap": _number(validation.mean_ap),
            "examples": validation.num_examples,
            "classes": {
                one.name: {
                    "ap": _number(one.ap),
                    "f1": _number(one.counts.f1),
                    "precision": _number(one.counts.precision),
                    "recall": _number(one.counts.recall),
                }
                for one in validation.classes
            },
        }
    return found


def _number(value: float) -> float | None:
    return rounded_or_none(value, DIGITS)


def class_rows(content: Mapping[str, Any], thresholds: Mapping[str, float]) -> list[list[str]]:
    """Return a table of the classes, the head first.

    Args:
        content: as ``facts`` returns it.
        thresholds: by class.
    """
    measured = content["figures"].get("validation", {}).get("classes", {})
    rows = [["class", "positive", "negative", "sources", "AP", "val AP", "val F1", "threshold"]]
    for name, one in content["data"]["classes"].items():
        own = measured.get(name, {})
        rows.append(
            [
                name,
                str(one["positive"]),
                str(one["negative"]),
                str(one["sources"]),
                shown_number(one["ap_out_of_fold"]),
                shown_number(own.get("ap")),
                shown_number(own.get("f1")),
                f"{thresholds[name]:.2f}",
            ]
        )
    return rows


def card_text(name: str, content: Mapping[str, Any], thresholds: Mapping[str, float]) -> str:
    """Return the model card in Markdown.

    Args:
        name: of the folder of the videos.
        content: as ``facts`` returns it.
        thresholds: by class.
    """
    data, training = content["data"], content["training"]
    rows = class_rows(content, thresholds)
    table = ["| " + " | ".join(row) + " |" for row in rows]
    table.insert(1, "|" + " --- |" * len(rows[0]))
    spread = content["figures"]["out_of_fold"]
    unit = spread["left_out"]
    lines = [
        f"# Actions of {name}",
        "",
        f"Scores {', '.join(data['classes'])}. Made by `stad train` (stad {content['stad']}). Use:",
        "",
        "```bash",
        "stad annotate VIDEO --out annotated.mp4 --model FOLDER",
        "stad watch SOURCE --model FOLDER",
        "```",
        "",
        "## Figures",
        "",
        *table,
        "",
        f"AP is out of fold: {unit} are scored by what was trained on the other {unit}; the "
        f"mean over classes is {shown_number(spread['mean_ap'])}, its deviation over "
        f"{len(training['seeds'])} divisions into folds {shown_number(spread['spread'])}. 'val' is "
        "a head trained on the training part of split.csv alone, measured on its validation part; "
        "the head of this model was then trained on both. Thresholds are those with the best F1 "
        "out of fold; scores are calibrated there, too.",
        "",
        "## Data",
        "",
        f"{data['examples']} examples of {data['of']} in {data['videos']} videos of "
        f"{data['sources']} sources, one every {training['step_sec']:g} s. What was not labelled "
        "was not used.",
        "",
        "## How it works",
        "",
        f"Frozen networks describe each actor (views: {', '.join(content['features']['keys'])}); a "
        f"linear head was trained on that. Weights: {content['features']['licence']}.",
        "",
        "## Limits",
        "",
        "The figures hold for videos like these: other cameras, distances and people may give "
        "others. A class with few sources may have learnt the place instead of the action. Scores "
        "are no proof of what a person does.",
    ]
    return "\n".join(lines) + "\n"
