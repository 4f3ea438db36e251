"""Compute the features of shots: every frame is decoded once, every window is seen once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from stad.annotations.own.folder import OwnFolder
from stad.inference.build import resolve_device
from stad.inference.execution import open_scorer
from stad.inference.frames import read_frames_ahead
from stad.inference.options import InferenceOptions, RuntimeName
from stad.inference.runtimes import TORCH, choose_runtime
from stad.inference.scorer import ActionScorer
from stad.models.feature_detector import FeatureDetector
from stad.own_classes.feature_store import VideoFeatures
from stad.own_classes.recipe import CLIP_PX, Recipe
from stad.own_classes.shots import Shot
from stad.utils.steady_products import SteadyProducts
from stad.video.geometry import mirror_frames, resize_frame
from stad.video.source import VideoSource
from stad.video.window import FrameBuffer, Window
from stad.zoo.loading import LoadedModel

# Windows that are farther apart are sought, not decoded up to.
SEEK_SEC = 10.0
# Seeking ends some frames before the first that is needed.
MARGIN_SEC = 1.0
# So much work at most is lost when the process is killed.
SAVE_SEC = 30.0

Log = Callable[[str], None]


class FeatureScorer(ActionScorer):
    """Describes the actors of clips exactly as a model with the trained head sees them."""

    @torch.inference_mode()
    def describe(
        self, clip: np.ndarray, tracks: np.ndarray, *, source_size: tuple[int, int]
    ) -> np.ndarray:
        """Return the features of the actors of a clip.

        Args:
            clip: (T, H, W, 3) uint8 RGB of ``clip_size(source_size)``.
            tracks: (K, T, 4) float32 xyxy, source pixels.
            source_size: (width, height) of the video's frames, pixels.

        Returns:
            (K, F) float32, see ``FeatureDetector.describe_actors``.
        """
        moving = self._in_clip(tracks, source_size)
        boxes = moving[:, len(clip) // 2]
        with SteadyProducts():
            (found,) = self._model.describe_actors(self._normalise([clip]), [boxes], [moving])
        return found.float().cpu().numpy()


class Extractor:
    """Opens the networks of a recipe when the first shot comes.

    Args:
        recipe: what is described, by which networks.
        device: 'auto', 'cpu', 'cuda:0' ...
        runtime: library that runs the networks.
        progress: show the progress of downloads.
        log: takes lines about what was chosen.
    """

    def __init__(
        self, recipe: Recipe, *, device: str, runtime: RuntimeName, progress: bool, log: Log
    ) -> None:
        self.recipe, self.window = recipe, recipe.window
        self._device: str = device
        self._runtime: RuntimeName = runtime
        self._progress, self._log = progress, log
        self._opened: tuple[FeatureScorer, dict[str, slice]] | None = None

    def scorer(self, source_size: tuple[int, int]) -> tuple[FeatureScorer, dict[str, slice]]:
        """Return what describes actors, and where each view is among the features."""
        if self._opened is None:
            model = self.recipe.build(progress=self._progress)
            self._opened = (self._open(model, source_size), _slices(model.view_widths))
        return self._opened

    def _open(self, model: FeatureDetector, source_size: tuple[int, int]) -> FeatureScorer:
        device = resolve_device(self._device)
        runtime, _ = choose_runtime(self._runtime, device)
        model.to(device)
        loaded = LoadedModel(
            model=model,
            name=self.recipe.backbone or "skeletons",
            window=self.window,
            short_side_px=CLIP_PX,
            class_names=("",),
            score_threshold=0.5,
            source="",
            entry=None,
        )
        # torch would try its precisions with a model of the zoo.
        is_torch = runtime == TORCH and device == "cpu"
        options = InferenceOptions(
            runtime=self._runtime, precision="float32" if is_torch else "auto"
        )
        _, precision = open_scorer(
            loaded, options, device, frame_size=source_size, is_online=False, log=self._log
        )
        return FeatureScorer(
            loaded.model,
            loaded.window,
            short_side_px=loaded.short_side_px,
            num_classes=1,
            dtype=precision.dtype if precision.runtime == TORCH else torch.float32,
        )


@dataclass(frozen=True)
class VideoShots:
    """The shots of one video.

    Attributes:
        video: its name in the folder.
        fingerprint: of its content.
        shots: in any order.
    """

    video: str
    fingerprint: str
    shots: Sequence[Shot]


def describe_video(
    folder: OwnFolder,
    wanted: VideoShots,
    extractor: Extractor,
    *,
    on_window: Callable[[int], object] = lambda count: None,
) -> dict[str, np.ndarray]:
    """Return the features of all shots of a video; those that are not cached are computed.

    Args:
        folder: of the videos.
        wanted: the shots.
        extractor: computes them.
        on_window: called with the number of windows that were done or were known.

    Returns:
        (N, F) float32 by the name of the view, in the order of the shots.

    Raises:
        InputError: the video cannot be read, or the cache cannot be written.
    """
    recipe = extractor.recipe
    store = VideoFeatures(
        folder, wanted.video, fingerprint=wanted.fingerprint, keys=recipe.view_keys()
    )
    names = [one.name(extractor.window) for one in wanted.shots]
    missing = store.missing(names, recipe.views)
    todo = sorted((wanted.shots[place] for place in missing), key=_moment)
    on_window(num_windows(wanted.shots) - num_windows(todo))
    try:
        _compute(folder.video_path(wanted.video), todo, extractor, store, on_window)
    finally:
        # What was computed before an interruption is not computed again.
        store.write()
    return {view: store.get(names, view) for view in recipe.views}


def num_windows(shots: Sequence[Shot]) -> int:
    """Return how many windows are seen for shots: people of one time share one."""
    return len({_moment(one) for one in shots})


def _compute(
    path: Path,
    shots: Sequence[Shot],
    extractor: Extractor,
    store: VideoFeatures,
    on_window: Callable[[int], object],
) -> None:
    """Add the features of shots, sorted by their moment, to the store."""
    if not shots:
        return
    saved_at = time.monotonic()
    groups = [(key, list(group)) for key, group in groupby(shots, key=_moment)]
    info = VideoSource(path).info
    size = (info.width_px, info.height_px)
    scorer, slices = extractor.scorer(size)
    moments = [time_sec for (time_sec, _), _ in groups]
    clips = read_clips(path, moments, extractor.window, size=scorer.clip_size(size))
    with closing(clips):
        for ((_, is_mirrored), group), (clip, times_sec) in zip(groups, clips, strict=True):
            tracks = np.stack([one.boxes(times_sec) for one in group])
            if is_mirrored:
                clip, tracks = mirror_frames(clip), mirror_boxes(tracks, size[0])
            found = scorer.describe(clip, tracks, source_size=size)
            for shot, row in zip(group, found, strict=True):
                values = {view: row[place] for view, place in slices.items()}
                store.add(shot.name(extractor.window), values)
            on_window(1)
            if time.monotonic() - saved_at > SAVE_SEC:
                store.write()
                saved_at = time.monotonic()


def read_clips(
    path: Path, times_sec: Sequence[float], window: Window, *, size: tuple[int, int]
) -> Generator[tuple[np.ndarray, list[float]]]:
    """Yield the clip around each time, the same frames as annotating at that time.

    Args:
        path: of the video.
        times_sec: ascending, seconds; one may come several times.
        window: the frames of a clip.
        size: (width, height) of the clips, pixels.

    Yields:
        (T, H, W, 3) uint8 RGB, and the times of its frames.

    Raises:
        InputError: the video cannot be read.
    """
    reach = window.before_sec + window.after_sec + SEEK_SEC
    start = 0
    for end in range(1, len(times_sec) + 1):
        if end == len(times_sec) or times_sec[end] - times_sec[end - 1] > reach:
            yield from _read_run(path, times_sec[start:end], window, size)
            start = end


def _read_run(
    path: Path, times_sec: Sequence[float], window: Window, size: tuple[int, int]
) -> Generator[tuple[np.ndarray, list[float]]]:
    start_sec = max(times_sec[0] - window.before_sec - MARGIN_SEC, 0.0)
    end_sec = times_sec[-1] + window.after_sec + MARGIN_SEC
    buffer, place = FrameBuffer(), 0
    source = VideoSource(path, start_sec=start_sec, end_sec=end_sec)
    with closing(read_frames_ahead(source.frames())) as frames:
        for frame in frames:
            buffer.append(frame.time_sec, resize_frame(frame.image, size))
            # One frame beyond the window: the next could be nearer than the last.
            while place < len(times_sec) and frame.time_sec > times_sec[place] + window.after_sec:
                yield (
                    buffer.clip(times_sec[place], window),
                    buffer.clip_times(times_sec[place], window),
                )
                place += 1
            if place == len(times_sec):
                return
            buffer.drop_before(times_sec[place] - window.before_sec)
    for time_sec in times_sec[place:]:
        # At the end of the video the last frame repeats.
        yield buffer.clip(time_sec, window), buffer.clip_times(time_sec, window)


def mirror_boxes(boxes: np.ndarray, width_px: int) -> np.ndarray:
    """Exchange left and right of boxes (..., 4) xyxy in a frame of that width.

    >>> mirror_boxes(np.array([[10, 5, 30, 9]]), 100).tolist()
    [[70, 5, 90, 9]]
    """
    found = boxes.copy()
    found[..., 0], found[..., 2] = width_px - boxes[..., 2], width_px - boxes[..., 0]
    return found


def _moment(shot: Shot) -> tuple[float, bool]:
    return (shot.time_sec, shot.is_mirrored)


def _slices(widths: Mapping[str, int]) -> dict[str, slice]:
    """Return where each view is among the features.

    >>> _slices({"a": 2, "b": 3})
    {'a': slice(0, 2, None), 'b': slice(2, 5, None)}
    """
    ends = np.cumsum(list(widths.values())).tolist()
    return {
        name: slice(end - width, end)
        for (name, width), end in zip(widths.items(), ends, strict=True)
    }
