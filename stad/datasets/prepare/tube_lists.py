"""Write the files that training and evaluation read, from the annotated tubes of a data set.

annotations/tubes.json has all tubes, splits and facts of the videos. annotations/train_1.csv and
test_1.csv are the keyframes of a split in AVA's format, with a time for each frame: frame 1 is at
0 s, and the person id is the number of the tube in its video.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stad.annotations.ava_writer import AvaFormat, ava_row
from stad.annotations.csv_rows import csv_text
from stad.annotations.tubes import SETS, LabelledTube, TubeAnnotations, TubeVideo, write_tubes
from stad.datasets.inputs import open_source
from stad.datasets.video_facts import VideoFacts, probe_videos
from stad.errors import InputError
from stad.utils.files import write_whole

FOLDER = "annotations"
TUBES, LABEL_MAP, LEFT_OUT = "tubes.json", "label_map.txt", "left_out.txt"
# All digits: the boxes become pixels again.
EXACT = AvaFormat("{:.10g}".format, ".10g", "d")


@dataclass(frozen=True)
class TubeLists:
    """Holds what ``write_tube_lists`` wrote.

    Attributes:
        folder: of the files.
        counts: of each list, by its name: videos and keyframes.
        notes: sentences about what is missing.
    """

    folder: Path
    counts: dict[str, tuple[int, int]]
    notes: tuple[str, ...]


def write_tube_lists(
    folder: str | Path,
    annotations: TubeAnnotations,
    *,
    videos: str | Path,
    frames_fps: float | None = None,
    every: int = 1,
) -> TubeLists:
    """Write the tubes, the classes, and the keyframes of each split.

    Training has the frames with a tube, every Nth frame of a video from the first tube on;
    testing all frames, those without a tube as rows of two columns. Videos that cannot be read
    are not in the lists; their tubes are in tubes.json and count in evaluation.

    Args:
        folder: of the data set; made if it does not exist.
        annotations: with splits.
        videos: folder of the videos, or of folders of frames.
        frames_fps: of folders of frames, frames per second; None reads video files.
        every: N.

    Raises:
        InputError: no annotated video can be read, or a file cannot be written.
    """
    target = Path(folder) / FOLDER
    names = _named(annotations)
    if not names:
        raise InputError("The splits name no video. Check the lists of the splits.")
    source = open_source(str(videos), frames_fps=frames_fps)
    seen, reasons = probe_videos(source, dict.fromkeys(names, 0.0), listed_in=TUBES)
    if not seen:
        raise InputError(
            f"None of the {len(names)} annotated videos can be read from {videos}: "
            f"{next(iter(reasons.values()))}"
        )
    facts = {
        name: _merge(annotations.facts.get(name, TubeVideo()), seen.get(name)) for name in names
    }
    complete = annotations._replace(facts=facts)
    target.mkdir(parents=True, exist_ok=True)
    write_tubes(target / TUBES, complete.tubes, annotations=complete)
    write_whole(target / LABEL_MAP, "".join(f"{label}\n" for label in annotations.labels))
    write_whole(target / LEFT_OUT, "".join(f"{name}: {why}\n" for name, why in reasons.items()))
    counts, dropped = {}, 0
    for part in SETS:
        for split in range(1, len(getattr(complete, part)) + 1):
            chosen = [one for one in complete.videos(part=part, split=split) if one in seen]
            lists = [_keyframes(complete, name, every if part == "train" else 0) for name in chosen]
            name = f"{part}_{split}.csv"
            write_whole(target / name, "".join(text for text, _, _ in lists))
            counts[name] = len(chosen), sum(count for _, count, _ in lists)
            dropped = max(dropped, sum(one for _, _, one in lists))
    return TubeLists(target, counts, tuple(_notes(reasons, len(names), dropped, target)))


def _named(annotations: TubeAnnotations) -> list[str]:
    """Return the videos of all splits, sorted."""
    parts: Iterable[tuple[str, ...]] = (*annotations.train, *annotations.test)
    return sorted({name for part in parts for name in part})


def _merge(known: TubeVideo, seen: VideoFacts | None) -> TubeVideo:
    """Return what the annotations know, and for the rest what the video says."""
    if seen is None:
        return known
    frames = known.num_frames or round(seen.duration_sec * seen.fps)
    width, height = known.size_px if all(known.size_px) else map(int, seen.size_px)
    return TubeVideo(frames, (width, height), known.fps or seen.fps)


def _keyframes(annotations: TubeAnnotations, video: str, every: int) -> tuple[str, int, int]:
    """Return rows of a video, the number of its keyframes, and of the boxes that are left out.

    Args:
        annotations: with facts.
        video: its name.
        every: N for every Nth frame with a tube; 0 for all frames of the video.
    """
    fact = annotations.facts[video]
    rows: dict[int, list[str]] = {}
    if not every:
        rows = {frame: [] for frame in range(1, fact.num_frames + 1)}
    class_id = {label: number for number, label in enumerate(annotations.labels, start=1)}
    dropped = 0
    tubes = annotations.tubes.get(video, [])
    first = min((int(one.frames[0]) for one in tubes), default=1)
    for number, tube in enumerate(tubes):
        for frame, box in _inside(tube, fact):
            if every and (frame - first) % every:
                continue
            if not (box[2:] > box[:2]).all() or frame > fact.num_frames:
                dropped += 1
                continue
            time_sec = (frame - 1) / fact.fps
            row = ava_row(video, time_sec, box, class_id[tube.label], number, numbers=EXACT)
            rows.setdefault(frame, []).append(row)
    text = []
    for frame in sorted(rows):
        empty = csv_text([[video, EXACT.time((frame - 1) / fact.fps)]]).removesuffix("\n")
        text += rows[frame] or [empty]
    return "".join(f"{row}\n" for row in text), len(rows), dropped


def _inside(tube: LabelledTube, fact: TubeVideo) -> Iterable[tuple[int, np.ndarray]]:
    """Return frames and (4,) boxes as fractions of the frame's width and height, clipped."""
    scale = np.array([*fact.size_px, *fact.size_px], np.float64)
    return zip(tube.frames.tolist(), (tube.boxes / scale).clip(0, 1), strict=True)


def _notes(reasons: dict[str, str], total: int, dropped: int, target: Path) -> Iterable[str]:
    if reasons:
        yield (
            f"{len(reasons)} of {total} videos cannot be read and are not in the lists; "
            f"{target / LEFT_OUT} says why."
        )
    if dropped:
        yield f"{dropped} boxes without area, or after the end of their video, are left out."
