"""Two networks, one for what a frame shows and one for how pixels move, whose scores are averaged.

Simonyan and Zisserman, "Two-Stream Convolutional Networks for Action Recognition in Videos",
NIPS 2014.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stad.models.checks import check_clips
from stad.models.fast_inference import cast_like
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.video.optical_flow import stacked_flow


def fuse_scores(rgb: Tensor, flow: Tensor, *, flow_weight: float, multilabel: bool) -> Tensor:
    """Logits whose probabilities are the weighted mean of two streams' probabilities.

    Args:
        rgb, flow: (N, num_classes) logits.
        flow_weight: weight of ``flow``, in ]0, 1[; that of ``rgb`` is the rest.
        multilabel: whether they are logits of a sigmoid or of a softmax.

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
        backbone, head: of the frame; as in ``Recognizer``.
        flow_backbone: config of a module of clips of 2 * (T - 1) channels and one frame.
        flow_head: config of the head over its maps, with the classes of ``head``.
        flow_weight: of the flow's probabilities in the mean, in ]0, 1[.
        data_preprocessor, loss: as in ``Recognizer``.
        init_cfg: mmengine's initialisation.
    """

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
        # No mixup: the flow of two blended clips is that of neither.
        super().__init__(
            backbone, head, data_preprocessor=data_preprocessor, loss=loss, init_cfg=init_cfg
        )
        if not 0 < flow_weight < 1:
            raise ValueError(f"flow_weight is between 0 and 1, got {flow_weight}")
        self.flow_backbone = MODELS.build(flow_backbone)
        self.flow_head = MODELS.build(flow_head)
        self._flow_weight = flow_weight

    def score_clips(self, clips: Tensor) -> Tensor:
        """Logits of every class for every clip, see ``fuse_scores``.

        Args:
            clips: (N, 3, T, H, W) float32, normalised, T as the flow's backbone takes it.

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
        """Each stream learns on its own, as in the paper's section 5; see ``Recognizer``."""
        check_clips(clips)
        middle = clips.shape[2] // 2
        frame = cast_like(self.backbone, clips[:, :, middle : middle + 1])
        flow = cast_like(self.flow_backbone, self.stack_flow(clips))
        return {
            "loss_rgb": self.head(self.backbone(frame)),
            "loss_flow": self.flow_head(self.flow_backbone(flow)),
        }

    def stack_flow(self, clips: Tensor) -> Tensor:
        """Normalised clips (N, 3, T, H, W) -> (N, 2 * (T - 1), 1, H, W), see ``stacked_flow``."""
        preprocessor = self.data_preprocessor
        pixels = clips.detach().float() * preprocessor.std + preprocessor.mean
        frames = pixels.round().clamp(0, 255).byte().permute(0, 2, 3, 4, 1).cpu().numpy()
        stacks = torch.stack([torch.from_numpy(stacked_flow(one)) for one in frames])
        return stacks[:, :, None].to(clips)
