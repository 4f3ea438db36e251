"""Measure how fast training gets its clips: by stage, and against decord in a plain loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper

from stad.annotations.ava_csv import read_ava_csv
from stad.datasets.ava import AVADataset, collate_clips
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.inputs import as_window
from stad.errors import InputError
from stad.registry import MODELS
from stad.video.clip_reader import RawClip, open_with_decord
from stad.video.clip_source import OPEN_READERS, ClipSource
from stad.video.opening import open_video
from stad.video.source import VideoSource
from stad.video.streams import choose_video
from stad.video.window import Window, clip_frames

if TYPE_CHECKING:
    import decord


class _TimedSource:
    """A ``ClipSource`` that keeps the duration of its last read, and what was read."""

    def __init__(self, source: ClipSource) -> None:
        self._source = source
        self.seconds = 0.0
        self.path = Path()
        self.center_sec = 0.0

    @property
    def folder(self) -> Path:
        """The same as of ``ClipSource``."""
        return self._source.folder

    def find(self, video_id: str) -> Path | None:
        """Do the same as ``ClipSource``."""
        return self._source.find(video_id)

    def probe(self, video_id: str) -> None:
        """Do the same as ``ClipSource``."""
        self._source.probe(video_id)

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """Do the same as ``ClipSource``."""
        return self._source.read_at(video_id, times_sec)

    def duration_sec(self, video_id: str) -> float:
        """Do the same as ``ClipSource``."""
        return self._source.duration_sec(video_id)

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """Do the same as ``ClipSource``, and time it."""
        self.path, self.center_sec = self._source.find(video_id) or Path(), center_sec
        begin = time.perf_counter()
        clip = self._source.read(video_id, center_sec, window)
        self.seconds = time.perf_counter() - begin
        return clip


@dataclass(frozen=True)
class PipelineTimes:
    """Seconds per clip in one process.

    Attributes:
        decode: reading the frames.
        augment: scaling, cropping, mirroring, colours, and joining the frames.
        collate: joining clips to batches.
        plain: decord alone, for the same frames.
    """

    decode: float
    augment: float
    collate: float
    plain: float

    @property
    def pipeline(self) -> float:
        """The sum of all stages."""
        return self.decode + self.augment + self.collate

    @property
    def slowdown(self) -> float:
        """The time of the pipeline over that of the plain loop, minus 1; 0.1 is 10 % slower."""
        return self.pipeline / self.plain - 1


def time_pipeline(
    dataset: AVADataset, window: Window, *, num_clips: int, batch_size: int
) -> PipelineTimes:
    """Time the stages over shuffled clips, and decord in a plain loop over the same clips.

    The two take turns, clip by clip, and both keep their files open. Medians are taken, as other
    load on the machine comes in bursts.

    Args:
        dataset: to read from.
        window: of its clips.
        num_clips: to read.
        batch_size: clips per batch.
    """
    order = np.random.default_rng(0).permutation(len(dataset))
    plain = _PlainLoop(window)
    source, items, rows, collate = dataset.source, [], [], []
    dataset.source = timed = _TimedSource(source)
    try:
        for index in np.resize(order, num_clips).tolist():
            begin = time.perf_counter()
            items.append(dataset[EpochIndex(0, index)])
            whole = time.perf_counter() - begin
            rows.append((timed.seconds, whole - timed.seconds, plain.read(timed)))
            if len(items) == batch_size:
                collate.append(_seconds(lambda: collate_clips(items)) / batch_size)
                items.clear()
    finally:
        dataset.source = source
    # The first quarter opens the files.
    decode, augment, alone = np.median(rows[len(rows) // 4 :], axis=0).tolist()
    return PipelineTimes(decode, augment, float(np.median(collate)), alone)


class _PlainLoop:
    """decord alone, with the same number of open files as the pipeline."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._open: dict[Path, tuple[decord.VideoReader, np.ndarray]] = {}

    def read(self, like: _TimedSource) -> float:
        """Read the clip that ``like`` read last, and return the seconds that it took."""
        begin = time.perf_counter()
        if like.path not in self._open:
            if len(self._open) == OPEN_READERS:
                self._open.pop(next(iter(self._open)))
            video = open_with_decord(like.path)
            times_sec = video.get_frame_timestamp(range(len(video)))[:, 0].astype(np.float64)
            self._open[like.path] = video, times_sec
        # The file that was used last goes to the end.
        video, times_sec = self._open[like.path] = self._open.pop(like.path)
        video.get_batch(np.unique(clip_frames(like.center_sec, times_sec, self._window))).asnumpy()
        return time.perf_counter() - begin


def time_training_step(config: Config, items: Sequence[dict], *, steps: int, device: str) -> float:
    """Return the seconds per clip of a step of training, after one step to warm up.

    Args:
        config: with 'model' and 'optim_wrapper'.
        items: one batch of a data set.
        steps: to time.
        device: 'cpu', 'cuda:0', ...
    """
    model = MODELS.build(config.model).to(device).train()
    options = {key: value for key, value in config.optim_wrapper.optimizer.items() if key != "type"}
    optimizer = config.optim_wrapper.optimizer.type(model.parameters(), **options)
    wrapper = OptimWrapper(optimizer, clip_grad=config.optim_wrapper.get("clip_grad"))
    batch = collate_clips(items)

    def step() -> None:
        model.train_step(batch, wrapper)
        if device.startswith("cuda"):
            torch.cuda.synchronize()

    step()
    return _seconds(lambda: [step() for _ in range(steps)]) / steps / len(items)


def _seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def annotate_every_second(video: Path, folder: Path) -> dict[str, str]:
    """Write a data set of one video with an actor in its middle at every full second.

    Returns:
        The changes of the data set's config that use it.

    Raises:
        InputError: the video cannot be read, or is shorter than two seconds.
    """
    seconds = int(VideoSource(video).info.duration_sec)
    if seconds < 2:
        raise InputError(f"{video} is shorter than 2 s. Give a longer video.")
    lines = [f"{video.stem},{second},0.3,0.2,0.7,0.9,1" for second in range(1, seconds)]
    labels = folder / "labels.csv"
    labels.write_text("\n".join(lines) + "\n")
    return {"annotations": str(labels), "videos": str(video.resolve().parent)}


def build_dataset(config: Config, changes: dict[str, str]) -> tuple[AVADataset, Window]:
    """Open the training data set of a config, with some of its keys changed."""
    options = {**config.train_dataloader.dataset, **changes}
    if changes:
        options |= {"excluded": None, "proposals": None, "start_sec": 0.0}
    options.pop("type")
    return AVADataset(**options), as_window(options["window"])


def shape_of_videos(dataset: AVADataset) -> str:
    """Describe the codec and size of the videos, from the first one."""
    table = read_ava_csv(dataset.annotations)
    path = dataset.source.find(table.videos[0])
    if path is None:
        raise InputError(
            f"There is no video {table.videos[0]} in {dataset.source.folder}. Check the folder."
        )
    with open_video(path) as container:
        stream = choose_video(container)
        if stream is None:
            raise InputError(f"{path} has no video stream. Give another video.")
        return f"{stream.codec_context.name} {stream.width}x{stream.height}"
