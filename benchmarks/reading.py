"""Measure how fast training gets its clips: by stage, and against decord in a plain loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch.utils.data import DataLoader, Dataset

from stad.datasets.ava import AVADataset
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.inputs import as_window
from stad.datasets.videos import VideoDataset
from stad.errors import InputError
from stad.registry import MODELS
from stad.video.clip_reader import RawClip, open_with_decord
from stad.video.clip_source import OPEN_READERS, ClipSource
from stad.video.opening import open_video
from stad.video.source import VideoSource
from stad.video.streams import choose_video
from stad.video.window import Window, nearest_frames

if TYPE_CHECKING:
    import decord

Collate = Callable[[Sequence[dict]], dict]


def _clock() -> np.ndarray:
    """Return the time and the processor time of all threads of this process, (2,) seconds."""
    return np.array([time.perf_counter(), time.process_time()])


class _TimedFrames(Sequence):
    """Frames of a ``_TimedSource``, which are timed as they are decoded."""

    def __init__(self, frames: Sequence[np.ndarray] | np.ndarray, source: _TimedSource) -> None:
        self._frames, self._source = frames, source

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index):
        begin = _clock()
        frame = self._frames[index]
        self._source.seconds += _clock() - begin
        return frame


class _TimedSource:
    """A ``ClipSource`` that keeps how long its last clip took, and what was read.

    Attributes:
        seconds: time and processor time of the last clip, (2,).
        path: its file.
        times_sec: (T,) times of its frames.
    """

    def __init__(self, source: ClipSource) -> None:
        self._source = source
        self.seconds = np.zeros(2)
        self.path, self.times_sec = Path(), np.zeros(0)

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

    def duration_sec(self, video_id: str) -> float:
        """Do the same as ``ClipSource``."""
        return self._source.duration_sec(video_id)

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """Do the same as ``ClipSource``, and time it."""
        return self.read_at(video_id, center_sec + window.offsets_sec())

    def read_at(self, video_id: str, times_sec: np.ndarray) -> RawClip:
        """Do the same as ``ClipSource``, and time it."""
        self.path, self.times_sec = self._source.find(video_id) or Path(), times_sec
        begin = _clock()
        clip = self._source.read_at(video_id, times_sec)
        self.seconds = _clock() - begin
        return RawClip(_TimedFrames(clip.frames, self), clip.order)


class PipelineTimes(NamedTuple):
    """Seconds per clip in one process of a loader.

    Attributes:
        decode: reading the frames.
        augment: scaling, cropping, mirroring, colours.
        collate: joining clips to batches, in memory that processes share.
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


class _Turns(Dataset):
    """Reads clips through a data set and by decord alone in turns; an item is how long they took.

    Args:
        dataset: reads from ``source``.
        source: keeps the times of its clips.
        items: index of each clip in the data set.
    """

    def __init__(
        self, dataset: AVADataset | VideoDataset, source: _TimedSource, items: np.ndarray
    ) -> None:
        self._dataset, self._source, self._items = dataset, source, items
        self._plain = _PlainLoop()

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> tuple[dict, np.ndarray]:
        """Return a clip, and (2, 3) seconds and processor seconds of decode, augment, plain."""
        begin = _clock()
        clip = self._dataset[EpochIndex(index, int(self._items[index]))]
        whole = _clock() - begin
        source = self._source
        plain = self._plain.read(source.path, source.times_sec)
        return clip, np.stack([source.seconds, whole - source.seconds, plain], axis=1)


@dataclass(frozen=True)
class _TimedCollate:
    """Joins clips as a loader does, and returns how long this and its clips took, (B, 2, 4)."""

    collate: Collate

    def __call__(self, items: Sequence[tuple[dict, np.ndarray]]) -> np.ndarray:
        begin = _clock()
        batch = self.collate([clip for clip, _ in items])
        each = (_clock() - begin) / len(items)
        del batch
        return np.stack([np.insert(row, 2, each, axis=1) for _, row in items])


