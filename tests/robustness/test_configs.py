"""Configs are code: which ones are run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stad.engine.checkpoints import LAST, check_whole
from stad.errors import InputError
from stad.zoo.configs import read_config

pytestmark = pytest.mark.robust
OTHER = 12345


def write(path: Path, text: str = "a = 1\n") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def as_root():
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")


def test_a_config_that_everyone_can_change(tmp_path, monkeypatch):
    mark = tmp_path / "ran"
    path = write(tmp_path / "sub" / "a.py", f"open({str(mark)!r}, 'w').close()\na = 1\n")
    path.chmod(0o666)
    with pytest.raises(InputError, match=r"it can be changed by every user\. Copy it"):
        read_config(path)
    path.chmod(0o644)
    path.parent.chmod(0o777)
    with pytest.raises(InputError, match=r"the folder .*sub can be changed by every user"):
        read_config(path)
    assert not mark.exists()
    monkeypatch.setenv("STAD_TRUSTED_CONFIGS", f"/none{os.pathsep}{path.parent}")
    read_config(path)
    assert mark.exists()
    monkeypatch.delenv("STAD_TRUSTED_CONFIGS")
    # As /tmp: only the owner can change a file there.
    path.parent.chmod(0o1777)
    read_config(path)


def test_a_config_of_another_user(tmp_path):
    as_root()
    path = write(tmp_path / "a.py")
    os.chown(path, OTHER, OTHER)
    with pytest.raises(InputError, match=r"it belongs to another user \(number 12345\)"):
        read_config(path)
    link = tmp_path / "link.py"
    link.symlink_to(path)
    with pytest.raises(InputError, match="belongs to another user"):
        read_config(link)


@pytest.mark.parametrize(
    "text",
    [
        "from mmengine.config import read_base\nwith read_base():\n    from .base.b import *\n",
        "_base_ = ['base/b.py']\n",
        "_base_ = 'base/b.py'\n",
    ],
)
def test_a_base_that_everyone_can_change(tmp_path, text):
    path, base = write(tmp_path / "a.py", text), write(tmp_path / "base" / "b.py", "b = 2\n")
    assert read_config(path).b == 2
    base.chmod(0o666)
    with pytest.raises(InputError, match=r"base/b\.py was not read"):
        read_config(path)


def test_other_kinds_of_configs(tmp_path):
    path = write(tmp_path / "a.json", "{}")
    read_config(path)
    path.chmod(0o666)
    with pytest.raises(InputError, match="was not read"):
        read_config(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04cut", b"\x80\x02}q\x00.", b"text"])
def test_a_damaged_checkpoint_to_resume_from(tmp_path, content):
    (tmp_path / "epoch_1.pth").write_bytes(b"whole")
    (tmp_path / "epoch_2.pth").write_bytes(content)
    with pytest.raises(InputError, match=rf"^Cannot resume: .*epoch_1\.pth into .*{LAST}\.$"):
        check_whole(tmp_path / "epoch_2.pth")
