"""Scripts whose process dies of a signal: what is said, what is kept, and which signals arrive."""

import json
import os
import pty
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch

from stad import zoo
from stad.inference.cpu import this_cpu
from stad.utils.locks import only_writer
from stad.utils.supervisor import death_message
from tests.aborting import VARIABLE
from tests.videos import write_video

ROOT = Path(__file__).resolve().parents[2]
CONFIG = str(ROOT / "tests" / "data" / "tiny_aborting.py")
FACTS = {
    "network": "slowfast_r50_4x16_ava21",
    "precision": "bfloat16",
    "device": "cpu",
    "instruction_set": "AVX512_CORE_AMX",
    "avoid": "To avoid it, give --precision float32",
    "save_memory": "A smaller --batch-size needs less memory",
}


@pytest.mark.parametrize(
    ("number", "facts", "expected"),
    [
        (
            signal.SIGABRT,
            FACTS,
            "the process that ran slowfast_r50_4x16_ava21 in bfloat16 (cpu, instruction set "
            "AVX512_CORE_AMX) died of signal 6 (SIGABRT): a fault in a library, not in the "
            "options. To avoid it, give --precision float32.",
        ),
        (
            signal.SIGKILL,
            FACTS | {"device": "cuda:0", "instruction_set": None, "state": __file__},
            "the process that ran slowfast_r50_4x16_ava21 in bfloat16 (cuda:0) was killed "
            "(signal 9, SIGKILL), as happens when memory runs out. A smaller --batch-size needs "
            "less memory. Finished results were kept: repeat the command with --resume to "
            "continue.",
        ),
        (
            signal.SIGSEGV,
            {"state": "/nowhere"},
            "the process that did the work died of signal 11 (SIGSEGV): a fault in a library, "
            "not in the options.",
        ),
    ],
)
def test_what_is_said_of_a_death(number, facts, expected):
    assert death_message(number, facts) == expected


def command_of(folder, body):
    """A script whose ``main`` has this body and runs supervised."""
    script = folder / "script.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from stad.errors import InputError\n"
        "from stad.utils.interrupt import StopRequest\n"
        "from stad.utils.supervisor import note, run_supervised\n"
        f"folder = Path({str(folder)!r})\n"
        "def main():\n"
        + textwrap.indent(textwrap.dedent(body), "    ")
        + "\nrun_supervised(main)\n"
    )
    return [sys.executable, str(script)]


