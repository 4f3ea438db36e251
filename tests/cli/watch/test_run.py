"""demo/watch.py as a user runs it: events, files, errors, Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks.watch import measure
from stad import zoo
from stad.cli.watch.command import parse_options, watch_main
from stad.errors import run_script
from stad.localization.options import LocalizerOptions
from stad.video.source import VideoSource
from tests.videos import write_video

ROOT = Path(__file__).resolve().parents[3]
CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")
ONLINE_CONFIG = str(ROOT / "tests" / "data" / "tiny_online.py")


@pytest.fixture
def arguments(tmp_path, weights) -> list[str]:
    """A tiny model over the whole frame, of which two labels always hold."""
    LocalizerOptions(0.0, window_sec=0.5).to_file(tmp_path / "localizer.json")
    return [
        *("--model", CONFIG, "--weights", weights, "--detector", "whole_frame"),
        *("--threshold", "0", "--labels", "walk,stand", "--precision", "float32"),
        *("--localizer", str(tmp_path / "localizer.json"), "--stride", "0.5"),
    ]


def exit_code(capsys, *arguments) -> tuple[int, str]:
    """The exit code of the script and what it wrote to stderr."""
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: watch_main([str(one) for one in arguments]))
    return stopped.value.code, capsys.readouterr().err


def test_events_go_to_the_screen_and_into_files(tmp_path, arguments, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=75, fps=25)
    (tmp_path / "events.jsonl").write_text('{"event": "before"}\n')
    code = watch_main(
        [
            *(str(video), *arguments, "--jsonl", str(tmp_path / "events.jsonl")),
            *("--record", "walk", "--record-dir", str(tmp_path / "clips")),
        ]
    )
    assert code == 0
    said = capsys.readouterr()
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(one["event"], one.get("label")) for one in lines] == [
        ("before", None),
        *(("start", "stand"), ("start", "walk"), ("end", "stand"), ("end", "walk")),
    ]
    for one in lines[3:]:
        assert (one["start_sec"], one["end_sec"]) == (0.0, pytest.approx(3.0, abs=0.01))
        assert (one["actor"], one["source"]) == (1, "in.mp4")
        began = time.mktime(time.strptime(one["began_at"][:19], "%Y-%m-%dT%H:%M:%S"))
        assert abs(began - time.timezone - time.time()) < 60
    assert len(re.findall(r"walk begins", said.out)) == 1
    assert len(re.findall(r"walk ends, 3.0 s", said.out)) == 1
    (clip,) = (tmp_path / "clips").iterdir()
    assert clip.name.endswith("_walk_1.mp4")
    assert len(list(VideoSource(clip).frames())) == 75
    assert "75 frames in 3 s, 0 dropped" in said.err
    assert "pace      people every 0.2 s" in said.err


def test_a_network_that_sees_the_past_alone_runs_frame_by_frame(tmp_path, capsys):
    torch.manual_seed(0)
    path = tmp_path / "tiny.pth"
    torch.save({"state_dict": zoo.load(ONLINE_CONFIG, weights=None).state_dict()}, path)
    video = write_video(tmp_path / "in.mp4", num_frames=75, fps=25)
    LocalizerOptions(0.0).to_file(tmp_path / "localizer.json")
    code = watch_main(
        [
            *(
                str(video),
                "--model",
                ONLINE_CONFIG,
                "--weights",
                str(path),
                "--labels",
                "abseiling",
            ),
            *("--detector", "whole_frame", "--localizer", str(tmp_path / "localizer.json")),
            *("--jsonl", str(tmp_path / "events.jsonl"), "--threshold", "0"),
        ]
    )
    assert code == 0
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(one["event"], one["label"]) for one in lines] == [
        ("start", "abseiling"),
        ("end", "abseiling"),
    ]
    said = capsys.readouterr().err
    assert "online    frame by frame" in said
    # A frame of its clips every four thirtieths of a second; a slow machine takes fewer.
    assert re.search(r"actions every 0\.\d+ s", said)


def test_quiet_is_quiet(tmp_path, arguments, capsys):
    video = write_video(tmp_path / "in.mp4", num_frames=25, fps=25)
    assert watch_main([str(video), *arguments, "--quiet", "--duration", "0.5"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.slow
def test_the_benchmark_counts(tmp_path, arguments):
    video = write_video(tmp_path / "in.mp4", num_frames=75, fps=25)
    found = measure(parse_options([str(video), *arguments]))
    assert (found["frames looked at"], found["frames dropped"]) == (75, 0)
    assert found["windows scored"] + found["windows skipped"] == 7
    assert found["latency p50, s"] <= found["latency p95, s"]
    assert 0 < found["CPU use, %"] < 100 * os.cpu_count() + 10
    assert found["real-time factor"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["{tmp}/none.mp4"], "No such file"),
        (["99"], "camera 99 cannot be opened"),
        (["{tmp}/in.mp4", "--threshold", "1.5"], "between 0 and 1"),
        (["{tmp}/in.mp4", "--tracker", "deepsort"], "Use one of botsort, bytetrack"),
        (["{tmp}/in.mp4", "--tracker-options", "enable_cmc=1"], "no parameter 'enable_cmc'"),
        (["{tmp}/in.mp4", "--track-memory", "-2"], "--track-memory must be a number of seconds"),
        (["{tmp}/in.mp4", "--max-latency", "0"], "--max-latency must be a number of seconds"),
        (["{tmp}/in.mp4", "--duration", "-1"], "--duration must be a number of seconds"),
        (["{tmp}/in.mp4", "--max-labels", "0"], "1 or more"),
        (["{tmp}/in.mp4", "--jsonl", "{tmp}"], "is a folder"),
        (["{tmp}/in.mp4", "--jsonl", "{tmp}/none/a"], "none does not exist"),
        (["{tmp}/in.mp4", "--webhook", "localhost:80"], "http"),
        (["{tmp}/in.mp4", "--record", "figth"], "--record: the model has no label 'figth'."),
        (["{tmp}/in.mp4", "--record", "walk", "--record-dir", "{tmp}/in.mp4"], "--record-dir"),
        (["{tmp}/in.mp4", "--show"], "--show needs a display"),
        (["{tmp}/in.mp4", "--device", "cuda:77"], "cannot be used here"),
    ],
)
def test_options_that_cannot_work(tmp_path, arguments, capsys, monkeypatch, options, message):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    write_video(tmp_path / "in.mp4", num_frames=8)
    options = [option.format(tmp=tmp_path) for option in options]
    code, said = exit_code(capsys, *options[:1], *arguments, "--quiet", *options[1:])
    assert code == 2
    assert message in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_ctrl_c_ends_cleanly(tmp_path, arguments):
    video = write_video(tmp_path / "in.mp4", num_frames=3000, fps=25)
    command = [sys.executable, str(ROOT / "demo" / "watch.py"), str(video), *arguments]
    command += ["--jsonl", str(tmp_path / "events.jsonl"), "--record", "walk"]
    command += ["--record-dir", str(tmp_path / "clips")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    events = tmp_path / "events.jsonl"
    deadline = time.monotonic() + 60
    while not (events.exists() and events.stat().st_size):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    time.sleep(1.0)
    os.kill(process.pid, signal.SIGINT)
    begin_sec = time.monotonic()
    said = process.communicate(timeout=60)[1]
    assert time.monotonic() - begin_sec < 15
    assert process.returncode == 0
    assert "Traceback" not in said
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [one["event"] for one in lines] == ["start", "start", "end", "end"]
    (clip,) = (tmp_path / "clips").iterdir()
    length_sec = len(list(VideoSource(clip).frames())) / 25
    assert length_sec == pytest.approx(lines[-1]["end_sec"], abs=0.1)
