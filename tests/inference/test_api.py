"""The Python API: the same results as the command line, without files."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import stad
from stad import zoo
from stad.annotations.document import frame_entry, segment_entries, tube_entry
from stad.cli.annotate import annotate_main
from stad.cli.recognize import recognize_main
from stad.errors import InputError
from stad.inference.frames import ArraySource
from stad.localization.options import LocalizerOptions
from stad.structures import Actors
from tests.videos import moving_square, write_video

DATA = Path(__file__).parents[1] / "data"
CONFIG = str(DATA / "tiny_detector.py")
RECOGNIZER = str(DATA / "tiny_recognizer.py")


def save_weights(path: Path, config: str) -> str:
    torch.manual_seed(0)
    torch.save({"state_dict": zoo.load(config, weights=None).state_dict()}, path)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A video of 4 s, two people whom the tracker has to follow, and the tiny model."""
    folder = tmp_path_factory.mktemp("api")
    save_weights(folder / "tiny.pth", CONFIG)
    rows = ["time_sec,x1,y1,x2,y2,score"]
    for step in range(20):
        x = 3 * step
        rows += [f"{step / 5},{10 + x},20,{50 + x},110,0.9"]
        rows += [f"{step / 5},{100 - x},20,{140 - x},110,0.8"] if step % 7 else []
    (folder / "boxes.csv").write_text("\n".join(rows))
    write_video(folder / "in.mp4", num_frames=100, fps=25)
    return folder


@pytest.fixture
def options(folder) -> dict:
    return {
        **{"model": CONFIG, "weights": str(folder / "tiny.pth"), "precision": "float32"},
        **{"boxes": folder / "boxes.csv", "threshold": 0.5, "stride_sec": 0.4},
    }


@pytest.fixture(scope="module")
def document(folder) -> dict:
    """The JSON of the command line."""
    path = folder / "out.json"
    code = annotate_main(
        [
            *(str(folder / "in.mp4"), "--model", CONFIG, "--weights", str(folder / "tiny.pth")),
            *("--boxes", str(folder / "boxes.csv"), "--threshold", "0.5", "--stride", "0.4"),
            *("--precision", "float32", "--quiet", "--json", str(path)),
        ]
    )
    assert code == 0
    return json.loads(path.read_text())


def plain(value):
    """As the JSON of the command line has it."""
    return json.loads(json.dumps(value))


def test_results_are_those_of_the_command_line(folder, options, document, capsys):
    run = stad.annotate(folder / "in.mp4", **options)
    assert (run.segments, run.tubes) == ([], [])
    results = list(run)
    names = run.class_names
    entries = [frame_entry(one, names, min_score=0.05) for one in results]
    assert plain(entries) == document["frames"]
    assert len(run.segments) > 3
    assert plain(segment_entries(run.segments, names)) == [
        {key: one[key] for key in ("actor", "label", "start_sec", "end_sec", "score")}
        for one in document["segments"]
    ]
    pairs = zip(run.segments, run.tubes, strict=True)
    assert plain([tube_entry(*pair, names) for pair in pairs]) == document["segments"]
    assert (run.info.stride_sec, run.info.model) == (document["stride_sec"], document["model"])
    labels = [label for one in results for own in one.labels for label in own]
    assert labels
    assert all(label.name == names[label.class_index] for label in labels)
    assert capsys.readouterr() == ("", "")


def test_each_result_has_its_frame(folder, options):
    images = [frame.image for frame in stad.VideoSource(folder / "in.mp4").frames()]
    with stad.annotate(stad.VideoSource(folder / "in.mp4"), **options) as run:
        for image, result in zip(images, run, strict=True):
            assert (result.frame.index, result.frame.time_sec) == (result.index, result.time_sec)
            np.testing.assert_array_equal(result.frame.image, image)
    without = next(stad.annotate(folder / "in.mp4", keep_frames=False, **options))
    assert without.frame is None


def test_paths_are_names_too_and_none_gives_random_weights(folder, options):
    with stad.annotate(folder / "in.mp4", **options) as run:
        expected = next(run).time_sec
    options |= {"model": Path(CONFIG), "weights": folder / "tiny.pth"}
    with stad.annotate(folder / "in.mp4", **options) as run:
        assert next(run).time_sec == expected
        assert run.info.model == Path(CONFIG).stem
    found = stad.recognize(folder / "in.mp4", model=Path(RECOGNIZER), weights=None, views="1x1")
    assert found
    own = options | {"boxes": None, "detector": folder / "none.py"}
    with pytest.raises(InputError, match=r"No such file: .*none\.py"):
        stad.annotate(folder / "in.mp4", **own)


def test_arrays_are_frames_too(folder, options, document):
    images = (frame.image for frame in stad.VideoSource(folder / "in.mp4").frames())
    run = stad.annotate(images, fps=25, **options)
    entries = [frame_entry(one, run.class_names, min_score=0.05) for one in run]
    assert plain(entries) == document["frames"]