def time_pipeline(
    dataset: AVADataset | VideoDataset, collate: Collate, *, num_clips: int, batch_size: int
) -> tuple[PipelineTimes, PipelineTimes]:
    """Time the stages over shuffled clips, and decord in a plain loop over the same frames.

    The two take turns, clip by clip, in one process of a loader, and both keep their files open.
    Medians are taken, as other load on the machine comes in bursts.

    Args:
        dataset: to read from.
        collate: joins its items to batches.
        num_clips: to read.
        batch_size: clips per batch.

    Returns:
        Seconds per clip, and processor seconds per clip, of all threads.
    """
    order = np.random.default_rng(0).permutation(len(dataset))
    source = dataset.source
    dataset.source = timed = _TimedSource(source)
    try:
        loader = DataLoader(
            _Turns(dataset, timed, np.resize(order, num_clips)),
            batch_size=batch_size,
            num_workers=1,
            collate_fn=_TimedCollate(collate),
        )
        rows = np.concatenate(list(loader))
    finally:
        dataset.source = source
    # The first quarter opens the files.
    wall, cpu = np.median(rows[len(rows) // 4 :], axis=0).tolist()
    return PipelineTimes(*wall), PipelineTimes(*cpu)


class _PlainLoop:
    """decord alone, with the same number of open files as the pipeline."""

    def __init__(self) -> None:
        self._open: dict[Path, tuple[decord.VideoReader, np.ndarray]] = {}

    def read(self, path: Path, times_sec: np.ndarray) -> np.ndarray:
        """Read the frames of a file at (T,) times; return seconds and processor seconds, (2,)."""
        begin = _clock()
        if path not in self._open:
            if len(self._open) == OPEN_READERS:
                self._open.pop(next(iter(self._open)))
            video = open_with_decord(path)
            own_sec = video.get_frame_timestamp(range(len(video)))[:, 0].astype(np.float64)
            self._open[path] = video, own_sec
        # The file that was used last goes to the end.
        video, own_sec = self._open[path] = self._open.pop(path)
        video.get_batch(np.unique(nearest_frames(times_sec, own_sec))).asnumpy()
        return _clock() - begin


def time_training_step(config: Config, batch: dict, *, steps: int, device: str) -> float:
    """Return the seconds per clip of a step of training, after one step to warm up.

    Args:
        config: with 'model' and 'optim_wrapper'.
        batch: of a data set.
        steps: to time.
        device: 'cpu', 'cuda:0', ...
    """
    model = MODELS.build(config.model).to(device).train()
    options = {key: value for key, value in config.optim_wrapper.optimizer.items() if key != "type"}
    optimizer = config.optim_wrapper.optimizer.type(model.parameters(), **options)
    wrapper = OptimWrapper(optimizer, clip_grad=config.optim_wrapper.get("clip_grad"))

    def step() -> None:
        model.train_step(batch, wrapper)
        if device.startswith("cuda"):
            torch.cuda.synchronize()

    step()
    return _seconds(lambda: [step() for _ in range(steps)]) / steps / len(batch["inputs"])


def _seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def annotate_video(config: Config, video: Path, folder: Path) -> dict[str, str]:
    """Write a data set of one video: an actor at every full second, or the video as one example.

    Args:
        config: with the kind of data set, as 'train_dataloader.dataset.type'.
        video: a file.
        folder: to write into.

    Returns:
        The changes of the data set's config that use it.

    Raises:
        InputError: the video cannot be read, or is shorter than two seconds.
    """
    seconds = int(VideoSource(video).info.duration_sec)
    if seconds < 2:
        raise InputError(f"{video} is shorter than 2 s. Give a longer video.")
    if issubclass(config.train_dataloader.dataset.type, VideoDataset):
        labels, lines = folder / "videos.txt", [f"{video.name} 0"]
    else:
        labels = folder / "labels.csv"
        lines = [f"{video.stem},{second},0.3,0.2,0.7,0.9,1" for second in range(1, seconds)]
    labels.write_text("\n".join(lines) + "\n")
    return {"annotations": str(labels), "videos": str(video.resolve().parent)}


def build_dataset(
    config: Config, changes: dict[str, str]
) -> tuple[AVADataset | VideoDataset, Window]:
    """Open the training data set of a config, with some of its keys changed."""
    options = {**config.train_dataloader.dataset, **changes}
    kind = options.pop("type")
    if changes and not issubclass(kind, VideoDataset):
        options |= {"excluded": None, "proposals": None, "start_sec": 0.0}
    return kind(**options), as_window(options["window"])


def shape_of_videos(dataset: AVADataset | VideoDataset) -> str:
    """Describe the codec and size of the videos, from the first one."""
    path = min(dataset.video_keys)
    with open_video(path) as container:
        stream = choose_video(container)
        if stream is None:
            raise InputError(f"{path} has no video stream. Give another video.")
        return f"{stream.codec_context.name} {stream.width}x{stream.height}"
