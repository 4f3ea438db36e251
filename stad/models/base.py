"""Base classes of models, backbones and heads: they declare what each kind offers to its callers.

A backbone is any module that turns clips (N, C, T, H, W) into a tuple of maps
(N, C_i, T_i, H_i, W_i); it needs no base class unless it sees tracks.
"""

from __future__ import annotations

import torch
from mmengine.model import BaseModel, BaseModule
from torch import Tensor, nn

from stad.models.preprocessor import ClipPreprocessor
from stad.utils.networks import NetworkOpener, open_in_torch


class TrackBackbone(nn.Module):
    """A backbone of actor crops that sees the actors' tracks, such as ``BlazePose``.

    It is called with the crops and with the tracks, (M, T, 4) float xyxy, pixels of the clip, and
    sees each frame alone: its map (M, C, T, 1, 1) is that of M * T clips of one frame.

    Attributes:
        open_network: makes a network of its own ready to run.
    """

    open_network: NetworkOpener = staticmethod(open_in_torch)

    def prepare(self) -> None:
        """Open the network now rather than when the first clip comes."""


class Head(BaseModule):
    """A classifier over the maps of a backbone.

    Attributes:
        num_classes: outputs per clip or actor, exactly the classes.
        multilabel: whether several classes can be true at once (sigmoid) or one (softmax).
        num_exclusive: how many classes, the first ones, exclude each other although
            ``multilabel`` is True (softmax among them).
        last_map_first: whether the classifier takes the vector of the last map first.
    """

    num_classes: int
    multilabel: bool
    num_exclusive: int = 0
    last_map_first: bool = False


class TrackHead(Head):
    """A head of actor crops that sees regions and tracks, such as ``SkeletonHead``.

    It is called with the maps of M crops, with their regions and with the actors' tracks, both
    (M, T, 4) float32 xyxy, pixels of the clip.
    """


class ScoringModel(BaseModel):
    """The base of all models that score classes."""

    @property
    def heads(self) -> dict[str, Head]:
        """All heads of the model by their names in its config, the main one first."""
        raise NotImplementedError

    @property
    def num_classes(self) -> int:
        """Outputs per clip, actor or video."""
        return self.main_head.num_classes

    @property
    def main_head(self) -> Head:
        """The head that gives the model's classes; the first of ``heads``."""
        return next(iter(self.heads.values()))

    def is_body(self, name: str) -> bool:
        """Return whether the tensor of that name describes its input, unlike those of a head."""
        raise NotImplementedError

    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits (..., num_classes) into scores in [0, 1] of the same shape.

        One label takes a softmax; several take sigmoids, but a softmax among the first
        ``num_exclusive`` classes of a head that has such.
        """
        head = self.main_head
        if not head.multilabel:
            return logits.softmax(dim=-1)
        if not head.num_exclusive:
            return logits.sigmoid()
        exclusive, free = logits[..., : head.num_exclusive], logits[..., head.num_exclusive :]
        return torch.cat((exclusive.softmax(dim=-1), free.sigmoid()), dim=-1)


class ActionModel(ScoringModel):
    """The base of ``ActionDetector`` and ``Recognizer``.

    Attributes:
        data_preprocessor: makes normalised clips of a batch of the data loader.
        backbone: turns clips into maps.
        loss: is called with logits and labels, (K, num_classes) both, and gives a scalar.
        times_person_score: whether the score of an action is multiplied by the score of the
            person's box, in evaluation and annotation.
    """

    data_preprocessor: ClipPreprocessor
    backbone: nn.Module
    loss: nn.Module
    times_person_score: bool = False

    @property
    def backbones(self) -> dict[str, nn.Module]:
        """All backbones of the model by the names of their attributes."""
        return {"backbone": self.backbone}

    @property
    def sees_tracks(self) -> bool:
        """True if the scores depend on where the actors are in every frame of a clip."""
        return False

    def is_body(self, name: str) -> bool:
        """Return whether the tensor of that name is of a backbone."""
        return name.split(".")[0] in self.backbones
