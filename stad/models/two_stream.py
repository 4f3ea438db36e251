"""A recognizer of two networks, one of a frame and one of optical flow, whose scores are averaged.

Simonyan and Zisserman, "Two-Stream Convolutional Networks for Action Recognition in Videos",
NIPS 2014.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.base import Head
from stad.models.checks import check_clips
from stad.models.fast_inference import cast_like
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.video.optical_flow import stacked_flow


def fuse_scores(rgb: Tensor, flow: Tensor, *, flow_weight: float, multilabel: bool) -> Tensor:
    """Fuse the logits of two streams: their probabilities become the weighted mean.

    Args:
        rgb: (N, num_classes) logits of the frame.
        flow: (N, num_classes) logits of the optical flow.
        flow_weight: weight of ``flow``, in ]0, 1[; the weight of ``rgb`` is the rest.
        multilabel: whether they are logits of a sigmoid (True) or of a softmax.

    Returns:
        (N, num_classes).
    """
    weights = (math.log(1 - flow_weight), math.log(flow_weight))
    if not multilabel:
        log_rgb, log_flow = rgb.log_softmax(dim=-1), flow.log_softmax(dim=-1)
        return torch.logaddexp(log_rgb + weights[0], log_flow + weights[1])
    yes, no = (
        torch.logaddexp(
            F.logsigmoid(sign * rgb) + weights[0], F.logsigmoid(sign * flow) + weights[1]
        )
        for sign in (1, -1)
    )
    return yes - no


@MODELS.register_module()
class TwoStreamRecognizer(Recognizer):
    """A recognizer of the middle frame and one of a stack of optical flow, fused late.

    The flow is computed here, with OpenCV, from the clip itself: T frames give 2 * (T - 1)
    channels, horizontal and vertical in turn.

    Args:
        backbone: config of the network of the frame, as in ``Recognizer``.
        head: config of the head over its maps.
        flow_backbone: config of a module of clips of 2 * (T - 1) channels and one frame.
        flow_head: config of the head over its maps, with the classes of ``head``.
        flow_weight: weight of the flow's probabilities in the mean, in ]0, 1[.
        data_preprocessor: as in ``Recognizer``.
        loss: as in ``Recognizer``.
        init_cfg: mmengine's initialisation.
    """

    flow_backbone: nn.Module
    flow_head: Head

    def __init__(
        self,
        backbone: dict,
        head: dict,
        *,
        flow_backbone: dict,
        flow_head: dict,
        flow_weight: float = 0.5,
        data_preprocessor: dict,
        loss: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        # Mixup is not offered: the flow of two blended clips is the flow of neither.
        super().__init__(
            backbone, head, data_preprocessor=data_preprocessor, loss=loss, init_cfg=init_cfg
        )
        if not 0 < flow_weight < 1:
            raise ValueError(f"flow_weight must be above 0 and below 1, got {flow_weight}")
        self.flow_backbone = MODELS.build(flow_backbone)
        self.flow_head = MODELS.build(flow_head)
        self._flow_weight = flow_weight

    @property
    def backbones(self) -> dict[str, nn.Module]:
        """The networks of the frame and of the flow by the names of their attributes."""
        return {"backbone": self.backbone, "flow_backbone": self.flow_backbone}

    @property
    def heads(self) -> dict[str, Head]:
        """The heads of the frame and of the flow by the names of their attributes."""
        return {"head": self.head, "flow_head": self.flow_head}

    def score_clips(self, clips: Tensor) -> Tensor:
        """Return the logits of every class for every clip, see ``fuse_scores``.

        Args:
            clips: (N, 3, T, H, W) float32, normalised; the flow's backbone fixes T.

        Returns:
            (N, num_classes) float32.

        Raises:
            ValueError: another shape.
        """
        streams = self.training_logits(clips)
        return fuse_scores(
            streams["loss_rgb"],
            streams["loss_flow"],
            flow_weight=self._flow_weight,
            multilabel=self.head.multilabel,
        )

    def training_logits(self, clips: Tensor) -> dict[str, Tensor]:
        """Return the logits of each stream: both learn separately (the paper's section 5)."""
        check_clips(clips)
        middle = clips.shape[2] // 2
        frame = cast_like(self.backbone, clips[:, :, middle : middle + 1])
        flow = cast_like(self.flow_backbone, self.stack_flow(clips))
        return {
            "loss_rgb": self.head(self.backbone(frame)),
            "loss_flow": self.flow_head(self.flow_backbone(flow)),
        }

    def stack_flow(self, clips: Tensor) -> Tensor:
        """Turn normalised clips (N, 3, T, H, W) into stacked flow (N, 2 * (T - 1), 1, H, W)."""
        preprocessor = self.data_preprocessor
        pixels = clips.detach().float() * preprocessor.std + preprocessor.mean
        frames = pixels.round().clamp(0, 255).byte().permute(0, 2, 3, 4, 1).cpu().numpy()
        stacks = torch.stack([torch.from_numpy(stacked_flow(one)) for one in frames])
        return stacks[:, :, None].to(clips)
