"""Compare a model of own classes with the nearest classes of a published recognizer."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stad.annotations.own.folder import CACHE, MODEL, OwnFolder
from stad.errors import InputError
from stad.inference.recognition import open_recognizer, recognize_video
from stad.own_classes.evaluation import evaluate_examples
from stad.own_classes.examples import load_examples
from stad.own_classes.training import fit_model


@dataclass(frozen=True)
class Accuracies:
    """Clip accuracy of each fold, of what is compared.

    Attributes:
        own: a head that was trained on the other folds.
        nearest: the sum of the nearest classes of a published recognizer, at the threshold that is
            best on the other folds.
        majority: always the label that is the most frequent of all.
    """

    own: list[float]
    nearest: list[float]
    majority: float


def compare_clips(
    folder: OwnFolder, *, recognizer: str, nearest: Sequence[str], num_folds: int
) -> Accuracies:
    """Cross-validate a folder of clips of one class and of none of it, and compare.

    Args:
        folder: with labels of whole clips.
        recognizer: name of a model of the zoo.
        nearest: names of its classes that stand nearest to the class.
        num_folds: parts by source.

    Raises:
        InputError: the labels are others, or a name is not one of the recognizer's classes.
    """
    examples = load_examples(folder)
    evaluation = evaluate_examples(
        examples,
        lambda given, rows: fit_model(given, rows),
        num_folds=num_folds,
        fractions=(1.0,),
    )
    clips = evaluation.clips
    if clips is None or len(examples.classes) != 1:
        raise InputError(f"{folder.path}: expected clips of one class, and of none of it.")
    scores = nearest_scores(folder, clips.videos.tolist(), recognizer=recognizer, names=nearest)
    found = threshold_accuracies(scores, clips.labelled == 0, clips.folds)
    return Accuracies(clips.accuracies, found, clips.majority)


def nearest_scores(
    folder: OwnFolder, videos: Sequence[str], *, recognizer: str, names: Sequence[str]
) -> np.ndarray:
    """Return (V,) sums of the scores of some classes of a published recognizer."""
    loaded, _ = open_recognizer(
        recognizer,
        weights="auto",
        device="cpu",
        runtime="auto",
        progress=True,
        log=lambda text: print(text, file=sys.stderr),
    )
    if unknown := [one for one in names if one not in loaded.class_names]:
        raise InputError(f"{recognizer} has no class {unknown[0]!r}.")
    columns = [loaded.class_names.index(one) for one in names]
    return np.array(
        [
            recognize_video(folder.video_path(video), loaded).scores[columns].sum()
            for video in tqdm(videos, desc=recognizer, unit="clip", disable=None)
        ]
    )


def threshold_accuracies(
    scores: np.ndarray, is_there: np.ndarray, folds: np.ndarray
) -> list[float]:
    """Return the accuracy of each fold at the threshold that is best on the others.

    Args:
        scores: (V,) float.
        is_there: (V,) bool.
        folds: (V,) int.

    >>> threshold_accuracies(np.array([0.9, 0.1, 0.8, 0.2]), np.array([True, False] * 2),
    ...                      np.array([0, 0, 1, 1]))
    [1.0, 1.0]
    """
    found = []
    for fold in np.unique(folds):
        others, own = folds != fold, folds == fold
        levels = np.unique(scores[others])
        tried = np.concatenate((levels[:1] - 1, (levels[1:] + levels[:-1]) / 2, levels[-1:] + 1))
        right = [((scores[others] >= one) == is_there[others]).mean() for one in tried]
        best = tried[int(np.argmax(right))]
        found.append(float(((scores[own] >= best) == is_there[own]).mean()))
    return found


@dataclass(frozen=True)
class Cost:
    """The cost of one training, from videos without any cache to the model.

    Attributes:
        wall_sec: from start to end, seconds.
        processor_sec: of all cores, seconds.
    """

    wall_sec: float
    processor_sec: float


def training_cost(folder: OwnFolder) -> Cost:
    """Train in a copy of the folder without caches and models; the videos are linked."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "data"
        shutil.copytree(
            folder.path,
            copy,
            ignore=shutil.ignore_patterns(CACHE, MODEL),
            copy_function=lambda source, target: Path(target).symlink_to(Path(source).resolve()),
        )
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from stad.cli.main import main; main()", "train", str(copy)],
            check=True,
        )
        wall_sec = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Cost(wall_sec, spent)


def as_table(accuracies: Accuracies, cost: Cost | None, *, recognizer: str) -> str:
    """Return the comparison as Markdown."""
    lines = ["| what | clip accuracy, mean of the folds | folds |", "|---|---|---|"]
    for name, values in (
        ("own head, trained on the other folds", accuracies.own),
        (f"nearest classes of {recognizer}", accuracies.nearest),
    ):
        folds = " ".join(f"{value:.2f}" for value in values)
        lines.append(f"| {name} | {np.mean(values):.3f} ± {np.std(values):.3f} | {folds} |")
    lines.append(f"| most frequent label | {accuracies.majority:.3f} | |")
    if cost is not None:
        lines += [
            "",
            f"One training, without any cache: {cost.wall_sec:.0f} s, "
            f"{cost.processor_sec:.0f} s of processor time.",
        ]
    return "\n".join(lines) + "\n"
