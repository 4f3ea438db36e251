"""Maps of clips -> class logits of every clip."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from stad.registry import MODELS


@MODELS.register_module()
class ClipHead(BaseModule):
    """Pools each map to one vector, concatenates them, classifies.

    Args:
        in_channels: of all maps of the backbone together.
        num_classes: outputs, exactly the classes.
        pool_window: None averages over the whole map. I3D's (2, 7, 7), time, height and width,
            slides an average over it, cut to the map where that is smaller, and takes the mean
            over the places; the classifier is linear, so this equals the mean of the logits.
        last_map_first: concatenate in reverse order, as mmaction2's SlowFast recognizers do
            (fast, then slow).
        dropout: probability, in training.
        multilabel: whether a clip can show several classes (sigmoid) or one (softmax).
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        pool_window: tuple[int, int, int] | None = None,
        last_map_first: bool = False,
        dropout: float = 0.5,
        multilabel: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes, self.multilabel = num_classes, multilabel
        self.pool_window, self.last_map_first = pool_window, last_map_first
        self.dropout = nn.Dropout(dropout)
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def _pool(self, x: Tensor) -> Tensor:
        if self.pool_window is not None:
            sizes = zip(self.pool_window, x.shape[2:], strict=True)
            # torch pools no bfloat16 on a CPU.
            x = F.avg_pool3d(x.float(), [min(window, size) for window, size in sizes], stride=1)
        return x.mean(dim=(2, 3, 4))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Class logits of clips.

        Args:
            maps: the backbone's, (N, C_i, T_i, H_i, W_i) float.

        Returns:
            (N, num_classes) float32.
        """
        vectors = [self._pool(x) for x in maps]
        if self.last_map_first:
            vectors.reverse()
        vector = torch.cat(vectors, dim=1).to(self.fc_cls.weight.dtype)
        return self.fc_cls(self.dropout(vector)).float()
