"""Labels, corpora, services and trainings that are killed: what was promised is there.

Killed elsewhere, too: the store of a corpus at every step (``tests/corpus/test_store_processes``),
its workers and whole runs (``tests/corpus/test_local``), the server of labels while a client saves
(``tests/cli/test_label``), trainings in an epoch (``test_run``, ``test_run_recognizer`` and
``test_train_on_records`` of ``tests/engine``), workers of a service (``tests/serving``).
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from stad.annotations.own.folder import OwnFolder
from stad.cli.main import stad_main
from stad.cli.watch.sinks import JsonLines
from stad.engine.checkpoints import LAST, VALIDATED
from stad.errors import InputError
from stad.serving.jobs import ENDED
from stad.serving.store import JobStore
from stad.utils.locks import only_run_in
from tests.cli.conftest import CONFIG, weights
from tests.corpus.corpora import content, make_videos
from tests.datasets.tiny_ava import CONFIG as TRAINING
from tests.datasets.tiny_ava import changes_for, write_tiny_ava
from tests.own_classes.folders import folder_with
from tests.own_classes.rendered import TINY, person_folder
from tests.robustness.kill_jobs import NUM_FILES, NUM_JOBS, NUM_SAVES
from tests.robustness.kill_runs import (
    KILL,
    SEED,
    Counts,
    Ended,
    Runs,
    fault_of_end,
    fresh,
    media_facts,
    name_of,
    sample,
)
from tests.videos import write_video

__all__ = ["weights"]
# Of model.json: it says how long that took.
TIMES = ("training",)
pytestmark = pytest.mark.robust


class Job:
    """A command that is killed and given once more.

    Args:
        runs: run it.
        words: of the command.
        folder: where it works; each run begins with a new one.
        begin: fills the new folder.
        again: words of the second run.
        chosen: expression for the changes of files before which the run is killed.
    """

    def __init__(
        self,
        runs: Runs,
        words: Sequence[object],
        folder: Path,
        *,
        begin: Callable[[Path], object] = lambda folder: None,
        again: Sequence[object] | None = None,
        chosen: str = "",
    ) -> None:
        self._runs, self._words, self._folder, self._begin = runs, words, folder, begin
        self._again, self._chosen = words if again is None else again, chosen

    def whole(self, facts: Callable[[Path], Any]) -> Any:
        """Run it unbroken; return the facts of what it made."""
        ended = self._runs.run(self._words, self._new(), {})
        assert ended.code == 0, ended.text[-3000:]
        self.events = ended.events
        return facts(self._folder)

    def _new(self) -> Path:
        folder = fresh(self._folder)
        self._begin(folder)
        return folder

    def numbers(self) -> list[int]:
        """Return the places of the chosen changes, from 1."""
        return [n for n, one in enumerate(self.events, 1) if re.search(self._chosen, one)]

    def kill(
        self,
        plans: Sequence[dict],
        facts: Callable[[Path], Any],
        expected: Any,
        *,
        fault_of_killed: Callable[[Path, Ended], str] = lambda folder, ended: "",
    ) -> Counts:
        """Kill it by each of the plans, give it once more, and compare."""
        counts = Counts()
        for plan in plans:
            folder = self._new()
            ended = self._runs.run(self._words, folder, plan)
            faults = [fault_of_end(ended, plan, has_state=False), fault_of_killed(folder, ended)]
            again = self._runs.run(self._again, folder, {})
            if again.code != 0:
                faults.append(f"again: exit {again.code}: {again.text[-600:]}")
            elif (found := facts(folder)) != expected:
                faults.append(f"{str(found)[:400]} is not {str(expected)[:400]}")
            counts.add(name_of(plan), ended, [f"{plan}: {one}" for one in faults if one])
        return counts


def kills(numbers: Sequence[int], *, count: int | None, seed: int = 3) -> list[dict]:
    """Return plans that kill a run before all of these changes, or some."""
    chosen = numbers if count is None else sample(numbers, count, random.Random(seed))
    return [{"before": one, "signals": [KILL], "group": True} for one in chosen]


def names(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*"))


def facts_of_labels(folder: Path) -> tuple:
    labels = OwnFolder(folder).read_labels("a.mp4")
    return labels.revision, len(labels.spans), names(folder)


def fault_of_labels(folder: Path, ended: Ended) -> str:
    """Return what was lost of the labels whose saving was answered."""
    answered = max(map(int, re.findall(r"answered (\d+)", ended.text)), default=0)
    labels = OwnFolder(folder).read_labels("a.mp4")
    is_right = answered <= labels.revision <= answered + 1
    is_whole = len(labels.spans) == labels.revision
    return "" if is_right and is_whole else f"{labels} after the answer {answered}"


def kill_label(runs: Runs, folder: Path, *, count: int | None) -> Counts:
    made = folder_with(folder / "made", "a.mp4", classes=("walk",)).path

    def begin(path: Path) -> None:
        shutil.copytree(made, path, dirs_exist_ok=True)

    work = folder / "labels"
    job = Job(runs, ["job", "label", work], work, begin=begin)
    expected = job.whole(facts_of_labels)
    assert expected[:2] == (NUM_SAVES, NUM_SAVES)
    plans = kills(job.numbers(), count=count)
    return job.kill(plans, facts_of_labels, expected, fault_of_killed=fault_of_labels)


def numbers_in(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted((folder / "model").iterdir())]


def fault_of_model(folder: Path, ended: Ended) -> str:
    """Return whether there is no whole model at a moment."""
    found = numbers_in(folder) if (folder / "model").is_dir() else []
    return "" if found in (["0"] * NUM_FILES, ["1"] * NUM_FILES) else f"{found}"


def kill_folder(runs: Runs, folder: Path, *, count: int | None) -> Counts:
    def begin(path: Path) -> None:
        (path / "model").mkdir()
        for name in range(NUM_FILES):
            (path / "model" / str(name)).write_text("0")

    def facts(path: Path) -> tuple:
        found = set(numbers_in(path))
        return len(found), found <= {"1", "2"}, names(path)

    work = folder / "models"
    job = Job(runs, ["job", "replace_folder", work], work, begin=begin)
    expected = job.whole(facts)
    plans = kills(job.numbers(), count=count)
    return job.kill(plans, facts, expected, fault_of_killed=fault_of_model)


def facts_of_service(folder: Path) -> dict:
    store = JobStore(folder / "queue.sqlite")
    jobs = store.in_state(*ENDED)
    store.close()
    facts: dict[str, Any] = {"jobs": sorted((one.id, one.state.value) for one in jobs)}
    facts["left"] = names(folder / "incoming") + names(folder / "trash")
    for path in sorted((folder / "jobs").rglob("*")):
        if path.is_file():
            is_video = path.suffix == ".mp4"
            name = path.relative_to(folder).as_posix()
            facts[name] = media_facts(path) if is_video else path.read_bytes()
    return facts


def fault_of_service(folder: Path, ended: Ended) -> str:
    """Return which job was lost that was accepted, or ended without its results."""
    accepted = set(re.findall(r"accepted (\w+)", ended.text))
    if not accepted:
        return ""
    store = JobStore(folder / "queue.sqlite")
    known = {one.id for one in store.list(limit=99)}
    done = [one.id for one in store.in_state(*ENDED)]
    store.close()
    half = [one for one in done if not (folder / "jobs" / one / "result.json").is_file()]
    return f"lost {accepted - known}, half {half}" if accepted - known or half else ""


def kill_service(runs: Runs, folder: Path, weights: str, *, count: int | None) -> Counts:
    video = write_video(folder / "in.mp4", num_frames=20, fps=20, audio="aac")
    work = folder / "service"
    job = Job(runs, ["job", "serve", work, video, weights], work)
    expected = job.whole(facts_of_service)
    assert len(expected["jobs"]) == NUM_JOBS
    plans = kills(job.numbers(), count=count)
    return job.kill(plans, facts_of_service, expected, fault_of_killed=fault_of_service)


def kill_corpus(runs: Runs, folder: Path, weights: str, *, count: int | None) -> Counts:
    videos = folder / "videos"
    make_videos(videos, 1, num_frames=20)
    write_video(videos / "long.mp4", num_frames=40, fps=20, gop=10)
    work = folder / "corpus"
    # What parts are called is drawn; what matters is when they get their names.
    job = Job(
        runs, ["job", "corpus", videos, work, weights], work, chosen=r"os\.(rename|link|remove)"
    )
    expected = job.whole(content)
    assert len(expected["videos"]) == 2
    return job.kill(kills(job.numbers(), count=count), content, expected)


def facts_of_training(folder: Path) -> dict:
    facts: dict[str, Any] = {}
    for path in folder.glob("*.pth"):
        state = torch.load(path, weights_only=True, map_location="cpu")["state_dict"]
        facts[path.name] = {name: one.tolist() for name, one in state.items()}
    for name in (LAST, VALIDATED):
        facts[name] = (folder / name).read_text()
    facts["left"] = [one for one in names(folder) if one.startswith(".")]
    return facts


def training_job(runs: Runs, folder: Path) -> Job:
    data = write_tiny_ava(folder / "data", num_videos=2)
    changes = changes_for(data) | {"train_cfg.max_epochs": "2"}
    given = [f"{key}={value}" for key, value in changes.items()]
    work = folder / "work"
    words = ["train", TRAINING, "--work-dir", work, "--cfg-options", *given]
    again = [*words[:4], "--resume", *words[4:]]
    return Job(runs, words, work, again=again, chosen=r"epoch_\d|last_|lock")


def facts_of_own(folder: Path) -> dict:
    facts: dict[str, Any] = {"names": names(folder)}
    for path in (folder / "model").iterdir():
        facts[path.name] = path.read_bytes()
    # It says how long the training took.
    facts.pop("README.md")
    card = json.loads(facts.pop("model.json"))
    return facts | {"card": {key: one for key, one in card.items() if key not in TIMES}}


def own_job(runs: Runs, folder: Path, weights: str) -> Job:
    made = person_folder(folder / "made", num_videos=3).path

    def begin(path: Path) -> None:
        shutil.copytree(made, path, dirs_exist_ok=True)

    work = folder / "mine"
    words = ["train", work, "--backbone", TINY, "--backbone-weights", weights, "--views", "crop"]
    words += ["--variants", 1, "--runtime", "torch", "--quiet"]
    return Job(runs, words, work, begin=begin)


def test_what_was_promised_survives_some_kills(runs, weights, tmp_path):
    for counts in (
        kill_label(runs, tmp_path, count=4),
        kill_folder(runs, tmp_path, count=4),
        kill_service(runs, tmp_path, weights, count=1),
    ):
        assert counts.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["label", "folder", "service", "corpus"])
def test_what_was_promised_survives_all_kills(runs, weights, tmp_path, kind, record_property):
    if kind == "label":
        counts = kill_label(runs, tmp_path, count=None)
    elif kind == "folder":
        counts = kill_folder(runs, tmp_path, count=None)
    elif kind == "service":
        counts = kill_service(runs, tmp_path, weights, count=14)
    else:
        counts = kill_corpus(runs, tmp_path, weights, count=12)
    counts.settle(record_property)


@pytest.mark.slow
def test_a_training_is_killed_while_it_saves(runs, tmp_path, record_property):
    job = training_job(runs, tmp_path)
    expected = job.whole(facts_of_training)
    size = (tmp_path / "work" / "epoch_1.pth").stat().st_size
    plans = kills(job.numbers(), count=5, seed=SEED)
    plans += [{"size": size // 2}, {"size": size - 1}]
    counts = job.kill(plans, facts_of_training, expected)
    counts.settle(record_property)


@pytest.mark.slow
def test_a_training_of_own_classes_is_killed(runs, weights, tmp_path, record_property):
    job = own_job(runs, tmp_path, weights)
    expected = job.whole(facts_of_own)
    counts = job.kill(kills(job.numbers(), count=6, seed=SEED), facts_of_own, expected)
    counts.settle(record_property)


def test_a_folder_is_trained_on_once_at_a_time(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", classes=("walk",))
    words = ["train", str(folder.path), "--quiet"]
    with (
        only_run_in(folder.cache_path("train")),
        pytest.raises(InputError, match=r"Another 'stad train' trains on .*mine already"),
    ):
        stad_main(words)
    with pytest.raises(InputError) as caught:
        stad_main(words)
    assert "Another" not in str(caught.value)


def test_lines_of_events_go_on_after_a_line_that_was_cut(tmp_path):
    class Event:
        def to_dict(self):
            return {"event": "start"}

    path = tmp_path / "a.jsonl"
    for before in ("", '{"event": "end"}\n', '{"event": "end"}\n{"eve'):
        path.write_text(before)
        lines = JsonLines(path)
        lines.write(Event())
        lines.close()
        assert path.read_text().splitlines()[-1] == '{"event": "start"}'
        assert path.read_text().startswith(before)


@pytest.mark.slow
def test_watching_is_killed_while_it_records(runs, weights, tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=50, fps=25)
    work = fresh(tmp_path / "work")
    words = ["watch", video, "--model", CONFIG, "--weights", weights, "--runtime", "torch"]
    words += ["--detector", "whole_frame", "--precision", "float32", "--threshold", "0.45"]
    words += ["--jsonl", work / "a.jsonl", "--record", "walk", "--record-dir", work, "--quiet"]
    whole = runs.run(words, work, {})
    assert whole.code == 0, whole.text
    assert any(".part.mp4" in one for one in whole.events), whole.text
    place = next(n for n, one in enumerate(whole.events, 1) if "rename" in one)
    assert runs.run(words, work, {"before": place, "group": True}).code == -KILL
    assert [one for one in names(work) if ".part" in one]
    assert runs.run(words, work, {}).code == 0
    assert not [one for one in names(work) if ".part" in one]
    lines = [json.loads(line) for line in (work / "a.jsonl").read_text().splitlines()]
    assert {one["event"] for one in lines} == {"start", "end"}
