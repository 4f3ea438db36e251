"""Which runtime and precision are taken, and models that run in them."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from stad import zoo
from stad.errors import InputError
from stad.inference.execution import open_scorer, run_in, runtime_precisions
from stad.inference.options import InferenceOptions
from stad.inference.runtimes import RUNTIMES, choose_runtime, converted, is_installed
from stad.inference.runtimes.conversion import write_onnx
from stad.inference.runtimes.converted import choose_opener
from stad.inference.scorer import ActionScorer
from stad.inference.scoring import score_black
from stad.inference.trial_process import Outcome
from stad.inference.verdicts import Verdict
from stad.utils.networks import open_in_torch
from tests.inference.runtimes.networks import INSTALLED, Halves, images
from tests.inference.test_precision import CONFIG, ONLINE, SIZE


def test_auto_takes_what_is_installed(monkeypatch):
    assert choose_runtime("torch", "cpu") == ("torch", "as asked for")
    assert choose_runtime("auto", "cuda:0") == ("torch", "for cuda:0")
    for name in RUNTIMES:
        if is_installed(name):
            assert choose_runtime("auto", "cpu") == (name, "the fastest that is installed")
        monkeypatch.setitem(sys.modules, name, None)
    reason = "neither openvino nor onnxruntime is installed"
    assert choose_runtime("auto", "cpu") == ("torch", reason)
    assert choose_opener("torch", "cpu", print) is open_in_torch
    opener = choose_opener("auto", "cpu", print)
    assert opener(Halves(), name="halves")(images(1))[1].shape == (1, 3)
    with pytest.raises(InputError, match="pip install openvino"):
        opener(Path("a.onnx"), name="a")
    with pytest.raises(InputError, match="pip install openvino, or give --runtime torch"):
        choose_runtime("openvino", "cpu")
    with pytest.raises(InputError, match="--runtime onnxruntime runs on the CPU here, not on cuda"):
        choose_runtime("onnxruntime", "cuda:0")
    with pytest.raises(InputError, match="got 'tensorrt'"):
        choose_runtime("tensorrt", "cpu")


def test_onnx_files_run_on_the_cpu_beside_a_gpu_unless_torch_was_asked_for(tmp_path):
    module, path = Halves().eval(), tmp_path / "halves.onnx"
    write_onnx(module, [torch.from_numpy(images(1))], path, name="halves", any_size=False)
    expected = open_in_torch(module, name="halves")(images(2))
    beside = choose_opener("auto", "cuda:0", print)
    if any(map(is_installed, RUNTIMES)):
        found = beside(path, name="halves")(images(2))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
    with pytest.raises(InputError, match="leave out --runtime torch"):
        choose_opener("torch", "cuda:0", print)(path, name="halves")


def test_the_precisions_of_a_runtime():
    assert runtime_precisions("openvino", "float32") == ("float32",)
    assert runtime_precisions("openvino", "bfloat16") == ("bfloat16",)
    if is_installed("onnxruntime"):
        assert runtime_precisions("onnxruntime", "auto") == ("float32",)
        with pytest.raises(InputError, match=r"^--precision bfloat16 cannot be used with"):
            runtime_precisions("onnxruntime", "bfloat16")


def test_bfloat16_is_tried_only_with_instructions_for_it(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert runtime_precisions("openvino", "auto") == ("float32",)


def scores_of(scorer):
    rng = np.random.default_rng(0)
    width, height = scorer.clip_size(SIZE)
    clip = rng.integers(0, 256, (scorer.window.num_frames, height, width, 3), dtype=np.uint8)
    boxes = np.float32([[0, 0, 160, 120], [10, 20, 60, 100], [150, 110, 170, 130]])
    return scorer.score([clip, clip], [boxes, boxes[:0]], source_size=SIZE)


@pytest.mark.parametrize("config", [CONFIG, ONLINE])
@pytest.mark.parametrize("runtime", INSTALLED)
def test_a_model_scores_as_in_torch(runtime, config, trusting):
    torch.manual_seed(0)
    state = zoo.load(config, weights=None).state_dict()
    results = []
    for name in ("torch", runtime):
        loaded = zoo.open_model(config, weights=None)
        loaded.model.load_state_dict(state)
        options = InferenceOptions(runtime=name, precision="float32")
        scorer, precision = open_scorer(
            loaded, options, "cpu", frame_size=SIZE, is_online=False, log=[].append
        )
        assert (precision.name, precision.runtime) == ("float32", name)
        results.append(scores_of(scorer))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


def test_a_stream_that_is_scored_frame_by_frame_stays_in_torch():
    said = []
    loaded = zoo.open_model(ONLINE, weights=None)
    options = InferenceOptions(model=ONLINE, precision="float32")
    _, precision = open_scorer(
        loaded, options, "cpu", frame_size=SIZE, is_online=True, log=said.append
    )
    assert precision.runtime == "torch"
    assert said[0] == "runtime   torch: the model runs frame by frame"


def test_a_model_whose_trial_fails_runs_in_torch(monkeypatch):
    wrong = Outcome(Verdict("float32", "openvino is not used: it crashed", "torch"))
    monkeypatch.setattr(converted, "try_file", lambda *a, **k: wrong)
    loaded = zoo.open_model(CONFIG, weights=None)
    backbone, said = loaded.model.backbone, []
    options = InferenceOptions(model=CONFIG, runtime="openvino", precision="float32")
    scorer, precision = open_scorer(
        loaded, options, "cpu", frame_size=SIZE, is_online=False, log=said.append
    )
    assert precision.runtime == "torch"
    assert loaded.model.backbone is backbone
    assert isinstance(scorer, ActionScorer)
    assert said[1] == "runtime   torch for tiny_detector: openvino is not used: it crashed"
    score_black(scorer, SIZE)


def test_a_recognizer_runs_in_a_runtime(trusting):
    torch.manual_seed(0)
    model = zoo.load(ONLINE, weights=None)
    clips = torch.randn(2, 3, 4, 64, 64)
    with torch.inference_mode():
        expected = model.score_clips(clips)
        assert run_in(model, "openvino", "cpu", name="tiny", log=print) == "openvino"
        found = model.score_clips(clips)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    assert len(trusting) == 1