def start(folder, body, **options):
    """Run it."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command_of(folder, body), **pipes, **options)


def end(process):
    """Exit code, stdout and stderr."""
    said = process.communicate(timeout=30)
    return process.returncode, *said


def end_of(folder, body):
    """Run it until it has ended."""
    return end(start(folder, body))


@pytest.mark.parametrize(
    ("body", "code", "out", "err"),
    [
        ("print('done')", 0, "done\n", ""),
        ("return 3", 3, "", ""),
        ("raise InputError('expected: a video')", 2, "", "error: expected: a video\n"),
        ("raise KeyboardInterrupt", 130, "", "interrupted\n"),
    ],
)
def test_a_run_that_ends_by_itself_ends_as_without_a_supervisor(tmp_path, body, code, out, err):
    assert end(start(tmp_path, body)) == (code, out, err)


def test_a_bug_keeps_its_traceback(tmp_path):
    code, _, said = end(start(tmp_path, "return 1 / 0"))
    assert code == 1
    assert said.endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("number", [6, 11, 7, 4, 8, 9], ids=lambda n: signal.Signals(n).name)
def test_a_death_is_an_error_that_says_what_ran(tmp_path, number):
    (tmp_path / ".o.part.json").write_text("{")
    (tmp_path / "state").write_text("{}")
    body = f"""
        note(network="net", precision="bfloat16", device="cpu", avoid="To avoid it, rest")
        note(state=str(folder / "state"), unfinished=[str(folder / ".o.part.json")])
        print("at work", flush=True)
        os.kill(os.getpid(), {number})
    """
    code, out, said = end(start(tmp_path, body))
    assert (code, out) == (2, "at work\n")
    assert said.startswith("\nerror: the process that ran net in bfloat16 (cpu) ")
    assert f"ignal {number}" in said
    assert ("To avoid it, rest." in said) == (number != 9)
    assert said.endswith("with --resume to continue.\n")
    assert said.count("\n") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["script.py", "state"]


# Another thread may get the signal: the main one must be there when Python handles it.
@pytest.mark.parametrize(
    "end", ["raise KeyboardInterrupt", "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)"]
)
def test_ctrl_c_says_how_to_continue(tmp_path, end):
    (tmp_path / "state").write_text("{}")
    code, _, said = end_of(tmp_path, f'note(state=str(folder / "state"))\n{end}')
    assert code == 130
    assert said == (
        "Finished results were kept: repeat the command with --resume to continue.\ninterrupted\n"
    )


def test_a_death_frees_its_locks_and_no_others(tmp_path):
    (tmp_path / ".a.lock").write_text("")
    body = """
        note(locks=[str(folder / ".a.lock"), str(folder / ".b.lock")])
        os.kill(os.getpid(), signal.SIGKILL)
    """
    with only_writer(tmp_path / "b"):
        assert end_of(tmp_path, body)[0] == 2
        assert not (tmp_path / ".a.lock").exists()
        assert (tmp_path / ".b.lock").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_end_changes_no_exit_code(tmp_path, number):
    body = """
        import atexit
        atexit.register(lambda: (print("ending", flush=True), time.sleep(20)))
        return 3
    """
    process = start(tmp_path, body)
    assert process.stdout.readline() == "ending\n"
    process.send_signal(number)
    assert end(process) == (3, "", "")


def test_who_ends_the_worker_on_purpose_gets_that_signal_back(tmp_path):
    code, _, said = end(start(tmp_path, "os.kill(os.getpid(), signal.SIGTERM)"))
    assert (code, said) == (-signal.SIGTERM, "")


LISTEN = """
    heard = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: heard.append(number))
    print("ready", flush=True)
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        time.sleep(0.02)
    print(heard)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_script_reaches_the_worker_once(tmp_path, number):
    process = start(tmp_path, LISTEN)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert end(process) == (0, f"[{int(number)}]\n", "")


def test_ctrl_c_in_a_terminal_reaches_the_worker_once(tmp_path):
    command = command_of(tmp_path, LISTEN)
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        shown = b""
        while b"ready" not in shown:
            shown += screen.read(1024)
        screen.write(b"\x03")
        while b"]" not in shown:
            shown += screen.read(1024)
        assert b"[2]" in shown
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_signal_to_the_whole_group_is_one_request_to_stop(tmp_path):
    body = """
        with StopRequest() as stop:
            print("ready", flush=True)
            until = time.monotonic() + 1.0
            while time.monotonic() < until:
                time.sleep(0.02)
        print(stop.requested)
    """
    process = start(tmp_path, body, start_new_session=True)
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGTERM)
    assert end(process) == (0, "True\n", "\nStopping. Press Ctrl-C again to quit immediately.\n")


def test_the_worker_does_not_outlive_the_script(tmp_path):
    process = start(tmp_path, "print(os.getpid(), flush=True)\ntime.sleep(60)")
    worker = int(process.stdout.readline())
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}/stat").exists():
        # A zombie has ended, and waits for somebody to ask for its exit code.
        if Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """Arguments of a run over 4 s of video with two people in it."""
    folder = tmp_path_factory.mktemp("abort")
    torch.manual_seed(0)
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, folder / "tiny.pth")
    rows = ["time_sec,x1,y1,x2,y2,score"]
    for step in range(20):
        rows.append(f"{step / 5},{10 + 3 * step},20,{50 + 3 * step},110,0.9")
    (folder / "boxes.csv").write_text("\n".join(rows))
    video = write_video(folder / "in.mp4", num_frames=100, fps=25)
    return [
        *(sys.executable, str(ROOT / "demo" / "detect_video.py"), str(video)),
        *("--model", CONFIG, "--weights", str(folder / "tiny.pth"), "--stride", "0.4"),
        # The network that dies is torch's.
        *("--runtime", "torch"),
        *("--boxes", str(folder / "boxes.csv"), "--threshold", "0.5"),
    ]


