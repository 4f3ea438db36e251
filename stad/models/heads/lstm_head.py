"""A head of whole clips that runs an LSTM over the maps of the frames.

Donahue et al., "Long-term Recurrent Convolutional Networks", CVPR 2015, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from stad.models.base import Head
from stad.registry import MODELS


@MODELS.register_module()
class LSTMHead(Head):
    """Averages each frame over space, runs an LSTM over the frames, classifies each of them.

    The logits of a clip are the mean of the logits of its frames.

    Args:
        in_channels: channels of all maps of the backbone together.
        num_classes: outputs, exactly the classes.
        hidden_channels: width of the LSTM.
        num_layers: layers of the LSTM.
        dropout: probability before the classifier, in training.
        multilabel: whether a clip can show several classes (sigmoid) or one (softmax).
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        hidden_channels: int = 256,
        num_layers: int = 1,
        dropout: float = 0.5,
        multilabel: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes, self.multilabel = num_classes, multilabel
        self.lstm = nn.LSTM(in_channels, hidden_channels, num_layers, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.fc_cls = nn.Linear(hidden_channels, num_classes)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the class logits of clips.

        Args:
            maps: of the backbone, (N, C_i, T, H_i, W_i) float, all of the same T.

        Returns:
            (N, num_classes) float32.
        """
        frames = torch.cat([x.mean(dim=(3, 4)) for x in maps], dim=1).transpose(1, 2)
        frames = frames.to(self.fc_cls.weight.dtype)
        # Zeros, computed: a traced graph would keep its own number of clips otherwise.
        start = frames[None, :, 0, :1].clamp(0, 0)
        start = start.expand(self.lstm.num_layers, -1, self.lstm.hidden_size).contiguous()
        hidden, _ = self.lstm(frames, (start, start))
        return self.fc_cls(self.dropout(hidden)).mean(dim=1).float()
