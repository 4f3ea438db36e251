"""Findings of checks of annotations: one table, and whether a run can go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from stad.errors import InputError

# With more than this share of bad rows, the file as a whole is not what it is taken for.
MOST = 0.5
SHOWN_ROWS = 3
SINGULAR = {"rows": "row", "videos": "video", "classes": "class", "detections": "detection"}
NO_ROWS = np.empty(0, np.int64)

# Rows of a file -> where they are and what they say, such as "train.csv:12 'a,1,0,0,1,1,3'".
Locate = Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True)
class Finding:
    """One kind of fault in a file.

    Attributes:
        what: the fault, such as 'boxes with swapped corners'.
        rows: (K,) int64 rows that have it; empty where it is not a matter of rows.
        count: how many there are of ``unit``; as many as ``rows`` if None.
        unit: what is counted; ``what`` goes on from there.
        guess: what the file seems to hold instead, and what to do: whole sentences.
        examples: where to look, if ``rows`` do not say.
        drops: whether the rows are left out.
        is_wrong: whether the rows speak against the file, if they are many.
        stops: whether the file cannot be used, however few rows have the fault.
    """

    what: str
    rows: np.ndarray = field(default_factory=lambda: NO_ROWS)
    count: int | None = None
    unit: str = "rows"
    guess: str = ""
    examples: tuple[str, ...] = ()
    drops: bool = True
    is_wrong: bool = True
    stops: bool = False

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.rows) if self.count is None else self.count


@dataclass(frozen=True)
class Checked:
    """What a file is used as.

    Attributes:
        left_out: (K,) int64 rows that are left out, ascending.
        warning: the table of findings with a headline; empty where there are none.
    """

    left_out: np.ndarray
    warning: str


def settle(
    findings: Sequence[Finding],
    *,
    name: str,
    num_rows: int,
    locate: Locate | None = None,
    most: float = MOST,
) -> Checked:
    """Decide whether a file can be used, and without which rows.

    Args:
        findings: of all checks.
        name: the file, for messages.
        num_rows: how many rows were checked.
        locate: names rows; without it examples of the findings are shown alone.
        most: with a larger share of wrong rows the file is refused, 0-1.

    Raises:
        InputError: more than ``most`` of the rows have a fault, or a finding stops the run. The
            message is the table of findings.
    """
    findings = [one for one in findings if one.number or one.stops]
    if not findings:
        return Checked(NO_ROWS, "")
    wrong = _union(one.rows for one in findings if one.is_wrong)
    left_out = _union(one.rows for one in findings if one.drops)
    table = findings_table(findings, locate)
    if any(one.stops for one in findings) or (len(wrong) and len(wrong) > most * num_rows):
        count = f"{len(wrong)} of {num_rows} rows are wrong" if len(wrong) else "it does not fit"
        raise InputError(f"{name} cannot be used, {count}:\n{table}\nMend the file and run again.")
    headline = f"{name} was checked"
    if len(left_out):
        headline = f"{len(left_out)} of {num_rows} rows of {name} are left out"
    return Checked(left_out, f"{headline}:\n{table}")


def findings_table(findings: Sequence[Finding], locate: Locate | None = None) -> str:
    """A line for each finding, the largest first, with the first rows and the guess below it."""
    ordered = sorted(findings, key=lambda one: (not one.stops, -one.number))
    width = max(len(str(one.number)) for one in ordered)
    indent = " " * (width + 3)
    lines = []
    for one in ordered:
        unit = SINGULAR.get(one.unit, one.unit) if one.number == 1 else one.unit
        what = f"{unit}: {one.what}" if one.unit == "rows" else f"{unit} {one.what}"
        lines.append(f"  {one.number:>{width}} {what.strip()}")
        places = list(one.examples)
        if locate is not None and len(one.rows):
            places += locate(one.rows[:SHOWN_ROWS].tolist())
        if places:
            lines.append(f"{indent}first: {', '.join(places)}")
        if one.guess:
            lines.append(f"{indent}{one.guess}")
    return "\n".join(lines)


def shown(names: Sequence[str], *, limit: int = SHOWN_ROWS) -> str:
    """The first names, and how many more there are.

    >>> shown(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _union(parts) -> np.ndarray:
    return np.unique(np.concatenate([NO_ROWS, *parts]))
