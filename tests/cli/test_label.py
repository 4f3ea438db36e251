"""The command that serves the label page, as a process: start, refusals, Ctrl-C and kill -9."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.cli.label import label_main
from stad.errors import InputError
from stad.utils.web_server import open_socket
from tests.videos import write_video

COMMAND = "from stad.cli.main import main; main()"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "mine"
    path.mkdir()
    write_video(path / "a.mp4")
    return path


@contextmanager
def running(folder, *words):
    """Start the command; yield its process and the lines that it printed up to the last one."""
    # The whole frame needs no weights.
    words = ["label", str(folder), "--no-browser", "--detector", "whole_frame", *words]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            line = process.stdout.readline()
            assert line, lines
            lines.append(line)
        yield process, "".join(lines)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=20)


def address(text):
    """The address that was printed."""
    return urlsplit(re.search(r"http://\S+", text)[0])


def call(url, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=20)
    token = url.query.removeprefix("token=")
    connection.request(method, path, body and json.dumps(body), {"X-Stad-Token": token})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_the_page_is_served_until_ctrl_c(folder):
    with running(folder, "--classes", "walk,run") as (process, text):
        assert f"Label 1 video of {folder} (classes walk, run)" in text
        assert "Open in your browser: http://127.0.0.1:" in text
        url = address(text)
        assert f"ssh -L {url.port}:127.0.0.1:{url.port}" in text
        assert len(url.query) > 30
        status, page = call(url, "GET", f"/?{url.query}")
        assert status == 200
        assert b"<!doctype html>" in page
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            video = json.loads(call(url, "GET", "/api/project")[1])["videos"][0]
            if video["state"] == "ready":
                break
            time.sleep(0.05)
        assert video["num_tracks"] == 1
        # A browser keeps its connections open.
        with socket.create_connection(("127.0.0.1", url.port)) as link:
            link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert link.recv(9999)
            os.killpg(process.pid, signal.SIGINT)
            rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"Stopped. The labels are in {folder}/labels." in rest
    assert "Traceback" not in rest


@pytest.mark.slow
@pytest.mark.parametrize("pause_sec", [0.0, 0.3])
def test_ctrl_c_at_the_start_ends_cleanly(folder, pause_sec):
    write_video(folder / "long.avi", codec="mpeg4", num_frames=900)
    with running(folder) as (process, _):
        time.sleep(pause_sec)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in rest
    assert not list((folder / ".stad").rglob("*.part*"))


def test_kill_9_loses_no_change_that_was_answered(folder):
    with running(folder, "--classes", "walk") as (process, text):
        url = address(text)
        answered = []

        def write():
            try:
                while True:
                    revision = len(answered)
                    spans = [
                        {"track": None, "label": "walk", "start_sec": one, "end_sec": one + 0.5}
                        for one in range(revision + 1)
                    ]
                    body = {"revision": revision, "spans": spans}
                    status, content = call(url, "PUT", "/api/labels?video=a.mp4", body)
                    assert status == 200, content
                    answered.append(json.loads(content)["revision"])
            except OSError:
                pass
            except http.client.HTTPException:
                pass

        writer = threading.Thread(target=write)
        writer.start()
        while len(answered) < 40:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        writer.join(20)
    labels = OwnFolder(folder).read_labels("a.mp4")
    assert answered[-1] <= labels.revision <= answered[-1] + 1
    assert len(labels.spans) == labels.revision
    # The next server goes on from there.
    with running(folder) as (_, text):
        body = {"revision": labels.revision, "spans": []}
        assert call(address(text), "PUT", "/api/labels?video=a.mp4", body)[0] == 200


def test_a_folder_has_one_server(folder):
    words = ["label", str(folder), "--no-browser", "--detector", "whole_frame"]
    with running(folder, "--classes", "walk") as (_, text):
        second = subprocess.run(
            [sys.executable, "-c", COMMAND, *words],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        assert second.returncode == 2
        assert second.stderr == (
            f"error: The label page of {folder} is served already. Use that page, or end the other "
            "'stad label' first.\n"
        )
        change = {"revision": 0, "spans": []}
        assert call(address(text), "PUT", "/api/labels?video=a.mp4", change)[0] == 200
    # Its end, also by SIGKILL, frees the folder; the address stays.
    with running(folder) as (_, again):
        assert address(again) == address(text)


def test_labels_follow_a_moved_video(folder):
    mark = fingerprint(folder / "a.mp4")
    OwnFolder(folder).write_labels(VideoLabels("a.mp4", fingerprint=mark))
    (folder / "a.mp4").rename(folder / "b.mp4")
    with running(folder) as (_, text):
        assert "moved     a.mp4 is b.mp4 now" in text
    assert OwnFolder(folder).labelled_videos() == ["b.mp4"]


def test_a_port_that_is_taken_is_told(folder):
    with open_socket(0) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"--port {port} is in use by another program"):
            label_main([str(folder), "--port", str(port), "--no-browser"], prog="stad label")


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_a_port_that_does_not_exist_is_told(folder, port):
    with pytest.raises(InputError, match=rf"--port {port} cannot be used"):
        label_main([str(folder), f"--port={port}", "--no-browser"], prog="stad label")


def test_wrong_folders_and_classes_are_told(folder, tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        label_main([str(tmp_path / "none")], prog="stad label")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no video"):
        label_main([str(tmp_path / "empty")], prog="stad label")
    with pytest.raises(InputError, match="named twice"):
        label_main([str(folder), "--classes", "a,a"], prog="stad label")
    opened = OwnFolder(folder)
    opened.write_classes(["walk", "run"])
    opened.write_labels(VideoLabels("a.mp4", spans=(LabelSpan(None, "walk", 0, 1),)))
    with pytest.raises(InputError, match="--classes leaves out walk, which has labels"):
        label_main([str(folder), "--classes", "run,read"], prog="stad label")
    assert opened.classes() == ("walk", "run")


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as ended:
        label_main(["--help"], prog="stad label")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for word in ("--classes", "A,B", "--port", "--no-browser", "Ctrl-C", "DATA"):
        assert word in text
