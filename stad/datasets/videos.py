"""Kinetics, UCF101, HMDB51, Something-Something and your own videos: clips with one class each."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmengine.logging import print_log
from torch.utils.data import Dataset, default_collate

from stad.annotations import label_maps
from stad.annotations.listed_videos import find_listed, find_videos, list_class_folders
from stad.annotations.video_ids import guess_video_ids
from stad.annotations.video_lists import read_video_list
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.inputs import as_window, missing_error, missing_inputs, open_source
from stad.errors import InputError, one_line
from stad.registry import DATASETS, TRANSFORMS
from stad.structures import VideoMeta, VideoSample
from stad.video.clip_source import RawClip, black_clip
from stad.video.crops import crop_views
from stad.video.sampling import CROPS, check_sampling, random_times, view_times
from stad.video.unreadable import empty_videos, unreadable_videos, warn_of_left_out
from stad.video.window import Window

# Up to this number of videos, a frame of each is decoded before a run. With more it would take
# long, and broken ones are found when they are read.
PROBED_VIDEOS = 2000


class _Video(NamedTuple):
    """A video: its path below the folder of the videos, and its class from 0."""

    path: str
    label: int


@DATASETS.register_module()
class VideoDataset(Dataset):
    """Videos of one class each.

    For training (``transform`` given) an item is a random clip of a video. For evaluation it is
    one of the ``num_clips`` clips of a video in ``num_crops`` crops.

    Args:
        annotations: a list of videos, see ``stad.annotations.video_lists``; None takes ``videos``
            as a folder with a folder per class.
        videos: folder of video files, or with ``frames_fps`` of folders of extracted frames. A
            video that is listed twice counts once.
        window: which frames make a clip; a config with 'type', or a ``Window``. With 'segments'
            its number of frames is the number of segments, and its interval is what sliding
            windows over long videos take.
        short_side_px: short side of a frame in evaluation, pixels.
        label_map: names of the classes, see ``stad.annotations.label_maps``; label k is the
            k-th name, from 0.
        sampling: 'dense', a window of each video, or 'segments', frames of the whole video; see
            ``stad.video.sampling``.
        transform: config of the augmentation, such as ``ClipTransform``; None in evaluation.
        crop_px, num_crops: of ``crop_views``, in evaluation.
        num_clips: clips per video, in evaluation.
        frames_fps: extracted frames per second; None reads video files.
        probe: whether a frame of each video is decoded to find broken ones before the run; None
            does so for up to ``PROBED_VIDEOS`` videos. Files that are missing or empty are
            always found.
        seed: of the augmentation, which depends on the seed, the epoch and the index alone.

    Attributes:
        source: reads the frames.
        class_ids: the label of each output.
        left_out: the videos that are missing, empty or broken, and why.

    Raises:
        InputError: files are missing, a label is not in the label map, a video has two labels,
            or no video can be read.
    """

    def __init__(
        self,
        annotations: str | None,
        videos: str,
        *,
        window: Mapping | Window,
        short_side_px: int,
        label_map: str,
        sampling: str = "dense",
        transform: dict | None = None,
        crop_px: int | None = None,
        num_clips: int = 1,
        num_crops: int = 1,
        frames_fps: float | None = None,
        probe: bool | None = None,
        seed: int = 0,
    ) -> None:
        if missing := missing_inputs(folders=[videos], files=[annotations]):
            raise missing_error(missing)
        check_sampling(sampling)
        if num_clips < 1 or num_crops not in CROPS:
            raise ValueError(
                f"expected num_clips of 1 or more and num_crops of 1, 3 or 10, got {num_clips} "
                f"and {num_crops}"
            )
        self.annotations, self.label_map = annotations or videos, label_map
        self._classes = label_maps.class_names(label_map)
        self.class_ids = tuple(range(len(self._classes)))
        self._window, self._sampling, self._seed = as_window(window), sampling, seed
        self._short_side_px, self._crop_px, self._num_crops = short_side_px, crop_px, num_crops
        self._transform = None if transform is None else TRANSFORMS.build(transform)
        self._num_clips = num_clips if transform is None else 1
        self._are_frames = frames_fps is not None
        self.source = open_source(videos, frames_fps=frames_fps)
        self._warned: set[str] = set()
        self._videos = self._read_videos(annotations, videos, probe=probe)

    @property
    def metainfo(self) -> dict:
        """Files and classes as plain values, for the evaluator and the checkpoint."""
        return {
            "annotations": str(self.annotations),
            "label_map": str(self.label_map),
            "classes": list(self._classes),
        }

    @property
    def video_keys(self) -> frozenset[str]:
        """Paths that identify the videos, however they are spelled in the list."""
        found = (self.source.find(one.path) or Path(one.path) for one in self._videos)
        return frozenset(str(one.resolve()) for one in found)

    @property
    def example_counts(self) -> np.ndarray:
        """The number of videos of each class, (C,) int64."""
        return np.bincount([one.label for one in self._videos], minlength=len(self._classes))

    def _read_videos(
        self, annotations: str | None, folder: str, *, probe: bool | None
    ) -> list[_Video]:
        if annotations is None:
            listed = list_class_folders(folder, are_frames=self._are_frames)
        else:
            listed = read_video_list(annotations)
        videos, missing, notes = find_listed(
            listed,
            folder,
            self._classes,
            label_map=self.label_map,
            are_frames=self._are_frames,
        )
        if guess := self._guess_spelling(missing, len(videos)):
            raise InputError(
                f"{len(missing)} of the {len(videos) + len(missing)} videos of {listed.source} are "
                f"not in {folder}. {guess} Change the list or 'videos' in the config."
            )
        for note in notes:
            print_log(one_line(note), logger="current", level=logging.WARNING)
        is_probed = len(videos) <= PROBED_VIDEOS if probe is None else probe
        find_broken = unreadable_videos if is_probed else empty_videos
        self.left_out = missing | find_broken(self.source, (path for path, _ in videos))
        if self.left_out:
            total = len(videos) + len(missing)
            warn_of_left_out(self.left_out, total, listed_in=listed.source)
        return [_Video(*one) for one in videos if one[0] not in self.left_out]

    def _guess_spelling(self, missing: Mapping[str, str], num_found: int) -> str:
        """Return a guess how the listed paths should be spelled, if most of them match no video."""
        if len(missing) <= num_found:
            return ""
        available = find_videos(self.source.folder, are_frames=self._are_frames)
        return guess_video_ids(list(missing), available)

    def __len__(self) -> int:
        return len(self._videos) * self._num_clips

    def __getitem__(self, item: int | EpochIndex) -> dict:
        """Return the clip of a video.

        Args:
            item: index, or epoch and index, which seed the clip and its augmentation.

        Returns:
            'clips' (V, T, H, W, 3) uint8 RGB, V views: one in training, else the crops; 'label'
            (num_classes,) float32, and 'metas' V times ``VideoMeta``. A clip that cannot be read
            is black with no label, with one warning per video.
        """
        epoch, index = item if isinstance(item, tuple) else (0, item)
        number, clip_index = divmod(index, self._num_clips)
        video = self._videos[number]
        rng = np.random.default_rng((self._seed, epoch, index))
        label = video.label
        try:
            times_sec = self._times_sec(self.source.duration_sec(video.path), clip_index, rng)
            views = self._prepare(self.source.read_at(video.path, times_sec), rng)
        except InputError as error:
            self._warn_once(video.path, error)
            views, label = self._prepare(black_clip(self._window.num_frames), rng), -1
        first = clip_index * self._num_crops
        return {
            "clips": views,
            "label": np.eye(len(self._classes), dtype=np.float32)[label] * (label >= 0),
            "metas": [VideoMeta(video.path, first + i, label) for i in range(len(views))],
        }

    def _prepare(self, raw: RawClip, rng: np.random.Generator) -> np.ndarray:
        """Return the views of a clip, (V, T, H, W, 3) uint8."""
        if self._transform is not None:
            views = self._transform(raw.frames, rng)[None]
        else:
            views = crop_views(
                raw.frames,
                short_side_px=self._short_side_px,
                crop_px=self._crop_px,
                num_crops=self._num_crops,
            )
        return views if views.shape[1] == len(raw.order) else views[:, raw.order]

    def _times_sec(
        self, duration_sec: float, clip_index: int, rng: np.random.Generator
    ) -> np.ndarray:
        if self._transform is not None:
            return random_times(duration_sec, self._window, sampling=self._sampling, rng=rng)
        return view_times(
            duration_sec,
            self._window,
            sampling=self._sampling,
            num_clips=self._num_clips,
            index=clip_index,
        )

    def _warn_once(self, path: str, error: InputError) -> None:
        if path not in self._warned:
            self._warned.add(path)
            text = f"{path} cannot be read and is skipped: {error}"
            print_log(one_line(text), logger="current", level=logging.WARNING)


def collate_videos(items: Sequence[dict]) -> dict:
    """Join items of ``VideoDataset`` to a batch for ``Recognizer``.

    Returns:
        'inputs' (N, T, H, W, 3) uint8, 'data_samples' N times ``VideoSample``; the views of an
        item follow each other.

    Raises:
        InputError: the clips have several shapes.
    """
    shapes = {item["clips"].shape[1:] for item in items}
    if len(shapes) > 1:
        raise InputError(
            f"The clips of a batch must have one shape, got {sorted(shapes)}. Set crop_px, or "
            "evaluate with val_dataloader.batch_size=1."
        )
    samples = [
        VideoSample(torch.from_numpy(item["label"]), meta)
        for item in items
        for meta in item["metas"]
    ]
    # default_collate joins them in memory that the loader's processes share.
    clips = default_collate([torch.from_numpy(view) for item in items for view in item["clips"]])
    return {"inputs": clips, "data_samples": samples}
