"""Load the labelled examples of a folder with their features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from stad.actors.detectors.base import PersonDetector
from stad.annotations.own.examples import WHOLE_FRAME, Examples
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import VideoLabels
from stad.annotations.own.split import read_sources
from stad.inference.options import RuntimeName
from stad.own_classes.example_set import ExampleSet
from stad.own_classes.feature_store import FEATURES, disk_use
from stad.own_classes.features import Extractor, VideoShots, describe_video, num_windows
from stad.own_classes.labelled import LabelledVideos, read_labelled
from stad.own_classes.recipe import Recipe, choose_recipe
from stad.own_classes.shots import Shot, make_shots
from stad.video.window import Window

NUM_VARIANTS = 2
Log = Callable[[str], None]


def load_examples(
    folder: OwnFolder,
    *,
    classes: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    backbone: str | None = None,
    weights: str = "auto",
    num_variants: int = NUM_VARIANTS,
    step_sec: float | None = None,
    detector: str | PersonDetector | None = None,
    device: str = "auto",
    runtime: RuntimeName = "auto",
    progress: bool = True,
    log: Log = lambda text: None,
) -> ExampleSet:
    """Return every labelled example of a folder; features that are not cached are computed.

    Args:
        folder: of the videos.
        classes: names of the classes; None for all of the folder.
        views: names of the views; None for all that fit the labels.
        backbone: model whose backbone describes people; None for the best that can be loaded.
        weights: of that model.
        num_variants: rows of each example: as it is, and changed for training.
        step_sec: seconds between the examples of one person; None chooses.
        detector: finds people: its name, or an object; None for the best one that can be loaded.
        device: 'auto', 'cpu', 'cuda:0' ...
        runtime: library that runs the networks.
        progress: show a bar with the rate and the time left.
        log: takes lines about what was chosen.

    Raises:
        InputError: there are no labels, or a video or a network cannot be used.
    """
    labelled = read_labelled(
        folder, classes=classes, detector=detector, device=device, progress=progress, log=log
    )
    recipe = choose_recipe(
        whole_frame=labelled.whole_frame,
        views=views,
        backbone=backbone,
        weights=weights,
        device=device,
        progress=progress,
        log=log,
    )
    step_sec = step_sec or labelled.choose_step(recipe.window)
    examples = labelled.examples(step_sec, recipe.window)
    shots = _shots(
        labelled, examples, window=recipe.window, num_variants=num_variants, step_sec=step_sec
    )
    extractor = Extractor(recipe, device=device, runtime=runtime, progress=progress, log=log)
    described = _describe_all(folder, labelled, shots, extractor, progress=progress)
    log(
        f"features  {sum(map(len, shots.values()))} rows of {len(shots)} videos; the cache "
        f"{folder.path / '.stad' / FEATURES} takes {disk_use(folder) / 2**20:.1f} MiB"
    )
    return _assemble(folder, labelled, examples, shots, described, recipe, step_sec)


def _shots(
    labelled: LabelledVideos,
    examples: Mapping[str, Examples],
    *,
    window: Window,
    num_variants: int,
    step_sec: float,
) -> dict[str, list[Shot]]:
    """Return the shots of each video with examples: those of the first example first."""
    found = {}
    for video, one in examples.items():
        labels = labelled.labels[video]
        shots = [
            shot
            for track, time_sec in zip(one.tracks.tolist(), one.times_sec.tolist(), strict=True)
            for shot in make_shots(
                labelled.groups[video] if track == WHOLE_FRAME else labels.track(track),
                time_sec,
                num_variants=num_variants,
                step_sec=step_sec,
                limits_sec=_limits(labels, track, time_sec, window),
                seed=labels.fingerprint,
            )
        ]
        if shots:
            found[video] = shots
    return found


def _limits(
    labels: VideoLabels, track: int, time_sec: float, window: Window
) -> tuple[float, float]:
    """Return how far an example may be moved: the window stays in the video, where it is in it.

    Beyond the ends of a video frames repeat, and what stands still there does not in others.
    """
    start_sec, end_sec = 0.0, labels.duration_sec
    if track != WHOLE_FRAME:
        start_sec, end_sec = labels.track(track).start_sec, labels.track(track).end_sec
    first_sec = max(start_sec, min(window.before_sec, time_sec))
    last_sec = min(end_sec, max(labels.duration_sec - window.after_sec, time_sec))
    return first_sec, last_sec


def _describe_all(
    folder: OwnFolder,
    labelled: LabelledVideos,
    shots: Mapping[str, Sequence[Shot]],
    extractor: Extractor,
    *,
    progress: bool,
) -> dict[str, dict[str, np.ndarray]]:
    """Return the features of the shots of each video by view."""
    total = sum(num_windows(one) for one in shots.values())
    found = {}
    with tqdm(
        total=total,
        desc="features",
        unit="window",
        dynamic_ncols=True,
        smoothing=0.05,
        disable=not progress,
    ) as bar:
        for video, wanted in shots.items():
            print_of_file = labelled.labels[video].fingerprint
            found[video] = describe_video(
                folder, VideoShots(video, print_of_file, wanted), extractor, on_window=bar.update
            )
    return found


class _Row(NamedTuple):
    video: str
    track: int
    time_sec: float
    variant: int
    example: int


def _assemble(
    folder: OwnFolder,
    labelled: LabelledVideos,
    examples: Mapping[str, Examples],
    shots: Mapping[str, Sequence[Shot]],
    described: Mapping[str, Mapping[str, np.ndarray]],
    recipe: Recipe,
    step_sec: float,
) -> ExampleSet:
    """Join the videos."""
    sources = read_sources(folder)
    rows: list[_Row] = []
    labels, boxes = [], []
    num_examples = 0
    for video, wanted in shots.items():
        num_variants = len(wanted) // len(examples[video].labels)
        for place, shot in enumerate(wanted):
            example = num_examples + place // num_variants
            rows.append(_Row(video, shot.track, shot.time_sec, shot.variant, example))
            boxes.append(shot.boxes([shot.time_sec])[0])
        labels.append(np.repeat(examples[video].labels, num_variants, axis=0))
        num_examples += len(examples[video].labels)
    window = recipe.window
    return ExampleSet(
        classes=labelled.classes,
        videos=np.array([one.video for one in rows]),
        tracks=np.array([one.track for one in rows], np.int64),
        times_sec=np.array([one.time_sec for one in rows]),
        labels=np.concatenate(labels),
        sources=np.array([sources[one.video] for one in rows]),
        variants=np.array([one.variant for one in rows], np.int64),
        examples=np.array([one.example for one in rows], np.int64),
        boxes=np.stack(boxes),
        features={
            view: np.concatenate([described[video][view] for video in shots])
            for view in recipe.views
        },
        recipe=recipe,
        window_sec=window.num_frames * window.interval_sec,
        step_sec=step_sec,
    )
