"""The head of actors: cuts each actor's region out of the maps and classifies it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import roi_align

from stad.models.base import Head
from stad.models.pooling import average_cells
from stad.registry import MODELS

POOLS = ("avg", "max")
# torchvision's decorator hides the type of the function.
_roi_align = cast(Callable[..., Tensor], roi_align)


def pool_time(maps: Sequence[Tensor], mode: str) -> Tensor:
    """Pool maps of several frame rates over time and concatenate them.

    The reference first repeats the maps of fewer frames, each frame equally often; this changes
    neither the mean nor the maximum, so each map is pooled as it is.

    Args:
        maps: (N, C_i, T_i, H_i, W_i) float; maps of another height and width than the first one
            are resized to it, nearest pixel.
        mode: 'avg' or 'max'.

    Returns:
        (N, sum of C_i, H_1, W_1).
    """
    pooled = [x.mean(dim=2) if mode == "avg" else x.amax(dim=2) for x in maps]
    # Not a slice of the shape: a graph that is traced would keep its numbers.
    height, width = pooled[0].shape[2], pooled[0].shape[3]
    pooled = [
        x if (x.shape[2], x.shape[3]) == (height, width) else F.interpolate(x, (height, width))
        for x in pooled
    ]
    return torch.cat(pooled, dim=1)


def as_rois(boxes: Sequence[Tensor]) -> Tensor:
    """Join N times (K_i, 4) boxes to (K, 5): the index of the clip, then the box.

    >>> as_rois([torch.zeros(0, 4), torch.ones(1, 4)]).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    return torch.cat([F.pad(one, (1, 0), value=float(i)) for i, one in enumerate(boxes)])


def _clip_rois(rois: Tensor, size_px: tuple[int, int] | Tensor) -> Tensor:
    """Clip the boxes of (K, 5) to a clip of that height and width."""
    size = size_px.to(rois) if isinstance(size_px, Tensor) else rois.new_tensor(size_px)
    limits = size.flip(0).repeat(2)
    return torch.cat((rois[:, :1], torch.minimum(rois[:, 1:].clamp(min=0), limits)), dim=1)


def enlarge_rois(rois: Tensor, fractions: tuple[float, float]) -> Tensor:
    """Enlarge the boxes of (K, 5) around their centres by fractions of their width and height.

    The sides are counted in pixels, both ends included, as UMT and AlphAction do.

    >>> enlarge_rois(torch.tensor([[0.0, 10, 10, 29, 29]]), (0.1, 0.2)).tolist()
    [[0.0, 9.0, 8.0, 30.0, 31.0]]
    """
    sides = rois[:, 3:] - rois[:, 1:3] + 1
    added = sides * rois.new_tensor(fractions) / 2
    return torch.cat((rois[:, :1], rois[:, 1:3] - added, rois[:, 3:] + added), dim=1)


def _check_pool(name: str, value: str) -> None:
    if value not in POOLS:
        raise ValueError(f"{name} must be one of {POOLS}, got {value!r}")


