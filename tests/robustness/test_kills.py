"""Runs that are ended at any moment: the same command with --resume ends as an unbroken run."""

from __future__ import annotations

import random
import time
from functools import cached_property
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, weights
from tests.robustness.kill_runs import (
    INT,
    INTERRUPTED,
    KILL,
    SEED,
    TERM,
    Counts,
    Runs,
    fault_of_end,
    fresh,
    media_facts,
    name_of,
    sample,
)
from tests.videos import write_video

__all__ = ["weights"]
pytestmark = pytest.mark.robust

OUTPUTS = {"out": "a.mp4", "json": "a.json", "csv": "a.csv", "html": "a.html"}
STATE = "a.mp4.stad-state"
# Of the complete runs, every so many is given once more.
EACH_AGAIN = 5
SIGNALS = ([KILL], [TERM], [INT], [INT, INT])


class Annotating:
    """A run of 'stad annotate' with all outputs, and what an unbroken one makes."""

    def __init__(self, runs: Runs, folder: Path, weights: str) -> None:
        self.runs, self.folder = runs, folder
        rows = ["time_sec,x1,y1,x2,y2,score"]
        for step in range(12):
            x = 5 * step
            rows += [f"{step / 5},{10 + x},20,{50 + x},110,0.9"]
            rows += [f"{step / 5},{100 - x},20,{140 - x},110,0.8"] if step % 7 else []
        (folder / "boxes.csv").write_text("\n".join(rows))
        video = write_video(folder / "in.mp4", num_frames=40, fps=20, audio="aac")
        self._words = [
            *("annotate", video, "--model", CONFIG, "--weights", weights, "--quiet"),
            *("--boxes", folder / "boxes.csv", "--threshold", "0.5", "--stride", "0.4"),
            *("--labels", "stand,walk,swim", "--max-labels", "3"),
            *("--runtime", "torch", "--precision", "float32", "--device", "cpu"),
        ]
        self.whole = self.run(fresh(folder / "whole" / "x"), {})
        assert self.whole.code == 0, self.whole.text
        self._expected = self._facts(folder / "whole" / "x")
        sizes = {path.name: path.stat().st_size for path in (folder / "whole" / "x").iterdir()}
        self.num_text = sum(sizes[name] for name in ("a.json", "a.csv"))
        self.largest = max(sizes.values())
        # A run that dies at its end leaves the file of results so far.
        place = self.whole.events.index(f"os.remove {STATE}") + 1
        self.run(self.empty(), {"before": place, "group": True})
        self.num_state = (folder / "broken" / "x" / STATE).stat().st_size

    @cached_property
    def length_sec(self) -> float:
        """How long a run takes; the first one has imported what they need."""
        begin_sec = time.monotonic()
        self.run(self.empty(), {})
        return time.monotonic() - begin_sec

    def run(self, folder: Path, plan: dict, *options: str):
        outputs = [one for name, file in OUTPUTS.items() for one in (f"--{name}", folder / file)]
        return self.runs.run([*self._words, *outputs, *options], folder, plan)

    def _facts(self, folder: Path) -> dict:
        found = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".mp4"}
        return found | {"a.mp4": media_facts(folder / "a.mp4")}

    def fault_of_files(self, folder: Path) -> str:
        """Return how the files differ from those of an unbroken run; "" if they do not."""
        names = {path.name for path in folder.iterdir()}
        if names != set(OUTPUTS.values()):
            return f"files: {sorted(names ^ set(OUTPUTS.values()))}"
        found = self._facts(folder)
        return ", ".join(name for name, one in found.items() if one != self._expected[name])

    def empty(self) -> Path:
        """Return an empty folder; pages name their videos by the place, so all are as deep."""
        return fresh(self.folder / "broken" / "x")

    def earlier(self) -> Path:
        """Return a folder with other outputs."""
        folder = self.empty()
        for name in OUTPUTS.values():
            (folder / name).write_text("of an earlier run")
        return folder

    def check(self, folder: Path, plan: dict, counts: Counts, *options: str) -> None:
        """End a run by a plan, continue it, and note what is wrong."""
        ended = self.run(folder, plan, *options)
        faults = [fault_of_end(ended, plan, has_state=(folder / STATE).exists())]
        resumed = self.run(folder, {}, "--resume")
        if resumed.code != 0:
            faults.append(f"resumed: exit {resumed.code}: {resumed.text[-300:]}")
        faults.append(self.fault_of_files(folder))
        if sum(counts.ends.values()) % EACH_AGAIN == 0:
            again = self.run(folder, {}, "--resume")
            if again.code != 0 or "The run is complete" not in again.text:
                faults.append(f"again: exit {again.code}: {again.text[-300:]}")
        counts.add(name_of(plan), ended, [f"{plan}: {one}" for one in faults if one])


