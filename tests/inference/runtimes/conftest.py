"""Fixtures of the tests of runtimes: a cache of their own, and verdicts without trials."""

import pytest

from stad.inference.runtimes import converted, trial
from stad.inference.verdicts import Verdict


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))
    # Other tests may run beside these.
    monkeypatch.setattr(trial, "has_other_work", lambda: False)
    return tmp_path / "home"


@pytest.fixture
def trusting(monkeypatch):
    """Verdicts in favour of the runtime without a trial; how often one was asked for."""
    asked = []

    def judge_at_once(self, path, shapes):
        asked.append(shapes)
        return Verdict("float32", "trusted", self._opener.runtime)

    monkeypatch.setattr(converted.ConvertedNetwork, "_judge", judge_at_once)
    return asked