def test_a_run_that_is_closed_has_the_segments_so_far(folder, options):
    with stad.annotate(folder / "in.mp4", **options) as run:
        for _ in range(60):
            last = next(run)
    assert last.time_sec == run.last_sec
    assert run.segments
    broken = stad.annotate(folder / "in.mp4", **options)
    for result in broken:
        if result.index == 59:
            break
    assert (broken.segments, broken.tubes) == ([], [])
    broken.close()
    assert broken.segments == run.segments
    assert len(run.tubes) == len(run.segments)
    assert max(segment.end_sec for segment in run.segments) <= 60 / 25 + 1e-6
    assert list(run) == []


def test_a_detector_of_ones_own(folder, options):
    class Half:
        name, interval_sec, gives_ids, person_threshold = "half", None, True, 0.5

        def detect(self, frame):
            return Actors.from_arrays([[0, 0, 80, 120]], ids=[7])

    options = {**options, "boxes": None, "threshold": 0.0, "labels": "walk"}
    run = stad.annotate(folder / "in.mp4", detector=Half(), **options)
    ids = {int(i) for result in run for i in result.actors.ids}
    assert (ids, run.info.detector) == ({7}, "half")
    assert {run.class_names[segment.class_index] for segment in run.segments} == {"walk"}


def test_damage_is_a_warning(tmp_path, options):
    video = write_video(tmp_path / "in.avi", num_frames=90, codec="mpeg4")
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    with pytest.warns(UserWarning, match=r"in\.avi: the file ends early"):
        list(stad.annotate(video, **options))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": 1.5}, "threshold must be between 0 and 1, got 1.5"),
        ({"stride_sec": 0.0}, "stride_sec must be a number of seconds above 0"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"fps": 25}, "'fps' is for arrays only"),
        ({"detector": "whole_frame"}, "not both"),
        ({"tracker": "deepsort"}, "botsort, bytetrack"),
        ({"tracker_options": ["iou"]}, "^tracker_options takes KEY=VALUE pairs"),
        ({"device": "cuda:99"}, "^device cuda:99 cannot be used here"),
        ({"device": "mps"}, "^device must be auto, cpu, cuda or cuda:N, got mps"),
        ({"localizer": "none.json"}, "^localizer: there is no file none.json"),
        ({"labels": ["figth"]}, "^labels: the model has no label 'figth'"),
        ({"boxes": "none.csv"}, "o such file: none.csv"),
    ],
)
def test_arguments_that_cannot_work(folder, options, change, message):
    with pytest.raises(InputError, match=message):
        stad.annotate(folder / "in.mp4", **(options | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"precision": "fp16"}, "^'precision' must be 'auto', 'float32' or 'bfloat16', got 'fp16'"),
        ({"threshold": "0.5"}, "^'threshold' must be a number, got '0.5'"),
        ({"stride_sec": "0.5"}, "^'stride_sec' must be a number, got '0.5'"),
        ({"start_sec": "1"}, "^'start_sec' must be a number, got '1'"),
        ({"batch_size": 1.5}, "^'batch_size' must be a whole number, got 1.5"),
        ({"detector": object(), "boxes": None}, "^'detector' must be a name, .* gives_ids"),
        ({"model": 3}, "^'model' must be a name or a path, got 3"),
        ({"weights": 3}, "^'weights' must be a name or a path, got 3"),
        ({"boxes": 3}, "^'boxes' must be a name or a path, got 3"),
        ({"localizer": 3}, "^'localizer' must be a name or a path, got 3"),
        ({"labels": 3}, "^'labels' must be a sequence of texts, got 3"),
        ({"device": 3}, "^'device' must be a text or a torch.device, got 3"),
    ],
)
def test_arguments_of_another_type(folder, options, change, message):
    with pytest.raises(InputError, match=message):
        stad.annotate(folder / "in.mp4", **(options | change))


def test_sources_of_another_type():
    image = np.zeros((4, 6, 3), np.uint8)
    for video in (None, 0):
        with pytest.raises(InputError, match=f"'video' must be a path, .* got {video}"):
            stad.annotate(video)
    with pytest.raises(InputError, match="'fps' must be a number, got '10'"):
        stad.annotate([image], fps="10")
    with pytest.raises(InputError, match=r"'video' must be the path of a file .* type list"):
        stad.recognize([image])
    with pytest.raises(InputError, match="'views' must be a text, got 3"):
        stad.recognize("in.mp4", views=3)
    with pytest.raises(InputError, match=r"'source' must be the number of a camera, .* got None"):
        stad.watch(None)


