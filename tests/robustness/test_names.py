"""Names of files and classes with markup, quotes, line ends, control characters and formulas."""

from __future__ import annotations

import csv
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest

from stad.annotations.ava_writer import DETECTIONS, ava_row
from stad.annotations.csv_rows import csv_text, read_rows
from stad.annotations.label_maps import read_label_map
from stad.cli.log_lines import print_line
from stad.cli.main import stad_main
from stad.cli.terminal import PipeConsole
from stad.errors import InputError, harmless, one_line, run_script
from stad.outputs.segment_files import event_texts, subtitle_texts
from stad.outputs.timeline import PageVideo, relative_href, write_timeline
from stad.outputs.writers import segments_table
from stad.report.contact_sheet import SheetClass, SheetExample, write_contact_sheet
from stad.report.data import name_results
from stad.report.page import write_report
from stad.structures import Segment, Tube
from stad.tagging.page import write_tags_page
from stad.tagging.tagger import VideoTags
from stad.video.clip_source import VideoFiles
from tests.browser import needs_chromium, opened
from tests.outputs.page_examples import document
from tests.report.evaluations import compared

pytestmark = pytest.mark.robust
MARKUP = [
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "\"'><svg onload=window.ran=1>",
    "javascript:window.ran=1//.mp4",
    "{{SCRIPT}}{{DATA}}${window.ran = 1}",
]
CONTROL = ["\x1b]0;title\x07", "\x1b[2J\x1b[1A", "\x9b31m", "\x00\x08\r", "\u202egpj.exe", "\u2028"]
NAMES = [*MARKUP, *CONTROL, "a,b", 'a"b', "a\nb", "=1+1", "@SUM(A1)", "-2", "[red]", "\\", " ", "ü"]


def renamed(value, name):
    """A document with that name in place of every text that users choose."""
    if isinstance(value, dict):
        return {key: renamed(one, name) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [renamed(one, name) for one in value]
    return value.replace("walk", name) if isinstance(value, str) else value


def timeline(folder, name):
    content = renamed(json.loads(json.dumps(document(name=name))), name)
    write_timeline(
        folder / "a.html",
        content,
        [PageVideo(relative_href(folder / name, folder / "a.html"), name)],
    )
    return folder / "a.html"


def sheet(folder, name):
    classes = [
        SheetClass(name, [(name, name)], [SheetExample(f"{name}.mp4", 0.0, 1.0, None, name)])
    ]
    (folder / "videos").mkdir()
    source = VideoFiles(folder / "videos")
    write_contact_sheet(folder / "a.html", classes, source, title=name, problems=[name])
    return folder / "a.html"


def report(folder, name):
    video = name.replace(",", "").replace('"', "")
    truth = [(video, 1, (0, 0, 0.4, 0.9), 12)]
    found = [(video, 1, (0, 0, 0.4, 0.9), 12, 0.5)]
    result = compared(folder, found, truth=truth)
    return write_report(folder / "report", name_results([result]))


def tags(folder, name):
    tagger = SimpleNamespace(classes=(name, "b"), name=name)
    scores, shown = np.array([0.9, 0.1]), np.array([True, False])
    one = VideoTags(name, tagger.classes, scores, shown, np.ones((3, 2)))
    write_tags_page(folder / "a.html", [one], tagger, left_out={name: name}, progress=False)
    return folder / "a.html"


PAGES = {"timeline": timeline, "contact sheet": sheet, "report": report, "tags": tags}


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_no_name_runs_in_a_page(tmp_path, page):
    script = """
      for (const one of document.querySelectorAll('button, summary')) one.click();
      log.push(String(window.ran), document.querySelectorAll('[onerror], [onload]').length,
        [...document.querySelectorAll('a, video')].filter(
          (one) => /^javascript/i.test(one.getAttribute('href') || one.getAttribute('src'))).length,
        document.body.textContent.includes("window.ran = 1"));
    """
    found = opened(PAGES[page](tmp_path, " ".join(MARKUP)), script)
    assert found[-4:] == ["undefined", 0, 0, True]


@pytest.mark.parametrize("name", [*CONTROL, "a\nerror: b"])
def test_a_terminal_shows_control_characters_as_text(name, capsys):
    console = PipeConsole(width=120, force_terminal=False, color_system=None)
    if "\n" not in name:
        # Names of classes have no line ends.
        console.print(f"video     {name}", markup=False)
        console.print(segments_table([Segment(1, 0, 0.0, 1.0, 0.5)], [name]))
    print_line(f"warning: {name}")

    def fail():
        raise InputError(f"No such file: {name}.", lines=[f"  {name}", "Choose another one."])

    with pytest.raises(SystemExit):
        run_script(fail)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert harmless(text) == text
    shown = one_line(name)
    assert said.err.splitlines() == [
        *(f"warning: {shown}", f"error: No such file: {shown}.", f"  {shown}"),
        "Choose another one.",
    ]


@pytest.mark.parametrize("name", ["a\nerror: b.mp4", "a\x1b[2Kb.mp4", "a\u202eb.mp4"])
def test_commands_name_a_file_in_one_line(name, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"no video\n" * 50)
    commands = (
        *(["annotate", name, "--json", "a.json"], ["recognize", name], ["label", name]),
        *(["train", name], ["features", name, "--out", "x"]),
    )
    for words in commands:
        with pytest.raises(SystemExit) as stopped:
            run_script(lambda words=words: stad_main(words))
        said = capsys.readouterr().err
        assert stopped.value.code == 2, (words, said)
        assert harmless(said) == said
        (error,) = [line for line in said.splitlines() if line.startswith("error: ")]
        assert one_line(name) in error
        assert error.endswith(".")
        # As many videos are known as were described before.
        assert "known " not in said
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("name", NAMES)
def test_tables_give_names_back(tmp_path, name):
    """Formulas stay as they are: the files are for programs, too."""
    segment = Segment(1, 0, 0.0, 1.0, 0.5)
    tubes = [(segment, Tube(1, 0, 0.5, np.zeros(1), np.ones((1, 4))))] * 2
    text = "".join(event_texts(tubes, video_id=name, class_names=[name]))
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[:3] for row in rows[1:]] == [[name, "1", name]] * 2
    (row,) = csv.reader([ava_row(name, 1.0, (0, 0, 1, 1), 1, 0.5, numbers=DETECTIONS)])
    assert row[0] == name.rstrip("\n")
    if "\x00" not in name and "\r" not in name:
        (tmp_path / "a.csv").write_text(csv_text([[name, "1"]]), newline="\n")
        assert [cells for _, cells in read_rows(tmp_path / "a.csv")] == [[name, "1"]]


