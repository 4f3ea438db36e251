"""Choose the network of a small tagger, as the config of its model folder says it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stad.errors import InputError
from stad.models.aggregators.mean_pooling import MeanPooling
from stad.models.aggregators.netvlad import NetVLAD
from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.feature_preprocessor import FeaturePreprocessor
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.video_tagger import VideoTagger
from stad.registry import MODELS

NEXTVLAD, NETVLAD, MEAN_POOLING = "nextvlad", "netvlad", "mean_pooling"
AGGREGATORS = (NEXTVLAD, NETVLAD, MEAN_POOLING)
# The authors' 0.001 needs thousands of steps; a small training has hundreds.
NORM_MOMENTUM = 0.1
# Of the largest eigenvalue; smaller ones would be nothing in the config's digits.
MIN_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class NetworkSize:
    """Sizes of a tagger for tens to thousands of videos.

    Attributes:
        clusters, groups, expansion: of NeXtVLAD; NetVLAD has the clusters.
        hidden: width of the hidden layer.
        gating_reduction: of its context gating.
        dropout: of the vectors of the videos.
    """

    clusters: int = 16
    groups: int = 4
    expansion: int = 2
    hidden: int = 256
    gating_reduction: int = 8
    dropout: float = 0.8


def network_config(
    aggregator: str,
    size: NetworkSize,
    *,
    modalities: Sequence[Mapping[str, Any]],
    eigenvalues: np.ndarray,
    num_classes: int,
) -> dict[str, Any]:
    """Return the config of a ``VideoTagger``.

    The whitening of the PCA is undone: of the small components of few videos, most is noise.

    Args:
        aggregator: one of ``AGGREGATORS``.
        size: of the network.
        modalities: 'name' and 'channels' of what a vector is made of; the first is the PCA's.
        eigenvalues: (K,) of the PCA.
        num_classes: outputs.

    Raises:
        InputError: there is no such aggregator.
    """
    if aggregator not in AGGREGATORS:
        raise InputError(
            f"--aggregator must be {', '.join(AGGREGATORS[:-1])} or {AGGREGATORS[-1]}, "
            f"got {aggregator!r}."
        )
    ratios = np.maximum(eigenvalues / eigenvalues[0], MIN_EIGENVALUE)
    scaled = [{**modalities[0], "eigenvalues": [float(f"{one:.4g}") for one in ratios]}]
    return {
        "type": VideoTagger,
        "modalities": [
            {**one, "aggregator": _aggregator(aggregator, size, channels=one["channels"])}
            for one in modalities
        ],
        "hidden": size.hidden,
        "gating_reduction": size.gating_reduction,
        "dropout": size.dropout,
        "norm_momentum": NORM_MOMENTUM,
        "head": {"type": LogisticTagHead, "num_classes": num_classes},
        "data_preprocessor": {
            "type": FeaturePreprocessor,
            "modalities": [*scaled, *map(dict, modalities[1:])],
        },
    }


def _aggregator(name: str, size: NetworkSize, *, channels: int) -> dict[str, Any]:
    if name == MEAN_POOLING:
        return {"type": MeanPooling}
    if name == NETVLAD:
        return {"type": NetVLAD, "clusters": size.clusters}
    return {
        "type": NeXtVLAD,
        "clusters": size.clusters,
        "groups": math.gcd(size.groups, size.expansion * channels),
        "expansion": size.expansion,
    }


def build_network(config: Mapping[str, Any]) -> VideoTagger:
    """Build a tagger from the config of ``network_config``."""
    return MODELS.build(dict(config))
