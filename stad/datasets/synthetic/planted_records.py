"""Make up records of frame features in which each label lies in a few of many frames.

A label has several patterns, and each of its frames shows one of them at random. They differ from
their mean in pairs of opposite sign, so that the mean over the frames of a video says little: what
looks at each frame before it adds them up finds much more. All other frames show patterns that
belong to no label.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from stad.datasets.records.features import FrameRecord, RecordWriter, quantise
from stad.datasets.records.shards import SUFFIX
from stad.errors import InputError
from stad.utils.files import make_folder, read_json, write_whole

SETTINGS_FILE, LABEL_MAP_FILE = "planted.json", "label_map.txt"
# Far above the training numbers, so that more training videos never meet the held-out ones.
FIRST_VAL = 1_000_000
SHARD_RECORDS = 200
# Patterns that belong to no label, and the patterns of each label.
DISTRACTORS, PATTERNS = 64, 4
# Per value, of features from -2 to 2: of the mean of a label's patterns, of their differences from
# it, and of what is added to each frame.
MEAN_STD, PATTERN_STD, JITTER_STD = 0.2, 0.5, 0.5


@dataclass(frozen=True)
class PlantedSettings:
    """Settings of all videos of a data set.

    Attributes:
        num_labels: labels; every third one shows in the audio, the others in rgb.
        rgb, audio: values of a frame.
        frames: minimum and maximum number of frames of a video.
        planted: minimum and maximum number of frames that show a label.
        labels: minimum and maximum number of labels of a video.
        silent: ratio of the videos without audio; they have labels of rgb only.
        seed: of the patterns.
    """

    num_labels: int = 20
    rgb: int = 128
    audio: int = 32
    frames: tuple[int, int] = (30, 60)
    planted: tuple[int, int] = (3, 6)
    labels: tuple[int, int] = (1, 3)
    silent: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        room = self.frames[0] - self.labels[1] * self.planted[1]
        ranges = (self.frames, self.planted, self.labels)
        if room < 0 or any(not 1 <= low <= high for low, high in ranges):
            raise InputError(
                f"Videos of {self.frames[0]} frames have no room for {self.labels[1]} labels of "
                f"{self.planted[1]} frames each. Use longer videos or fewer labels."
            )
        if self.num_labels < 2 * self.labels[1] or min(self.rgb, self.audio) < 1:
            raise InputError(
                f"Use {2 * self.labels[1]} labels or more, and 1 value or more of rgb and audio; "
                f"got {self.num_labels}, {self.rgb} and {self.audio}."
            )

    @cached_property
    def _patterns(self) -> dict[str, np.ndarray]:
        """The patterns by modality: (num_labels + DISTRACTORS / 4, 4, C) float64."""
        rng = np.random.default_rng((self.seed, 0))
        found = {}
        for name, channels in self._channels.items():
            groups = self.num_labels + DISTRACTORS // PATTERNS
            mean = rng.normal(0, MEAN_STD, (groups, 1, channels))
            half = rng.normal(0, PATTERN_STD, (groups, PATTERNS // 2, channels))
            found[name] = mean + np.concatenate((half, -half), axis=1)
        return found

    @property
    def _channels(self) -> dict[str, int]:
        return {"rgb": self.rgb, "audio": self.audio}

    def shows_in_audio(self, label: int) -> bool:
        """Return whether the frames of a label are those of the audio."""
        return label % 3 == 2

    def record(self, number: int) -> FrameRecord:
        """Return a video; its number alone decides what it shows."""
        rng = np.random.default_rng((self.seed, 1, number))
        num_frames = int(rng.integers(self.frames[0], self.frames[1] + 1))
        is_silent = rng.random() < self.silent
        possible = [
            label
            for label in range(self.num_labels)
            if not (is_silent and self.shows_in_audio(label))
        ]
        count = int(rng.integers(self.labels[0], self.labels[1] + 1))
        labels = np.sort(rng.choice(possible, count, replace=False)).tolist()
        features = self._features(rng, labels, num_frames)
        if is_silent:
            del features["audio"]
        return FrameRecord(f"p{number:07d}", tuple(labels), features)

    def _features(
        self, rng: np.random.Generator, labels: list[int], num_frames: int
    ) -> dict[str, np.ndarray]:
        groups = len(self._patterns["rgb"])
        # Which group of patterns each frame shows; at first none of a label.
        shown = {name: rng.integers(self.num_labels, groups, num_frames) for name in self._channels}
        free = {name: rng.permutation(num_frames).tolist() for name in self._channels}
        for label in labels:
            name = "audio" if self.shows_in_audio(label) else "rgb"
            for _ in range(int(rng.integers(self.planted[0], self.planted[1] + 1))):
                shown[name][free[name].pop()] = label
        features = {}
        for name, channels in self._channels.items():
            which = rng.integers(0, PATTERNS, num_frames)
            jitter = rng.normal(0, JITTER_STD, (num_frames, channels))
            features[name] = quantise(self._patterns[name][shown[name], which] + jitter)
        return features


def write_planted_records(
    folder: str | Path,
    *,
    num_train: int,
    num_val: int,
    settings: PlantedSettings | None = None,
    on_record: Callable[[int], object] | None = None,
) -> dict[str, int]:
    """Write ``train*.tfrecord``, ``val*.tfrecord`` and ``label_map.txt``.

    Whole shards are kept, so an interrupted run continues where it stopped and a larger one adds to
    a smaller one; a smaller one removes those of a larger one.

    Args:
        folder: of the data set; made if it does not exist.
        num_train: training videos; each shard has 200.
        num_val: held-out videos.
        settings: of all videos; the usual ones if None.
        on_record: called with the number of videos after each shard, for a progress bar.

    Returns:
        The number of videos of each split.

    Raises:
        InputError: the folder was made with other settings, or cannot be written.
    """
    settings, folder = settings or PlantedSettings(), Path(folder)
    make_folder(folder)
    _check_settings(folder / SETTINGS_FILE, settings)
    names = [f"label {number}" for number in range(settings.num_labels)]
    write_whole(folder / LABEL_MAP_FILE, "".join(f"{name}\n" for name in names))
    counts = {"train": num_train, "val": num_val}
    for split, count in counts.items():
        shards = {}
        for begin in range(0, count, SHARD_RECORDS):
            numbers = range(begin, min(count, begin + SHARD_RECORDS))
            # The name says how many videos there are, so that a shorter shard is not kept.
            shards[f"{split}{begin // SHARD_RECORDS:04d}_{len(numbers)}{SUFFIX}"] = numbers
        for path in folder.glob(f"{split}*{SUFFIX}"):
            if path.name not in shards:
                path.unlink()
        for name, numbers in shards.items():
            if not (folder / name).exists():
                first = FIRST_VAL if split == "val" else 0
                with RecordWriter(folder / name) as writer:
                    for number in numbers:
                        writer.write(settings.record(first + number))
            if on_record is not None:
                on_record(len(numbers))
    return counts


def _check_settings(path: Path, settings: PlantedSettings) -> None:
    text = json.dumps(asdict(settings))
    if path.is_file() and read_json(path) != json.loads(text):
        raise InputError(
            f"{path.parent} was made with other settings ({path.name}). Use another folder, or "
            "delete this one."
        )
    write_whole(path, text)
