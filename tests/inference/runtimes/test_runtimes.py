"""Networks in OpenVINO and ONNX Runtime give torch's results, whatever is asked of them."""

import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stad import zoo
from stad.errors import InputError
from stad.inference.execution import open_scorer, run_in, runtime_precisions
from stad.inference.options import InferenceOptions
from stad.inference.runtimes import RUNTIMES, choose_runtime, converted, is_installed
from stad.inference.runtimes.conversion import ConversionError, network_key, onnx_file, write_onnx
from stad.inference.runtimes.converted import RuntimeOpener, choose_opener
from stad.inference.runtimes.trial import attempts, judge, relative_difference
from stad.inference.scorer import ActionScorer
from stad.inference.scoring import score_black
from stad.inference.trial_process import Outcome, TrialEnd
from stad.inference.verdicts import Verdict
from stad.utils.networks import open_in_torch
from tests.inference.test_precision import CONFIG, ONLINE, SIZE, lines

INSTALLED = [
    pytest.param(
        name, marks=pytest.mark.skipif(not is_installed(name), reason=f"{name} is not installed")
    )
    for name in RUNTIMES
]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def trusting(monkeypatch):
    """Verdicts in favour of the runtime without a trial; how often one was asked for."""
    asked = []

    def judge_at_once(self, path, shapes):
        asked.append(shapes)
        return Verdict("float32", "trusted", self._opener.runtime)

    monkeypatch.setattr(converted.ConvertedNetwork, "_judge", judge_at_once)
    return asked


