"""Compute the features that a model with long context remembers, before it trains or is tested."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import barrier, get_dist_info
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch.utils.data import DataLoader
from tqdm import tqdm

from stad.datasets.ava import AVADataset, collate_clips
from stad.engine.feature_bank import FeatureFiles, VideoFeatures
from stad.engine.hooks import bare_model
from stad.errors import InputError
from stad.models.long_context_detector import LongContextDetector
from stad.registry import DATASETS

TRAIN, VAL = "train", "val"


@HOOKS.register_module()
class FeatureBankHook(Hook):
    """Describes the actors of all keyframes of the data sets by the frozen network, once.

    Clips are those of evaluation: without augmentation, and with proposals those of the proposals
    alone. Files that are there and belong to the same network and keyframes are used, so an
    interrupted run continues where it stopped.

    Args:
        folder: of the features, which takes 4 bytes a channel of the backbone for each person in
            each keyframe; None puts it into the folder of the run.
        batch_size: clips at once.
        num_workers: processes that read clips; None takes those of the evaluation.
    """

    priority = "NORMAL"

    def __init__(
        self, *, folder: str | None = None, batch_size: int = 8, num_workers: int | None = None
    ) -> None:
        self._folder, self._batch_size, self._num_workers = folder, batch_size, num_workers
        self._banks: dict[str, FeatureFiles] = {}

    def before_run(self, runner) -> None:
        """Check the model.

        Raises:
            InputError: it is not a ``LongContextDetector``.
        """
        _model(runner)

    def before_train(self, runner) -> None:
        """Compute what is missing of the training data.

        Raises:
            InputError: the frozen network would have random weights.
        """
        config = runner.cfg
        begins = runner.epoch == 0 and runner.iter == 0
        if begins and not (config.get("start_from") or config.get("load_from")):
            raise InputError(
                "The network before the head of long context is frozen and would keep random "
                "weights. Train it without a memory first, and set start_from to its checkpoint."
            )
        loader = config.train_dataloader
        # As in evaluation, so that training and annotation remember the same.
        twin = DATASETS.build({**loader.dataset, "transform": None})
        self._supply(runner, TRAIN, twin)

    def before_train_iter(self, runner, batch_idx: int, data_batch: object = None) -> None:
        """Let the model remember the training data."""
        _model(runner).bank = self._banks[TRAIN]

    def before_val(self, runner) -> None:
        """Compute what is missing of the validation data."""
        if VAL not in self._banks:
            self._supply(runner, VAL, runner.val_loop.dataloader.dataset)

    def before_val_iter(self, runner, batch_idx: int, data_batch: object = None) -> None:
        """Let the model remember the validation data."""
        _model(runner).bank = self._banks[VAL]

    def _supply(self, runner, split: str, dataset: AVADataset) -> None:
        model = _model(runner)
        network = _network_key(model, runner.cfg)
        items = _by_video(dataset)
        keys = {
            video_id: _video_key(network, dataset, video_id, mine, config=_data_of(runner, split))
            for video_id, mine in items.items()
        }
        folder = Path(self._folder or Path(runner.work_dir) / "features")
        width = model.roi_head.to_query.in_features
        bank = FeatureFiles(folder / network[:12] / split, keys, width=width)
        missing = [name for name in items if not bank.is_complete(name)]
        rank, world = get_dist_info()
        if missing:
            runner.logger.info(
                f"features of the actors of {len(missing)} of the {len(items)} videos of {split} "
                f"are computed and kept in {folder}"
            )
        # All processes have looked before one writes.
        barrier()
        workers = self._num_workers
        if workers is None:
            workers = runner.cfg.get("val_dataloader", {}).get("num_workers", 0)
        _describe(
            model,
            dataset,
            {name: items[name] for name in missing[rank::world]},
            bank=bank,
            batch_size=self._batch_size,
            num_workers=workers,
        )
        barrier()
        self._banks[split] = bank


def _model(runner) -> LongContextDetector:
    model = bare_model(runner)
    if not isinstance(model, LongContextDetector):
        raise InputError(
            f"FeatureBankHook is for a LongContextDetector, got {type(model).__name__} as model. "
            "Remove the hook from custom_hooks."
        )
    return model


def _data_of(runner, split: str) -> Any:
    return runner.cfg[f"{split}_dataloader"].dataset


def _network_key(model: LongContextDetector, config: Any) -> str:
    """Return a hash of the frozen network, and of how clips are normalised."""
    parts = (model.feature_key(), config.model.backbone, config.model.data_preprocessor)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _by_video(dataset: AVADataset) -> dict[str, list[int]]:
    """Return the items of each video, by time."""
    if not isinstance(dataset, AVADataset):
        raise InputError(
            f"FeatureBankHook is for an AVADataset, got {type(dataset).__name__} as the data set. "
            "Remove the hook from custom_hooks."
        )
    order = sorted(range(len(dataset)), key=dataset.keyframe)
    groups = groupby(order, key=lambda item: dataset.keyframe(item)[0])
    return {video_id: list(items) for video_id, items in groups}


def _video_key(
    network: str, dataset: AVADataset, video_id: str, items: list[int], *, config: Any
) -> str:
    """Return a hash of everything that the features of a video depend on."""
    path = dataset.source.find(video_id)
    stat = None if path is None else path.stat()
    file = None if stat is None else (stat.st_size, stat.st_mtime_ns)
    clips = repr((config.window, config.short_side_px, dataset.start_sec))
    found = hashlib.sha256(repr((network, video_id, file, clips)).encode())
    for item in items:
        found.update(repr(dataset.keyframe(item)).encode())
        found.update(np.ascontiguousarray(dataset.boxes(item)).tobytes())
    return found.hexdigest()


@torch.no_grad()
def _describe(
    model: LongContextDetector,
    dataset: AVADataset,
    items: dict[str, list[int]],
    *,
    bank: FeatureFiles,
    batch_size: int,
    num_workers: int,
) -> None:
    """Describe the actors of videos, one file after the other."""
    batches = [
        (video_id, mine[first : first + batch_size])
        for video_id, mine in items.items()
        for first in range(0, len(mine), batch_size)
    ]
    loader = DataLoader(
        dataset,
        batch_sampler=[batch for _, batch in batches],
        num_workers=num_workers,
        collate_fn=collate_clips,
    )
    was_training = model.training
    model.eval()
    described = _described(model, zip(batches, loader, strict=True))
    with tqdm(
        total=len(batches), unit="batch", disable=not batches or get_dist_info()[0] > 0
    ) as bar:
        for video_id, parts in groupby(described, key=lambda one: one[0]):
            rows = []
            for _, content in parts:
                rows.append(content)
                bar.update()
            columns = zip(*rows, strict=True)
            bank.write(video_id, VideoFeatures(*(np.concatenate(one) for one in columns)))
    model.train(was_training)


def _described(
    model: LongContextDetector, batches: Iterator
) -> Iterator[tuple[str, VideoFeatures]]:
    for (video_id, _), batch in batches:
        data = model.data_preprocessor(batch)
        samples = data["data_samples"]
        found = model.describe_actors(data["inputs"], [one.boxes for one in samples])
        counts = [len(one) for one in found]
        metas = [one.meta for one in samples]
        ids = [
            np.full(count, -1) if meta.actor_ids is None else meta.actor_ids
            for meta, count in zip(metas, counts, strict=True)
        ]
        yield (
            video_id,
            VideoFeatures(
                torch.cat(found).float().cpu().numpy(),
                np.repeat([meta.time_sec for meta in metas], counts).astype(np.float64),
                np.concatenate(ids).astype(np.int64),
            ),
        )
