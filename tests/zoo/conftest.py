"""An empty cache for every test, and a server to download from."""

import pytest

from stad.utils import download
from tests.zoo.servers import serve


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """The cache folder, empty, with no host remembered as unreachable."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("STAD_HOME", str(folder))
    monkeypatch.setattr(download, "_unreachable", {})
    return folder


@pytest.fixture
def server():
    """A server of ``Files``."""
    with serve() as files:
        yield files
