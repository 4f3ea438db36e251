"""Run ``stad watch`` on an unsteady camera in virtual time; compare its events with the truth."""

from __future__ import annotations

import gc
import json
import random
import re
import statistics
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from stad.cli.watch import sinks
from stad.cli.watch.command import parse_options
from stad.cli.watch.run import WatchReport, watch_and_report
from stad.inference.build import ModelBundle
from stad.inference.live import setup, watcher
from stad.localization.options import LocalizerOptions
from stad.structures import Actors
from stad.video import live
from stad.video.geometry import clip_size
from stad.video.window import Window
from tests.robustness.camera_faults import FAULTS
from tests.robustness.unsteady_camera import ACTING, GROUND, IDLE, Camera, Diary
from tests.robustness.virtual_time import EPOCH_SEC, VirtualTime

NAMES = ("act", "rest")
DETECTION_SEC, WINDOW_SEC = 0.05, 0.1
# Without a frame for longer, nothing carries over; see ``watcher.BREAK_SEC``.
GAP_SEC = 3.0
# Frames and windows come once a second.
TOLERANCE_SEC = 2.1
# The longest time of one frame, and of the time of a break that is noted beside a frame.
FRAME_SEC = 1.0
POLL_SEC, SAMPLE_SEC = 0.2, 300.0
# While the camera's clock runs at a wrong speed, this much may be missing, in so many pieces.
LOOSE_SEC, LOOSE_PARTS = 16.0, 4
# A jump of the timestamps so soon after another one may be a break or not.
DOUBT_SEC = 90.0


class BrightDetector:
    """Finds bright rectangles, in virtual time."""

    name = "bright rectangles"
    interval_sec = None
    gives_ids = False
    person_threshold = 0.5

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock

    def detect(self, frame) -> Actors:
        self._clock.sleep(DETECTION_SEC)
        bright = (frame.image.max(axis=2) > (GROUND + IDLE) // 2).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        boxes = [
            [left, top, left + width, top + height]
            for left, top, width, height, area in stats[1:count]
            if area > 100
        ]
        return Actors.from_arrays(boxes, [0.9] * len(boxes)) if boxes else Actors.from_arrays()


