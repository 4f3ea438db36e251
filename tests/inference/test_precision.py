"""Which precision is taken and why: by what a trial says, and by real trials."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch

from stad import zoo
from stad.inference import precision as precision_module
from stad.inference.cpu import Cpu, this_cpu
from stad.inference.precision import choose_precision, verdict_key
from stad.inference.trial import TrialNetwork, judge, run_trial, try_network
from stad.inference.trial_process import Outcome, TrialEnd
from stad.inference.verdicts import Verdict
from tests.aborting import VARIABLE

DATA = Path(__file__).parents[1] / "data"
CONFIG, ABORTING = str(DATA / "tiny_detector.py"), str(DATA / "tiny_aborting.py")
ONLINE = str(DATA / "tiny_online.py")
SIZE = (160, 120)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def lines(*records):
    """What a trial writes, with what others write in between."""
    return "Could not import OneDL\n".join(json.dumps({"trial": one}) + "\n" for one in records)


F32, BF16 = {"begin": "float32"}, {"begin": "bfloat16"}
SLOW, FAST = {"seconds": 0.4}, {"seconds": 0.2}


@pytest.mark.parametrize(
    ("said", "code", "complaint", "precision", "reason", "is_lasting"),
    [
        (
            lines(F32, SLOW, BF16, FAST, {"difference": 0.01}),
            *(0, "", "bfloat16", "2.0 times as fast as float32 on this CPU", True),
        ),
        (
            lines(F32, FAST, BF16, FAST, {"difference": 0.01}),
            *(0, "", "float32", "bfloat16 is only 1.00 times as fast on this CPU", True),
        ),
        (
            lines(F32, FAST, BF16, SLOW, {"difference": 0.01}),
            *(0, "", "float32", "bfloat16 is only 0.50 times as fast on this CPU", True),
        ),
        (
            lines(F32, SLOW, BF16, FAST, {"difference": 0.3}),
            *(0, "", "float32", "bfloat16 gave other scores in a trial (they differ by 30%)", True),
        ),
        (
            lines(F32, SLOW, BF16, FAST, {"difference": float("nan")}),
            *(
                0,
                "",
                "float32",
                "bfloat16 gave other scores in a trial (they differ by nan%)",
                True,
            ),
        ),
        (
            lines(F32, SLOW, BF16),
            *(-6, "", "float32", "the bfloat16 trial died of signal 6 (SIGABRT)", True),
        ),
        # Memory may have run out: the next time it may not.
        (
            lines(F32, SLOW, BF16),
            *(-9, "", "float32", "the bfloat16 trial died of signal 9 (SIGKILL)", False),
        ),
        (
            lines(F32),
            *(-11, "", "float32", "the float32 trial died of signal 11 (SIGSEGV)", False),
        ),
        ("", -11, "", "float32", "the first trial died of signal 11 (SIGSEGV)", False),
        (
            lines(F32, SLOW, BF16),
            *(1, "Traceback\nRuntimeError: not implemented for 'BFloat16'\n", "float32"),
            *("the bfloat16 trial failed (RuntimeError: not implemented for 'BFloat16')", True),
        ),
        ("", 1, "", "float32", "the first trial failed (no message)", False),
    ],
)
def test_what_a_trial_means(said, code, complaint, precision, reason, is_lasting):
    assert judge(TrialEnd(code, said, complaint)) == Outcome(Verdict(precision, reason), is_lasting)


@pytest.mark.parametrize("config", [CONFIG, ONLINE])
def test_a_trial_scores_in_both_precisions(config):
    network = TrialNetwork(config, SIZE, config == ONLINE, torch.get_num_threads())
    records = list(try_network(network))
    assert [next(iter(one)) for one in records] == [*("begin", "seconds") * 2, "difference"]
    assert [records[0], records[2]] == [F32, BF16]
    assert all(0 < one["seconds"] < 60 for one in (records[1], records[3]))
    # Not the same numbers: bfloat16 was at work.
    assert 0 < records[4]["difference"] < 0.1


def choose(wanted="auto", device="cpu", config=CONFIG, said=None, **options):
    return choose_precision(
        wanted,
        device,
        model=config,
        loaded=zoo.open_model(config, weights=None),
        frame_size=SIZE,
        log=[].append if said is None else said.append,
        **options,
    )


@pytest.fixture
def trials(monkeypatch):
    """What the trials to come find, and what was tried."""
    outcomes, tried = [], []

    def run(network):
        tried.append(network)
        return outcomes.pop(0)

    monkeypatch.setattr(precision_module, "run_trial", run)
    monkeypatch.setattr(precision_module, "this_cpu", lambda: Cpu("Some CPU", "AVX512_CORE_AMX"))
    return outcomes, tried


def test_what_is_asked_for_is_taken_without_a_trial(trials):
    for wanted in ("float32", "bfloat16"):
        found = choose(wanted)
        assert (str(found), found.dtype) == (f"{wanted}: as asked for", getattr(torch, wanted))
    with pytest.raises(ValueError, match="half"):
        choose("half")
    assert trials[1] == []


def test_a_trial_is_made_once_for_each_network_and_size(trials):
    outcomes, tried = trials
    said = []
    outcomes += [
        Outcome(Verdict("bfloat16", "2.0 times as fast")),
        Outcome(Verdict("float32", "no")),
    ]
    found = choose(said=said)
    assert str(found) == "bfloat16: 2.0 times as fast (tried now, remembered)"
    assert (found.dtype, len(said)) == (torch.bfloat16, 1)
    found = choose(said=said)
    assert str(found) == "bfloat16: 2.0 times as fast (tried once, remembered)"
    assert (len(said), found.verdict.is_file()) == (1, True)
    # Damaged: tried again.
    found.verdict.write_text("{")
    assert str(choose(said=said)) == "float32: no (tried now, remembered)"
    assert str(choose()) == "float32: no (tried once, remembered)"
    outcomes.append(Outcome(Verdict("float32", "as a stream")))
    assert choose(is_online=True).name == "float32"
    assert [one.is_online for one in tried] == [False, False, True]
    assert tried[0] == TrialNetwork(CONFIG, SIZE, False, torch.get_num_threads())


def test_what_says_nothing_of_the_network_is_not_remembered(trials, home):
    outcomes, _ = trials
    killed = Outcome(Verdict("float32", "it was killed"), is_lasting=False)
    outcomes += [killed, killed]
    assert str(choose()) == str(choose()) == "float32: it was killed (tried now)"
    assert not home.exists()


def test_a_cache_that_cannot_be_written_costs_the_memory_only(trials, home):
    home.write_text("a file where the folder should be")
    trials[0].append(Outcome(Verdict("bfloat16", "2.0 times as fast")))
    found = choose()
    assert found.dtype == torch.bfloat16
    assert "2.0 times as fast (tried now, not remembered: The folder" in found.reason


@pytest.mark.parametrize("limit", ["AVX2", "AVX512_CORE"])
def test_without_instructions_there_is_no_trial(monkeypatch, limit):
    monkeypatch.setattr(precision_module, "run_trial", None)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert str(choose()) == (
        f"float32: this CPU has no instructions for bfloat16 under ONEDNN_MAX_CPU_ISA={limit}"
    )


@pytest.mark.parametrize(("is_supported", "name"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_costs_no_trial(monkeypatch, is_supported, name):
    monkeypatch.setattr(precision_module, "run_trial", None)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: is_supported)
    assert choose(device="cuda:0").name == name
    assert choose(device="mps").name == "float32"


def test_the_key_names_all_that_a_verdict_depends_on(monkeypatch):
    asked = TrialNetwork(CONFIG, SIZE, False, 2)
    loaded = zoo.open_model(CONFIG, weights=None)
    key = verdict_key(asked, loaded)
    assert (key["model"], key["clip"], key["num_threads"]) == ("tiny_detector", [4, 64, 85], 2)
    assert (key["torch"], key["cpu"]) == (torch.__version__, this_cpu().name)
    # The same clip of a larger video; the same name with other layers; another limit.
    assert verdict_key(TrialNetwork(CONFIG, (320, 240), False, 2), loaded) == key
    loaded.model.backbone.layer4 = torch.nn.Identity()
    assert verdict_key(asked, loaded)["layers"] != key["layers"]
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    assert verdict_key(asked, loaded)["instruction_set"] != key["instruction_set"]


@pytest.mark.slow
def test_real_trials(monkeypatch):
    network = TrialNetwork(ABORTING, SIZE, False, 1)
    outcome = run_trial(network)
    assert outcome.is_lasting
    assert "times as fast" in outcome.verdict.reason
    for number, is_lasting in ((signal.SIGABRT, True), (signal.SIGKILL, False)):
        monkeypatch.setitem(os.environ, VARIABLE, f"bfloat16:1:{int(number)}")
        reason = f"the bfloat16 trial died of signal {int(number)} ({number.name})"
        assert run_trial(network) == Outcome(Verdict("float32", reason), is_lasting)
    monkeypatch.setitem(os.environ, VARIABLE, "bfloat16:1:19")
    outcome = run_trial(network, limit_sec=40.0)
    assert outcome.verdict == Verdict("float32", "the bfloat16 trial did not end within 40 s")
    missing = run_trial(TrialNetwork("no/such.py", SIZE, False, 1))
    assert not missing.is_lasting
    assert "the first trial failed (stad.errors.InputError: no/such.py" in missing.verdict.reason
