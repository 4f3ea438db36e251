"""The progress of a build: ninja's lines among all that is printed, the rest in a log."""

import io
import os
import sys

import pytest

from tools.build_mmcv import Progress, show_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_with_the_time_left_on_a_terminal():
    progress = Progress(screen := Terminal())
    progress.show(1, 150, 10.0)
    progress.show(76, 150, 160.0)
    progress.show(140, 150, 288.0)
    progress.show(150, 150, 308.0)
    progress.end()
    lines = screen.getvalue().split("\r\x1b[K  ")[1:]
    assert lines == [
        f"[{'.' * 30}] 1 of 150 files, time left unknown yet",
        f"[{'#' * 15}{'.' * 15}] 76 of 150 files, about 2 min left",
        f"[{'#' * 28}..] 140 of 150 files, about 20 s left",
        f"[{'#' * 30}] 150 of 150 files, done\n",
    ]


def test_a_line_for_each_twentieth_in_a_file():
    progress = Progress(screen := io.StringIO())
    for done in range(1, 201):
        progress.show(done, 200, float(done))
    progress.end()
    lines = screen.getvalue().splitlines()
    assert len(lines) == 21
    assert lines[0] == "  1 of 200 files, time left unknown yet"
    assert lines[1] == "  10 of 200 files, about 3 min left"
    assert lines[-1] == "  200 of 200 files, done"


@pytest.mark.parametrize("code", [0, 3])
def test_a_build_is_shown_and_logged(tmp_path, capsys, code):
    program = f"print('  [1/2] c++ a'); print('warning'); print('  [2/2] c++ b'); exit({code})"
    log = tmp_path / "build.log"
    command = [sys.executable, "-c", program]
    assert show_progress(command, env=os.environ, log=log, title="building") == code
    assert capsys.readouterr().out.splitlines() == [
        "== building",
        "  1 of 2 files, time left unknown yet",
        "  2 of 2 files, done",
    ]
    assert log.read_text() == "  [1/2] c++ a\nwarning\n  [2/2] c++ b\n"
