"""The files for Docker name what is there. They are not built here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from stad.cli.arguments import parse
from stad.cli.serve_options import ServeOptions, check_options

DOCKER = Path(__file__).parents[1] / "docker"
ROOT = DOCKER.parent


@pytest.fixture(scope="module")
def instructions():
    """The instructions of the Dockerfile: a word and the rest, without line breaks."""
    text = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_what_is_copied_is_there_and_passes_the_filter(instructions):
    allowed = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    copied = [words.split()[:-1] for kind, words in instructions if kind == "COPY"]
    names = [name for words in copied for name in words if not words[0].startswith("--from")]
    assert len(names) == 9
    for name in names:
        assert (ROOT / name).exists()
        assert f"!{name}" in allowed


def test_the_image_starts_the_service_as_a_user_without_rights(instructions):
    kinds = dict(instructions)
    assert kinds["USER"] == "stad"
    words = json.loads(kinds["ENTRYPOINT"])
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]["stad"]
    assert words[:2] == ["stad", "serve"]
    options = parse(ServeOptions, words[2:] + compose["command"], prog="stad serve")
    check_options(options)
    assert (str(options.data), options.host, options.port) == ("/data", "0.0.0.0", 8600)
    assert f":{options.port}/health" in kinds["HEALTHCHECK"]
    assert compose["ports"] == ["127.0.0.1:8600:8600"]
    assert {one.split(":")[1] for one in compose["volumes"]} == set(json.loads(kinds["VOLUME"]))
    assert (DOCKER / compose["build"]["context"] / compose["build"]["dockerfile"]).is_file()


def test_the_versions_of_torch_are_those_of_the_package(instructions):
    asked = " ".join(words for kind, words in instructions if kind == "RUN")
    needed = re.findall(
        r"^    ((?:torch|torchvision)[<>=].*)$", (ROOT / "setup.cfg").read_text(), re.M
    )
    assert len(needed) == 2
    assert all(f"'{one}'" in asked for one in needed)