class Halves(nn.Module):
    """Two outputs: half of the input, convolved, and the mean of the input."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x):
        return self.conv(x) / 2, x.mean(dim=(2, 3))


def images(count, *, size=(12, 10), seed=0):
    return np.random.default_rng(seed).random((count, 3, *size), dtype=np.float32)


@pytest.mark.parametrize("runtime", INSTALLED)
def test_a_module_runs_as_in_torch_for_any_number_and_size(runtime, trusting):
    module = Halves()
    network = RuntimeOpener(runtime)(module, name="halves", any_size=True)
    reference = open_in_torch(module, name="halves")
    for count, size in ((1, (12, 10)), (5, (12, 10)), (2, (8, 20)), (1, (8, 20))):
        found = network(images(count, size=size))
        for one, expected in zip(found, reference(images(count, size=size)), strict=True):
            np.testing.assert_allclose(one, expected, rtol=0, atol=1e-5)
    assert [one.shape for one in network(images(0))] == [(0, 4, 6, 5), (0, 3)]
    # Once for all sizes.
    assert trusting == [((3, 12, 10),)]


@pytest.mark.parametrize("runtime", INSTALLED)
def test_an_item_does_not_depend_on_the_others(runtime, trusting):
    network = RuntimeOpener(runtime)(Halves(), name="halves")
    batch = images(7)
    together = network(batch)
    for i in range(7):
        for one, whole in zip(network(batch[i : i + 1]), together, strict=True):
            np.testing.assert_array_equal(one[0], whole[i])


@pytest.mark.parametrize("runtime", INSTALLED)
def test_threads_may_share_a_network(runtime, trusting):
    network = RuntimeOpener(runtime)(Halves(), name="halves")
    expected = [network(images(3, seed=seed))[0] for seed in range(8)]
    found = {}

    def run(seed):
        found[seed] = network(images(3, seed=seed))[0]

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for seed in range(8):
        np.testing.assert_array_equal(found[seed], expected[seed])


def test_the_file_is_that_of_the_weights_the_shape_and_the_code(home):
    torch.manual_seed(0)
    module, example = Halves().eval(), [torch.zeros(1, 3, 12, 10)]
    first = onnx_file(module, example, name="halves", any_size=False)
    assert first == onnx_file(module, example, name="halves", any_size=False)
    other_size = onnx_file(module, [torch.zeros(1, 3, 8, 8)], name="halves", any_size=False)
    open_size = onnx_file(module, example, name="halves", any_size=True)
    assert open_size == onnx_file(module, [torch.zeros(1, 3, 8, 8)], name="halves", any_size=True)
    with torch.no_grad():
        module.conv.bias[0] += 1
    other_weights = onnx_file(module, example, name="halves", any_size=False)
    assert len({first, other_size, open_size, other_weights}) == 4
    assert sorted(home.rglob("*")) == sorted(
        [home / "networks", first, other_size, open_size, other_weights]
    )


class Optioned(nn.Module):
    """A module whose text says nothing of its options."""

    def __init__(self, option):
        super().__init__()
        self.option = option

    def forward(self, x):
        return self.option(x) if callable(self.option) else x * self.option


def adding(number):
    return lambda x: x + number


def test_options_that_the_text_does_not_show_make_another_file():
    options = [
        2,
        2.0,
        adding(1),
        adding(2),
        partial(torch.add, other=1),
        partial(torch.add, other=2),
    ]
    keys = [network_key(Optioned(one), [(3, 4, 4)]) for one in options]
    assert len(set(keys)) == len(options)
    again = [2, 2.0, adding(1), adding(2), partial(torch.add, other=1), partial(torch.add, other=2)]
    assert [network_key(Optioned(one), [(3, 4, 4)]) for one in again] == keys
    # The same weights, with and without a shift between frames.
    networks = []
    for name in ("tsn_r50_1x1x8_k400", "tsm_r50_1x1x8_k400"):
        torch.manual_seed(0)
        networks.append(zoo.load(name, weights=None).backbone)
    assert repr(networks[0]) == repr(networks[1])
    first, second = (network_key(one, [(3, 8, 64, 64)]) for one in networks)
    assert first != second


class Sorting(nn.Module):
    """What ONNX has no operator for."""

    def forward(self, x):
        return torch.linalg.svd(x)[1]


def test_what_cannot_be_converted_runs_in_torch_and_says_so(home):
    with pytest.raises(ConversionError, match=r"^sorting cannot be written as ONNX"):
        onnx_file(Sorting(), [torch.zeros(1, 3, 3)], name="sorting", any_size=False)
    said = []
    network = RuntimeOpener("openvino", log=said.append)(Sorting(), name="sorting")
    square = np.diag([3, 2, 1]).astype(np.float32)[None]
    np.testing.assert_allclose(network(square)[0], [[3, 2, 1]], atol=1e-5)
    assert len(said) == 1
    assert said[0].startswith("runtime   torch for sorting: sorting cannot be written as ONNX")
    assert list((home / "networks").iterdir()) == []


def test_a_runtime_that_fails_in_a_run_hands_over_to_torch(trusting, monkeypatch):
    class Failing:
        def open_file(self, path, **options):
            def run(*inputs):
                raise RuntimeError("Check failed\nunsupported layout\n")

            return run

    monkeypatch.setattr(converted, "load_runtime", lambda name: Failing())
    said, module = [], Halves()
    network = RuntimeOpener("openvino", log=said.append)(module, name="halves")
    for _ in range(2):
        np.testing.assert_array_equal(
            network(images(2))[0], open_in_torch(module, name="halves")(images(2))[0]
        )
    assert said == ["runtime   torch for halves: it failed in a run (unsupported layout)"]
    assert network.verdict.runtime == "torch"


def test_a_damaged_file_in_the_cache_hands_over_to_torch(home, trusting):
    module, said = Halves(), []
    path = onnx_file(module, [torch.zeros(1, 3, 12, 10)], name="halves", any_size=False)
    path.write_bytes(path.read_bytes()[:100])
    network = RuntimeOpener("openvino", log=said.append)(module, name="halves")
    assert network(images(1))[1].shape == (1, 3)
    assert said[0].startswith("runtime   torch for halves: the converted network cannot be stored")
    assert not path.exists()


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
