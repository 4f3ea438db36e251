"""Trials of converted networks: what they mean, and how often they are made."""

import numpy as np
import pytest
import torch

from stad.inference.runtimes import converted
from stad.inference.runtimes.conversion import onnx_file
from stad.inference.runtimes.converted import RuntimeOpener
from stad.inference.runtimes.trial import attempts, judge, relative_difference
from stad.inference.trial_process import Outcome, TrialEnd
from stad.inference.verdicts import Verdict
from stad.utils.networks import open_in_torch
from tests.inference.runtimes.networks import INSTALLED, Halves, images
from tests.inference.test_precision import lines

DONE = {"precision": "float32", "seconds": 0.1, "difference": 1e-6}
HALF = {"precision": "bfloat16", "seconds": 0.05, "difference": 0.01}
F32, BF16 = {"begin": "float32"}, {"begin": "bfloat16"}


@pytest.mark.parametrize(
    ("said", "code", "verdict", "is_lasting"),
    [
        (
            lines(F32, {"done": DONE}, BF16, {"done": HALF}),
            *(0, ("bfloat16", "openvino", "8.0 times as fast as torch"), True),
        ),
        # Not worth the digits.
        (
            lines(F32, {"done": DONE}, BF16, {"done": HALF | {"seconds": 0.095}}),
            *(0, ("float32", "openvino", "4.0 times as fast as torch"), True),
        ),
        (
            lines(F32, {"done": DONE}, BF16, {"done": HALF | {"difference": 0.3}}),
            *(0, ("float32", "openvino", "4.0 times as fast as torch"), True),
        ),
        (
            lines(F32, {"done": DONE}, BF16),
            *(-4, ("float32", "openvino", "; the bfloat16 trial died of signal 4 (SIGILL)"), True),
        ),
        (
            lines(F32, {"done": DONE}, BF16),
            *(-9, ("float32", "openvino", "died of signal 9 (SIGKILL)"), False),
        ),
        (
            lines(F32),
            *(-11, ("float32", "torch", "the float32 trial died of signal 11 (SIGSEGV)"), True),
        ),
        ("", 1, ("float32", "torch", "the first trial failed (no message)"), True),
        ("", None, ("float32", "torch", "the first trial did not end within 180 s"), True),
        (
            lines(F32, {"done": DONE | {"difference": 2e-3}}, BF16, {"done": HALF}),
            *(0, ("float32", "torch", "float32 differs from torch by 0.002"), True),
        ),
        (
            lines(F32, {"done": DONE | {"difference": float("nan")}}),
            *(0, ("float32", "torch", "float32 differs from torch by nan"), True),
        ),
        (
            lines(F32, {"done": DONE | {"seconds": 0.8}}),
            *(0, ("float32", "torch", "openvino is only 0.5 times as fast as torch"), True),
        ),
    ],
)
def test_what_a_trial_means(said, code, verdict, is_lasting):
    outcome = judge("openvino", TrialEnd(code, said), torch_sec=0.4)
    precision, runtime, reason = verdict
    assert (outcome.verdict.precision, outcome.verdict.runtime) == (precision, runtime)
    assert reason in outcome.verdict.reason
    assert outcome.is_lasting == is_lasting


@pytest.mark.parametrize(
    ("seconds", "code", "is_lasting"), [(0.8, 0, False), (0.8, None, False), (0.1, 0, True)]
)
def test_a_slow_trial_beside_other_work_is_tried_again(seconds, code, is_lasting):
    said = lines(F32, {"done": DONE | {"seconds": seconds}})
    outcome = judge("openvino", TrialEnd(code, said), torch_sec=0.4, is_busy=True)
    assert outcome.is_lasting == is_lasting
    assert ("other work" in outcome.verdict.reason) == (seconds > 0.4)


def test_differences_are_relative():
    assert relative_difference(np.float32([3, 4.5]), np.float32([3, 4])) == pytest.approx(0.1)
    assert relative_difference(np.zeros(2, np.float32), np.zeros(2, np.float32)) == 0
    assert np.isnan(relative_difference(np.float32([np.nan]), np.float32([1])))


@pytest.mark.parametrize("runtime", INSTALLED)
def test_an_attempt_compares_with_the_stored_outputs(runtime, tmp_path):
    module = Halves().eval()
    path = onnx_file(module, [torch.zeros(1, 3, 12, 10)], name="halves", any_size=False)
    first, second = open_in_torch(module, name="halves")(images(1))
    np.savez(
        tmp_path / "arrays.npz", input_0=images(1), output_0=first, output_1=second * np.float32(2)
    )
    asked = [str(path), runtime, ["float32"], str(tmp_path / "arrays.npz"), 1]
    begin, done = attempts(asked)
    assert begin == F32
    # The second output is half of what was expected.
    assert done["done"]["difference"] == pytest.approx(0.5, abs=1e-4)
    assert 0 < done["done"]["seconds"] < 10


def test_a_network_is_tried_once_in_a_process_of_its_own(home):
    torch.manual_seed(0)
    module, said = Halves(), []
    opener = RuntimeOpener("openvino", log=said.append)
    network = opener(module, name="halves")
    network(images(1))
    assert said[0] == "convert   halves for openvino, once for this machine and clip size"
    verdict = network.verdict
    assert verdict.precision == "float32"
    assert "times as fast as torch" in verdict.reason
    again = opener(module, name="halves")
    again(images(1))
    assert again.verdict == verdict
    assert [one for one in said if one.startswith("convert")] == said[:1]


def test_a_killed_trial_is_not_remembered(home, monkeypatch):
    killed = Outcome(Verdict("float32", "it was killed", "torch"), is_lasting=False)
    tried = []
    monkeypatch.setattr(converted, "try_file", lambda *a, **k: tried.append(a) or killed)
    module = Halves()
    for _ in range(2):
        network = RuntimeOpener("openvino")(module, name="halves")
        np.testing.assert_array_equal(
            network(images(1))[0], open_in_torch(module, name="halves")(images(1))[0]
        )
    assert len(tried) == 2


def test_the_cache_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("a file where the folder should be")
    said = []
    network = RuntimeOpener("openvino", log=said.append)(Halves(), name="halves")
    assert network(images(1))[1].shape == (1, 3)
    assert len(said) == 1
    assert said[0].startswith("runtime   torch for halves: ")
