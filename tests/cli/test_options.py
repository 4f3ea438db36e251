"""The options of all commands: defined once, described in a line, and as the pages write them."""

from __future__ import annotations

import dataclasses
import re
import shlex
import typing

import pytest

from stad.annotations.tubes import SETS
from stad.cli import evaluate_options
from stad.cli.annotate_options import OUTPUTS, AnnotateOptions
from stad.cli.commands import Command, load
from stad.cli.help_text import format_help, option_rows
from stad.cli.main import COMMANDS
from stad.cli.recognize_options import RecognizeOptions
from stad.cli.train_options import Launcher
from stad.cli.watch.options import WatchOptions
from stad.evaluation import ava, segments, tubes
from tests.cli.scripts import PAGES, SCRIPTS

MAX_LINES = 52


def all_commands(commands=COMMANDS, prefix="") -> dict[str, Command]:
    """Return the commands that have options, by all their words."""
    found = {}
    for one in commands:
        name = f"{prefix}{one.name}"
        found |= {name: one} if one.options else all_commands(load(one.commands), f"{name} ")
    return found


NAMED = all_commands()


@pytest.mark.parametrize("name", NAMED)
def test_each_option_is_described_in_a_line(name):
    options = load(NAMED[name].options)
    rows = option_rows(options)
    assert sorted(row.field for row in rows) == sorted(
        field.name for field in dataclasses.fields(options)
    )
    assert len({row.name for row in rows if row.name}) == len([row for row in rows if row.name])
    for row in rows:
        assert row.help
        assert len(row.help) < 140
        assert not re.search("None|[{}]", row.help + row.metavar)


def test_an_option_is_defined_by_one_class():
    owners: dict[str, set[str]] = {}
    for options in (AnnotateOptions, WatchOptions, RecognizeOptions):
        for owner in options.__mro__:
            for name in vars(owner).get("__annotations__", {}):
                owners.setdefault(name, set()).add(owner.__name__)
    several = {name: classes for name, classes in owners.items() if len(classes) > 1}
    # A file and a whole clip are told in other words; so is the model of whole clips.
    assert several == {
        "video": {"AnnotateOptions", "RecognizeOptions"},
        "model": {"ModelOptions", "RecognizeOptions"},
    }
    assert {f"--{name}" for name in OUTPUTS} <= {row.name for row in option_rows(AnnotateOptions)}


def test_choices_are_those_of_the_functions():
    def words(kind) -> set[str]:
        return set(typing.get_args(kind))

    assert words(evaluate_options.AvaProtocol) == set(ava.PROTOCOLS)
    assert words(evaluate_options.TieOrder) == set(ava.TIE_ORDERS)
    assert words(evaluate_options.SegmentProtocol) == set(segments.PROTOCOLS)
    assert words(evaluate_options.TubeProtocol) == set(tubes.PROTOCOLS)
    assert words(evaluate_options.Part) == set(SETS)
    from stad.engine.options import LAUNCHERS

    assert words(Launcher) == set(LAUNCHERS)


def command_lines() -> list[tuple[str, str]]:
    """Return the commands in the pages and their words: lines of code that begin with one."""
    found = []
    for page in PAGES:
        blocks = page.read_text().replace("\\\n", " ").split("```")[1::2]
        for line in "\n".join(blocks).splitlines():
            line = line.strip().removeprefix("$ ")
            for script, name in SCRIPTS.items():
                line = line.replace(f"python {script}", f"stad {name}")
            line = re.sub(r"^stad check (?=\S+\.py)", "stad check config ", line)
            if line.startswith("stad ") and not line.startswith("stad --"):
                found.append((page.name, line.split(" #")[0].split(" | ")[0].strip()))
    return found


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_the_command_lines_of_the_pages_are_read(page, line, monkeypatch, capsys):
    words = shlex.split(line)[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in NAMED else words[0]
    command = NAMED[name]
    read = []

    class Read(Exception):
        pass

    def stop(options, arguments, **rest):
        from stad.cli.arguments import parse

        read.append(parse(options, arguments, **rest))
        raise Read

    module = command.main.partition(":")[0]
    monkeypatch.setattr(f"{module}.parse", stop)
    with pytest.raises(Read):
        load(command.main)(words[len(name.split()) :], prog="stad")
    assert isinstance(read[0], load(command.options))


def test_the_pages_have_command_lines():
    used = {shlex.split(line)[1] for _, line in command_lines()}
    assert used >= {"annotate", "watch", "recognize", "train", "test", "evaluate", "models"}


def test_the_help_of_annotate_fits_a_screen(monkeypatch):
    from stad.cli.annotate import DESCRIPTION, EVERYDAY, EXAMPLES

    monkeypatch.setenv("COLUMNS", "100")
    text = format_help(
        AnnotateOptions,
        prog="stad annotate",
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    lines = text.splitlines()
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= 100
    order = re.findall(r"^  (--[a-z-]+|VIDEO)", text, re.MULTILINE)
    assert order[:12] == [
        *("VIDEO", "--out", "--json", "--csv", "--html", "--model", "--labels", "--threshold"),
        *("--start", "--end", "--overwrite", "--resume"),
    ]
    assert len(order) == len(set(order)) == len(option_rows(AnnotateOptions))
    # No box, no repeated heading.
    assert not set(text) & set("╭│╰─\033")
    headings = re.findall(r"^([a-z ]+):$", text, re.MULTILINE)
    assert headings == [
        *("more outputs", "models", "predictions and tracking", "general", "examples")
    ]
