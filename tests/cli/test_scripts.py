"""The scripts of demo/ and tools/: thin around a command, or with options of their own."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from stad.cli.arguments import parse
from stad.cli.help_text import option_rows
from stad.cli.prepare_job import check_sources
from stad.cli.prepare_options import PrepareKineticsOptions
from stad.errors import InputError
from tests.cli.scripts import PAGES, SCRIPTS

ROOT = Path(__file__).parents[2]
# They have no options: the first runs before anything is installed, the others are steps of make.
WITHOUT_OPTIONS = {"tools/check_machine.py", "tools/build_mmcv.py", "tools/check_words.py"}
OWN = sorted(
    name
    for name in (f"tools/{path.name}" for path in (ROOT / "tools").glob("*.py"))
    # bench_watch.py has the options of stad watch.
    if name not in SCRIPTS and name not in WITHOUT_OPTIONS and name != "tools/bench_watch.py"
)


def load(name: str) -> ModuleType:
    """Import a script; this does not run it."""
    spec = importlib.util.spec_from_file_location(f"script_{Path(name).stem}", ROOT / name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def command_lines() -> list[tuple[str, str]]:
    """Return the scripts that the pages and the scripts themselves run, and their words."""
    texts = [path.read_text() for path in PAGES] + [(ROOT / name).read_text() for name in OWN]
    found = set()
    for text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            # Commands are on lines of their own, or in a table between backticks.
            for words in re.findall(r"(?:^\s*|`)python (tools/[^`#]*)", line):
                name = words.split()[0]
                if name in OWN and words.strip() != name:
                    found.add((name, words.strip().removesuffix("\\").partition(" ")[2].strip()))
    return sorted(found)


@pytest.mark.parametrize(("name", "words"), command_lines())
def test_the_command_lines_of_the_pages_are_read(name, words):
    options = load(name).Options
    given = shlex.split(words.split(" -- ")[0])
    assert isinstance(parse(options, given, prog=name), options)


@pytest.mark.parametrize("name", OWN)
def test_each_option_is_described_in_a_line(name):
    module = load(name)
    assert module.__doc__
    for row in option_rows(module.Options):
        assert row.help
        assert len(row.help) < 140
        assert not re.search("None|[{}]", row.help + row.metavar)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_around_a_command_is_short(name):
    assert len((ROOT / name).read_text().splitlines()) < 30


@pytest.mark.parametrize("name", [*SCRIPTS, "tools/bench_watch.py"])
def test_a_script_gives_the_help_of_its_own_call(name):
    command = [sys.executable, name, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: python {name} [OPTIONS]")
    wrong = subprocess.run([*command[:2], "--nothing"], capture_output=True, text=True, cwd=ROOT)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: ")


def test_argparse_is_not_used():
    for folder in ("stad", "tools", "demo", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search("(import|from) argparse", path.read_text()), path


def test_lists_of_videos_come_from_one_kind_of_annotations():
    def check(*words):
        check_sources(parse(PrepareKineticsOptions, ["data/mine", *words]))

    check("--files", "train.csv", "val.csv")
    check("--class-folders", "train", "val", "--label-map", "kinetics400")
    for words in ([], ["--ucf101", "a", "--hmdb51", "b"]):
        with pytest.raises(InputError, match="exactly one of --files"):
            check(*words)
    with pytest.raises(InputError, match="--label-map and --classes"):
        check("--files", "a.csv", "--label-map", "ava", "--classes", "labels.json")
