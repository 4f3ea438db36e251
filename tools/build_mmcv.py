"""Install mmdet, and compile mmcv's operators, which it needs, for the torch of this environment.

The result is kept in the cache folder (STAD_HOME, or ~/.cache/stad) under the versions that it was
made for, and not in pip's cache: there, a build with the operators and one without have the same
place.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from stad.actors.detectors.operators import missing_for_mmdet
from stad.errors import InputError, run_script
from stad.utils.cache import cache_dir

PINS = ROOT / "requirements"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
MMCV = "onedl-mmcv"
NINJA_LINE = re.compile(r"\s*\[(\d+)/(\d+)\] ")
BAR_CHARACTERS = 30
# Without a terminal, a line is shown for each of these parts of the files.
LOGGED_PARTS = 20


def install_mmdet() -> None:
    """Install mmdet where it is missing."""
    if importlib.util.find_spec("mmdet") is None:
        print("== mmdet", flush=True)
        constraint = ["--build-constraint", str(PINS / "build.txt")]
        pins = ["-r", str(PINS / "mmdet.txt")]
        subprocess.run([*PIP, "install", "-q", "--no-deps", *constraint, *pins], check=True)


def check_compiler() -> None:
    """Check that there is a C++ compiler, and what it needs to build for Python.

    Raises:
        InputError: something is missing; says how to get it on Debian.
    """
    if shutil.which("gcc") is None or shutil.which("g++") is None:
        raise InputError("mmcv's operators are compiled with gcc and g++: apt-get install g++.")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise InputError(
            f"mmcv's operators are compiled with Python.h: apt-get install python{version}-dev."
        )


def has_matching_nvcc() -> bool:
    """Return whether nvcc has the CUDA major version of torch, as torch's build helper requires."""
    nvcc = shutil.which("nvcc")
    if nvcc is None or torch.version.cuda is None:
        return False
    said = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=False).stdout
    release = re.search(r"release (\d+)\.", said)
    return release is not None and release[1] == torch.version.cuda.split(".")[0]


def show_progress(command: list[str], *, env: Mapping[str, str], log: Path, title: str) -> int:
    """Run a build with a bar and the time that is left on the screen, all else in a log.

    Args:
        command: prints ninja's lines.
        env: its environment.
        log: file for all that it prints.
        title: what is built, for the screen.

    Returns:
        Its exit code.
    """
    print(f"== {title}", flush=True)
    progress = Progress(sys.stdout)
    with (
        log.open("w", encoding="utf-8", buffering=1) as file,
        subprocess.Popen(
            command,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            file.write(line)
            if match := NINJA_LINE.match(line):
                progress.show(int(match[1]), int(match[2]), time.monotonic())
    progress.end()
    return process.returncode


class Progress:
    """A bar on a terminal, else a line for each twentieth.

    Args:
        stream: where it is shown.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._start_sec: float | None = None
        self._first = 0
        self._shown_part = -1

    def show(self, done: int, total: int, now_sec: float) -> None:
        """Show a number of files.

        Args:
            done: files that are compiled.
            total: all files.
            now_sec: seconds on any steady clock.
        """
        if self._start_sec is None:
            self._start_sec, self._first = now_sec, done
        text = f"{done} of {total} files, {self._time_left(done, total, now_sec)}"
        if self._stream.isatty():
            filled = BAR_CHARACTERS * done // total
            bar = "#" * filled + "." * (BAR_CHARACTERS - filled)
            self._stream.write(f"\r\x1b[K  [{bar}] {text}")
        elif (part := LOGGED_PARTS * done // total) > self._shown_part:
            self._shown_part = part
            self._stream.write(f"  {text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line of the bar."""
        if self._stream.isatty() and self._start_sec is not None:
            self._stream.write("\n")

    def _time_left(self, done: int, total: int, now_sec: float) -> str:
        if done == total:
            return "done"
        if done == self._first or self._start_sec is None:
            return "time left unknown yet"
        left_sec = (now_sec - self._start_sec) / (done - self._first) * (total - done)
        if left_sec < 60:
            return f"about {left_sec:.0f} s left"
        return f"about {left_sec / 60:.0f} min left"


def compile_wheel(version: str, folder: Path, *, for_cuda: bool) -> Path:
    """Compile mmcv.

    Args:
        version: of mmcv.
        folder: for the wheel and the log.
        for_cuda: compile the operators for the GPU, too.

    Returns:
        The wheel.

    Raises:
        InputError: it cannot be compiled; names the log.
    """
    check_compiler()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tools, built = Path(scratch, "tools"), Path(scratch, "wheels")
        # In a folder of their own: the environment may need another setuptools.
        get = [*PIP, "install", "-q", "--target", str(tools), "-r", str(PINS / "build.txt")]
        subprocess.run(get, check=True)
        env = dict(os.environ, PYTHONPATH=str(tools))
        env["PATH"] = os.pathsep.join([str(tools / "bin"), env.get("PATH", "")])
        env.setdefault("CFLAGS", "-O1 -g0")  # 6 minutes on 2 cores, where its own flags take 9
        if not for_cuda:
            # mmcv compiles for CUDA when it sees a GPU, whether or not there is a compiler for it.
            env["CUDA_VISIBLE_DEVICES"] = ""
        command = [*PIP, "wheel", "-v", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
        command += ["--no-binary", MMCV, "-w", str(built), f"{MMCV}=={version}"]
        log = folder / "build.log"
        if show_progress(command, env=env, log=log, title="compiling mmcv's operators") != 0:
            raise InputError(
                f"mmcv's operators could not be compiled; {log} says why. If the compiler was "
                "killed, the memory was too short: try MAX_JOBS=1."
            )
        (wheel,) = built.glob("*.whl")
        # Under its final name only when it is whole.
        part = shutil.copy(wheel, folder / f"{wheel.name}.part")
        return Path(part).rename(folder / wheel.name)


def main() -> int:
    """Install what is missing, and compile only what no earlier run has compiled."""
    install_mmdet()
    importlib.invalidate_caches()
    if not missing_for_mmdet():
        print("mmdet and mmcv's operators are installed.")
        return 0
    for_cuda = torch.cuda.is_available() and has_matching_nvcc()
    version = importlib.metadata.version(MMCV)
    python = sysconfig.get_config_var("SOABI")
    target = f"mmcv-{version}-torch-{torch.__version__}-{python}{'-cuda' if for_cuda else ''}"
    folder = cache_dir() / "wheels" / target
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        wheel = compile_wheel(version, folder, for_cuda=for_cuda)
    else:
        print(f"== mmcv's operators, compiled by an earlier run: {wheel}", flush=True)
    subprocess.run([*PIP, "install", "-q", "--no-deps", "--force-reinstall", wheel], check=True)
    importlib.invalidate_caches()
    if missing := missing_for_mmdet():
        wheel.unlink()
        raise InputError(f"mmdet cannot be used after the installation: {missing}.")
    print("mmdet's detectors are ready: stad models lists them.")
    return 0


if __name__ == "__main__":
    run_script(main)
