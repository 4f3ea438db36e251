"""Command lines -> options: values, several values, file names, and one sentence for an error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
from tyro.conf import Positional, UseAppendAction

from stad.cli.arguments import join_repeats, parse
from stad.cli.option_types import Labels, Pairs, option
from stad.cli.parse_errors import plain_error
from stad.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    video: Annotated[str, Positional, option("video", metavar="VIDEO")] = ""
    out: Annotated[Path | None, option("file", metavar="FILE")] = None
    start_sec: Annotated[float | None, option("time", metavar="SEC", name="start")] = None
    count: Annotated[int, option("count", metavar="N")] = 3
    threshold: Annotated[float | None, option("score", metavar="0..1")] = None
    person_threshold: Annotated[float | None, option("score", metavar="0..1")] = None
    kind: Annotated[Literal["a", "b"], option("kind", metavar="KIND")] = "a"
    labels: Annotated[Labels, option("labels", metavar="A,B")] = ()
    tracker_options: Annotated[Pairs, option("pairs", metavar="KEY=VALUE ...")] = ()
    pred: Annotated[tuple[Path, ...], UseAppendAction, option("files", metavar="CSV")] = ()
    iou: Annotated[tuple[float, ...] | None, option("numbers", metavar="IOU ...")] = None
    overwrite: Annotated[bool, option("switch")] = False


@dataclass(frozen=True, kw_only=True)
class Required:
    config: Annotated[Path, Positional, option("config", metavar="CONFIG")]
    gt: Annotated[Path, option("truth", metavar="FILE")]


def read(*words: str) -> Options:
    return parse(Options, words, prog="stad x")


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["a.mp4"], "video", "a.mp4"),
        (["-a b.mp4"], "video", "./-a b.mp4"),
        (["--", "--odd"], "video", "--odd"),
        (["--out", "-c.mp4"], "out", Path("-c.mp4")),
        (["--out=--c.mp4"], "out", Path("--c.mp4")),
        (["--out", "None"], "out", Path("None")),
        (["--start", "-0.5"], "start_sec", -0.5),
        (["--start", "-inf"], "start_sec", -float("inf")),
        (["--count", "7"], "count", 7),
        (["--kind=b"], "kind", "b"),
        (
            ["--labels", "walk,,carry/hold (an object)"],
            "labels",
            ("walk", "carry/hold (an object)"),
        ),
        (["--overwrite"], "overwrite", True),
        (["--pred", "a", "--pred", "b"], "pred", (Path("a"), Path("b"))),
        (["--iou", "0.2", "0.5", "--iou", "0.7"], "iou", (0.2, 0.5, 0.7)),
        (["--tracker-options", "a=1", "b=2"], "tracker_options", ("a=1", "b=2")),
        (
            ["--tracker-options", "a=1", "v.mp4x=2", "--count", "1", "--tracker-options=b=2"],
            "tracker_options",
            ("a=1", "v.mp4x=2", "b=2"),
        ),
    ],
)
def test_values(words, field, value):
    assert getattr(read(*words), field) == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--thresh", "3"], "There is no option --thresh. Perhaps you meant --threshold or"),
        (["--overwrit"], "There is no option --overwrit. Perhaps you meant --overwrite."),
        (["--strat", "3", "--kund", "a"], "There are no options --strat, --kund. Perhaps you"),
        (["-x"], "There is no option -x."),
        (["--no-overwrite"], "There is no option --no-overwrite."),
        (["a.mp4", "b.mp4"], "Unexpected argument 'b.mp4'."),
        (["--start", "now"], "--start must be a number, got 'now'."),
        (["--count", "1.5"], "--count must be a whole number, got '1.5'."),
        (["--kind", "c"], "--kind must be one of a, b, got 'c'."),
        (["--out"], "--out needs a value."),
        (["--out", "--overwrite"], "--out needs a value."),
        (["--tracker-options", "--out", "a"], "--tracker-options needs at least one value."),
        (
            ["--tracker-options", "a=1", "in.mp4"],
            "--tracker-options: 'in.mp4' is not KEY=VALUE. Put the video or camera before this",
        ),
    ],
)
def test_wrong_command_lines(words, message):
    with pytest.raises(InputError) as caught:
        read(*words)
    said = str(caught.value)
    assert said.startswith(message)
    assert len(said.splitlines()) == 1
    assert not set(said) & set("╭│╰─\033")


def test_what_is_missing_is_named():
    with pytest.raises(InputError, match=r"^CONFIG, --gt FILE must be given\. Run 'stad x --help'"):
        parse(Required, [], prog="stad x")
    with pytest.raises(InputError, match=r"^--gt FILE must be given\."):
        parse(Required, ["a.py"], prog="stad x")


def test_a_message_of_another_form_is_kept():
    boxed = "╭─ New ─────────╮\n│ It is wrong   │\n│ ───────────── │\n│ More          │\n╰──╯\n"
    assert plain_error(boxed, prog="stad x") == (
        "It is wrong. Run 'stad x --help' for all options."
    )
    assert plain_error("", prog="stad x").startswith("The command line is wrong.")


def test_repeats_end_at_the_next_option():
    words = ["v.mp4", "--a", "1", "-0.5", "--b", "x", "--a=2"]
    assert join_repeats(words, frozenset(["--a"])) == [
        *("v.mp4", "--b", "x", "--a", "1", "-0.5", "2")
    ]
