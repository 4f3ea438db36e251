"""Collect the findings of checks in a table, and decide whether a run can continue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from stad.errors import InputError, one_line

# Maximum fraction of wrong rows in a file that is still used.
MAX_WRONG = 0.5
SHOWN_ROWS = 3
SINGULAR = {"rows": "row", "videos": "video", "classes": "class", "detections": "detection"}
NO_ROWS = np.empty(0, np.int64)

# Rows of a file -> their places and contents, such as "train.csv:12 (a,1,0,0,1,1,3)".
Locate = Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True)
class Finding:
    """One kind of fault in a file.

    Attributes:
        what: the fault, such as 'boxes with swapped corners'.
        rows: (K,) int64 rows that have it; empty if it does not concern rows.
        count: number of ``unit``; the number of ``rows`` if None.
        unit: the things that are counted; ``what`` continues the text.
        guess: what the file seems to hold instead, and what to do, in whole sentences.
        examples: places to look at, if there are no ``rows``.
        drops: whether the rows are left out.
        is_wrong: whether the rows count as wrong when deciding if the file can be used.
        stops: whether the file cannot be used even if few rows have the fault.
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
        """Number of the things counted."""
        return len(self.rows) if self.count is None else self.count


@dataclass(frozen=True)
class Checked:
    """The result of a check of a file that can be used.

    Attributes:
        left_out: (K,) int64 rows that are left out, ascending.
        warning: the table of findings with a headline; empty without findings.
    """

    left_out: np.ndarray
    warning: str


def settle(
    findings: Sequence[Finding],
    *,
    name: str,
    num_rows: int,
    locate: Locate | None = None,
    max_wrong: float = MAX_WRONG,
) -> Checked:
    """Decide whether a file can be used, and which rows have to be left out.

    Args:
        findings: of all checks.
        name: the file, for messages.
        num_rows: number of rows that were checked.
        locate: names rows; without it only the examples of the findings are shown.
        max_wrong: maximum fraction of wrong rows in a file that is used, 0-1.

    Raises:
        InputError: more than ``max_wrong`` of the rows have a fault, or a finding stops the run.
            The message is the table of findings.
    """
    findings = [one for one in findings if one.number or one.stops]
    if not findings:
        return Checked(NO_ROWS, "")
    wrong = _union(one.rows for one in findings if one.is_wrong)
    left_out = _union(one.rows for one in findings if one.drops)
    table = findings_table(findings, locate)
    if any(one.stops for one in findings) or (len(wrong) and len(wrong) > max_wrong * num_rows):
        count = f", {len(wrong)} of {num_rows} rows are wrong" if len(wrong) else ""
        lines = [*table.splitlines(), "Correct the file and run again."]
        raise InputError(f"{name} cannot be used{count}.", lines=lines)
    headline = f"{name} may contain mistakes"
    if len(left_out):
        headline = f"{len(left_out)} of {num_rows} rows of {name} are left out"
    return Checked(left_out, f"{one_line(headline)}:\n{table}")


def findings_table(findings: Sequence[Finding], locate: Locate | None = None) -> str:
    """Return a line for each finding, the largest first, and below it examples and the guess."""
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
    return "\n".join(map(one_line, lines))


def _union(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([NO_ROWS, *parts]))
