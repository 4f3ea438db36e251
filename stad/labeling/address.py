"""Keep the address of a folder's label page from one start of the server to the next.

A page that is still open then saves what it could not save while the server was gone; browsers
keep such labels for the same address only.
"""

from __future__ import annotations

import json
import os
import re
import socket
import stat
from pathlib import Path

from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.labeling.serving import make_token
from stad.utils.files import read_json, writing
from stad.utils.web_server import open_socket

# The cache that holds it.
SERVER, ADDRESS = "server", "address.json"
TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")
# Others of this machine must not read the token.
PRIVATE, OTHERS = 0o600, 0o077


def open_address(folder: OwnFolder, port: int) -> tuple[socket.socket, str]:
    """Listen for the page of a folder; return the socket and the token.

    Args:
        folder: of the videos.
        port: to listen on; 0 takes that of the last time if it is free, else any free one.

    Raises:
        InputError: the port cannot be used, or the address cannot be kept.
    """
    path = folder.cache_path(SERVER) / ADDRESS
    last_port, token = _read(path)
    listener = _open(port, last_port)
    token = token or make_token()
    _write(path, {"port": listener.getsockname()[1], "token": token})
    return listener, token


def _open(port: int, last_port: int) -> socket.socket:
    if port == 0 and last_port:
        try:
            return open_socket(last_port)
        except InputError:
            # Another program took it.
            pass
    return open_socket(port)


def _read(path: Path) -> tuple[int, str]:
    """Return the port and the token of the last start; 0 and '' if they cannot be used."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & OTHERS:
            return 0, ""
        content = read_json(path)
        port, token = int(content["port"]), str(content["token"])
    except (InputError, OSError, KeyError, TypeError, ValueError):
        return 0, ""
    return (port, token) if TOKEN.fullmatch(token) else (0, "")


def _write(path: Path, content: dict[str, int | str]) -> None:
    with writing(path):
        path.unlink(missing_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(number, "w") as file:
            json.dump(content, file)