@pytest.fixture(scope="module")
def annotating(runs, weights, tmp_path_factory):
    return Annotating(runs, tmp_path_factory.mktemp("annotating"), weights)


def change_plans(
    events: list[str], rng: random.Random, *, count: int, signals: tuple = SIGNALS
) -> list[dict]:
    """Return plans that kill a run before every change of a file, and interrupt it before some."""
    begin = next(place for place, one in enumerate(events, 1) if STATE in one)
    found = []
    for one in signals:
        # Before the file of results so far is there, a death differs in what it leaves only.
        numbers = list(range(1 if one == [KILL] else begin, len(events) + 1))
        chosen = numbers if one == [KILL] else sample(numbers, count, rng)
        # The supervisor outlives the other ones.
        found += [
            {"before": number, "signals": one, "group": one == [KILL] and number % 3 > 0}
            for number in chosen
        ]
    return found


def write_plans(annotating: Annotating, rng: random.Random, *, count: int) -> list[dict]:
    """Return plans that end a run in the middle of a write."""
    found = []
    for kind, most in (("state", annotating.num_state), ("text", annotating.num_text)):
        for one in SIGNALS:
            found += [
                {"bytes": rng.randrange(1, most), "of": kind, "signals": one, "group": False}
                for _ in range(count)
            ]
    largest = annotating.largest
    return found + [{"size": int(largest ** rng.uniform(0.3, 1))} for _ in range(2 * count)]


def random_plans(annotating: Annotating, rng: random.Random, *, count: int) -> list[dict]:
    """Return plans that end a run after a random time."""
    return [
        {
            "after_sec": rng.uniform(0, 1.1) * annotating.length_sec,
            "signals": rng.choice(SIGNALS),
            "group": rng.random() < 0.5,
        }
        for _ in range(count)
    ]


def test_annotate_is_ended_at_some_moments(annotating):
    counts, rng = Counts(), random.Random(3)
    events = annotating.whole.events
    place = 1 + next(n for n, one in enumerate(events, 1) if one == "os.rename .a.part.json")
    for plan in (
        {"before": place, "signals": [KILL], "group": True},
        {"before": rng.randint(place - 5, place), "signals": [TERM]},
        {"before": rng.randint(place - 5, place), "signals": [INT, INT]},
        {"bytes": annotating.num_text // 2, "of": "text", "signals": [INT]},
        {"bytes": annotating.num_state // 2, "of": "state", "signals": [KILL]},
    ):
        annotating.check(annotating.empty(), plan, counts)
    assert counts.faults == []


@pytest.mark.slow
def test_annotate_is_ended_at_every_change_of_a_file(annotating, record_property):
    counts, rng = Counts(), random.Random(SEED)
    for plan in change_plans(annotating.whole.events, rng, count=10):
        annotating.check(annotating.empty(), plan, counts)
    counts.settle(record_property)


@pytest.mark.slow
def test_annotate_is_ended_in_writes_and_at_random(annotating, record_property):
    counts, rng = Counts(), random.Random(SEED)
    for plan in write_plans(annotating, rng, count=3) + random_plans(annotating, rng, count=15):
        annotating.check(annotating.empty(), plan, counts)
    counts.settle(record_property)


@pytest.mark.slow
def test_annotate_over_earlier_outputs(annotating, record_property):
    counts, rng = Counts(), random.Random(SEED)
    events = annotating.run(annotating.earlier(), {}, "--overwrite").events
    # Before it says that it has begun, it has done nothing.
    begin = 1 + events.index("os.rename .a.mp4.part.stad-state")
    numbers = list(range(begin + 1, len(events) + 1))
    for signals in SIGNALS:
        for number in sample(numbers, 4, rng):
            plan = {"before": number, "signals": signals, "group": signals == [KILL]}
            annotating.check(annotating.earlier(), plan, counts, "--overwrite")
    counts.settle(record_property)


@pytest.mark.slow
def test_the_continuation_is_ended_as_well(annotating, record_property):
    counts, rng = Counts(), random.Random(SEED)
    begin = {"bytes": annotating.num_text // 2, "of": "text", "signals": [INT]}

    def interrupted() -> Path:
        folder = annotating.empty()
        assert annotating.run(folder, begin).code == INTERRUPTED
        return folder

    events = annotating.run(interrupted(), {}, "--resume").events
    assert any("rest" in one for one in events)
    for plan in change_plans(events, rng, count=10, signals=([KILL], [INT, INT])):
        annotating.check(interrupted(), plan, counts, "--resume")
    counts.settle(record_property)
