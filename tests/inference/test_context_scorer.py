"""A model with a memory over videos: causal, the same as in evaluation, and after a resume."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stad import zoo
from stad.cli.annotate import annotate_main
from stad.errors import InputError
from stad.inference.export import export_model
from stad.inference.journal import Journal
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.inference.resume import JournaledScorer
from stad.inference.scorer import ActionScorer, ContextScorer
from stad.inference.scoring import Moment, ScoringJob, score_job
from stad.models.memory import Memory
from stad.outputs.outputs import Outputs
from stad.structures import Actors
from stad.video.source import VideoSource
from tests.fakes import RedSquareDetector
from tests.videos import write_video

CONFIG = Path(__file__).parents[1] / "data" / "tiny_long_detector.py"
SIZE = (96, 64)


def load():
    torch.manual_seed(0)
    loaded = zoo.open_model(str(CONFIG), weights=None)
    # A new head does not look at its memory.
    nn.init.normal_(loaded.model.roi_head.fc_memory.weight, std=3)
    return loaded


@pytest.fixture
def scorer():
    found = ActionScorer.from_loaded(load())
    assert isinstance(found, ContextScorer)
    return found


def jobs(count=8):
    """Clips with two people, or one in every third, a second apart."""
    rng = np.random.default_rng(0)
    found = []
    for index in range(count):
        people = 1 if index % 3 == 2 else 2
        boxes = np.array([[4, 4, 40, 60], [50, 4, 90, 60]], np.float32)[:people]
        actors = Actors.from_arrays(boxes, ids=np.arange(people) + 1)
        clip = rng.integers(0, 256, (4, 64, 96, 3), dtype=np.uint8)
        found.append(ScoringJob([float(index)], [actors], [clip], SIZE))
    return found


def run(scorer, some):
    return [score_job(job, scorer)[0].scores for job in some]


def test_a_clip_is_scored_with_those_before_it(scorer):
    whole = jobs()
    found = run(scorer, whole)
    scorer.begin_stream()
    # What comes later changes nothing, what came before does.
    for one, other in zip(found, run(scorer, whole[:3]), strict=False):
        np.testing.assert_array_equal(one, other)
    scorer.begin_stream()
    late = run(scorer, whole[4:])
    assert not np.allclose(late[0], found[4])
    (alone,) = scorer.score(whole[4].clips, [whole[4].actors[0].boxes], source_size=SIZE)
    np.testing.assert_array_equal(alone, late[0])


def test_batches_give_the_same_as_clips_one_by_one(scorer):
    whole = jobs()
    found = run(scorer, whole)
    scorer.begin_stream()
    for first in (0, 4):
        some = whole[first : first + 4]
        columns = ([row for one in some for row in one[k]] for k in range(3))
        joined = ScoringJob(*columns, SIZE)
        for one, keyframe in zip(found[first:], score_job(joined, scorer), strict=False):
            np.testing.assert_allclose(keyframe.scores, one, atol=1e-5)


def test_scores_equal_those_of_evaluation(scorer):
    whole, model = jobs(), load().model.eval()
    found = run(scorer, whole)
    features = []
    with torch.no_grad():
        for job in whole:
            clips = model.data_preprocessor.normalise(torch.from_numpy(np.stack(job.clips)))
            features += model.describe_actors(clips, [torch.from_numpy(job.actors[0].boxes)])
        ids = [torch.from_numpy(job.actors[0].ids) for job in whole]
        counts = torch.tensor([len(one) for one in ids])
        entries = model.roi_head.entries(torch.cat(features[:5]))
        ages = 5.0 - torch.arange(5.0).repeat_interleave(counts[:5])
        memory = Memory(entries, ages, torch.cat(ids[:5]))
        # The memory of this network is 4 s long.
        memory = Memory(*(one[ages <= 4] for one in memory))
        (logits,) = model.classify([features[5]], [memory], [ids[5]])
    np.testing.assert_allclose(found[5], logits.sigmoid(), atol=1e-5)


def test_a_crowd_and_a_day_do_not_fill_the_memory(scorer):
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 256, (4, 64, 96, 3), dtype=np.uint8)
    boxes = np.tile(np.array([[4, 4, 40, 60]], np.float32), (10, 1))
    for step in range(40):
        moment = Moment(0.5 * step, np.arange(10))
        scorer.score_moments([clip], [boxes], [moment], source_size=SIZE)
        assert len(scorer._recent) <= 30


def journal(path, *, resume=False):
    return Journal(path, {"video": "a"}, resume=resume)


def test_the_journal_gives_the_memory_back_bit_by_bit(scorer, tmp_path):
    whole = jobs()
    expected = run(scorer, whole)
    path = tmp_path / "state"
    scorer.begin_stream()
    first = journal(path)
    run(JournaledScorer(scorer, first), whole[:5])
    first.add_done(4.0)
    first.close()
    again = ActionScorer.from_loaded(load())
    journaled = JournaledScorer(again, journal(path, resume=True))
    assert journaled.remembers
    for one, other in zip(run(journaled, whole), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_journal_without_a_memory_is_refused(scorer, tmp_path):
    first = journal(tmp_path / "state")
    first.add_scores([np.zeros((2, 80), np.float32)])
    first.add_done(0.0)
    first.close()
    journaled = JournaledScorer(scorer, journal(tmp_path / "state", resume=True))
    with pytest.raises(InputError, match=r"no memory\. Use --overwrite"):
        run(journaled, jobs(1))


def test_each_video_begins_with_an_empty_memory(scorer, tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=60, fps=15)
    options = PipelineOptions(stride_sec=0.4, detect_sec=0.2)

    def annotate():
        frames = VideoSource(video).frames()
        results = annotate_frames(frames, RedSquareDetector(), scorer, options=options, fps=15)
        return [one.keyframe.scores for one in results if one.keyframe is not None]

    first, second = annotate(), annotate()
    assert len(first) > 5
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_cannot_be_exported_nor_scored_without_its_memory(tmp_path):
    loaded = load()
    with pytest.raises(InputError, match="cannot be exported: its scores depend on earlier actors"):
        export_model(loaded, tmp_path / "a.onnx")
    with pytest.raises(ValueError, match="needs a ContextScorer"):
        ActionScorer(loaded.model, loaded.window, short_side_px=64, num_classes=80)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A video of 4 s, the tiny model, and two people whom the tracker has to follow."""
    folder = tmp_path_factory.mktemp("context")
    torch.save({"state_dict": load().model.state_dict()}, folder / "tiny.pth")
    rows = ["time_sec,x1,y1,x2,y2,score"]
    for step in range(20):
        x = 3 * step
        rows += [f"{step / 5},{10 + x},20,{50 + x},110,0.9"]
        rows += [f"{step / 5},{100 - x},20,{140 - x},110,0.8"] if step % 7 else []
    (folder / "boxes.csv").write_text("\n".join(rows))
    video = write_video(folder / "in.mp4", num_frames=100, fps=25)
    return [
        *(str(video), "--model", str(CONFIG), "--weights", str(folder / "tiny.pth"), "--quiet"),
        *("--boxes", str(folder / "boxes.csv"), "--threshold", "0.5", "--stride", "0.4"),
        *("--precision", "float32", "--runtime", "torch"),
    ]


def test_a_resumed_annotation_equals_an_unbroken_one(job, tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole.json", tmp_path / "broken.json"
    assert annotate_main([*job, "--json", str(whole)]) == 0
    original = Outputs.write

    def write(outputs, result):
        original(outputs, result)
        if outputs.num_frames == 60:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Outputs, "write", write)
    assert annotate_main([*job, "--json", str(broken)]) == 130
    monkeypatch.setattr(Outputs, "write", original)
    assert annotate_main([*job, "--json", str(broken), "--resume"]) == 0
    assert broken.read_text() == whole.read_text()
