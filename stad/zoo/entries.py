"""Define the entries of the catalog: models and person detectors."""

from __future__ import annotations

from dataclasses import dataclass

from stad.zoo.weights import Weights

OPENMMLAB = "https://download.openmmlab.com/"
MMACTION = OPENMMLAB + "mmaction/v1.0/"
PYSLOWFAST = "https://dl.fbaipublicfiles.com/pyslowfast/model_zoo/"

# For a sigmoid score of one of many actions, and for a softmax score of one of 400 classes.
AVA_THRESHOLD = 0.5
KINETICS_THRESHOLD = 0.3

# The task of models that score the features of a whole video.
TAG = "tag"


@dataclass(frozen=True)
class ModelEntry:
    """A model that scores actions.

    Attributes:
        name: its name in the catalog.
        task: 'detect' (scores per actor), 'recognize' (scores per clip) or 'tag' (scores per
            video, from the features of its frames).
        config: file name in the folder of configs.
        weights: the place of the published weights; None if none are known.
        licence: the licence of the weights.
        trained_on: the data set that it was trained on last.
        metric: the accuracy that its authors published; '' if they gave none.
        metric_note: how the accuracy was measured, if that differs from the config.
        evaluation: changes of the config for evaluating as the authors did: dotted keys and
            values. The config names the data, this how it is measured.
        score_threshold: minimum score to show, in [0, 1].
        needs: other files that the model needs to run.
        stride_sec: recommended time between predictions, seconds.
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
        kind: the one of ``stad.actors.detectors.KINDS`` that opens it.
        config: the kind's own config; of mmdet, a path below the configs that mmdet ships; of onnx,
            the normalization and the side of the input in pixels.
        weights: the place of the published weights.
        box_ap: COCO box AP in percent, as published; None where unknown.
        licence: the licence of the weights.
        num_classes: set if the weights have fewer classes than the config.
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
