"""The same twice: equal results from run to run, for each batch size and number of threads."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from stad import zoo
from stad.cli.annotate import annotate_main
from stad.errors import run_script
from stad.inference.journal import Journal
from stad.inference.runtimes.backbone import convert_backbones, open_networks
from stad.inference.runtimes.converted import RuntimeOpener
from stad.inference.scorer import ActionScorer, ContextScorer
from stad.inference.scoring import Moment
from stad.inference.verdicts import Verdict
from stad.utils.steady_products import SteadyProducts
from tests.cli.conftest import weights
from tests.cli.scripts import ROOT
from tests.inference.runtimes.networks import INSTALLED
from tests.videos import write_video

__all__ = ["weights"]
pytestmark = pytest.mark.robust
SIZE = (128, 96)
# One of each kind: ResNets in 3D and 2D, two paths, a transformer, depthwise convolutions, heads
# with a memory, crops, convolutions over pairs of people.
SMALL = ("tests/data/tiny_detector.py", "configs/vit_synthetic.py")
LARGE = (
    *("slowonly_synthetic", "slowfast_ava", "slowfast_acrn_ava", "tsm_ava", "slowonly_nl_ava"),
    *("hiera_b_ava", "i3d_crops_poses", "ircsn_r50_ava"),
)
MODELS = [*SMALL, *(pytest.param(f"configs/{name}.py", marks=pytest.mark.slow) for name in LARGE)]
# Threads, and windows at once. More threads than cores take very long on a busy machine.
WAYS = ((1, 1), (1, 3), (2, 1), (2, 2))


@contextlib.contextmanager
def threads(number):
    """So many threads of torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def load(model):
    torch.manual_seed(0)
    loaded = zoo.open_model(str(ROOT / model), weights=None)
    # The statistics of batches, which a new network does not have.
    for part in loaded.model.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    return loaded


def clips_of(scorer, counts=(1, 3, 5)):
    """Clips of noise, with so many people in each."""
    rng = np.random.default_rng(0)
    width, height = scorer.clip_size(SIZE)
    shape = (scorer.window.num_frames, height, width, 3)
    clips = [rng.integers(0, 256, shape, np.uint8) for _ in counts]
    corners = [np.sort(rng.uniform(0, 1, (count, 2, 2)), axis=1) for count in counts]
    boxes = [(one.reshape(-1, 4) * [*SIZE, *SIZE]).astype(np.float32) for one in corners]
    return clips, boxes


def scores_of(scorer, clips, boxes, *, at_once):
    tracks = [np.repeat(one[:, None], len(clips[0]), axis=1) for one in boxes]
    found = []
    for first in range(0, len(clips), at_once):
        some = slice(first, first + at_once)
        found += scorer.score(clips[some], boxes[some], source_size=SIZE, tracks=tracks[some])
    return np.concatenate(found)


@pytest.mark.parametrize("model", MODELS)
def test_scores_in_torch_for_each_batch_size_and_number_of_threads(model):
    scorer = ActionScorer.from_loaded(load(model))
    clips, boxes = clips_of(scorer)
    found = []
    for number, at_once in WAYS:
        with threads(number):
            found.append(scores_of(scorer, clips, boxes, at_once=at_once))
        np.testing.assert_array_equal(found[-1], found[0], err_msg=f"{number} threads, {at_once}")
    assert np.ptp(found[0]) > 1e-3


@pytest.mark.parametrize("runtime", INSTALLED)
@pytest.mark.parametrize("model", MODELS)
def test_scores_in_runtimes_for_each_batch_size_and_number_of_threads(
    runtime, model, tmp_path, monkeypatch
):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))
    # A trial may find torch faster for such small networks.
    monkeypatch.setattr(
        "stad.inference.runtimes.converted.ConvertedNetwork._judge", accept(runtime)
    )
    expected = None
    # ONNX Runtime shares out some products by the threads, see docs/results.md.
    for number in (1, 2) if runtime == "openvino" else (1,):
        loaded = load(model)
        scorer = ActionScorer.from_loaded(loaded)
        opener = RuntimeOpener(runtime, num_threads=number)
        open_networks(loaded.model, opener)
        convert_backbones(loaded.model, opener, name="tiny")
        clips, boxes = clips_of(scorer)
        for at_once in (1, 3):
            with threads(number):
                found = scores_of(scorer, clips, boxes, at_once=at_once)
            expected = found if expected is None else expected
            np.testing.assert_array_equal(found, expected, err_msg=f"{number} threads, {at_once}")
        assert {one.verdict.runtime for one in converted(loaded.model)} == {runtime}


