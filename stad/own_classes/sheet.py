"""Choose random examples of each class of a folder, and write them as a page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stad.annotations.own.examples import boxes_at
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import NOTHING, LabelSpan, VideoLabels
from stad.annotations.own.split import read_sources
from stad.own_classes.advice import class_problems, folder_problems
from stad.own_classes.check import ClassFigures, FolderCheck
from stad.report.contact_sheet import MOMENTS, SheetClass, SheetExample, write_contact_sheet

NOTHING_TITLE = "nothing of these"
Labelled = tuple[VideoLabels, LabelSpan]


def write_sheet(path: Path, folder: OwnFolder, found: FolderCheck, *, per_class: int) -> list[str]:
    """Write a page with random examples of each class, and of what is labelled as not there.

    Args:
        path: the HTML file to write.
        folder: of the videos.
        found: by ``check_folder``.
        per_class: maximum number of examples of each.

    Returns:
        Sentences about videos that cannot be read.

    Raises:
        InputError: the page cannot be written.
    """
    # Imported here because it loads torch and decord.
    from stad.video.clip_source import VideoFiles

    sources = read_sources(folder)
    spans = [(labels, span) for labels in found.labels.values() for span in labels.spans]
    sections = []
    for figures in found.classes[:-1]:
        own = [pair for pair in spans if pair[1].label == figures.name]
        positive = [pair for pair in own if pair[1].is_positive]
        absent = [pair for pair in own if not pair[1].is_positive]
        chosen = choose(positive, sources, per_class)
        sections.append(SheetClass(figures.name, _facts(figures), list(map(_example, chosen))))
        if absent:
            chosen = choose(absent, sources, max(per_class // 2, 1))
            facts = [("labels", str(len(absent)))]
            sections.append(
                SheetClass(figures.name, facts, list(map(_example, chosen)), is_absent=True)
            )
    nothing = [pair for pair in spans if pair[1].label == NOTHING and pair[1].is_positive]
    if nothing:
        chosen = choose(nothing, sources, per_class)
        facts = [("labels", str(len(nothing)))]
        sections.append(SheetClass(NOTHING_TITLE, facts, list(map(_example, chosen))))
    return write_contact_sheet(
        path,
        sections,
        VideoFiles(folder.path),
        title=folder.path.resolve().name,
        facts=[
            ("videos", f"{len(found.labels)} of {len(found.videos)} labelled"),
            ("classes", str(len(found.classes) - 1)),
        ],
        problems=[*folder_problems(found, folder.path), *class_problems(found)],
    )


def choose(examples: Sequence[Labelled], sources: dict[str, str], count: int) -> list[Labelled]:
    """Return random examples, of different sources first; the same ones for the same labels."""
    shuffled = sorted(examples, key=_shuffled)
    turns: dict[str, int] = {}
    ranked = []
    for pair in shuffled:
        source = sources.get(pair[0].video, pair[0].video)
        turns[source] = turns.get(source, 0) + 1
        ranked.append((turns[source], pair))
    ranked.sort(key=lambda one: one[0])
    return [pair for _, pair in ranked[:count]]


def _shuffled(pair: Labelled) -> str:
    labels, span = pair
    text = f"{labels.video} {span.track} {span.start_sec:.3f}"
    return hashlib.sha256(text.encode()).hexdigest()


def _example(pair: Labelled) -> SheetExample:
    labels, span = pair
    boxes, note = None, ""
    start, end = span.start_sec, span.end_sec
    if span.track is not None:
        track = labels.track(span.track)
        # A label may reach beyond the time in which the person is seen.
        start, end = max(start, track.start_sec), min(end, track.end_sec)
        start, end = (start, end) if start <= end else (track.start_sec, track.start_sec)
        times = start + np.array(MOMENTS) * (end - start)
        boxes = boxes_at(track.times_sec, track.boxes, times)
        note = f"person {span.track}"
    return SheetExample(labels.video, start, end, boxes, note)


def _facts(figures: ClassFigures) -> list[tuple[str, str]]:
    facts = [
        ("examples", str(figures.examples)),
        ("videos", str(figures.videos)),
        ("sources", str(figures.sources)),
        ("positive", f"{figures.positive_sec:.1f} s"),
        ("negative", f"{figures.negative_sec:.1f} s"),
        ("training", str(figures.train)),
        ("validation", str(figures.val)),
    ]
    if figures.people:
        facts.insert(1, ("people", str(figures.people)))
    if figures.heights_px:
        facts.insert(4, ("median height", f"{figures.heights_px[0]:.0f} px"))
    return facts
