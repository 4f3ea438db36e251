"""``stad serve``: its options, what it refuses to do, and the command as a process."""

from __future__ import annotations

import importlib.util
import socket
import urllib.request
from pathlib import Path

import pytest

from benchmarks import serving as benchmark
from stad.cli.main import stad_main
from stad.cli.serve import PACKAGES
from stad.cli.serve_job import check_public
from stad.errors import InputError
from stad.serving.tokens import VARIABLE, Tokens
from tests.cli.scripts import ROOT


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--max-size", "0"], "--max-size must be a number above 0, got 0."),
        (["--max-length", "-1"], "--max-length must be a number of seconds above 0, got -1."),
        (["--max-queue", "0"], "--max-queue must be 1 or more, got 0."),
        (["--rate", "nan"], "--rate must be a number above 0, got nan."),
        (["--keep-days", "-1"], "--keep-days must be 0 or more, got -1."),
        (["--port", "70000"], "--port must be from 0 to 65535, got 70000."),
        (["--workers", "0"], "--workers must be 1 or more, got 0."),
        (["--videos", "none"], "--videos: there is no folder none."),
        (["--allow-private"], "--allow-private needs --allow-urls"),
        (["--live", "door"], "'door' is not KEY=VALUE"),
        (["--live", "a/b=0"], "the name must be plain text without '/'"),
        (["--threshold", "2"], "--threshold must be between 0 and 1, got 2."),
        (["--token-file", "none"], "--token-file none cannot be read"),
        (["--host", "0.0.0.0", "--port", "0"], "--host 0.0.0.0 can be reached from other machines"),
        (["--host", "192.0.2.1"], "--host 192.0.2.1 cannot be used"),
        (["--data", "file/x"], "cannot be written"),
    ],
)
def test_wrong_options(words, message):
    with pytest.raises(InputError) as caught:
        stad_main(["serve", *words])
    assert message in str(caught.value)


def test_without_the_extra_the_command_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        stad_main(["serve"])
    assert str(caught.value) == (
        "The service needs fastapi, python-multipart, prometheus-client, which plain stad does "
        "without. Run: pip install 'stad[serve]', then start it again."
    )


def test_the_extra_names_the_packages_that_are_looked_for():
    lines = (ROOT / "setup.cfg").read_text().split("\nserve =\n")[1].split("\n")[: len(PACKAGES)]
    assert [line.strip().split(">")[0] for line in lines] == list(PACKAGES.values())


def test_a_port_in_use_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"--port {port} is in use by another program"):
            stad_main(["serve", "--port", str(port)])


@pytest.mark.parametrize(
    ("address", "has_token", "is_allowed"),
    [
        *(("127.0.0.1", False, True), ("127.0.0.9", False, True), ("::1", False, True)),
        *(("0.0.0.0", False, False), ("0.0.0.0", True, True), ("::", False, False)),
    ],
)
def test_only_loopback_needs_no_token(address, has_token, is_allowed):
    tokens = Tokens(["0123456789abcdef"] if has_token else [])
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        try:
            listener.bind((address, 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        if is_allowed:
            check_public(listener, address, tokens)
        else:
            with pytest.raises(InputError, match="Set STAD_SERVE_TOKEN"):
                check_public(listener, address, tokens)


@pytest.mark.slow
def test_the_command_as_a_process(tmp_path):
    """Two services do not use one folder; a model that cannot be loaded ends the command."""
    words = benchmark.small_model(tmp_path, ROOT / "tests" / "data" / "tiny_detector.py")
    with benchmark.running_service(tmp_path, words) as (url, _):
        with urllib.request.urlopen(f"{url}/health", timeout=30) as answer:
            assert answer.status == 200
        with pytest.raises(InputError, match="Another service uses the folder"):
            stad_main(["serve", "--data", "data", "--port", "0"])
    log = Path("serve.log").read_text()
    assert "model     tiny_detector" in log
    assert log.endswith("Stopped. The queue continues with the next start.\n")
    with pytest.raises(InputError, match="no_such_model"):
        stad_main(["serve", "--data", "data", "--port", "0", "--model", "no_such_model"])
