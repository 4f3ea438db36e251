"""The detector with long context: scores each person, knowing who was there in the last minute."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from stad.errors import InputError
from stad.models.action_detector import ActionDetector
from stad.models.checks import check_boxes, check_clips
from stad.models.fast_inference import cast_like
from stad.models.heads.long_context_head import LongContextHead
from stad.models.memory import FeatureBank, Memory
from stad.registry import MODELS
from stad.structures import ClipMeta, ClipSample


@MODELS.register_module()
class LongContextDetector(ActionDetector):
    """An ``ActionDetector`` whose head remembers the actors of the last seconds.

    The network before the head is frozen, so that the features of earlier clips, which are kept
    and not computed again, are those of the same network: train it without a memory first.

    Args:
        backbone: config of a module of clips that gives a tuple of maps.
        roi_head: config of a ``LongContextHead``.
        data_preprocessor: config of the ``ClipPreprocessor``.
        loss: as in ``ActionDetector``.
        times_person_score: as in ``ActionDetector``.
        init_cfg: mmengine's initialisation.

    Attributes:
        bank: the features of the data set that is trained or evaluated on; ``FeatureBankHook``
            sets it.
    """

    roi_head: LongContextHead

    def __init__(
        self,
        backbone: dict,
        roi_head: dict,
        *,
        data_preprocessor: dict,
        loss: dict | None = None,
        times_person_score: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(
            backbone,
            roi_head,
            data_preprocessor=data_preprocessor,
            loss=loss,
            times_person_score=times_person_score,
            init_cfg=init_cfg,
        )
        if not isinstance(self.roi_head, LongContextHead):
            raise ValueError(
                "a LongContextDetector needs a LongContextHead as roi_head, got "
                f"{type(self.roi_head).__name__}"
            )
        self.bank: FeatureBank | None = None
        for part in self._frozen_parts():
            part.requires_grad_(False)

    def _frozen_parts(self) -> Iterator[nn.Module]:
        yield self.backbone
        if self.roi_head.shared_head is not None:
            yield self.roi_head.shared_head

    def train(self, mode: bool = True) -> LongContextDetector:
        """Set the mode of the head; what is frozen stays in eval mode."""
        super().train(mode)
        for part in self._frozen_parts():
            part.eval()
        return self

    def feature_key(self) -> str:
        """Return a hash of the weights and settings that features of actors depend on."""
        found = hashlib.sha256(self.roi_head.pooling.encode())
        for part in self._frozen_parts():
            for name, value in part.state_dict().items():
                found.update(name.encode())
                found.update(value.detach().cpu().contiguous().view(-1).numpy().tobytes())
        return found.hexdigest()

    @torch.no_grad()
    def describe_actors(self, clips: Tensor, boxes: Sequence[Tensor]) -> list[Tensor]:
        """Return the features of every actor, which head and memory take.

        Args:
            clips: (N, 3, T, H, W) float32, normalised.
            boxes: N times (K_i, 4) float32 xyxy, pixels of the clip; K_i may be 0.

        Returns:
            N times (K_i, C) float32.

        Raises:
            ValueError: other shapes or numbers of arrays, or values that are not finite.
        """
        check_clips(clips, self.data_preprocessor.num_channels)
        check_boxes(boxes, len(clips))
        busy = [i for i, one in enumerate(boxes) if len(one)]
        width = self.roi_head.to_query.in_features
        found = [clips.new_zeros((0, width)).float() for _ in boxes]
        if busy:
            seen = clips if len(busy) == len(clips) else clips[busy]
            chosen = [boxes[i] for i in busy]
            maps = self.backbone(cast_like(self.backbone, seen))
            features = self.roi_head.pool_actors(maps, chosen, (clips.shape[3], clips.shape[4]))
            for i, one in zip(busy, features.split([len(one) for one in chosen]), strict=True):
                found[i] = one
        return found

    def classify(
        self,
        features: Sequence[Tensor],
        memories: Sequence[Memory] | None = None,
        ids: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the logits of described actors; see ``LongContextHead.classify``."""
        if not sum(map(len, features)):
            return [one.new_zeros((len(one), self.num_classes)) for one in features]
        return self.roi_head.classify(features, memories, ids)

    def score_actors(
        self,
        clips: Tensor,
        boxes: Sequence[Tensor],
        tracks: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the logits of actors with an empty memory; see ``ActionDetector``.

        ``describe_actors`` and ``classify`` score actors with a memory.
        """
        return self.classify(self.describe_actors(clips, boxes))

    def _logits(self, inputs: Tensor, samples: Sequence[ClipSample]) -> list[Tensor]:
        """Return the logits of a batch, with the memory of each clip out of the bank."""
        features = self.describe_actors(inputs, [one.boxes for one in samples])
        ids = None
        if self.roi_head.needs_ids:
            ids = [torch.from_numpy(_ids(one.meta)).to(inputs.device) for one in samples]
        return self.classify(features, [self._remember(one.meta) for one in samples], ids)

    def _remember(self, meta: ClipMeta) -> Memory:
        if self.bank is None:
            raise InputError(
                "The model remembers earlier actors, but their features are not there. Add "
                "dict(type=FeatureBankHook) to custom_hooks in the config, as "
                "configs/long_context_synthetic.py does."
            )
        head = self.roi_head
        past = self.bank.before(
            meta.video_id, meta.time_sec, span_sec=head.span_sec, max_entries=head.max_entries
        )
        like = head.to_query.weight
        entries = head.entries(torch.from_numpy(past.features).to(like))
        ages_sec = torch.from_numpy(past.ages_sec).to(like)
        return Memory(entries, ages_sec, torch.from_numpy(past.ids).to(like.device))


def _ids(meta: ClipMeta):
    if meta.actor_ids is None:
        raise InputError(
            "The head needs to know who is who unless 'roi_head.actors' is 'all', but the data set "
            "gives no person ids: those of proposals are not known. Set it to 'all', or remove "
            "'proposals' from the data set's config."
        )
    return meta.actor_ids
