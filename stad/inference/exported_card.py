"""Describe an exported network in a small JSON file beside it: what goes in and what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import stad
from stad.errors import InputError
from stad.utils.files import existing_file, read_json
from stad.video.geometry import clip_size
from stad.video.optical_flow import append_flow
from stad.video.window import Window

FORMAT, VERSION = "stad-export", 1
DETECT, RECOGNIZE = "detect", "recognize"
RGB = "RGB"
COLOURS = 3
CLIPS, BOXES, SCORES = "clips", "boxes", "scores"


@dataclass(frozen=True)
class ExportCard:
    """Everything besides its weights that an exported network needs to run on video.

    Attributes:
        name: of the model.
        task: 'detect' (scores per actor) or 'recognize' (scores per clip).
        class_names: the name of each output.
        window: the frames that make a clip.
        short_side_px: short side of a clip, pixels.
        crop_px: side of the square that a recognizer sees; None for the whole frame.
        sampling: the place of a recognizer's clip in a whole video, see ``stad.video.sampling``.
        clip_size: (width, height) of the only clips that it takes, one at a time, pixels; None
            for any number of clips of any size.
        mean, std: of each channel, in 0-255 units, R, G, B; with optical flow two more.
        score_threshold: minimum score to show, in [0, 1].
        stride_sec: recommended time between predictions, seconds.
        multilabel: whether several classes can be true at once.
        num_exclusive: how many classes, the first ones, exclude each other all the same.
        times_person_score: whether its scores are to be multiplied by those of the people's
            boxes; cards that do not say so are of models that do not ask for it.
        trained_on: the data set that it was trained on last; None where that is not known.
        stad_version: version of stad that exported it.
    """

    name: str
    task: str
    class_names: tuple[str, ...]
    window: Window
    short_side_px: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    score_threshold: float
    stride_sec: float
    multilabel: bool
    num_exclusive: int = 0
    times_person_score: bool = False
    crop_px: int | None = None
    sampling: str = "dense"
    clip_size: tuple[int, int] | None = None
    trained_on: str | None = None
    stad_version: str = stad.__version__

    @property
    def num_channels(self) -> int:
        """Channels of a clip: 3, or 5 with optical flow."""
        return len(self.mean)

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of the inputs and of the output by their names; None varies."""
        count, (width_px, height_px) = (None, (None, None))
        if self.clip_size is not None:
            count, (width_px, height_px) = 1, self.clip_size
        clips = (count, self.num_channels, self.window.num_frames, height_px, width_px)
        if self.task == RECOGNIZE:
            return {CLIPS: clips, SCORES: (count, len(self.class_names))}
        return {CLIPS: clips, BOXES: (None, 5), SCORES: (None, len(self.class_names))}

    def normalise(self, clips: np.ndarray) -> np.ndarray:
        """Convert (N, T, H, W, 3) uint8 RGB to the input (N, C, T, H, W) float32."""
        if self.num_channels > COLOURS:
            clips = append_flow(clips)
        values = np.ascontiguousarray(np.moveaxis(clips, -1, 1), dtype=np.float32)
        shape = (-1, 1, 1, 1)
        values -= np.asarray(self.mean, np.float32).reshape(shape)
        values /= np.asarray(self.std, np.float32).reshape(shape)
        return values

    def check_size(self, path: Path, wanted: tuple[int, int], source: tuple[int, int]) -> None:
        """Raise InputError unless the network takes clips of that size.

        Args:
            path: of the network.
            wanted: (width, height) of the clips, pixels.
            source: (width, height) of the video, pixels.
        """
        if self.clip_size is None or self.clip_size == wanted:
            return
        ways = "with --dynamic"
        if clip_size(*source, self.short_side_px) == wanted:
            ways += f", or with --size {_by(source)}"
        raise InputError(
            f"{path} takes clips of {_by(self.clip_size)} pixels, but a video of {_by(source)} "
            f"gives clips of {_by(wanted)}. Export the model again {ways}."
        )

    def to_json(self) -> str:
        """Return the text of the file."""
        shapes = self.shapes()
        document = {
            "format": FORMAT,
            "format_version": VERSION,
            "stad_version": self.stad_version,
            "name": self.name,
            "task": self.task,
            "inputs": {key: list(shapes[key]) for key in shapes if key != SCORES},
            "outputs": {SCORES: list(shapes[SCORES])},
            "colour_order": RGB,
            "mean": list(self.mean),
            "std": list(self.std),
            "window": {
                "num_frames": self.window.num_frames,
                "interval_frames": self.window.interval_frames,
                "interval_sec": self.window.interval_sec,
            },
            "short_side_px": self.short_side_px,
            "crop_px": self.crop_px,
            "clip_size": None if self.clip_size is None else list(self.clip_size),
            "sampling": self.sampling,
            "stride_sec": self.stride_sec,
            "score_threshold": self.score_threshold,
            "multilabel": self.multilabel,
            "num_exclusive": self.num_exclusive,
            "times_person_score": self.times_person_score,
            "trained_on": self.trained_on,
            "class_names": list(self.class_names),
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def card_path(network: str | Path) -> Path:
    """Return the path of the card of a network.

    >>> card_path("model.onnx").name
    'model.onnx.json'
    """
    network = Path(network)
    return network.with_name(f"{network.name}.json")


def output_paths(out: str | Path) -> list[Path]:
    """Return all files of an exported network: the file itself first.

    >>> [one.name for one in output_paths("model.xml")]
    ['model.xml', 'model.bin', 'model.xml.json']
    """
    out = Path(out)
    weights = [out.with_suffix(".bin")] if out.suffix == ".xml" else []
    return [out, *weights, card_path(out)]


def read_card(network: str | Path) -> ExportCard:
    """Read the card of a network.

    Raises:
        InputError: there is no such network or card, or it is not one that ``stad export`` wrote.
    """
    existing_file(str(network))
    path = card_path(network)
    if not path.is_file():
        raise InputError(
            f"{network} has no file {path.name} beside it, which says how to run it. Copy the "
            "file that 'stad export' wrote with it, or export the model again."
        )
    document = read_json(path)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(
            f"{path} does not describe an exported network: 'format' must be {FORMAT!r}. Export "
            "the model again with 'stad export'."
        )
    if document.get("format_version") != VERSION:
        raise InputError(
            f"{path} has format version {document.get('format_version')!r}, and this stad "
            f"({stad.__version__}) reads {VERSION}. Export the model again, or update stad."
        )
    try:
        return _as_card(document)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{path} is damaged: {reason}. Export the model again with 'stad export'."
        ) from error


