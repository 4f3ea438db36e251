"""The head of whole clips: pools the maps of a backbone and classifies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.base import Head
from stad.registry import MODELS

AVERAGES = ("logits", "scores")


@MODELS.register_module()
class ClipHead(Head):
    """Pools each map to one vector, concatenates them, classifies.

    Args:
        in_channels: channels of all maps of the backbone together.
        num_classes: outputs, exactly the classes.
        pool_window: None averages over the whole map. I3D's (2, 7, 7), time, height and width,
            slides an average over it, cut to the map if that is smaller; None instead of a
            number is the whole length. All maps of the backbone must then have the same number
            of places.
        average: what is averaged over the places of the window: 'logits', as in I3D and
            PyTorchVideo, or 'scores', as in PySlowFast's ``ResNetBasicHead``
            (slowfast/models/head_helper.py: pool, project, softmax or sigmoid, mean); the output
            is then the logits of the mean scores. For a single place, both are the same.
        last_map_first: concatenate in reverse order, as mmaction2's SlowFast recognizers do
            (fast, then slow).
        hidden_channels: of a layer without bias, and ReLU, before the classifier, as in X3D; None
            for none.
        dropout: probability, in training.
        multilabel: whether a clip can show several classes (sigmoid) or one (softmax).
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        pool_window: Sequence[int | None] | None = None,
        average: str = "logits",
        last_map_first: bool = False,
        hidden_channels: int | None = None,
        dropout: float = 0.5,
        multilabel: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if average not in AVERAGES:
            raise ValueError(f"average must be one of {AVERAGES}, got {average!r}")
        self._average = average
        self.num_classes, self.multilabel = num_classes, multilabel
        self.pool_window, self.last_map_first = pool_window, last_map_first
        self.dropout = nn.Dropout(dropout)
        self.fc_hidden = None
        if hidden_channels is not None:
            self.fc_hidden = nn.Linear(in_channels, hidden_channels, bias=False)
        self.fc_cls = nn.Linear(hidden_channels or in_channels, num_classes)

    def _pool(self, x: Tensor) -> Tensor:
        """Pool (N, C, T, H, W) to (N, C, places): one for the whole map, or those of a window."""
        if self.pool_window is None:
            return x.mean(dim=(2, 3, 4))[..., None]
        # torch cannot pool bfloat16 on a CPU.
        x = x.float()
        whole = [i for i, wanted in enumerate(self.pool_window, start=2) if wanted is None]
        if whole:
            x = x.mean(dim=whole, keepdim=True)
        sizes = zip(self.pool_window, x.shape[2:], strict=True)
        window = [min(wanted or 1, int(size)) for wanted, size in sizes]
        places = F.avg_pool3d(x, window, stride=1).flatten(2)
        if self._average == "scores" or self.fc_hidden is not None:
            return places
        # The classifier is linear: the mean of the places gives the mean of the logits.
        return places.mean(dim=2, keepdim=True)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the class logits of clips.

        Args:
            maps: of the backbone, (N, C_i, T_i, H_i, W_i) float.

        Returns:
            (N, num_classes) float32.
        """
        vectors = [self._pool(x) for x in maps]
        if self.last_map_first:
            vectors.reverse()
        places = torch.cat(vectors, dim=1).transpose(1, 2).to(self.fc_cls.weight.dtype)
        if self.fc_hidden is not None:
            places = F.relu(self.fc_hidden(places))
        logits = self.fc_cls(self.dropout(places)).float()
        if logits.shape[1] == 1:
            return logits[:, 0]
        if self._average == "logits":
            return logits.mean(dim=1)
        return self._logits_of_mean_scores(logits)

    def _logits_of_mean_scores(self, logits: Tensor) -> Tensor:
        """Merge (N, places, num_classes) into (N, num_classes) with the mean scores."""
        count = math.log(logits.shape[1])
        if not self.multilabel:
            # The softmax of the logarithm of a distribution is that distribution.
            return logits.log_softmax(dim=2).logsumexp(dim=1) - count
        mean = F.logsigmoid(logits).logsumexp(dim=1) - count
        return mean - (F.logsigmoid(-logits).logsumexp(dim=1) - count)
