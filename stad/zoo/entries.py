"""What the catalog says of a model and of a person detector."""

from __future__ import annotations

from dataclasses import dataclass

from stad.zoo.weights import Weights

OPENMMLAB = "https://download.openmmlab.com/"
MMACTION = OPENMMLAB + "mmaction/v1.0/"

# A sigmoid score of one of many actions, and a softmax score of one of 400.
AVA_THRESHOLD = 0.5
KINETICS_THRESHOLD = 0.3


@dataclass(frozen=True)
class ModelEntry:
    """A model that scores actions.

    Attributes:
        name: what people call it.
        task: 'detect' (scores per actor) or 'recognize' (scores per clip).
        config: file name in the folder of configs.
        weights: where the published ones are; None where none are known.
        licence: of the weights.
        trained_on: the last data set it was trained on.
        metric: the accuracy that its authors published; '' where they gave none.
        metric_note: what the accuracy is of, where that is not plain.
        evaluation: what of the config to change to evaluate as the authors did: dotted keys and
            values. The config names the data; this, how it is measured.
        score_threshold: what a score must reach to be shown, in [0, 1].
        needs: other files without which the model cannot run.
        stride_sec: time between predictions that suits the model, seconds.
    """

    name: str
    task: str
    config: str
    weights: Weights | None
    licence: str
    trained_on: str
    metric: str
    score_threshold: float
    needs: tuple[Weights, ...] = ()
    stride_sec: float = 1.0
    metric_note: str = ""
    evaluation: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class DetectorEntry:
    """A model that finds people.

    Attributes:
        name: its name in the catalog.
        kind: which of ``stad.actors.detectors.KINDS`` opens it.
        config: the kind's own config; of mmdet, a path below the configs that mmdet ships.
        weights: where the published weights are.
        box_ap: COCO box AP in percent, as published; None where unknown.
        licence: of the weights.
        num_classes: set where the weights have fewer classes than the config.
        files: further files to fetch, each with its role for the kind.
    """

    name: str
    kind: str
    config: str
    weights: Weights
    box_ap: float | None
    licence: str
    num_classes: int | None = None
    files: tuple[tuple[str, Weights], ...] = ()
