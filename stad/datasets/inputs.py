"""Open what the config of a data set names: its classes, its window, its videos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stad.annotations import label_maps
from stad.errors import InputError
from stad.video.clip_source import ClipSource, FrameFolders, VideoFiles
from stad.video.window import Window


def classes_of(label_map: str) -> dict[int, str]:
    """Return the ids and names of a label map's classes, by ascending id."""
    if label_map in label_maps.BUILTIN:
        return dict(enumerate(label_maps.class_names(label_map), start=1))
    return dict(sorted(label_maps.read_label_map(label_map).items()))


def as_window(window: Mapping | Window) -> Window:
    """Return the ``Window`` of a config with 'type', or the given one."""
    if isinstance(window, Window):
        return window
    return Window(**{key: value for key, value in window.items() if key != "type"})


def open_source(videos: str, *, frames_fps: float | None) -> ClipSource:
    """Open a folder of video files, or of folders of frames where their rate is given."""
    return VideoFiles(videos) if frames_fps is None else FrameFolders(videos, fps=frames_fps)


def missing_inputs(*, folders: Iterable[str | None], files: Iterable[str | None]) -> list[str]:
    """Return descriptions of the inputs that do not exist; None is skipped."""
    missing = [f"{path} (a folder)" for path in folders if path and not Path(path).is_dir()]
    return missing + [path for path in files if path and not Path(path).is_file()]


def missing_error(missing: Sequence[str]) -> InputError:
    """Return the error for inputs that do not exist, with the command that makes each data set."""
    return InputError(
        f"The data set is incomplete, missing: {'; '.join(missing)}. To get it, run: for AVA "
        "'python tools/prepare_ava.py data/ava' (add --version 2.2 for v2.2); for AVA-Kinetics "
        "'python tools/prepare_ava_kinetics.py'; for Kinetics and other lists of videos "
        "'python tools/prepare_kinetics.py'; for rendered people 'python tools/make_synthetic.py "
        "data/synthetic --train 2400'; for rendered motion 'python tools/make_motion.py "
        "data/motion'; for rendered people with a past 'python tools/make_long_context.py "
        "data/long_context'; for UCF101-24, JHMDB and MultiSports 'stad prepare ucf101_24 "
        "data/ucf101_24', 'stad prepare jhmdb data/jhmdb' and 'stad prepare multisports "
        "data/multisports'; for postures 'python tools/prepare_poses.py data/poses'. For your own "
        "data, name your files in the config."
    )
