"""What is remembered of trials: whole or not at all, for one key alone."""

import json

import pytest

from stad.inference.verdicts import Verdict, read_verdict, verdict_path, withdraw, write_verdict

KEY = {"torch": "2.11.0", "cpu": "Some CPU", "clip": [32, 256, 344], "num_threads": 2}
FASTER = Verdict("bfloat16", "2.0 times as fast as float32 on this CPU")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path))
    return tmp_path


def test_what_was_written_is_read_for_its_key_alone(home):
    assert read_verdict(KEY) is None
    path = write_verdict(KEY, FASTER)
    assert path.parent == home / "precision"
    assert read_verdict(KEY) == FASTER
    for name, other in (("torch", "2.12.0"), ("cpu", "Other"), ("clip", [32, 256, 455])):
        assert read_verdict(KEY | {name: other}) is None
    write_verdict(KEY, Verdict("float32", "slower"))
    assert read_verdict(KEY).precision == "float32"
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"key": {}, "verdict": {}}', b"1" * 9000),
        json.dumps({"key": KEY, "verdict": {"precision": "int8", "reason": "x"}}).encode(),
        json.dumps({"key": KEY, "verdict": {"precision": "bfloat16"}}).encode(),
        json.dumps({"key": KEY, "verdict": {"precision": "bfloat16", "reason": 3}}).encode(),
        json.dumps({"key": KEY, "verdict": ["bfloat16", "x"]}).encode(),
        json.dumps({"key": KEY | {"cpu": "Other"}, "verdict": {"precision": "float32"}}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_counts_as_absent(content):
    path = write_verdict(KEY, FASTER)
    path.write_bytes(content)
    assert read_verdict(KEY) is None
    # Neither does it stop the report of a death.
    withdraw(path, 6)
    write_verdict(KEY, FASTER)
    assert read_verdict(KEY) == FASTER


def test_a_file_that_cannot_be_read_counts_as_absent():
    verdict_path(KEY).mkdir(parents=True)
    assert read_verdict(KEY) is None


def test_a_death_withdraws_the_verdict(home):
    path = write_verdict(KEY, FASTER)
    withdraw(path, 6)
    assert read_verdict(KEY) == Verdict("float32", "a run in bfloat16 died of signal 6 (SIGABRT)")
    withdraw(home / "precision" / "gone.json", 6)


def test_a_death_in_another_runtime_takes_torch(home):
    path = write_verdict(KEY, Verdict("bfloat16", "8 times as fast", "openvino"))
    withdraw(path, 11)
    reason = "a run in openvino died of signal 11 (SIGSEGV)"
    assert read_verdict(KEY) == Verdict("float32", reason, "torch")
