"""Find the keypoints of labelled actors with a frozen network, once for all epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from stad.datasets.ava import AVADataset
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.keypoint_file import ARRAYS, write_keypoints
from stad.models.preprocessor import ClipPreprocessor
from stad.registry import DATASETS, MODELS
from stad.zoo.needs import supply_files


class KeypointNetwork(NamedTuple):
    """The modules that turn a clip with tracks into keypoints, in the order of their use.

    Attributes:
        preprocessor: normalises the clip.
        crops: cuts the actors out of it.
        backbone: finds the keypoints in the cut-outs.
    """

    preprocessor: ClipPreprocessor
    crops: nn.Module
    backbone: nn.Module


def build_network(
    actor_crops: dict, backbone: dict, *, mean: Sequence[float], std: Sequence[float]
) -> KeypointNetwork:
    """Build the network that finds keypoints, with its published weights.

    Args:
        actor_crops: config, as of the ``ActionDetector`` that will run.
        backbone: config, as of the same.
        mean: of the colours, as of its ``ClipPreprocessor``.
        std: of the colours, as of the same.
    """
    return KeypointNetwork(
        crops=MODELS.build(actor_crops),
        backbone=supply_files(MODELS.build(backbone)),
        preprocessor=ClipPreprocessor(mean, std),
    )


def find_keypoints(path: Path, source: Mapping, network: KeypointNetwork, *, variants: int) -> None:
    """Find the keypoints of all actors of a data set and write them, with a progress bar.

    Args:
        path: the npz; its folder is made if need be.
        source: config of an ``AVADataset`` with tracks and a transform.
        network: finds them.
        variants: clips per keyframe: the clip itself, and ``variants`` - 1 augmented ones.
    """
    augmented: AVADataset = DATASETS.build(dict(source))
    plain: AVADataset = DATASETS.build({**source, "transform": None})
    rows: list[dict] = []
    with tqdm(total=len(plain) * variants, unit="clip", desc="keypoints") as bar:
        # Clip by clip: neighbours in a video share what the decoder holds.
        for index in range(len(plain)):
            for variant in range(variants):
                item = augmented[EpochIndex(variant, index)] if variant else plain[index]
                rows += _actors_of(item, plain.actor_ids(index), network, variant)
                bar.update()
    write_keypoints(path, {key: np.stack([row[key] for row in rows]) for key in ARRAYS})


@torch.inference_mode()
def _actors_of(
    item: dict, persons: Sequence[int], network: KeypointNetwork, variant: int
) -> list[dict]:
    """Return a row of ``ARRAYS`` for each actor of an item of an ``AVADataset``."""
    if len(item["tracks"]) != len(persons):
        # Augmentation has moved an actor out of the frame: the rows are no longer known.
        return []
    clip = network.preprocessor.normalise(torch.from_numpy(item["clip"])[None])
    cut = network.crops(clip, [torch.from_numpy(item["tracks"])])
    maps = network.backbone(cut.clips, cut.tracks)[0][..., 0, 0].numpy()
    meta = item["meta"]
    return [
        {
            "maps": maps[i].astype(np.float32),
            "regions": cut.regions[i].numpy(),
            "tracks": cut.tracks[i].numpy(),
            "video": np.str_(meta.video_id),
            "time_sec": np.float64(meta.time_sec),
            "person": np.int64(person),
            "variant": np.int64(variant),
        }
        for i, person in enumerate(persons)
    ]