@pytest.mark.parametrize("is_vtt", [True, False])
def test_no_name_ends_a_subtitle(is_vtt):
    names = ["a\n\n2\n00:00:00,000 --> 00:00:01,000\nforged", "<b>&--> x"]
    segments = [Segment(1, place, 0.0, 1.0, 0.5) for place in range(2)]
    empty = Tube(1, 0, 0.5, np.zeros(0), np.zeros((0, 4)))
    tubes = [(one, empty) for one in segments]
    text = "".join(subtitle_texts(tubes, is_vtt=is_vtt, class_names=names))
    assert text.count("-->") == 1
    assert text.count("\n\n") == (2 if is_vtt else 1)
    assert ("<b>" in text) is not is_vtt


@pytest.mark.parametrize("name", CONTROL)
def test_label_maps_have_no_control_characters(tmp_path, name):
    (tmp_path / "a.txt").write_text(f"walk\nx{name}y\n", newline="")
    (tmp_path / "a.pbtxt").write_text(f'item {{ name: "x{name}y" id: 1 }}', newline="")
    with pytest.raises(InputError, match=r"is not the name of a class|expected name"):
        read_label_map(tmp_path / "a.pbtxt")
    if name != "\u2028" and "\r" not in name:
        with pytest.raises(InputError, match="is not the name of a class"):
            read_label_map(tmp_path / "a.txt")


@pytest.mark.parametrize("text", ["a" + " " * 200_000, "a" * 200_000, "{" * 1000, '"' * 200_000])
def test_label_maps_that_are_slow_to_read(tmp_path, text):
    (tmp_path / "a.pbtxt").write_text(text)
    with pytest.raises(InputError, match="expected name"):
        read_label_map(tmp_path / "a.pbtxt")