@MODELS.register_module()
class RoIHead(Head):
    """Pools time, cuts each actor out (RoIAlign), pools space, classifies.

    He et al., "Mask R-CNN", ICCV 2017, section 3, for RoIAlign; Feichtenhofer et al. 2019,
    section 5, for the head. Sampling points are as dense as the map ("adaptive").

    Args:
        in_channels: channels of all maps of the backbone together.
        num_classes: outputs, exactly the classes.
        feature_stride: pixels of the clip per cell of the map.
        roi_size: cells per side of a region.
        aligned: half-a-cell correction of RoIAlign; older networks are trained without it.
        temporal_pool: 'avg' or 'max', over the frames.
        spatial_pool: 'avg' or 'max', over the cells of a region.
        context: append the whole clip's map, averaged to ``roi_size``, to each region.
        shared_head: config of a module of (regions, maps of their clips), such as ``ACRN``.
        mlp: add a hidden layer before the classifier.
        dropout: probability, in training.
        enlarge: fractions of its width and height by which a box is larger at test, see
            ``enlarge_rois``; the boxes then end at the last pixel. None leaves them as they are.
        multilabel: whether an actor can do several things at once (sigmoid) or one (softmax).
        init_cfg: mmengine's initialisation.
    """

    shared_head: nn.Module | None

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        feature_stride: int = 16,
        roi_size: int = 8,
        aligned: bool = True,
        temporal_pool: str = "avg",
        spatial_pool: str = "max",
        context: bool = False,
        shared_head: dict | None = None,
        mlp: bool = False,
        dropout: float = 0.5,
        enlarge: tuple[float, float] | None = None,
        multilabel: bool = True,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        _check_pool("temporal_pool", temporal_pool)
        _check_pool("spatial_pool", spatial_pool)
        self.num_classes, self.multilabel = num_classes, multilabel
        self._feature_stride, self._roi_size, self._aligned = feature_stride, roi_size, aligned
        self._temporal_pool, self._spatial_pool = temporal_pool, spatial_pool
        self._context, self._enlarge = context, enlarge
        channels = 2 * in_channels if context else in_channels
        self.shared_head = None
        if shared_head is not None:
            module = MODELS.build(shared_head)
            self.shared_head, channels = module, module.out_channels
        self.dropout = nn.Dropout(dropout)
        hidden = [nn.Linear(channels, channels), nn.ReLU()]
        last = nn.Linear(channels, num_classes)
        self.fc_cls = nn.Sequential(*hidden, last) if mlp else last

    def forward(
        self, maps: Sequence[Tensor], boxes: Sequence[Tensor], size_px: tuple[int, int]
    ) -> list[Tensor]:
        """Return the class logits of the actors.

        Args:
            maps: of the backbone, (N, C_i, T_i, H_i, W_i) float.
            boxes: N times (K_i, 4) float32 xyxy, pixels of the clip; K_i may be 0. Boxes are
                clipped to the clip.
            size_px: height and width of the clip, pixels.

        Returns:
            N times (K_i, num_classes) float32.
        """
        counts = [len(one) for one in boxes]
        if not sum(counts):
            return [maps[0].new_zeros((0, self.num_classes)).float() for _ in boxes]
        return list(self.score_rois(maps, as_rois(boxes), size_px).split(counts))

    def score_rois(
        self, maps: Sequence[Tensor], rois: Tensor, size_px: tuple[int, int] | Tensor
    ) -> Tensor:
        """Return the class logits of the actors of all clips.

        Args:
            maps: as in ``forward``.
            rois: (K, 5) float32, the index of the clip and x1, y1, x2, y2 in pixels of the clip.
            size_px: height and width of the clip, pixels; a tensor (2,) where they are not known
                before the network runs.

        Returns:
            (K, num_classes) float32.
        """
        features = self._pool_rois(maps, rois, size_px)
        return self.fc_cls(features.to(next(self.fc_cls.parameters()).dtype)).float()

    def pool_actors(
        self, maps: Sequence[Tensor], boxes: Sequence[Tensor], size_px: tuple[int, int]
    ) -> Tensor:
        """Return the input of the classifier, (sum of K_i, C) float32; see ``forward``."""
        return self._pool_rois(maps, as_rois(boxes), size_px)

    def _place_rois(self, rois: Tensor, size_px: tuple[int, int] | Tensor) -> Tensor:
        """Return the boxes (K, 5) that are cut out."""
        if self._enlarge is None or self.training:
            return _clip_rois(rois, size_px)
        size = size_px.to(rois) if isinstance(size_px, Tensor) else rois.new_tensor(size_px)
        return _clip_rois(enlarge_rois(rois, self._enlarge), size - 1)

    def _pool_rois(
        self, maps: Sequence[Tensor], rois: Tensor, size_px: tuple[int, int] | Tensor
    ) -> Tensor:
        # RoIAlign has no bfloat16 on a CPU, and box pixels need more digits than float16 has.
        scene = pool_time(maps, self._temporal_pool).float()
        clipped = self._place_rois(rois.to(scene), size_px)
        regions = _roi_align(
            scene,
            clipped,
            output_size=self._roi_size,
            spatial_scale=1 / self._feature_stride,
            sampling_ratio=0,
            aligned=self._aligned,
        )
        # Without area there is nothing to sample: torch gives 0, OpenVINO NaN.
        has_area = (clipped[:, 3:] > clipped[:, 1:3]).all(dim=1)
        regions = torch.where(has_area[:, None, None, None], regions, torch.zeros_like(regions))
        owner = clipped[:, 0].long()
        if self._context:
            around = average_cells(scene, self._roi_size)[owner]
            regions = torch.cat((regions, around), dim=1)
        if self.shared_head is not None:
            dtype = next(self.shared_head.parameters()).dtype
            regions = self.shared_head(regions.to(dtype), scene[owner].to(dtype)).float()
        regions = self.dropout(regions)
        if self._spatial_pool == "max":
            return regions.amax(dim=(2, 3))
        return regions.mean(dim=(2, 3))
