"""Install the pinned mmcv so that its compiled part fits the torch of this environment."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import torch

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
PINS = Path(__file__).resolve().parents[1] / "requirements" / "mmcv.txt"
# Loads the extension alone, in a process of its own: mmcv itself needs packages that come later,
# and a library that does not fit may crash.
LOAD_EXTENSION = (
    "import sys, torch, importlib.util as u; s = u.spec_from_file_location('_ext', sys.argv[1]); "
    "s.loader.exec_module(u.module_from_spec(s))"
)


def has_matching_nvcc() -> bool:
    """Return whether nvcc has the CUDA major version of torch, as torch's build helper requires."""
    nvcc = shutil.which("nvcc")
    if nvcc is None or torch.version.cuda is None:
        return False
    said = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=False).stdout
    release = re.search(r"release (\d+)\.", said)
    return release is not None and release[1] == torch.version.cuda.split(".")[0]


def install(*options: str) -> None:
    """Run pip; it compiles mmcv unless a build from an earlier time lies in its cache."""
    env = dict(os.environ)
    env.setdefault("CFLAGS", "-O1 -g0")  # 6 minutes on 2 cores, where its own flags take 9
    if not has_matching_nvcc():
        # mmcv compiles for CUDA when it sees a GPU, whether or not a compiler for it is there.
        env["CUDA_VISIBLE_DEVICES"] = ""
    command = [*PIP, "install", "--no-deps", "--no-build-isolation", *options, "-r", str(PINS)]
    subprocess.run(command, env=env, check=True)


def loads() -> bool:
    """Return whether the compiled part loads beside this torch."""
    spec = importlib.util.find_spec("mmcv")
    if spec is None or spec.origin is None:
        return False
    libraries = sorted(Path(spec.origin).parent.glob("_ext.*"))
    if not libraries:
        return False
    command = [sys.executable, "-c", LOAD_EXTENSION, str(libraries[0])]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> int:
    """Install, and compile afresh when the build that pip had kept was made for another torch."""
    install()
    if not loads():
        print("The mmcv that was here does not fit this torch: compiling it again.", flush=True)
        subprocess.run([*PIP, "cache", "remove", "onedl_mmcv"], check=False)
        install("--force-reinstall")
    if not loads():
        print("error: mmcv was built but does not load beside torch", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
