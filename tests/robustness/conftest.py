"""Print what the long forms counted, and share the process that forks runs."""

import pytest

from tests.robustness.kill_runs import Runs

COUNTS = "counts"


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Runs commands; importing what they need takes longer than most of them."""
    runs = Runs(tmp_path_factory.mktemp("runs"))
    yield runs
    runs.close()


def pytest_terminal_summary(terminalreporter):
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, text in report.user_properties:
                if name == COUNTS and report.when == "call":
                    terminalreporter.section(report.nodeid.rpartition("::")[2])
                    terminalreporter.write_line(text)
