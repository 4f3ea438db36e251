"""What is chosen when nothing is asked for: by what is in the cache and what can be had."""

import dataclasses
import hashlib
import importlib.util

import pytest

from stad.errors import InputError
from stad.zoo import catalog, costs
from stad.zoo.choice import (
    CPU_DETECTION_MODELS,
    DETECTION_MODELS,
    choose_detection_model,
    choose_detector,
    is_noncommercial,
)
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
def rate(monkeypatch):
    """Make a machine of any speed, billions of multiply-adds a second."""

    def be(speed):
        monkeypatch.setattr(costs, "measure_rate", lambda device: speed)

    return be


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
    assert "umt_vit_l16_ava22 could not be fetched" in reason
    assert "answered 404" in reason
    assert choose_detection_model("cuda:0") == (name, "the best in the cache")


def test_on_a_cpu_the_slow_ones_are_left_out(files, rate):
    rate(100)
    offer(files, "slowfast_r50_8x8_ava22", "slowfast_r50_4x16_ava21")
    name, reason = choose_detection_model("cpu")
    assert name == "slowfast_r50_4x16_ava21"
    assert not any("8x8" in path for path in files.requests)
    # Half of the rate is reached: 95 and 1801 of 50.
    assert reason.endswith(
        "slowfast_r50_4x16_ava21 was downloaded, an estimated 1.90 s per clip; umt_vit_l16_ava22 "
        "would take an estimated 36 s per clip here"
    )


@pytest.mark.parametrize(
    ("speed", "stride_sec", "chosen"),
    [
        (4000, 1.0, "umt_vit_l16_ava22"),
        (1200, 1.0, "umt_vit_b16_ava22"),
        (1200, 4.0, "umt_vit_l16_ava22"),
        (700, 1.0, "slowonly_r50_16x4_tricks_k700_avakinetics"),
        (400, 1.0, "slowonly_r50_8x8_tricks_k700_avakinetics"),
        # It would take 3 s, but so would all others.
        (50, 1.0, "slowonly_r50_4x16_k700_avakinetics"),
        (50, 6.0, "slowonly_r50_8x8_tricks_k700_avakinetics"),
        (10, 1.0, "slowonly_r50_4x16_k700_avakinetics"),
    ],
)
@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_the_best_whose_clips_take_less_than_the_time_between_predictions(
    files, rate, device, speed, stride_sec, chosen
):
    rate(speed)
    offer(files, *(entry.name for entry in catalog.MODELS))
    assert choose_detection_model(device, stride_sec=stride_sec)[0] == chosen


MAP = {one.name: float(one.metric.split()[-1]) for one in catalog.MODELS if "AVA" in one.metric}


@pytest.mark.parametrize("speed", [20, 150, 250, 349, 351, 650, 1150, 3700])
@pytest.mark.parametrize("any_licence", [False, True])
def test_no_model_is_more_accurate_and_fits_into_the_stride(files, rate, speed, any_licence):
    rate(speed)
    offer(files, *(entry.name for entry in catalog.MODELS))
    chosen, _ = choose_detection_model("cpu", any_licence=any_licence)
    licences = {one.name: one.licence for one in catalog.MODELS}
    allowed = [
        name
        for name, cost in costs.GFLOPS.items()
        if (cost <= speed / 2 or name in CPU_DETECTION_MODELS)
        and (any_licence or not is_noncommercial(licences[name]))
    ]
    assert MAP[chosen] == max(map(MAP.get, allowed))
    assert chosen in allowed


def test_on_any_machine_there_are_the_cheapest():
    others = set(DETECTION_MODELS) - set(CPU_DETECTION_MODELS)
    dearest = max(costs.GFLOPS[name] for name in CPU_DETECTION_MODELS)
    assert dearest < min(costs.GFLOPS[name] for name in others)


def test_models_for_non_commercial_use_only_are_chosen_only_when_they_are_asked_for(files, rate):
    rate(None)
    offer(files, "umt_vit_b16_ava22")
    keep(files, "videomae_vit_l16_avakinetics")
    name, reason = choose_detection_model("cuda:0")
    assert name == "umt_vit_b16_ava22"
    assert "videomae" not in reason
    assert choose_detection_model("cuda:0", any_licence=True)[0] == "videomae_vit_l16_avakinetics"
    limited = {one.name for one in catalog.MODELS if is_noncommercial(one.licence)}
    assert limited >= {
        "videomae_vit_l16_avakinetics",
        "videomae_vit_b16_avakinetics",
        "videomae_vit_l16_k400",
        "videomae_vit_b16_k400",
    }
    assert not limited & {"umt_vit_l16_ava22", "videomae2_vit_b16_k400", *CPU_DETECTION_MODELS}


def test_what_is_in_the_cache_is_not_left_for_a_download(files):
    offer(files, "slowfast_r50_4x16_context_ava21")
    keep(files, "slowonly_r50_4x16_ava21")
    assert choose_detection_model("cpu")[0] == "slowonly_r50_4x16_ava21"
    assert files.requests == []


def test_the_fallback_does_not_keep_a_better_one_away(files):
    keep(files, "skeleton_poses")
    offer(files, "slowonly_r50_4x16_ava21")
    assert choose_detection_model("cpu")[0] == "slowonly_r50_4x16_ava21"


def test_the_fallback_says_why(files, rate):
    rate(None)
    offer(files, "skeleton_poses", "yolov4_tiny")
    name, reason = choose_detection_model("cpu")
    assert name == "skeleton_poses"
    assert reason == (
        "slowonly_r50_4x16_k700_avakinetics could not be fetched "
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
