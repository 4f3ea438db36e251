"""The options of all commands: defined once, described in a line, and as the pages write them."""

from __future__ import annotations

import dataclasses
import inspect
import re
import shlex
import typing

import pytest

import stad
from stad.annotations.tubes import SETS
from stad.cli import evaluate_options
from stad.cli.annotate_options import AnnotateOptions, output_names
from stad.cli.commands import Command, find_command, load
from stad.cli.evaluate_poses_options import EvaluatePosesOptions
from stad.cli.help_text import format_help, option_rows
from stad.cli.main import COMMANDS
from stad.cli.recognize_options import RecognizeOptions
from stad.cli.train_options import Launcher
from stad.cli.watch.options import WatchOptions
from stad.evaluation import ava, segments, tubes
from stad.inference.options import RANGES, InferenceOptions, LiveOptions, RecognitionOptions
from stad.inference.pipeline import PipelineOptions
from stad.localization.frame_tubes import LINKINGS
from tests.cli.scripts import PAGES, SCRIPTS

MAX_LINES = 54


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
    """Over all commands; the same name in two classes is another option, with other words."""
    owners: dict[str, dict[str, str]] = {}
    for command in NAMED.values():
        options = load(command.options)
        rows = {row.field: f"{row.metavar} {row.help}" for row in option_rows(options)}
        for owner in options.__mro__:
            for name in vars(owner).get("__annotations__", {}):
                owners.setdefault(name, {})[owner.__name__] = rows[name]
    several = {name: classes for name, classes in owners.items() if len(classes) > 1}
    for name, classes in several.items():
        assert len(set(classes.values())) == len(classes), (name, classes)
    # What a file, a model or a number is to the one command and to the other.
    assert set(several) == {
        *(
            "classes",
            "config",
            "data",
            "file",
            "gt",
            "html",
            "json",
            "model",
            "out",
            "pred",
            "protocol",
            "report",
            "resume",
        ),
        *("labels", "stride_sec", "tiou", "video", "videos", "views", "work_dir", "workers"),
        *("classes", "coco", "format", "overwrite", "step_sec"),
        *("backbone", "csv", "top", "weights"),
        *("annotations", "ava", "folder", "port", "source", "split"),
    }


def test_outputs_are_the_options_with_a_path():
    assert output_names() == [
        *("out", "json", "csv", "html", "events", "activitynet", "subtitles", "coco")
    ]
    assert {f"--{name}" for name in output_names()} <= {
        row.name for row in option_rows(AnnotateOptions)
    }


@pytest.mark.parametrize(
    ("command", "source", "without"),
    [
        (AnnotateOptions, InferenceOptions, set()),
        (EvaluatePosesOptions, InferenceOptions, {"max_labels"}),
        (WatchOptions, InferenceOptions, {"batch_size"}),
        (WatchOptions, LiveOptions, set()),
        (RecognizeOptions, RecognitionOptions, set()),
        (stad.annotate, InferenceOptions, set()),
        (stad.watch, InferenceOptions, {"batch_size"}),
        (stad.watch, LiveOptions, set()),
        (stad.recognize, RecognitionOptions, set()),
        (PipelineOptions, InferenceOptions, None),
    ],
)
def test_commands_and_python_calls_have_the_same_defaults(command, source, without):
    defaults = {
        name: parameter.default for name, parameter in inspect.signature(command).parameters.items()
    }
    own = {field.name: field.default for field in dataclasses.fields(source)}
    if without is None:
        own = {name: own[name] for name in ("detect_sec", "max_labels")}
    else:
        assert set(own) - set(defaults) == without
    shared = set(own) & set(defaults)
    assert {name: defaults[name] for name in shared} == {name: own[name] for name in shared}


def test_each_range_is_of_an_option():
    names = {
        field.name
        for options in (InferenceOptions, LiveOptions, RecognitionOptions)
        for field in dataclasses.fields(options)
    }
    assert set(RANGES) <= names


def test_a_renamed_option_is_not_replaced_by_its_default():
    options = AnnotateOptions(threshold=0.3, batch_size=2)
    assert InferenceOptions.from_options(options) == InferenceOptions(threshold=0.3, batch_size=2)
    with pytest.raises(AttributeError, match="batch_size"):
        InferenceOptions.from_options(WatchOptions(source="0"))


def test_choices_are_those_of_the_functions():
    def words(kind) -> set[str]:
        return set(typing.get_args(kind))

    assert words(evaluate_options.AvaProtocol) == set(ava.PROTOCOLS)
    assert words(evaluate_options.TieOrder) == set(ava.TIE_ORDERS)
    assert words(evaluate_options.SegmentProtocol) == set(segments.PROTOCOLS)
    assert words(evaluate_options.TubeProtocol) == set(tubes.PROTOCOLS)
    assert words(evaluate_options.Part) == set(SETS)
    assert words(evaluate_options.Linking) == set(LINKINGS)
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
            line = re.sub(r"^stad check (?=data/)", "stad check folder ", line)
            if line.startswith("stad ") and not line.startswith("stad --"):
                found.append((page.name, line.split(" #")[0].split(" | ")[0].strip()))
    return found


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_the_command_lines_of_the_pages_are_read(page, line, monkeypatch, capsys):
    words = shlex.split(line)[1:]
    command = find_command(COMMANDS, words)
    assert command is not None
    # The command for folders may be left out.
    rest_words = words[1:][int(words[1:2] == [command.name]) :]
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
        load(command.main)(rest_words, prog="stad")
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