def test_arrays_that_cannot_work():
    image = np.zeros((4, 6, 3), np.uint8)
    for images, message in (
        ([], "no images"),
        ([image[..., 0]], "must be an array"),
        ([image / 2], "must be an array"),
        ([image, image[:2]], "Image 1 is 6x2, the first one is 6x4"),
    ):
        with pytest.raises(InputError, match=message):
            list(ArraySource(images, fps=10).frames())
    with pytest.raises(InputError, match="'fps' must be above 0"):
        ArraySource([image], fps=0)
    with pytest.raises(InputError, match="Give fps"):
        stad.annotate([image])
    with pytest.raises(InputError, match="are for files"):
        stad.annotate([image], fps=3, start_sec=1.0)


def test_recognize_gives_labels_and_scores_best_first(folder, tmp_path, capsys):
    weights = save_weights(tmp_path / "tiny.pth", RECOGNIZER)
    video, path = folder / "in.mp4", tmp_path / "out.json"
    common = ["--model", RECOGNIZER, "--weights", weights, "--views", "2x1", "--top", "4"]
    recognize_main([str(video), *common, "--json", str(path), "--quiet"])
    found = stad.recognize(video, model=RECOGNIZER, weights=weights, views="2x1", top=4)
    expected = json.loads(path.read_text())["top"]
    assert [(name, round(score, 6)) for name, score in found] == [
        (one["label"], one["score"]) for one in expected
    ]
    with pytest.raises(InputError, match="top must be 1 or more"):
        stad.recognize(video, top=0)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def watch_options(folder, tmp_path) -> dict:
    LocalizerOptions(0.0, window_sec=0.5).to_file(tmp_path / "localizer.json")
    return {
        **{"model": CONFIG, "weights": str(folder / "tiny.pth"), "detector": "whole_frame"},
        **{"threshold": 0.0, "labels": ("walk", "stand"), "precision": "float32"},
        **{"localizer": tmp_path / "localizer.json", "stride_sec": 0.5},
    }


def no_threads() -> bool:
    names = ("reader", "detector", "scorer")
    return not [one for one in threading.enumerate() if one.name.startswith(names)]


def test_watch_gives_events_as_they_begin_and_end(tmp_path, watch_options, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=75, fps=25)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        events = stad.watch(video, **watch_options)
        found = [(event.kind, event.label) for event in events]
    assert found == [("start", "stand"), ("start", "walk"), ("end", "stand"), ("end", "walk")]
    assert events.stats.num_frames == 75
    assert no_threads()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["max_latency_sec", "duration_sec"])
def test_watch_checks_its_times(tmp_path, watch_options, name):
    with pytest.raises(InputError, match=rf"^{name} must be a number of seconds above 0, got -1"):
        stad.watch(tmp_path / "in.mp4", **watch_options, **{name: -1})


@pytest.mark.slow
def test_watch_can_be_ended_early(tmp_path, watch_options):
    video = write_video(tmp_path / "in.mp4", num_frames=500, fps=25)
    with stad.watch(video, **watch_options) as events:
        assert next(events).kind == "start"
        assert not no_threads()
    assert no_threads()
    assert list(events) == []
    # One that was never begun.
    stad.watch(video, **watch_options).close()
    # Stopped: what goes on has ended.
    kinds = []
    for event in (events := stad.watch(video, **watch_options)):
        kinds.append(event.kind)
        events.stop()
    assert kinds == ["start", "start", "end", "end"]
    # Ctrl-C while the next event is awaited.
    events = stad.watch(video, **watch_options)
    events._buffer.take_status = interrupt
    with pytest.raises(KeyboardInterrupt):
        next(events)
    assert no_threads()


def interrupt(text: str) -> None:
    raise KeyboardInterrupt


def test_memory_stays_flat(folder, options, tmp_path):
    """Frames that wait go to disk beyond a limit; none is left when the run is over."""
    images = (moving_square(index) for index in range(400))
    run = stad.annotate(images, fps=25, **options)
    store = run._store
    store._max_bytes = 10 * moving_square(0).nbytes
    waiting = [len(store) for _ in run]
    assert max(waiting) < 100
    assert store.num_bytes == 0


def test_importing_stad_is_quick_and_its_names_resolve():
    code = """
import sys, time
begin = time.perf_counter()
import stad
seconds = time.perf_counter() - begin
assert seconds < 0.05, seconds
assert not {"torch", "numpy", "cv2", "av"} & set(sys.modules)
assert set(stad.__all__) <= set(dir(stad))
assert "importlib" not in dir(stad)
for name in stad.__all__:
    assert getattr(stad, name) is not None
assert stad.models.online.OnlineRecognizer.__name__ == "OnlineRecognizer"
for name in ("annotations", "evaluation.ava", "video.window", "localization.tubes"):
    module = stad
    for part in name.split("."):
        module = getattr(module, part)
    assert module.__name__ == f"stad.{name}"
assert not hasattr(stad, "nothing")
print("ok")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "ok\n", done.stderr


def test_public_names_are_listed_once():
    assert sorted(stad.__all__) == sorted(stad._MODULES)
    assert (Path(stad.__file__).parent / "py.typed").read_text() == ""
