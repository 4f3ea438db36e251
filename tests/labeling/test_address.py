"""The address of the label page stays the same from start to start."""

from __future__ import annotations

import json
import stat

import pytest

from stad.annotations.own.folder import OwnFolder
from stad.labeling.address import open_address


@pytest.fixture
def start(tmp_path):
    listeners = []

    def open_again(port=0, *, ends=True):
        listener, token = open_address(OwnFolder(tmp_path), port)
        listeners.append(listener)
        found = listener.getsockname()[1], token
        if ends:
            listener.close()
        return found

    yield open_again
    for one in listeners:
        one.close()


def test_the_next_start_has_the_same_address(start, tmp_path):
    first = start()
    assert start() == first
    path = tmp_path / ".stad" / "server" / "address.json"
    assert json.loads(path.read_text()) == {"port": first[0], "token": first[1]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_port_that_is_taken_is_replaced(start):
    port, token = start(ends=False)
    other = start()
    assert other[0] != port
    assert other[1] == token


@pytest.mark.parametrize("content", ["", "[]", '{"port": 5000}', '{"port": "x", "token": 1}'])
def test_a_file_that_cannot_be_used_is_replaced(start, tmp_path, content):
    token = start()[1]
    (tmp_path / ".stad" / "server" / "address.json").write_text(content)
    again = start()
    assert again[1] != token
    assert start() == again


def test_a_token_that_others_could_read_is_replaced(start, tmp_path):
    token = start()[1]
    (tmp_path / ".stad" / "server" / "address.json").chmod(0o644)
    assert start()[1] != token
