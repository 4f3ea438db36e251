"""Compare how fast two checkouts annotate a video, and their results."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.run_cost import OUTPUTS, Cost, output_words, run_measured
from stad.errors import InputError
from stad.utils.boxes import box_iou

SCRIPT = Path("demo", "detect_video.py")


@dataclass(frozen=True)
class Agreement:
    """The agreement of two annotation documents of a video.

    Attributes:
        num_frames: frames that both hold.
        same_ids: ratio of these with the same ids in both.
        max_apart_px: maximum difference of a box edge of the same id in a frame, pixels.
        min_iou: minimum IoU of two boxes of the same id in a frame.
        num_keyframes: keyframes that both hold.
        same_labels: ratio of these in which the same ids have the same labels.
    """

    num_frames: int
    same_ids: float
    max_apart_px: float
    min_iou: float
    num_keyframes: int
    same_labels: float


@dataclass(frozen=True)
class Comparison:
    """The costs of two checkouts, by round, and the agreement of their results.

    Attributes:
        baseline, current: costs of the rounds.
        agreement: of the results of the last round.
    """

    baseline: list[Cost]
    current: list[Cost]
    agreement: Agreement

    @property
    def speedup(self) -> float:
        """Ratio of the median wall times, baseline to current."""
        return self._median("baseline", "wall_sec") / self._median("current", "wall_sec")

    def rows(self) -> list[tuple[str, float, float, float]]:
        """Return name, baseline, current and their ratio, of the medians of each cost."""
        found = []
        for name, key, unit in (
            ("wall time, s", "wall_sec", 1.0),
            ("CPU time, s", "cpu_sec", 1.0),
            ("maximum memory, MiB", "max_bytes", 2.0**20),
        ):
            before, now = (self._median(side, key) / unit for side in ("baseline", "current"))
            found.append((name, before, now, before / now))
        return found

    def _median(self, side: str, key: str) -> float:
        return median(getattr(cost, key) for cost in getattr(self, side))


def compare_checkouts(
    baseline: Path,
    current: Path,
    words: Sequence[str],
    *,
    folder: Path,
    rounds: int,
    baseline_words: Sequence[str] | None = None,
) -> Comparison:
    """Annotate with both checkouts in turn, every round in new processes.

    Args:
        baseline: root of the other checkout.
        current: root of the checkout that is measured.
        words: video and options of the command line, without outputs; all outputs are written.
        folder: where to write them.
        rounds: runs of each checkout.
        baseline_words: other video and options for the baseline; None for the same.

    Raises:
        InputError: a folder is not a checkout, or a run fails.
    """
    sides = (
        ("baseline", baseline, list(words if baseline_words is None else baseline_words)),
        ("current", current, list(words)),
    )
    costs: dict[str, list[Cost]] = {"baseline": [], "current": []}
    for _ in range(rounds):
        for name, checkout, own_words in sides:
            (folder / name).mkdir(exist_ok=True)
            costs[name].append(run_checkout(checkout, own_words, folder=folder / name))
    documents = [json.loads((folder / name / OUTPUTS["--json"]).read_text()) for name in costs]
    return Comparison(**costs, agreement=compare_documents(*documents))


def run_checkout(checkout: Path, words: Sequence[str], *, folder: Path) -> Cost:
    """Annotate with a checkout in a new process; the files of ``OUTPUTS`` come into ``folder``.

    Raises:
        InputError: the folder is not a checkout, or the run fails.
    """
    script = checkout.resolve() / SCRIPT
    if not script.is_file():
        raise InputError(
            f"Expected a checkout of stad, but {checkout} has no {SCRIPT}. Give the root of one."
        )
    command = [sys.executable, str(script), *words, *output_words(folder)]
    try:
        return run_measured(command, folder=folder, python_path=checkout)
    except InputError as error:
        raise InputError(f"The run of {checkout} failed. {error}") from error


def compare_documents(before: dict, now: dict) -> Agreement:
    """Compare the frames of two annotation documents of one video.

    Args:
        before: as ``--json`` writes it; labels below its threshold do not count.
        now: the other one.
    """
    frames = [{one["index"]: one for one in document["frames"]} for document in (before, now)]
    common = sorted(frames[0].keys() & frames[1].keys())
    same_ids, apart, overlaps, same_labels = [], [0.0], [1.0], []
    for index in common:
        pair = [frames[0][index], frames[1][index]]
        boxes = [{actor["id"]: actor["box"] for actor in one["actors"]} for one in pair]
        same_ids.append(boxes[0].keys() == boxes[1].keys())
        for actor_id in boxes[0].keys() & boxes[1].keys():
            first, second = (np.array([one[actor_id]], np.float64) for one in boxes)
            apart.append(float(np.abs(first - second).max()))
            overlaps.append(float(box_iou(first, second)[0, 0]))
        if all("keyframe_sec" in one for one in pair):
            labels = [
                _labels(one, document["threshold"])
                for one, document in zip(pair, (before, now), strict=True)
            ]
            same_labels.append(labels[0] == labels[1])
    return Agreement(
        len(common), _ratio(same_ids), max(apart), min(overlaps), len(same_labels),
        _ratio(same_labels),
    )  # fmt: skip


def _labels(frame: dict, threshold: float) -> set[tuple[int, str]]:
    """Return the ids of a keyframe with each of their labels."""
    return {
        (actor["id"], action["label"])
        for actor in frame["actors"]
        for action in actor.get("actions", ())
        if action["score"] is not None and action["score"] >= threshold
    }


def _ratio(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 1.0
