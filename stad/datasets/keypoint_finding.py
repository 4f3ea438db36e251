"""Find the keypoints of labelled actors with a frozen network, once for all epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmengine.logging import print_log
from torch import nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from stad.datasets.ava import AVADataset
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.keypoint_file import ARRAYS, write_keypoints
from stad.inference.runtimes.converted import choose_opener
from stad.models.preprocessor import ClipPreprocessor
from stad.registry import DATASETS, MODELS
from stad.video.clip_source import VideoFiles
from stad.video.forward_clips import ForwardVideoFiles
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
    """Build the network that finds keypoints, with its published weights, in the fastest runtime.

    Args:
        actor_crops: config, as of the ``ActionDetector`` that will run.
        backbone: config, as of the same.
        mean: of the colours, as of its ``ClipPreprocessor``.
        std: of the colours, as of the same.
    """
    pose = supply_files(MODELS.build(backbone))
    pose.open_network = choose_opener("auto", "cpu", _log)
    return KeypointNetwork(
        crops=MODELS.build(actor_crops),
        backbone=pose,
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
    clips = _Clips(source, variants)
    rows: list[dict] = []
    # A process of its own reads ahead: reading takes as long as finding.
    loader = DataLoader(clips, batch_size=None, num_workers=1)
    with tqdm(total=len(clips), unit="clip", desc="keypoints") as bar:
        for number, item in enumerate(loader):
            index, variant = divmod(number, variants)
            rows += _actors_of(item, clips.plain.actor_ids(index), network, variant)
            bar.update()
    write_keypoints(path, {key: np.stack([row[key] for row in rows]) for key in ARRAYS})


class _Clips(Dataset):
    """All variants of all clips of a data set, clip by clip: neighbours share what is decoded.

    Args:
        source: config of an ``AVADataset`` with tracks and a transform.
        variants: of each clip; the first is the clip itself.
    """

    def __init__(self, source: Mapping, variants: int) -> None:
        self.plain: AVADataset = DATASETS.build({**source, "transform": None})
        self._augmented: AVADataset = DATASETS.build(dict(source))
        if isinstance(self.plain.source, VideoFiles):
            clips = ForwardVideoFiles(self.plain.source.folder)
            self.plain.source = self._augmented.source = clips
        self._variants = variants

    def __len__(self) -> int:
        return len(self.plain) * self._variants

    def __getitem__(self, number: int) -> dict:
        index, variant = divmod(number, self._variants)
        item = self._augmented[EpochIndex(variant, index)] if variant else self.plain[index]
        return {key: item[key] for key in ("clip", "tracks", "meta")}


def _log(line: str) -> None:
    print_log(line, logger="current")


@torch.inference_mode()
def _actors_of(
    item: dict, persons: Sequence[int], network: KeypointNetwork, variant: int
) -> list[dict]:
    """Return a row of ``ARRAYS`` for each actor of an item of an ``AVADataset``."""
    if len(item["tracks"]) != len(persons):
        # Augmentation has moved an actor out of the frame: the rows are no longer known.
        return []
    clip = network.preprocessor.normalise(torch.as_tensor(item["clip"])[None])
    cut = network.crops(clip, [torch.as_tensor(item["tracks"])])
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
