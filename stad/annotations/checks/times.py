"""Find times that are outside of the videos, and guess what they count."""

from __future__ import annotations

import numpy as np

from stad.annotations.ava_cells import MAX_SEC
from stad.annotations.checks.findings import MAX_WRONG, Finding

# Tolerance at the start and end of a video: containers give their duration roughly.
END_SEC = 0.5
# AVA annotates films from here on; cuts of them begin here.
AVA_START_SEC = 900
# Minimum fraction of times outside of the videos for which another reading of all is tried.
FEW = 0.1
NEARLY_ALL = 0.9
# Frame numbers reach at least this fraction of the video. A film that is cut off is not a reason
# to divide.
MIN_REACH = 0.2
# If some times are right, this many different ones must be wrong before all are interpreted.
MIN_DIFFERENT = 4


def check_times(
    time_sec: np.ndarray,
    duration_sec: np.ndarray,
    fps: np.ndarray,
    *,
    start_sec: float,
    tolerance_sec: float = END_SEC,
) -> list[Finding]:
    """Find times outside of the videos, and guess what they count.

    Args:
        time_sec: (N,) float64 as written.
        duration_sec: (N,) float64 duration of each row's video, NaN if unknown.
        fps: (N,) float64 frames per second of each row's video.
        start_sec: the time that the annotations give to the start of the videos.
        tolerance_sec: maximum distance outside of the video.
    """
    with np.errstate(invalid="ignore"):
        finite = (time_sec >= -tolerance_sec) & (time_sec < MAX_SEC)
    findings = [Finding("times that no video has, such as negative ones", np.flatnonzero(~finite))]
    known = finite & np.isfinite(duration_sec)
    before = known & (time_sec - start_sec < -tolerance_sec)
    after = known & (time_sec - start_sec > duration_sec + tolerance_sec)
    outside = before | after
    if not outside.any():
        return [one for one in findings if one.number]
    guess = ""
    if outside.sum() >= FEW * known.sum():
        columns = (time_sec[known], duration_sec[known], fps[known])
        guess = guess_times(*columns, start_sec=start_sec)
    longest = np.nanmax(np.where(outside, duration_sec, np.nan))
    since = f", which begin at {start_sec:g} s" if start_sec else ""
    what = {
        f"times before the start of the videos{since}": before,
        f"times after the end of the videos{since}; the longest of them has {longest:.1f} s": after,
    }
    for text, rows in what.items():
        findings.append(Finding(text, np.flatnonzero(rows), guess=guess, stops=bool(guess)))
    return [one for one in findings if one.number]


def guess_times(
    time_sec: np.ndarray, duration_sec: np.ndarray, fps: np.ndarray, *, start_sec: float
) -> str:
    """Guess what times outside of their videos count, as a sentence or ''.

    Args:
        time_sec: (N,) as in ``check_times``.
        duration_sec: (N,) seconds, all known.
        fps: (N,) frames per second, all known.
        start_sec: as in ``check_times``.
    """
    outside = ~_is_inside(time_sec - start_sec, duration_sec)
    # A film that is cut off has some rows outside; with another start all are.
    is_shifted = outside.mean() > MAX_WRONG
    if is_shifted and start_sec and _most_fit(time_sec, duration_sec):
        return "They look like seconds from the start of the files: set start_sec to 0."
    shifted = time_sec - AVA_START_SEC
    if is_shifted and start_sec != AVA_START_SEC and _most_fit(shifted, duration_sec):
        return "They look like AVA's seconds, which begin at 900: set start_sec to 900."
    steps = {f"numbers of frames, at {_rate(fps)} a second": fps, "milliseconds": 1000.0}
    for name, step in steps.items():
        in_sec = time_sec / step
        # Frame numbers and milliseconds are whole numbers.
        if not np.array_equal(time_sec, np.rint(time_sec)) or not _most_fit(in_sec, duration_sec):
            continue
        if len(np.unique(time_sec[outside])) < MIN_DIFFERENT and not outside.all():
            continue
        if np.median(in_sec[outside] / duration_sec[outside]) >= MIN_REACH:
            by = "1000" if name == "milliseconds" else "the frame rate"
            return f"They look like {name}: divide them by {by}."
    return ""


def _rate(fps: np.ndarray) -> str:
    rates = np.unique(np.round(fps[np.isfinite(fps)], 3)).tolist()
    return f"{rates[0]:g}" if len(rates) == 1 else "the videos' rates"


def _most_fit(time_sec: np.ndarray, duration_sec: np.ndarray) -> bool:
    return bool(_is_inside(time_sec, duration_sec).mean() >= NEARLY_ALL)


def _is_inside(time_sec: np.ndarray, duration_sec: np.ndarray | float) -> np.ndarray:
    return (time_sec >= -END_SEC) & (time_sec <= duration_sec + END_SEC)
