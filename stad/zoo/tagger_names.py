"""Bring the tensors of NeXtVLAD's authors and of Paddle's version to stad's names and layouts.

linrongc/youtube-8m, nextvlad.py, and PaddlePaddle/models 1.8, nextvlad_model.py (both Apache-2.0).
Their matrices are (inputs, outputs), torch's are (outputs, inputs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

# What Paddle's inference multiplies the vectors of the modalities by, 1 - its drop-out rate; its
# training does not scale them up, so that the factor belongs to the layer behind them.
PADDLE_KEPT = 0.5

MODALITIES = {"video": "rgb", "audio": "audio"}
# The modules of an aggregator: the authors' names and Paddle's.
AUTHORS_AGGREGATOR = {
    "fully_connected/weights": "expand.weight",
    "fully_connected/biases": "expand.bias",
    "fully_connected_1/weights": "attend.weight",
    "fully_connected_1/biases": "attend.bias",
    "cluster_weights": "clusters.assign.weight",
    "cluster_weights2": "clusters.centres",
}
PADDLE_AGGREGATOR = {
    "fc_expansion_w": "expand.weight",
    "fc_expansion_b": "expand.bias",
    "fc_group_attention_w": "attend.weight",
    "fc_group_attention_b": "attend.bias",
    "cluster_weights": "clusters.assign.weight",
    "cluster_weights2": "clusters.centres",
}
AUTHORS_NETWORK = {
    "hidden1_weights": "hidden.weight",
    "gating_weights_1": "gating.reduce.weight",
    "gating_weights_2": "gating.expand.weight",
    "fully_connected/weights": "head.fc_cls.weight",
    "fully_connected/biases": "head.fc_cls.bias",
}
PADDLE_NETWORK = {
    "hidden1_fc_weights": "hidden.weight",
    "gating_fc1_weights": "gating.reduce.weight",
    "gating_fc2_weights": "gating.expand.weight",
    "logits_clf_weights": "head.fc_cls.weight",
    "logits_clf_bias": "head.fc_cls.bias",
}
AUTHORS_NORMS = {"hidden1_bn": "hidden_norm", "gating_bn": "gating.norm"}
AUTHORS_INNER_NORMS = {"cluster_bn": "clusters.assign_norm", "vlad_bn": "norm"}
PADDLE_NORMS = (
    "aggregators.rgb.clusters.assign_norm",
    "aggregators.rgb.norm",
    "aggregators.audio.clusters.assign_norm",
    "aggregators.audio.norm",
    "hidden_norm",
    "gating.norm",
)
AUTHORS_LEAVES = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
PADDLE_LEAVES = {"w_0": "weight", "b_0": "bias", "w_1": "running_mean", "w_2": "running_var"}
AUTHORS_MIX = {"mix_weights/weights": "mix.weight", "mix_weights/biases": "mix.bias"}
# Square roots of the eigenvalues, which the config holds.
PADDLE_UNUSED = ("eigen_param",)


def is_tagger_of_authors(names: Mapping[str, object]) -> bool:
    """Return whether these are the names of the authors' NeXtVLAD."""
    return any(re.fullmatch(r"tower/(.+/)?hidden1_weights", name) for name in names)


def is_tagger_of_paddle(names: Mapping[str, object]) -> bool:
    """Return whether these are the names of Paddle's NeXtVLAD."""
    return {"hidden1_fc_weights", "logits_clf_weights"} <= names.keys()


def convert_tagger(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a NeXtVLAD of its authors or of Paddle under stad's names, in stad's layout.

    Args:
        state: names to tensors, as in the file. Other networks are returned as they are; names
            that do not belong to NeXtVLAD keep theirs.
    """
    if is_tagger_of_authors(state):
        rename = rename_authors
    elif is_tagger_of_paddle(state):
        rename = _rename_paddle
    else:
        return dict(state)
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        new = rename(name)
        if new is None:
            continue
        if new.endswith("centres"):
            # (1, F, K) or (K, F).
            value = value[0] if value.ndim == 3 else value.T
        elif value.ndim == 2:
            value = value.T
        if rename is _rename_paddle and new == "network.hidden.weight":
            value = value * PADDLE_KEPT
        found[new] = value.contiguous()
    return found


def rename_authors(name: str) -> str:
    """Rename 'tower/video_VLAD/cluster_bn/gamma', or 'tower/branch_0/...' of a mixture."""
    short = name.removeprefix("tower/")
    prefix = "network."
    if match := re.match(r"branch_(\d+)/", short):
        prefix, short = f"branches.{match[1]}.", short[match.end() :]
    if short in AUTHORS_MIX:
        return AUTHORS_MIX[short]
    module, _, leaf = short.rpartition("/")
    if module == "mix_weights_bn" and leaf in AUTHORS_LEAVES:
        return f"mix_norm.{AUTHORS_LEAVES[leaf]}"
    if match := re.fullmatch(r"(video|audio)_vlad/(.+)", short, re.IGNORECASE):
        inner = _authors_part(match[2], AUTHORS_AGGREGATOR, AUTHORS_INNER_NORMS)
        modality = MODALITIES[match[1].lower()]
        return f"{prefix}aggregators.{modality}.{inner}" if inner else name
    outer = _authors_part(short, AUTHORS_NETWORK, AUTHORS_NORMS)
    return prefix + outer if outer else name


def _authors_part(name: str, plain: Mapping[str, str], norms: Mapping[str, str]) -> str | None:
    module, _, leaf = name.rpartition("/")
    if module in norms and leaf in AUTHORS_LEAVES:
        return f"{norms[module]}.{AUTHORS_LEAVES[leaf]}"
    return plain.get(name)


def _rename_paddle(name: str) -> str | None:
    if name in PADDLE_UNUSED:
        return None
    if match := re.fullmatch(r"batch_norm_([0-5])\.(\w_\d)", name):
        return f"network.{PADDLE_NORMS[int(match[1])]}.{PADDLE_LEAVES.get(match[2], match[2])}"
    if name in PADDLE_NETWORK:
        return f"network.{PADDLE_NETWORK[name]}"
    if (match := re.fullmatch(r"(video|audio)_(.+)", name)) and match[2] in PADDLE_AGGREGATOR:
        return f"network.aggregators.{MODALITIES[match[1]]}.{PADDLE_AGGREGATOR[match[2]]}"
    return name
