"""Load the weights that training starts from, such as those of a Kinetics recognizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from stad import zoo
from stad.errors import InputError
from stad.models.base import ScoringModel
from stad.utils.text import shown
from stad.zoo.checkpoint import open_checkpoint
from stad.zoo.mapping import map_available
from stad.zoo.recorded import background_row, check_non_local
from stad.zoo.weights import UrlWeights

SHOWN_NAMES = 6
# Weights of images fit 0.48 of SlowFast (its slow pathway), a ResNet-18 0.3 of a ResNet-50.
DOUBTFUL_FRACTION = 0.4


def load_start_weights(model: ScoringModel, start_from: str | dict) -> str:
    """Load the weights of a checkpoint that fit; a head of other classes keeps its random weights.

    Args:
        model: the model to load into.
        start_from: path of a checkpoint, the name of a model in the zoo, or
            {'url': ..., 'sha256': ..., 'saved_as': ...} of a published file, see ``UrlWeights``;
            the last two can be left out.

    Returns:
        A line for the log: how much was loaded, and what was not.

    Raises:
        InputError: the file cannot be fetched or read, nothing in it fits the backbone, or its
            non-local blocks are of another mode.
    """
    path = _find(start_from)
    checkpoint = open_checkpoint(path)
    check_non_local(model, checkpoint)
    found, left_over = map_available(
        checkpoint.state,
        model.state_dict(),
        fast_first=model.main_head.last_map_first,
        background=background_row(checkpoint),
    )
    fraction = _body_fraction(found, model)
    if not fraction:
        raise InputError(
            f"No weight of {path} fits the model's backbone: it is a checkpoint of another "
            "network. Set start_from to one of this network, or to None for random weights."
        )
    missing = [name for name in model.state_dict() if name not in found]
    model.load_state_dict(found, strict=False)
    doubt = ""
    if fraction < DOUBTFUL_FRACTION:
        doubt = (
            f"WARNING: only {fraction:.0%} of the backbone's weights are in the file. Is it a "
            "checkpoint of another network? "
        )
    return (
        f"{doubt}start weights: {len(found)} of {len(found) + len(missing)} loaded from {path}; "
        f"not in the file: {_shown(missing)}; in the file but not used: {_shown(left_over)}"
    )


def _body_fraction(found: Mapping[str, Tensor], model: ScoringModel) -> float:
    """Return the fraction of what lies before the head that was found; a head may fit by chance."""
    names = list(model.state_dict())
    # A tagger that takes the mean of the frames is a head alone.
    wanted = [name for name in names if model.is_body(name)] or names
    return sum(name in found for name in wanted) / len(wanted)


def _find(start_from: str | dict) -> str | Path:
    if isinstance(start_from, dict):
        return zoo.fetch(
            UrlWeights(
                start_from["url"],
                start_from.get("sha256", ""),
                start_from.get("saved_as", ""),
            )
        )
    if start_from in zoo.names():
        weights = zoo.model_entry(start_from).weights
        if weights is None:
            raise InputError(
                f"No published weights of {start_from} are known. Set start_from to a file."
            )
        return zoo.fetch(weights)
    return start_from


def _shown(names: list[str]) -> str:
    return shown(names, limit=SHOWN_NAMES) or "nothing"
