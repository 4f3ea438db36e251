"""Declare what an aggregator is, and what NetVLAD and NeXtVLAD share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stad.models.aggregators.row_norm import RowNorm, l2_normalised
from stad.models.aggregators.variants import Variant, fill_matrix


class Aggregator(nn.Module):
    """Turns the features of the frames of a video into one vector.

    It is called with ``x``, (N, T, C) float, and ``mask``, (N, T) bool, True at the frames of the
    video. Other frames, whatever they hold, do not change the vector in evaluation. A video
    without a frame, such as one without audio, gives zeros.

    Attributes:
        width: length of the vector.
    """

    width: int


class Clusters(nn.Module):
    """Soft assignment to clusters, and the sums of what the features differ from their centres.

    Arandjelovic et al., "NetVLAD", CVPR 2016, section 3.1, with batch norm in place of the bias.

    Args:
        inputs: channels of the features of a frame.
        clusters: number of clusters.
        groups: into how many features each frame is divided; all share the centres.
        variant: norms and initial weights.

    Attributes:
        features: channels of a feature, F.
    """

    def __init__(self, inputs: int, clusters: int, *, groups: int, variant: Variant) -> None:
        super().__init__()
        if inputs % groups:
            raise ValueError(
                f"groups must divide the {inputs} channels of a frame, got {groups} groups"
            )
        self.features, self._clusters, self._groups = inputs // groups, clusters, groups
        self._variant = variant
        self.assign = nn.Linear(inputs, groups * clusters, bias=False)
        fill_matrix(self.assign.weight, inputs, variant)
        self.assign_norm = RowNorm(groups * clusters, variant)
        self.centres = nn.Parameter(torch.empty(self.features, clusters))
        fill_matrix(self.centres, self.features, variant)

    def forward(self, frames: Tensor, attention: Tensor, mask: Tensor) -> Tensor:
        """Return the residuals of each cluster, each cluster's of length 1.

        Args:
            frames: (N, T, inputs) float.
            attention: (N, T, groups) float, how much each feature counts; 0 beyond the end.
            mask: (N, T) bool, True at the frames of the video.

        Returns:
            (N, F * clusters), F by F: element f * clusters + k.
        """
        count = len(frames)
        counted = None if self._variant.padded_statistics else mask
        assigned = self.assign_norm(self.assign(frames), counted)
        weights = assigned.reshape(count, -1, self._groups, self._clusters).softmax(dim=-1)
        weights = (weights * attention[..., None]).flatten(1, 2)
        features = frames.reshape(count, -1, self.features)
        # Sums over thousands of features and their squares are too large for half precision.
        wide = torch.promote_types(frames.dtype, torch.float32)
        with torch.autocast(frames.device.type, enabled=False):
            weights = weights.to(wide)
            sums = torch.bmm(features.to(wide).transpose(1, 2), weights)
            residuals = sums - weights.sum(dim=1, keepdim=True) * self.centres
            return l2_normalised(residuals, 1, self._variant).flatten(1)
