"""Render scenes into a folder in AVA's layout: videos, CSV files, a label map; resumable."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2

from stad.annotations.ava_writer import GROUND_TRUTH, ava_row
from stad.datasets.synthetic.rendered_video import write_rendered_video
from stad.datasets.synthetic.scenes import CLASSES, SyntheticScene
from stad.errors import InputError
from stad.utils.files import read_json, write_whole

# Increased when the same seed gives other frames or labels than before.
RENDERER_VERSION = 1
SETTINGS_FILE = "synthetic.json"
LABEL_MAP_FILE = "label_map.pbtxt"
VIDEO_FOLDER = "videos"
# Small figures must stay sharp: at 18, the loss of x264 is hardly visible.
CRF = "18"


@dataclass(frozen=True)
class RenderSettings:
    """Settings of all scenes of a data set; see ``SyntheticScene``.

    Attributes:
        size_px: (width, height), both even.
        fps: frames per second.
        duration_sec: of each clip, seconds.
        stride_sec: seconds between keyframes.
    """

    size_px: tuple[int, int] = (192, 144)
    fps: float = 15
    duration_sec: float = 3.0
    stride_sec: float = 1.0

    def __post_init__(self) -> None:
        if min(*self.size_px, self.fps, self.duration_sec, self.stride_sec) <= 0:
            raise InputError(f"Size, fps, duration and stride must be positive, got {self}.")
        if any(side % 2 or side < 32 for side in self.size_px):
            raise InputError(
                f"The width and height must be even and 32 pixels or more, got {self.size_px}."
            )
        if self.duration_sec < 2 * self.stride_sec:
            raise InputError(
                f"A clip of {self.duration_sec:g} s is too short for keyframes every "
                f"{self.stride_sec:g} s. Use {2 * self.stride_sec:g} s or more."
            )

    def scene(self, seed: int) -> SyntheticScene:
        """Return the scene of a seed."""
        return SyntheticScene(
            seed, size_px=self.size_px, fps=self.fps, duration_sec=self.duration_sec
        )


def video_id(seed: int) -> str:
    """Return the name of a scene's video, without its suffix.

    >>> video_id(12)
    'scene_0000012'
    """
    return f"scene_{seed:07d}"


def annotation_rows(seed: int, settings: RenderSettings) -> list[str]:
    """Return the lines of one scene in AVA's CSV, without line ends: one per person and class.

    ``video_id,timestamp,x1,y1,x2,y2,action_id,person_id``; boxes are relative to the frame.
    """
    rows = []
    for record in settings.scene(seed).annotations(settings.stride_sec):
        where = video_id(seed), record.time_sec, record.box
        rows += [
            ava_row(*where, class_id, record.person_id, numbers=GROUND_TRUTH)
            for class_id in record.class_ids
        ]
    return rows


def label_map_text() -> str:
    """Return ``CLASSES`` as a pbtxt of items, in AVA's format."""
    items = (
        f'item {{\n  name: "{name}"\n  id: {index}\n}}\n' for index, name in enumerate(CLASSES, 1)
    )
    return "".join(items)


def render_dataset(
    folder: Path,
    splits: Mapping[str, Sequence[int]],
    *,
    settings: RenderSettings,
    workers: int = 1,
    on_scene: Callable[[], object] | None = None,
) -> dict[str, int]:
    """Write ``videos/*.mp4``, a CSV for each split and the label map.

    Existing videos are kept, so an interrupted run continues where it stopped and a larger one
    adds to a smaller one.

    Args:
        folder: of the data set; made if it does not exist.
        splits: seeds by the name of the CSV file, such as ``{"train": range(100)}``.
        settings: of all scenes.
        workers: number of processes; 1 renders in this one.
        on_scene: called after each scene, for a progress bar.

    Returns:
        The number of rows of each CSV.

    Raises:
        InputError: a seed is in two splits, the folder was made with other settings, or files
            cannot be written.
    """
    _check_splits(splits)
    folder = _make_folder(Path(folder), settings)
    seeds = [seed for seeds in splits.values() for seed in seeds]
    rows = {}
    work = partial(_write_scene, folder / VIDEO_FOLDER, settings)
    for seed, scene_rows in _results(work, seeds, workers):
        rows[seed] = scene_rows
        if on_scene is not None:
            on_scene()
    write_whole(folder / LABEL_MAP_FILE, label_map_text())
    for name, split_seeds in splits.items():
        lines = [f"{row}\n" for seed in split_seeds for row in rows[seed]]
        write_whole(folder / f"{name}.csv", "".join(lines))
    return {name: sum(len(rows[seed]) for seed in seeds) for name, seeds in splits.items()}


def _make_folder(folder: Path, settings: RenderSettings) -> Path:
    """Make the folder, or check that it was made with the same settings."""
    try:
        (folder / VIDEO_FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"Cannot make the folder {folder}: {error.strerror or error}. Choose another one."
        ) from error
    _check_settings(folder / SETTINGS_FILE, settings)
    return folder


def _results(work: Callable, seeds: list[int], workers: int) -> Iterator[tuple[int, list[str]]]:
    """Yield results as they are completed, in any order."""
    if workers <= 1:
        yield from map(work, seeds)
        return
    # Spawned, not forked: OpenCV and FFmpeg have threads, which may hang in a forked process.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, context, initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        jobs = [pool.submit(work, seed) for seed in seeds]
        try:
            for job in as_completed(jobs):
                yield job.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _write_scene(folder: Path, settings: RenderSettings, seed: int) -> tuple[int, list[str]]:
    path = folder / f"{video_id(seed)}.mp4"
    if not path.exists():
        scene = settings.scene(seed)
        write_rendered_video(
            path,
            scene.frames(),
            size_px=scene.size_px,
            fps=scene.fps,
            # A key frame each second, to seek to: training reads windows from the middle.
            gop_frames=max(1, round(scene.fps)),
            quality={"crf": CRF},
        )
    return seed, annotation_rows(seed, settings)


def _check_splits(splits: Mapping[str, Sequence[int]]) -> None:
    owner: dict[int, str] = {}
    for name, seeds in splits.items():
        for seed in seeds:
            if seed in owner:
                raise InputError(
                    f"Seed {seed} is in {owner[seed]} and in {name}. Give each scene to one split."
                )
            owner[seed] = name


def _check_settings(path: Path, settings: RenderSettings) -> None:
    """Record the settings of a new folder; raise InputError if an old one has others."""
    wanted = {"renderer": RENDERER_VERSION, **asdict(settings), "classes": list(CLASSES)}
    wanted = json.loads(json.dumps(wanted))
    if not path.exists():
        write_whole(path, json.dumps(wanted, indent=2) + "\n")
        return
    try:
        found = read_json(path)
    except InputError as error:
        raise InputError(f"{error} To start over, delete the folder {path.parent}.") from error
    if found != wanted:
        changed = [
            key for key in wanted if not isinstance(found, dict) or found.get(key) != wanted[key]
        ]
        raise InputError(
            f"{path.parent} was made with other settings ({', '.join(changed)}). "
            "Use the same settings or another folder."
        )