def accept(runtime):
    return lambda self, path, shapes: Verdict("float32", "for this test", runtime)


def converted(model):
    return [one.network for one in model.backbones.values()]


def test_a_memory_for_each_batch_size_and_number_of_threads():
    loaded = load("tests/data/tiny_long_detector.py")
    scorer = ActionScorer.from_loaded(loaded)
    assert isinstance(scorer, ContextScorer)
    clips, boxes = clips_of(scorer)
    moments = [Moment(float(time), np.arange(len(own))) for time, own in enumerate(boxes)]
    found = set()
    for number, at_once in WAYS:
        scorer.begin_stream()
        rows = []
        for first in range(0, len(clips), at_once):
            some = slice(first, first + at_once)
            with threads(number):
                new = scorer.score_moments(
                    clips[some], boxes[some], moments[some], source_size=SIZE
                )
            rows += [*new.scores, *new.entries]
        found.add(b"".join(sorted(one.tobytes() for one in rows)))
    assert len(found) == 1


def test_convolutions_are_those_of_torch():
    """The same numbers but for the order of sums, and torch's own where a gradient is wanted."""
    rng = torch.Generator().manual_seed(0)
    for sides, options in (
        (2, {}),
        (2, {"stride": 2, "padding": 1}),
        (3, {"stride": (1, 2, 2), "padding": (0, 1, 1), "dilation": (1, 2, 1)}),
        (3, {"groups": 4}),
        (3, {"padding": "same"}),
    ):
        inputs = torch.randn((2, 8, *(9,) * sides), generator=rng)
        groups = options.get("groups", 1)
        weight = torch.randn((4, 8 // groups, *(3,) * sides), generator=rng)
        convolve = torch.nn.functional.conv2d if sides == 2 else torch.nn.functional.conv3d
        expected = convolve(inputs, weight, torch.ones(4), **options)
        with torch.inference_mode(), SteadyProducts():
            torch.testing.assert_close(convolve(inputs, weight, torch.ones(4), **options), expected)
            assert convolve(inputs[:0], weight, **options).shape == (0, *expected.shape[1:])
            half = convolve(inputs.bfloat16(), weight.bfloat16(), **options)
            assert half.dtype == torch.bfloat16
        with SteadyProducts():
            assert convolve(inputs, weight.requires_grad_(), **options).requires_grad


@pytest.mark.parametrize("num_rows", [1, 2, 5, 9, 64])
def test_small_linear_layers_for_each_number_of_threads(num_rows):
    """The same numbers for each number of threads and of rows, and those of torch."""
    rng = torch.Generator().manual_seed(0)
    for num_inputs, num_outputs in ((64, 80), (100, 8), (2304, 80), (768, 192)):
        inputs = torch.randn((num_rows, num_inputs), generator=rng)
        weight = torch.randn((num_outputs, num_inputs), generator=rng)
        bias, linear = torch.randn(num_outputs, generator=rng), torch.nn.functional.linear
        expected = linear(inputs, weight, bias)
        found = []
        with torch.inference_mode(), SteadyProducts():
            for number in (1, 2, 3):
                with threads(number):
                    found.append(linear(inputs, weight, bias))
            rows = [linear(one, weight, bias) for one in inputs]
            assert linear(inputs[:0], weight, bias).shape == (0, num_outputs)
        assert all(torch.equal(one, found[0]) for one in (*found, torch.stack(rows)))
        torch.testing.assert_close(found[0], expected, rtol=1e-4, atol=1e-4)
    with SteadyProducts():
        assert linear(inputs, weight.requires_grad_(), bias).requires_grad


@pytest.fixture
def crowd(tmp_path):
    """A video and four people, two of whom come later."""
    video = write_video(tmp_path / "in.mp4", num_frames=60, fps=10, size=(160, 120))
    rows = ["time_sec,x1,y1,x2,y2,actor_id"]
    for second in range(6):
        for actor in range(2 if second < 3 else 4):
            left = 5 + 30 * actor + 3 * second
            rows.append(f"{second},{left},{20 + actor},{left + 40},{100 + actor},{actor + 1}")
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    return video, tmp_path / "boxes.csv"


def run(video, boxes, weights, out, *words, omp="1", model="tests/data/tiny_detector.py"):
    """Annotate in a process of its own; return the document and the rows of scores."""
    code = (
        "import sys; from stad.cli.annotate import annotate_main; from stad.errors import *;"
        "run_script(lambda: annotate_main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, str(video), "--boxes", str(boxes), "--quiet"]
    command += ["--model", str(ROOT / model), "--weights", weights, "--precision", "float32"]
    command += ["--json", str(out), "--csv", str(out) + ".csv", "--stride", "0.3", *words]
    done = subprocess.run(
        command,
        # Threads that wait for others leave the cores to other work.
        env=os.environ
        | {"OMP_NUM_THREADS": omp, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out.read_bytes(), out.with_name(out.name + ".csv").read_bytes()


def test_files_are_equal_for_batch_sizes_and_threads(tmp_path, crowd, weights):
    ways = [("1", "1"), ("2", "3")]
    found = []
    for number, (omp, at_once) in enumerate(ways):
        words = ("--batch-size", at_once, "--runtime", "torch")
        found.append(run(*crowd, weights, tmp_path / f"{number}.json", *words, omp=omp))
    assert len(set(found)) == 1
    assert json.loads(found[0][0])["segments"]
    assert found[0][1].count(b"\n") > 1000


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["torch", *INSTALLED])
@pytest.mark.parametrize("model", ["tiny_detector.py", "tiny_long_detector.py"])
def test_files_are_equal_in_every_way(tmp_path, crowd, runtime, model):
    torch.manual_seed(0)
    path = f"tests/data/{model}"
    state = zoo.load(str(ROOT / path), weights=None).state_dict()
    torch.save({"state_dict": state}, tmp_path / "weights.pth")
    found = []
    ways = [("1", "1"), ("1", "1"), ("1", "2"), ("2", "1"), ("2", "5"), ("3", "3")]
    for number, (omp, at_once) in enumerate(ways):
        if runtime == "onnxruntime" and omp != "1":
            continue
        words = ("--batch-size", at_once, "--runtime", runtime)
        out = tmp_path / f"{number}.json"
        found.append(run(*crowd, str(tmp_path / "weights.pth"), out, *words, omp=omp, model=path))
    assert len(set(found)) == 1


def test_a_resumed_run_gives_the_same(tmp_path, crowd, weights, monkeypatch):
    video, boxes = crowd
    words = [str(video), "--boxes", str(boxes), "--model", str(ROOT / SMALL[0])]
    words += ["--weights", weights, "--precision", "float32", "--runtime", "torch", "--quiet"]
    words += ["--stride", "0.3", "--device", "cpu"]

    def annotate(*more) -> int:
        with pytest.raises(SystemExit) as stopped:
            run_script(lambda: annotate_main([*words, *map(str, more)]))
        return stopped.value.code

    assert annotate("--json", tmp_path / "whole.json", "--batch-size", "1") == 0
    record, num_records = Journal.add_scores, 0

    def stop(*args, **kwargs):
        nonlocal num_records
        num_records += 1
        if num_records == 6:
            raise KeyboardInterrupt
        return record(*args, **kwargs)

    monkeypatch.setattr(Journal, "add_scores", stop)
    assert annotate("--json", tmp_path / "parts.json", "--batch-size", "1") == 130
    monkeypatch.undo()
    assert annotate("--json", tmp_path / "parts.json", "--batch-size", "1", "--resume") == 0
    whole, parts = ((tmp_path / name).read_bytes() for name in ("whole.json", "parts.json"))
    assert whole == parts