def run(job, folder, *options, abort="none:0:0"):
    """Exit code and stderr of the demo, which writes a.json and a.csv."""
    command = [*job, "--json", str(folder / "a.json"), "--csv", str(folder / "a.csv"), *options]
    environment = os.environ | {VARIABLE: abort, "STAD_HOME": str(folder.parent / "home")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def whole(job, tmp_path_factory):
    """The folder of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    assert run(job, folder, "--precision", "float32")[0] == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL])
def test_a_run_that_died_goes_on_and_ends_as_an_unbroken_one(job, whole, tmp_path, number):
    broken = tmp_path / "broken"
    broken.mkdir()
    code, said = run(job, broken, "--precision", "float32", abort=f"float32:6:{int(number)}")
    assert code == 2
    last = said.splitlines()[-1]
    assert last.startswith("error: the process that ran tiny_aborting in float32 (cpu, instruction")
    assert f"ignal {int(number)}" in last
    assert "--resume" in last
    # Nothing half-written is left, but what was computed.
    locks = {".a.csv.lock", ".a.json.lock"}
    assert {path.name for path in broken.iterdir()} - locks == {"a.json.stad-state"}
    assert '"done":' in (broken / "a.json.stad-state").read_text()
    assert run(job, broken, "--precision", "float32", "--resume")[0] == 0
    for name in ("a.json", "a.csv"):
        assert (broken / name).read_text() == (whole / name).read_text()
    assert sorted(path.name for path in broken.iterdir()) == ["a.csv", "a.json"]


@pytest.mark.slow
def test_a_run_that_died_in_bfloat16_goes_on_in_float32(job, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    code, said = run(job, folder, "--precision", "bfloat16", abort="bfloat16:6:6")
    assert code == 2
    assert "give --precision float32" in said.splitlines()[-1]
    code, said = run(job, folder, "--precision", "float32", "--resume")
    assert code == 0
    assert "--precision was bfloat16 up to there and is float32 from there on" in said
    document = json.loads((folder / "a.json").read_text())
    assert (document["complete"], document["num_frames_written"]) == (True, 100)


needs_bfloat16 = pytest.mark.skipif(
    not this_cpu().has_bfloat16, reason="this CPU has no instructions for bfloat16"
)


@pytest.mark.slow
@needs_bfloat16
def test_a_network_that_dies_in_the_trial_runs_in_float32(job, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for how in ("tried now, remembered", "tried once, remembered"):
        code, said = run(job, folder, "--overwrite", abort="bfloat16:1:6")
        assert code == 0
        reason = f"precision float32: the bfloat16 trial died of signal 6 (SIGABRT) ({how})"
        assert reason in said.splitlines()


@pytest.mark.slow
@needs_bfloat16
def test_auto_takes_float32_once_a_run_has_died_in_bfloat16(job, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    # The trial finds both equal, or one quicker: what it would say is put in its place.
    assert run(job, folder)[0] == 0
    (verdict,) = (tmp_path / "home" / "precision").iterdir()
    found = json.loads(verdict.read_text())
    found["verdict"] = {"precision": "bfloat16", "reason": "2.0 times as fast"}
    verdict.write_text(json.dumps(found))
    code, said = run(job, folder, "--overwrite", abort="bfloat16:6:6")
    assert code == 2
    assert "precision bfloat16: 2.0 times as fast (tried once, remembered)" in said
    assert "--precision auto takes float32 for this network from now on" in said.splitlines()[-1]
    code, said = run(job, folder, "--resume")
    assert code == 0
    assert "float32: a run in bfloat16 died of signal 6 (SIGABRT) (tried once, remembered)" in said


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_script_that_is_started_without_streams_works(tmp_path, closed):
    body = """
        print("out"); print("err", file=sys.stderr)
        (folder / "made.txt").write_text("whole")
    """
    command = " ".join(command_of(tmp_path, body))
    assert subprocess.run(["bash", "-c", f"{command} {closed}"], check=False).returncode == 0
    assert (tmp_path / "made.txt").read_text() == "whole"
