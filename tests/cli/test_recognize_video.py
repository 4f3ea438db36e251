"""demo/recognize_video.py: what it prints and writes, and one clear error for wrong input."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from stad import zoo
from stad.cli.recognize import recognize_main
from stad.cli.recognize_job import as_table
from stad.errors import InputError
from stad.inference.recognition import Recognition, recognize_video
from stad.video.sampling import Views
from stad.video.source import VideoSource
from tests.videos import NO_VIDEOS, write_video

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "tests" / "data" / "tiny_recognizer.py")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "input.mp4", num_frames=60)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, path)
    return str(path)


def run(video, weights, *arguments):
    recognize_main([str(video), "--model", CONFIG, "--weights", weights, *map(str, arguments)])


def test_it_prints_bars_and_writes_json(video, weights, tmp_path, capsys):
    path = tmp_path / "out.json"
    run(video, weights, "--views", "2x3", "--top", 4, "--json", path, "--device", "cpu")
    document = json.loads(path.read_text())
    assert (document["video"], document["model"]) == ("input.mp4", "tiny_recognizer")
    assert document["views"] == "2x3"
    scores = [one["score"] for one in document["top"]]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].strip() == "input.mp4"
    for line, one in zip(lines[1:], document["top"], strict=True):
        assert line.startswith(one["label"])
        assert f"{one['score']:.1%}" in line
    assert "views 2x3" in printed.err


def test_the_scores_are_the_mean_over_the_views(video, weights):
    loaded = zoo.open_model(CONFIG, weights=weights)
    found = recognize_video(video, loaded, views=Views(1, 1))
    # By hand: the middle window, whole frames of the short side.
    frames = [frame.image for frame in VideoSource(video).frames()]
    import cv2

    # 60 frames; four at 4 frames apart begin at frame 22.
    clip = np.stack([cv2.resize(frames[i], (85, 64)) for i in (22, 26, 30, 34)])
    inputs = loaded.model.data_preprocessor.normalise(torch.from_numpy(clip)[None])
    with torch.inference_mode():
        expected = loaded.model.probabilities(loaded.model.score_clips(inputs))[0].numpy()
    np.testing.assert_allclose(found.scores, expected, atol=1e-6)
    several = recognize_video(video, loaded)
    assert several.views == Views(5, 1)
    assert not np.allclose(several.scores, found.scores, atol=1e-9)


def test_quiet_prints_nothing(video, weights, capsys):
    run(video, weights, "--quiet", "--device", "cpu")
    assert capsys.readouterr() == ("", "")


def test_the_highest_come_first_and_ties_in_order():
    found = Recognition(("a", "b", "c"), np.array([0.2, 0.4, 0.4]), Views(1, 1))
    assert found.top(2) == [(1, 0.4), (2, 0.4)]
    assert as_table([("a", 0.5)], title="x").row_count == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--top", 0], "--top must be 1 or more"),
        (["--views", "3x2"], "CLIPSxCROPS"),
        (["--device", "nowhere"], "cuda or cuda:N, got nowhere."),
        (["--json", "/none/x.json"], "does not exist"),
    ],
)
def test_wrong_options(video, weights, arguments, said):
    with pytest.raises(InputError, match=said):
        run(video, weights, *arguments)


@pytest.mark.parametrize("kind", NO_VIDEOS)
def test_what_is_no_video(weights, tmp_path, kind):
    make, said = NO_VIDEOS[kind]
    with pytest.raises(InputError, match=said):
        run(make(tmp_path), weights)


def test_outputs_are_kept(video, weights, tmp_path):
    path = tmp_path / "out.json"
    path.write_text("mine")
    with pytest.raises(InputError, match="--overwrite"):
        run(video, weights, "--json", path)
    assert path.read_text() == "mine"
    run(video, weights, "--json", path, "--overwrite", "--quiet")
    assert json.loads(path.read_text())["views"] == "5x1"


def test_a_model_of_people_is_told_apart(video):
    config = str(ROOT / "tests" / "data" / "tiny_detector.py")
    loaded = zoo.open_model(config, weights=None)
    with pytest.raises(InputError, match="scores people, not whole videos"):
        recognize_video(video, loaded)


def test_the_script_ends_with_code_2(tmp_path):
    script = [sys.executable, str(ROOT / "demo" / "recognize_video.py")]
    done = subprocess.run([*script, str(tmp_path / "none.mp4")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: No such file")
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 2
    assert "Give a video file" in done.stderr


@pytest.mark.slow
def test_a_closed_pipe_ends_with_code_141(video, weights, tmp_path):
    path = tmp_path / "out.json"
    arguments = [video, "--model", CONFIG, "--weights", weights, "--device", "cpu"]
    arguments += ["--views", "1x1", "--json", path]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "demo" / "recognize_video.py"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert "Traceback" not in said
