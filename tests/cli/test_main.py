"""The command `stad`: its commands, fast help without torch, and completion."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import stad
from stad.cli.main import COMMANDS, stad_main
from stad.errors import InputError

ROOT = Path(__file__).parents[2]
# Prints what a command line has imported, after it.
PROBE = """
import sys
from stad.cli.main import stad_main
from stad.errors import InputError
try:
    stad_main(sys.argv[1:])
except (SystemExit, InputError):
    pass
print(sorted({"torch", "numpy", "mmengine", "cv2"} & set(sys.modules)), file=sys.stderr)
"""


def test_help_lists_the_commands_with_a_line_each(capsys):
    assert stad_main(["--help"]) is None
    lines = capsys.readouterr().out.splitlines()
    for command in COMMANDS:
        (line,) = [one for one in lines if one.startswith(f"  {command.name} ")]
        assert line.endswith(command.summary)
    assert stad_main(["--version"]) is None
    assert capsys.readouterr().out == f"stad {stad.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Name a command: annotate, watch"),
        (["anotate"], "stad has no command 'anotate'. Perhaps you meant annotate."),
        (["zzz"], "There are annotate, watch"),
        (["evaluate"], "Name a command: folder, ava, segments, tubes, poses."),
        (["evaluate", "tube"], "stad evaluate has no command 'tube'. Perhaps you meant tubes."),
        (["prepare", "UCF101-24"], "stad prepare has no command 'UCF101-24'. Perhaps you meant uc"),
        (["models", "foo"], "WHAT must be one of models, detectors, labels, trackers, got 'foo'."),
        (["train"], "CONFIG must be given. Run 'stad train --help'"),
        (["annotate"], "Give a video file, or --list-models."),
        (["evaluate", "ava", "--gt", "a.csv"], "Give the detections with --pred CSV."),
        (["watch", "--recrd", "walk", "0"], "no option --recrd. Perhaps you meant --record."),
        (["train", "--cfg-option", "a=1", "x.py"], "Perhaps you meant --cfg-options."),
        (["train", "--cfg_option", "a=1"], "There is no option --cfg_option. Perhaps"),
        (["test", "--nope"], "There is no option --nope."),
        (["check", "ava", "--nope"], "There is no option --nope."),
        (["completion", "--nope"], "There is no option --nope."),
        (["tune", "--nope"], "There is no option --nope."),
        (["evaluate", "ava", "--nope"], "There is no option --nope."),
        (["tune", "--gt", "a", "--out", "b"], "Give the JSON files of stad annotate"),
    ],
)
def test_wrong_command_lines(words, message):
    with pytest.raises(InputError) as caught:
        stad_main(words)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        *(["annotate", "--help"], ["watch", "--help"], ["recognize", "--help"]),
        *(["train", "--help"], ["test", "--help"], ["evaluate", "tubes", "--help"]),
        *(["check", "--help"], ["tune", "--help"], ["models", "--help"], ["completion", "bash"]),
        # Errors in options come before the large libraries, too.
        ["annotate", "in.mp4", "--threshold", "2"],
        ["annotate", "in.mp4", "--json", "none/a.json"],
        ["watch", "0", "--duration", "-1"],
        ["train", "a.py", "--amp", "maybe"],
    ],
)
def test_help_and_errors_need_no_torch(words, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    imported = done.stderr.splitlines()[-1]
    assert "torch" not in imported
    if "--help" in words:
        assert imported == "[]"
        assert done.stdout.startswith(f"usage: stad {words[0]}")


def test_help_is_fast(tmp_path):
    command = [sys.executable, "-c", PROBE, "annotate", "--help"]
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
        seconds.append(time.perf_counter() - begin)
    # It takes 0.1 s; the fastest of three, because other work may slow one down.
    assert min(seconds) < 0.5


def test_errors_end_with_code_2(tmp_path):
    code = "from stad.cli.main import main; main()"
    for words in (["foo"], ["annotate", "--thresh", "1"], ["watch", "--recrd", "walk", "0"]):
        command = [sys.executable, "-c", code, *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["anno"], ["annotate"]),
        (["annotate", "--thr"], ["--threshold"]),
        (["evaluate", "seg"], ["segments"]),
    ],
)
def test_bash_completes_commands_and_options(words, expected, capsys):
    with pytest.raises(SystemExit) as stopped:
        stad_main(["--tyro-print-completion", "bash"])
    assert not stopped.value.code
    script = capsys.readouterr().out
    line = json.dumps(" ".join(["stad", *words]))
    script += f"""
COMP_WORDS=(stad {" ".join(words)}); COMP_CWORD={len(words)}; COMP_LINE={line}
COMP_POINT=${{#COMP_LINE}}; _tyro_stad; echo "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == expected


def test_models_lists_what_the_list_options_do(capsys):
    for words, option in (
        (["models"], ["annotate", "--list-models"]),
        (["models", "labels"], ["annotate", "--list-labels"]),
        (["models", "trackers"], ["annotate", "--list-trackers"]),
        (["models"], ["recognize", "--list-models"]),
    ):
        assert not stad_main(words)
        printed = capsys.readouterr().out
        assert len(printed) > 200
        assert not stad_main(option)
        assert capsys.readouterr().out == printed
    assert not stad_main(["models", "detectors"])
    detectors = capsys.readouterr().out
    assert detectors.startswith("person detector")
    assert not stad_main(["models", "labels", "--model", "skeleton_poses"])
    assert "fall down" in capsys.readouterr().out
