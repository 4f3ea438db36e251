"""The pinned versions: one for each package, within the ranges of setup.cfg."""

import configparser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# What an environment of make can have together; docs.txt has an environment of its own.
FILES = ("torch", "rest", "mmcv", "mmdet", "test", "lint")


def pins(name: str) -> dict[str, str]:
    found = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            (version,) = requirement.specifier
            assert version.operator == "==", line
            found[canonicalize_name(requirement.name)] = version.version
    return found


def test_a_package_has_one_version():
    found = {}
    for file in FILES:
        for package, version in pins(file).items():
            assert found.setdefault(package, version) == version, (package, file)


def test_files_that_are_installed_at_the_same_time_have_no_package_in_common():
    assert (
        not pins("torch").keys()
        & (pins("rest") | pins("mmcv") | pins("mmdet") | pins("test")).keys()
    )


@pytest.mark.parametrize(
    ("part", "files"),
    [
        ("install_requires", ("torch", "rest", "mmcv")),
        ("mmdet", ("mmdet",)),
        ("onnxruntime", ("test",)),
        ("test", ("test",)),
        ("dev", ("test", "lint")),
    ],
)
def test_the_pins_are_in_the_ranges(part, files):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    section = "options" if part == "install_requires" else "options.extras_require"
    pinned = {package: version for file in files for package, version in pins(file).items()}
    ranges = [Requirement(line) for line in config[section][part].strip().splitlines()]
    assert ranges
    for requirement in ranges:
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement
