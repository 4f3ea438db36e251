"""Whether mmdet's detectors can run: said before a download, in one sentence with the remedy."""

import sys

import pytest

from stad.actors.detectors.operators import CHECKOUT, check_mmdet, missing_for_mmdet
from stad.errors import InputError
from stad.inference.detectors import open_detector


@pytest.fixture
def packages(monkeypatch, tmp_path):
    """A folder with an mmdet and an mmcv of Python files alone, before the installed ones."""
    for name in ("mmdet", "mmcv"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_without_mmdet(monkeypatch, packages):
    monkeypatch.setitem(sys.modules, "mmdet", None)
    assert missing_for_mmdet() == "mmdet is not installed"


def test_mmcv_without_operators(packages):
    assert missing_for_mmdet() == "mmcv was installed without them"


def test_operators_that_cannot_be_loaded(packages):
    (packages / "mmcv" / "_ext.cpython-311-x86_64-linux-gnu.so").write_bytes(b"of another torch")
    assert missing_for_mmdet().startswith("mmcv's operators do not fit torch ")


def test_the_remedy_is_the_command_of_this_environment(monkeypatch, packages):
    monkeypatch.setattr(sys, "prefix", str(CHECKOUT / ".venv"))
    expected = (
        "The detector rtmdet_s needs mmdet and mmcv's compiled operators, and mmcv was installed "
        "without them: run 'make mmdet' (about 6 minutes on 2 cores), or choose "
        "--detector yolov4_tiny."
    )
    with pytest.raises(InputError) as error:
        check_mmdet("rtmdet_s")
    assert str(error.value) == expected
    monkeypatch.setattr(sys, "prefix", str(packages))
    script = CHECKOUT / "tools" / "build_mmcv.py"
    with pytest.raises(InputError, match=f"run '{sys.executable} {script}' "):
        check_mmdet("rtmdet_s")


def test_a_detector_says_it_before_its_weights_are_fetched(packages, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(packages / "cache"))
    with pytest.raises(InputError, match="detector rtmdet_tiny needs mmdet and mmcv's"):
        open_detector("rtmdet_tiny")
    assert not (packages / "cache").exists()
    (packages / "mine.py").write_text("model = dict()")
    with pytest.raises(InputError, match=r"mine\.py needs mmdet and mmcv's"):
        open_detector(str(packages / "mine.py"), str(packages / "mine.py"))