class BrightScorer:
    """Sees by the brightness of a person in the middle of the clip whether they act."""

    window = Window(4, 7.5)
    num_classes, num_exclusive = len(NAMES), 0
    sees_tracks = False

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock

    def clip_size(self, source_size):
        return clip_size(*source_size, 48)

    def begin_stream(self):
        """Nothing is remembered."""

    def score(self, clips, boxes, *, source_size, tracks=None):
        self._clock.sleep(WINDOW_SEC)
        return [
            np.array([self._scores(clip[len(clip) // 2], box) for box in own], np.float32)
            for clip, own in zip(clips, boxes, strict=True)
        ]

    def _scores(self, image, box) -> tuple[float, float]:
        left, top, right, bottom = box.round().astype(int).tolist()
        value = float(np.median(image[max(top, 0) : bottom, max(left, 0) : right]))
        acts = min(max((value - IDLE) / (ACTING - IDLE), 0.0), 1.0)
        return acts, 1 - acts


@dataclass
class Sample:
    """What the process uses at a moment.

    Attributes:
        hour: of the run.
        rss_mib, threads, files, objects: memory, threads, open files, objects of Python.
    """

    hour: float
    rss_mib: float
    threads: int
    files: int
    objects: int


@dataclass
class Watched:
    """A run.

    Attributes:
        report: what the command counted.
        events: lines of the file.
        delays_sec: from what an event tells to its line in the file, seconds.
        origin_sec: time 0 of the stream, by the clock.
        samples: taken every now and then.
        recordings: files.
        clock: at its end.
        diary: of the camera.
    """

    report: WatchReport
    events: list[dict]
    delays_sec: list[float]
    origin_sec: float
    samples: list[Sample]
    recordings: list[Path]
    clock: VirtualTime
    diary: Diary


def plan(
    begin_sec: float,
    length_sec: float,
    *,
    seed: int,
    kinds,
    cycle_sec: tuple[float, float],
    calm=(),
) -> tuple[list[tuple[float, float]], list[tuple[float, str]]]:
    """Return actions and faults: every cycle has one of each, the fault before, in or after it.

    Args:
        begin_sec: of the run, seconds of the clock.
        length_sec: of the run.
        seed: of the choices.
        kinds: of faults.
        cycle_sec: (shortest, longest) cycle.
        calm: (begin, end) without faults, seconds of the run.
    """
    chance = random.Random(seed)
    actions, faults, left = [], [], []
    at_sec = 10.0
    while at_sec + cycle_sec[1] < length_sec:
        left = left or chance.sample(kinds, len(kinds))
        action_sec = at_sec + chance.uniform(10, 20)
        end_sec = action_sec + chance.uniform(15, 45)
        fault_sec = chance.choice((action_sec - 5, (action_sec + end_sec) / 2, end_sec + 8))
        actions.append((begin_sec + action_sec, begin_sec + end_sec))
        if not any(low <= fault_sec < high for low, high in calm):
            faults.append((begin_sec + fault_sec, left.pop()))
        at_sec = max(at_sec + chance.uniform(*cycle_sec), end_sec + 15)
    return actions, faults


def run_watch(
    monkeypatch,
    folder: Path,
    *,
    length_sec: float,
    seed: int,
    cycle_sec=(80.0, 120.0),
    calm=(),
    url="rtsp://camera/live",
    kinds=FAULTS,
    arguments=(),
    receiver=None,
) -> Watched:
    """Watch for a time, and return what was found.

    Args:
        monkeypatch: puts the virtual time and the camera into the modules.
        folder: for the outputs.
        length_sec: of the run, seconds of virtual time.
        seed: of the camera and its faults.
        cycle_sec, calm: see ``plan``.
        url: of the camera.
        kinds: of faults.
        arguments: more arguments of the command.
        receiver: makes the stand-in of ``urlopen`` for the webhook, from the clock.
    """
    clock = VirtualTime()
    clock.install(monkeypatch)
    actions, faults = plan(
        clock.now_sec, length_sec, seed=seed, kinds=kinds, cycle_sec=cycle_sec, calm=calm
    )
    camera = Camera(clock, seed=seed, actions=actions, faults=faults)
    monkeypatch.setattr(live, "av", SimpleNamespace(open=camera.open))
    monkeypatch.setattr(live, "within_limit", lambda call, name: call())
    monkeypatch.setattr(watcher, "POLL_SEC", POLL_SEC)
    monkeypatch.setattr(setup, "build_models", lambda *_, **__: _models(clock))
    written = _note_writes(monkeypatch, clock)
    if receiver is not None:
        monkeypatch.setattr("stad.inference.live.webhook.urllib.request.urlopen", receiver(clock))
    LocalizerOptions(0.5, window_sec=1.0, join_gap_sec=2.5).to_file(folder / "localizer.json")
    samples: list[Sample] = []
    meter = clock.stand_ins["threading"].Thread(
        target=_measure, args=(clock, samples, clock.now_sec + length_sec)
    )
    meter.start()
    report = watch_and_report(
        parse_options(
            [
                *(url, "--duration", str(length_sec), "--stride", "1", "--quiet"),
                *("--localizer", str(folder / "localizer.json")),
                *("--jsonl", str(folder / "events.jsonl"), "--labels", "act", *arguments),
            ]
        )
    )
    meter.join()
    # A signal ends a run early, and well.
    assert report.stats.watched_sec >= length_sec
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    origin_sec = _origin_sec(events)
    delays = [
        at_sec - origin_sec - (one["start_sec"] if one["event"] == "start" else one["end_sec"])
        for at_sec, one in zip(written, events, strict=True)
    ]
    recordings = sorted((folder / "clips").glob("*")) if (folder / "clips").exists() else []
    return Watched(report, events, delays, origin_sec, samples, recordings, clock, camera.diary)


def _models(clock: VirtualTime) -> ModelBundle:
    detector, scorer = BrightDetector(clock), BrightScorer(clock)
    return ModelBundle(detector, scorer, "bright", NAMES, 0.5, frozenset({0}), "cpu", 1.0)


def _note_writes(monkeypatch, clock: VirtualTime) -> list[float]:
    """Return the list to which the time of each event's line is added."""
    written, write = [], sinks.JsonLines.write

    def note(self, event):
        written.append(clock.now_sec)
        write(self, event)

    monkeypatch.setattr(sinks.JsonLines, "write", note)
    return written


def _origin_sec(events: list[dict]) -> float:
    """Return time 0 of the stream by the clock, as the dates of the events say."""
    return statistics.median(
        datetime.fromisoformat(one["began_at"]).timestamp() - EPOCH_SEC - one["start_sec"]
        for one in events
    )


def _measure(clock: VirtualTime, samples: list[Sample], end_sec: float) -> None:
    begin_sec = clock.now_sec
    while clock.now_sec + SAMPLE_SEC < end_sec:
        clock.sleep(SAMPLE_SEC)
        gc.collect()
        status = Path("/proc/self/status").read_text()
        samples.append(
            Sample(
                hour=(clock.now_sec - begin_sec) / 3600,
                rss_mib=int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
                threads=int(re.search(r"Threads:\s+(\d+)", status)[1]),
                files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
                objects=len(gc.get_objects()),
            )
        )


@dataclass(frozen=True)
class Action:
    """An action as the camera showed it, seconds of the clock; ``may`` be too short to be found."""

    begin_sec: float
    end_sec: float
    may: bool = False


def loose_times(diary: Diary) -> tuple[list[float], list[tuple[float, float]]]:
    """Return the times of breaks, and those (begin, end) in which breaks cannot be foretold."""
    breaks, loose = list(diary.breaks), list(diary.loose)
    last_sec = -np.inf
    for jump_sec in sorted(diary.jumps):
        is_clear = jump_sec - last_sec > DOUBT_SEC
        if is_clear and not any(low - 1 < jump_sec < high + DOUBT_SEC for low, high in diary.loose):
            breaks.append(jump_sec)
        else:
            loose.append((jump_sec, jump_sec))
        last_sec = jump_sec
    return sorted(breaks), loose


def shown_actions(diary: Diary, breaks: list[float]) -> list[Action]:
    """Return the actions that were in view without a break."""
    found: list[list[float]] = []
    last_sec, was_acting, place = -np.inf, False, 0
    for time_sec, acting in sorted(diary.seen):
        broken = time_sec - last_sec > GAP_SEC
        while place < len(breaks) and breaks[place] <= time_sec:
            place, broken = place + 1, True
        if acting and (broken or not was_acting):
            found.append([time_sec, time_sec])
        elif acting:
            found[-1][1] = time_sec
        last_sec, was_acting = time_sec, acting
    return [Action(begin, end, may=end - begin < 2.5) for begin, end in found]


def differences(watched: Watched) -> list[str]:
    """Return what is wrong with the events, one sentence each."""
    told, faults = paired(watched.events, watched.origin_sec)
    breaks, loose = loose_times(watched.diary)
    actions = shown_actions(watched.diary, breaks)
    for action in actions:
        near = [one for one in told if _is_near(one, action)]
        parts = [one for one in told if _is_part(one, action)]
        missing_sec = action.end_sec - action.begin_sec - sum(b - a for a, b in parts)
        is_loose = any(
            low - 2 <= action.end_sec and action.begin_sec <= high + 2 for low, high in loose
        )
        if is_loose and missing_sec <= LOOSE_SEC and len(parts) <= LOOSE_PARTS:
            told = [one for one in told if one not in parts]
        elif near:
            told.remove(near[0])
        elif not action.may:
            faults.append(f"not found: {_explain(watched, action.begin_sec, action.end_sec)}")
    told = [one for one in told if not _is_cut_off(one, actions, breaks)]
    return faults + [f"made up: {_explain(watched, *one)}" for one in told]


def paired(events: list[dict], origin_sec: float) -> tuple[list[tuple[float, float]], list[str]]:
    """Return (begin, end) of what the events tell, by the clock, and what is wrong with them."""
    faults, begun, told = [], {}, []
    for one in events:
        key = one["actor"], one["label"]
        if one["event"] == "start":
            faults += [f"begins twice: {one}"] * (key in begun)
            begun[key] = one
        elif begun.pop(key, None) is None:
            faults.append(f"ends without a start: {one}")
        else:
            told.append((one["start_sec"] + origin_sec, one["end_sec"] + origin_sec))
    return told, faults + [f"never ends: {one}" for one in begun.values()]


def _is_near(told: tuple[float, float], action: Action) -> bool:
    """Return whether begin and end agree."""
    begin_off, end_off = told[0] - action.begin_sec, told[1] - action.end_sec
    return max(abs(begin_off), abs(end_off)) <= TOLERANCE_SEC


def _is_part(told: tuple[float, float], action: Action) -> bool:
    """Return whether it is inside."""
    low_sec, high_sec = action.begin_sec - TOLERANCE_SEC, action.end_sec + TOLERANCE_SEC
    return low_sec <= told[0] and told[1] <= high_sec


def _is_cut_off(told: tuple[float, float], actions: list[Action], breaks: list[float]) -> bool:
    """Return whether it is the one frame of an action that a break parts from the others."""
    is_short = told[1] - told[0] <= FRAME_SEC
    is_broken = any(abs(told[0] - one) <= FRAME_SEC for one in breaks)
    return is_short and is_broken and any(_is_part(told, one) for one in actions)


def _explain(watched: Watched, begin_sec: float, end_sec: float) -> str:
    """Return a text about a time that tells what happened there."""
    faults = [
        f"{name} at {at:.1f}"
        for at, name in watched.diary.faults
        if begin_sec - 60 <= at <= end_sec + 5
    ]
    return f"{begin_sec:.1f} to {end_sec:.1f}, with {', '.join(faults) or 'no fault'}"
