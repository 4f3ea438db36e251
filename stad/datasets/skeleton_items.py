"""Items of synthetic skeletons, as a ``SkeletonDataset`` gives those of real people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from stad.annotations import label_maps
from stad.datasets.inputs import as_window
from stad.datasets.synthetic.synthetic_skeletons import SyntheticSkeletons, draw_skeletons
from stad.errors import InputError
from stad.models.actor_crops import ActorCrops
from stad.models.backbones.blazepose import CHANNELS
from stad.registry import MODELS
from stad.video.window import Window

# A label of this value is unknown, see ``PostureLoss``.
UNKNOWN = -1
# The label map of the postures that are drawn; ids count from 1.
DRAWN_MAP = "poses"
# Postures in which arms that are drawn at random may look like an action; in all others it does
# not occur.
MAY_SHOW = {
    "read": ("sit",),
    "eat": ("sit",),
    "answer phone": ("sit", "stand"),
    "exercise": ("stand", "crouch/kneel"),
}


@dataclass(frozen=True)
class SyntheticOptions:
    """Options of the synthetic skeletons of a ``SkeletonDataset``.

    Attributes:
        count: skeletons.
        real_ratio: fraction of real people among the items of training, in [0, 1].
        min_examples: postures with fewer real actors than this are learnt from synthetic
            skeletons alone.
        seed: of what is drawn.
    """

    count: int = 40_000
    real_ratio: float = 0.08
    min_examples: int = 10
    seed: int = 0


class SyntheticItems:
    """Synthetic skeletons with their labels.

    Args:
        drawn: the skeletons.
        columns: the column of each class id among the labels.
        num_classes: of the label map.
        crops: gives the regions around boxes.
        may_show: for the columns of other classes, the ids of the postures in which skeletons may
            look like them; all others do not.

    Attributes:
        labels: (N, C) float32: 0, 1, or ``UNKNOWN``.
        is_drawn: (C,) bool, classes that skeletons show.
    """

    def __init__(
        self,
        drawn: SyntheticSkeletons,
        columns: Mapping[int, int],
        *,
        num_classes: int,
        crops: ActorCrops,
        may_show: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self._drawn = drawn
        self._regions = crops.squares(torch.from_numpy(drawn.boxes)).numpy()
        self.is_drawn = np.zeros(num_classes, dtype=bool)
        self.is_drawn[list(columns.values())] = True
        self.labels = np.where(self.is_drawn, 0, UNKNOWN).astype(np.float32)
        self.labels = np.repeat(self.labels[None], len(drawn.class_ids), axis=0)
        own = [columns[class_id] for class_id in drawn.class_ids.tolist()]
        self.labels[np.arange(len(own)), own] = 1
        for column, postures in (may_show or {}).items():
            is_clear = ~np.isin(drawn.class_ids, postures)
            self.labels[is_clear, column] = 0

    def item(self, index: int) -> dict:
        """Return 'maps' (C, T), 'regions' (T, 4) and 'tracks' (T, 4), float32."""
        drawn, regions = self._drawn, self._regions[index]
        corner, sides = regions[:, None, :2], regions[:, None, 2:] - regions[:, None, :2]
        flat = (drawn.flat[index] - corner) / sides
        marks = np.concatenate((flat, drawn.seen[index][..., None], drawn.metric[index]), axis=2)
        values = np.empty((len(regions), CHANNELS), dtype=np.float32)
        values[:, :-1] = marks.reshape(len(regions), -1)
        values[:, -1] = drawn.body[index]
        return {"maps": values.T.copy(), "regions": regions, "tracks": drawn.boxes[index]}


def make_items(
    options: SyntheticOptions, names: Sequence[str], *, window: Mapping | Window, actor_crops: dict
) -> SyntheticItems:
    """Draw skeletons for a label map, with a progress bar.

    Args:
        options: how many, and from which seed.
        names: of the classes of the label map.
        window: config of the clips' window.
        actor_crops: config of the crops.

    Raises:
        InputError: the label map lacks a posture that can be drawn.
    """
    known = label_maps.class_names(DRAWN_MAP)
    times_sec = as_window(window).offsets_sec()
    with tqdm(total=options.count, unit="skeleton", desc="skeletons", delay=1) as bar:
        drawn = draw_skeletons(
            options.count, times_sec=times_sec, seed=options.seed, on_sample=bar.update
        )
    drawn_ids = np.unique(drawn.class_ids).tolist()
    missing = [known[class_id - 1] for class_id in drawn_ids if known[class_id - 1] not in names]
    if missing:
        raise InputError(
            f"The label map has no {missing[0]!r}, which synthetic skeletons show. Use the label "
            f"map {DRAWN_MAP!r}, or train without them (synthetic=None)."
        )
    return SyntheticItems(
        drawn,
        {class_id: list(names).index(known[class_id - 1]) for class_id in drawn_ids},
        num_classes=len(names),
        crops=MODELS.build(actor_crops),
        may_show={
            list(names).index(action): [list(known).index(one) + 1 for one in postures]
            for action, postures in MAY_SHOW.items()
            if action in names
        },
    )
