"""What is chosen when nothing is asked for: by what is in the cache and what can be had."""

import dataclasses
import hashlib
import importlib.util

import pytest

from stad.errors import InputError
from stad.zoo import catalog
from stad.zoo.choice import choose_detection_model, choose_detector
from stad.zoo.files import cached_path
from stad.zoo.weights import UrlWeights
from tests.operators import needs_operators

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def files(monkeypatch, server):
    """The server of all weights of the catalog, empty: each model's file has the model's name."""
    for table in ("MODELS", "DETECTORS"):
        alone = {"needs": ()} if table == "MODELS" else {}
        entries = [
            dataclasses.replace(
                entry, weights=UrlWeights(f"{server.url}/{entry.name}.pth", SHA256), **alone
            )
            for entry in getattr(catalog, table)
        ]
        monkeypatch.setattr(catalog, table, tuple(entries))
    return server


def offer(files, *names):
    for name in names:
        files.content[f"/{name}.pth"] = CONTENT


def keep(files, name):
    path = cached_path(UrlWeights(f"{files.url}/{name}.pth", SHA256))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(CONTENT)


@pytest.fixture
def without(monkeypatch):
    """Make packages impossible to find."""

    def hide(*names):
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name in names else find(name)
        )

    return hide


def test_the_best_that_can_be_downloaded(files):
    offer(files, "slowfast_r50_8x8_ava22", "slowfast_r50_4x16_ava21", "skeleton_poses")
    name, reason = choose_detection_model("cuda:0")
    assert name == "slowfast_r50_8x8_ava22"
    assert "slowonly_r50_16x4_tricks_k700_avakinetics could not be fetched" in reason
    assert "answered 404" in reason
    assert choose_detection_model("cuda:0") == (name, "the best in the cache")


def test_on_a_cpu_the_slow_ones_are_left_out(files):
    offer(files, "slowfast_r50_8x8_ava22", "slowfast_r50_4x16_ava21")
    assert choose_detection_model("cpu")[0] == "slowfast_r50_4x16_ava21"
    assert not any("8x8" in path for path in files.requests)


def test_what_is_in_the_cache_is_not_left_for_a_download(files):
    offer(files, "slowfast_r50_4x16_context_ava21")
    keep(files, "slowonly_r50_4x16_ava21")
    assert choose_detection_model("cpu")[0] == "slowonly_r50_4x16_ava21"
    assert files.requests == []


def test_the_fallback_does_not_keep_a_better_one_away(files):
    keep(files, "skeleton_poses")
    offer(files, "slowonly_r50_4x16_ava21")
    assert choose_detection_model("cpu")[0] == "slowonly_r50_4x16_ava21"


def test_the_fallback_says_why(files):
    offer(files, "skeleton_poses", "yolov4_tiny")
    name, reason = choose_detection_model("cpu")
    assert name == "skeleton_poses"
    assert reason == (
        "slowfast_r50_4x16_context_ava21 could not be fetched "
        f"({files.url[7:]} answered 404); skeleton_poses is the best available"
    )
    name, reason = choose_detector()
    assert (name, reason.endswith("yolov4_tiny is the best available")) == ("yolov4_tiny", True)


@needs_operators
def test_on_a_cpu_onnx_detectors_go_first_and_on_a_gpu_those_of_mmdet(files):
    offer(files, "yolox_tiny_humanart", "rtmdet_s", "yolov4_tiny")
    name, reason = choose_detector("cuda:0")
    assert (name, "yolox" in reason) == ("rtmdet_s", False)
    keep_nothing(files)
    name, reason = choose_detector("cpu")
    assert name == "yolox_tiny_humanart"
    assert reason.startswith("rtmdet_nano_person could not be fetched")
    assert [path for path in files.requests if "rtmdet_nano" in path] == ["/rtmdet_nano_person.pth"]


def keep_nothing(files):
    for entry in catalog.DETECTORS:
        cached_path(entry.weights).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("hidden", "chosen"),
    [
        (("mmdet",), "rtmdet_nano_person"),
        (("mmdet", "openvino"), "rtmdet_nano_person"),
        (("mmdet", "onnxruntime"), "rtmdet_nano_person"),
        (("mmdet", "openvino", "onnxruntime"), "yolov4_tiny"),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_onnx_detectors_need_no_mmdet_but_a_library_that_runs_them(
    files, without, monkeypatch, device, hidden, chosen
):
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    offer(files, "rtmdet_nano_person", "yolox_tiny_humanart", "yolov4_tiny")
    without(*hidden)
    assert choose_detector(device)[0] == chosen
    assert ("/rtmdet_nano_person.pth" in files.requests) == (chosen != "yolov4_tiny")


@pytest.mark.parametrize(
    ("runtime", "hidden", "chosen"),
    [
        ("torch", (), "yolov4_tiny"),
        ("openvino", (), "rtmdet_nano_person"),
        ("openvino", ("openvino",), "yolov4_tiny"),
        ("onnxruntime", ("openvino",), "rtmdet_nano_person"),
    ],
)
def test_the_runtime_of_the_run_has_to_run_them(files, without, runtime, hidden, chosen):
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    offer(files, "rtmdet_nano_person", "yolov4_tiny")
    without("mmdet", *hidden)
    assert choose_detector("cpu", runtime=runtime)[0] == chosen


def test_a_host_out_of_reach_is_asked_once_for_all_detectors(files, monkeypatch):
    """All published detectors but the fallback are on one host."""
    asked = []

    def refuse(request, timeout):
        asked.append(request.full_url)
        raise OSError("no route to host")

    offer(files, "yolov4_tiny")
    keep(files, "yolov4_tiny")
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    name, reason = choose_detector("cpu")
    assert name == "yolov4_tiny"
    assert "could not be fetched" in reason
    assert len(asked) == 1


def test_nothing_at_all(files):
    with pytest.raises(InputError, match=r"yolov4_tiny\.pth cannot be fetched: .*save it as"):
        choose_detector()


@needs_operators
def test_where_mmdet_can_run_its_detectors_are_preferred(files):
    keep(files, "rtmdet_s")
    assert choose_detector() == ("rtmdet_s", "the best in the cache")


def test_where_mmdet_cannot_run_its_detectors_are_not_even_fetched(files, without):
    without("mmdet")
    keep(files, "rtmdet_s")
    offer(files, "rtmdet_tiny", "yolov4_tiny")
    assert choose_detector()[0] == "yolov4_tiny"
    assert not {"/rtmdet_s.pth", "/rtmdet_tiny.pth"} & {*files.requests}