def _as_card(document: dict[str, Any]) -> ExportCard:
    document = {"times_person_score": False} | document
    values = {name: read(name, document[name]) for name, read in READERS.items()}
    window = document["window"]
    if not isinstance(window, dict):
        raise ValueError("'window' must be an object")
    values["window"] = Window(
        _whole("num_frames", window["num_frames"]),
        _number("interval_frames", window["interval_frames"]),
    )
    if document["colour_order"] != RGB:
        raise ValueError(f"'colour_order' must be {RGB!r}")
    if len(values["mean"]) != len(values["std"]) or len(values["mean"]) not in (COLOURS, 5):
        raise ValueError("'mean' and 'std' must have 3 or 5 numbers each")
    return ExportCard(**values)


def _check(name: str, is_good: bool, expected: str) -> None:
    if not is_good:
        raise ValueError(f"{name!r} must be {expected}")


def _text(name: str, value: Any) -> str:
    _check(name, isinstance(value, str), "a text")
    return value


def _optional_text(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _task(name: str, value: Any) -> str:
    _check(name, value in (DETECT, RECOGNIZE), f"{DETECT!r} or {RECOGNIZE!r}")
    return value


def _sampling(name: str, value: Any) -> str:
    _check(name, value in ("dense", "segments"), "'dense' or 'segments'")
    return value


def _flag(name: str, value: Any) -> bool:
    _check(name, isinstance(value, bool), "true or false")
    return value


def _number(name: str, value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    _check(name, is_number and bool(np.isfinite(value)), "a number")
    return value


def _whole(name: str, value: Any) -> int:
    _check(name, isinstance(value, int) and not isinstance(value, bool) and value >= 0, "whole")
    return value


def _positive(name: str, value: Any) -> int:
    _check(name, _whole(name, value) > 0, "1 or more")
    return value


def _optional_side(name: str, value: Any) -> int | None:
    return None if value is None else _positive(name, value)


def _size(name: str, value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    _check(name, isinstance(value, list) and len(value) == 2, "width and height")
    return _positive(name, value[0]), _positive(name, value[1])


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    _check(name, isinstance(value, list), "a list of numbers")
    return tuple(_number(name, one) for one in value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    _check(name, isinstance(value, list) and len(value) > 0, "a list of texts")
    return tuple(_text(name, one) for one in value)


READERS: dict[str, Callable[[str, Any], Any]] = {
    "name": _text,
    "task": _task,
    "class_names": _texts,
    "short_side_px": _positive,
    "mean": _numbers,
    "std": _numbers,
    "score_threshold": _number,
    "stride_sec": _number,
    "multilabel": _flag,
    "num_exclusive": _whole,
    "times_person_score": _flag,
    "crop_px": _optional_side,
    "sampling": _sampling,
    "clip_size": _size,
    "trained_on": _optional_text,
    "stad_version": _text,
}


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
