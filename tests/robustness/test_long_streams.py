"""Live runs of hours in virtual time: unsteady cameras, slow receivers, and what the runs take."""

from __future__ import annotations

import collections
import re
import statistics

import pytest

from stad.inference.live import webhook
from stad.video.source import VideoSource
from tests.robustness.camera_faults import FAULTS
from tests.robustness.conftest import COUNTS
from tests.robustness.receivers import Receiver
from tests.robustness.watch_runs import Sample, Watched, differences, paired, run_watch

pytestmark = pytest.mark.robust

# What HTTP sends is shown at its own pace: a wrong speed or late frames delay it for good.
PACED_FAULTS = tuple(
    sorted({*FAULTS} - {"wrong_speed", "burst", "variable_rate", "again_and_again"})
)
MAX_DELAY_SEC = 10.0
# Timestamps that fall behind are followed for 10 s, see ``clock.SETTLE_AFTER_SEC``.
MAX_FAULTY_DELAY_SEC, MAX_DELAYED = 20.0, 0.02


def check_events(watched: Watched) -> None:
    """Assert that all events are there, right, once and in time, and that all threads ended."""
    assert not watched.clock.failures
    assert watched.clock.num_threads == 0
    faults = differences(watched)
    assert not faults, "\n".join(faults)
    late = [one for one in watched.delays_sec if one >= MAX_DELAY_SEC]
    assert len(late) <= MAX_DELAYED * len(watched.delays_sec), late
    assert max(watched.delays_sec) < MAX_FAULTY_DELAY_SEC


def check_deliveries(watched: Watched, receiver: Receiver, said: str) -> None:
    """Assert that every event was delivered once, or is counted."""
    got = collections.Counter(map(str, (event for _, event in receiver.taken)))
    sent = collections.Counter(map(str, watched.events))
    assert set(got.values()) == {1}
    assert got <= sent
    lost = re.search(r"warning: (\d+) events were not delivered", said)
    assert lost is not None
    assert len(receiver.taken) + int(lost[1]) == len(watched.events)
    assert len(receiver.rejected) <= int(lost[1])


def growth(samples: list[Sample]) -> str:
    """Return the figures of each quarter, and assert that the last ones are those of the second.

    In the first one, memory rises until each buffer has been as full as it gets.
    """
    quarters = [samples[i * len(samples) // 4 : (i + 1) * len(samples) // 4] for i in range(4)]
    rows = {
        name: [statistics.median(getattr(one, name) for one in quarter) for quarter in quarters]
        for name in ("rss_mib", "threads", "files", "objects")
    }
    text = "\n".join(
        f"{name:<10}" + "".join(f"{value:>12.1f}" for value in values)
        for name, values in rows.items()
    )
    hours = {int(one.hour): one.rss_mib for one in samples}
    text += "\nrss by hour " + " ".join(f"{one:.0f}" for one in hours.values())
    assert rows["rss_mib"][3] < 1.02 * rows["rss_mib"][1] + 4, text
    assert rows["threads"][3] <= rows["threads"][1], text
    assert rows["files"][3] <= rows["files"][1], text
    assert rows["objects"][3] < 1.02 * rows["objects"][1], text
    return text


def watch_with_outputs(monkeypatch, tmp_path, capsys, *, max_waiting: int, **options):
    """Watch with recordings and a webhook; return the run, the receiver and its longest line."""
    receivers, waiting, send = [], [], webhook.Webhook.send

    def make(clock):
        receivers.append(Receiver(clock, options["length_sec"]))
        return receivers[0].urlopen

    def note(self, event):
        send(self, event)
        waiting.append(len(self._waiting))

    monkeypatch.setattr(webhook.Webhook, "send", note)
    monkeypatch.setattr(webhook, "MAX_WAITING", max_waiting)
    watched = run_watch(
        monkeypatch,
        tmp_path,
        arguments=(
            *("--webhook", "http://receiver/events", "--record", "act"),
            *("--record-dir", str(tmp_path / "clips"), "--record-seconds", "3"),
        ),
        receiver=make,
        **options,
    )
    assert max(waiting) <= max_waiting
    said = capsys.readouterr().err
    assert "recording:" not in said
    check_events(watched)
    check_deliveries(watched, receivers[0], said)
    check_recordings(watched)
    return watched, max(waiting)


def check_recordings(watched: Watched) -> None:
    """Assert that there are files, that the first ones hold what was in view, and no parts."""
    assert len(watched.recordings) > len(watched.events) / 8
    assert not [
        path for path in watched.recordings if not re.search(r"_act_\d+(~\d+)?\.mp4$", path.name)
    ]
    told, _ = paired(watched.events, 0.0)
    shortest = min(end - begin for begin, end in told)
    for path in watched.recordings[:5]:
        assert len(list(VideoSource(path).frames())) >= shortest


def test_half_an_hour_with_every_fault(monkeypatch, tmp_path, capsys):
    watched, _ = watch_with_outputs(
        monkeypatch,
        tmp_path,
        capsys,
        max_waiting=5,
        length_sec=2600,
        seed=1,
        cycle_sec=(45.0, 60.0),
    )
    assert {name for _, name in watched.diary.faults} >= set(FAULTS)


@pytest.mark.slow
def test_an_hour_of_http_with_every_fault(monkeypatch, tmp_path):
    watched = run_watch(
        monkeypatch,
        tmp_path,
        length_sec=3600,
        seed=2,
        url="http://camera/live",
        kinds=PACED_FAULTS,
    )
    assert {name for _, name in watched.diary.faults} >= set(PACED_FAULTS)
    check_events(watched)


@pytest.mark.slow
def test_a_day(monkeypatch, tmp_path, capsys, record_property):
    """24 hours, of which four have no fault: the state of one unbroken stretch is bounded, too."""
    watched, most_waiting = watch_with_outputs(
        monkeypatch,
        tmp_path,
        capsys,
        max_waiting=60,
        length_sec=24 * 3600,
        seed=3,
        cycle_sec=(180.0, 300.0),
        calm=[(8 * 3600, 12 * 3600)],
    )
    counts = collections.Counter(name for _, name in watched.diary.faults)
    assert set(counts) >= set(FAULTS)
    record_property(
        COUNTS,
        f"{watched.report.stats.num_frames} frames, {len(watched.events)} events, "
        f"{len(watched.recordings)} recordings, {watched.report.num_reconnects} reconnects, "
        f"{counts.total()} faults, {most_waiting} events waited at most\n"
        f"{growth(watched.samples)}",
    )
