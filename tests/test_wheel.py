"""The wheel: what is in it, and that the command `stad` works from it without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import torch

import stad
from stad import zoo
from tests.videos import write_video

ROOT = Path(__file__).parents[1]
PACKAGED = ("stad", "configs", "setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in PACKAGED:
        source, target = ROOT / name, folder / "source" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    command = [*PIP, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder]
    subprocess.run([*command, folder / "source"], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """The folder of the programs of an environment with the wheel and the packages it needs."""
    folder = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    programs = folder / "bin"
    install = [*PIP, "--python", programs / "python", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*install, wheel], check=True, capture_output=True)
    # The other packages are those of this interpreter. Its own .pth files, such as the one of an
    # editable stad, are not read from there.
    (site,) = folder.glob("lib/python*/site-packages")
    places = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "others.pth").write_text("\n".join(places))
    return programs


def run(programs: Path, cwd: Path, *words) -> subprocess.CompletedProcess:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program, *arguments = map(str, words)
    command = [str(programs / program), *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)


def test_the_wheel_holds_the_package_and_its_configs_alone(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert wheel.name.startswith(f"stad-{stad.__version__}-")
    tops = {name.split("/")[0] for name in names}
    assert tops == {"stad", f"stad-{stad.__version__}.dist-info"}
    folders = {folder for name in names for folder in name.split("/")[:-1]}
    assert not folders & {"benchmarks", "tests", "tools", "demo"}
    for name in ("stad/configs/slowfast_ava.py", "stad/cli/main.py"):
        assert name in names


def test_help_and_version_without_the_checkout(environment, tmp_path):
    done = run(environment, tmp_path, "stad", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "annotate" in done.stdout
    done = run(environment, tmp_path, "stad", "--version")
    assert (done.returncode, done.stdout) == (0, f"stad {stad.__version__}\n")
    done = run(environment, tmp_path, "python", "-c", "import stad; print(stad.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(environment.parent)
    done = run(environment, tmp_path, "stad", "annotate", "none.mp4", "--json", "a.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: No such file")


def test_a_video_is_annotated_without_the_checkout(environment, tmp_path):
    torch.manual_seed(0)
    config = shutil.copy(ROOT / "tests" / "data" / "tiny_detector.py", tmp_path / "tiny.py")
    model = zoo.load(config, weights=None)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "tiny.pth")
    write_video(tmp_path / "in.mp4", num_frames=30, fps=30)
    (tmp_path / "boxes.csv").write_text("time_sec,x1,y1,x2,y2,actor_id\n0,10,20,50,110,1\n")
    done = run(
        *(environment, tmp_path, "stad", "annotate", "in.mp4", "--json", "a.json"),
        *("--out", "out.mp4", "--model", "tiny.py", "--weights", "tiny.pth"),
        *("--boxes", "boxes.csv", "--threshold", "0", "--precision", "float32", "--quiet"),
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    document = json.loads((tmp_path / "a.json").read_text())
    assert [frame["index"] for frame in document["frames"]] == list(range(30))
    assert {one["actor"] for one in document["segments"]} == {1}
    assert (tmp_path / "out.mp4").stat().st_size > 1000
