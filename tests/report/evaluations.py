"""Small evaluations whose figures are known by hand, for the tests of the report."""

from __future__ import annotations

from pathlib import Path

from stad.evaluation.compare_ava import AvaComparison, compare_ava_files
from stad.report.data import NamedResult, name_results

STAND, SIT, CARRY, WALK = 12, 11, 17, 14
TALL, SMALL = (0, 0, 0.4, 0.9), (0.5, 0.5, 0.7, 0.8)
TRUTH = [
    ("a", 1, TALL, STAND),
    ("a", 1, TALL, CARRY),
    ("a", 1, SMALL, SIT),
    ("a", 2, TALL, STAND),
    ("a", 2, SMALL, SIT),
]
FOUND = [
    ("a", 1, TALL, STAND, 0.9),
    ("a", 2, TALL, STAND, 0.8),
    ("a", 1, SMALL, STAND, 0.7),
    ("a", 1, TALL, STAND, 0.6),
    ("a", 1, SMALL, SIT, 0.5),
    ("a", 2, (0.5, 0, 0.7, 0.3), SIT, 0.4),
]
# Finds no one who stands, and all who sit.
OTHER = [("a", 1, SMALL, SIT, 0.5), ("a", 2, SMALL, SIT, 0.6)]


def write_rows(path: Path, rows) -> Path:
    """An AVA CSV file of (video, time, box, class id[, score]) rows."""
    lines = [f"{video},{time},{','.join(map(str, box))},{rest}" for video, time, box, rest in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def compared(
    folder: Path, found=FOUND, *, truth=TRUTH, name: str = "found", **options
) -> AvaComparison:
    """The comparison of such rows, by way of files."""
    found = [(*row[:3], f"{row[3]},{row[4]}") for row in found]
    return compare_ava_files(
        write_rows(folder / "truth.csv", truth),
        write_rows(folder / f"{name}.csv", found),
        **options,
    )


def both(folder: Path) -> list[NamedResult]:
    """Two results to compare."""
    return name_results([compared(folder), compared(folder, OTHER, name="other")])


def figures(data: dict, class_id: int, result: int = 0) -> dict:
    """The figures of a class."""
    place = next(i for i, one in enumerate(data["classes"]) if one["id"] == class_id)
    return data["results"][result]["classes"][place]
