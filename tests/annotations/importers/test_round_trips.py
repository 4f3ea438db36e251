"""Files of other programs with random labels: what is read equals what the file was made of."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from stad.annotations.importers import read_file, recognize
from stad.annotations.importers.contract import FileVideo, Notes, ReadOptions
from stad.annotations.importers.fit import KnownVideo, fit_labels
from stad.annotations.importers.names import choose_classes
from stad.annotations.own.labels import VideoLabels
from tests.annotations.importers.label_files import (
    CLASSES,
    FPS,
    HEIGHT,
    NUM_FRAMES,
    WIDTH,
    cvat_xml,
    label_studio,
    random_people,
    runs,
    via_project,
    write_yolo,
)

SEEDS = range(25)
VIDEO = KnownVideo(
    "clip.mp4",
    (WIDTH, HEIGHT),
    NUM_FRAMES / FPS,
    "f",
    np.arange(NUM_FRAMES) / FPS,
    float(FPS),
)


def fitted(path, *, name: str) -> VideoLabels:
    """The labels of the only video of a file, for the video that they are of."""
    assert recognize(path) == name
    read = read_file(path, ReadOptions())
    (video,) = read.videos
    notes = Notes()
    labels = fit(video, notes)
    assert (read.notes, notes.all()) == ((), ())
    return labels


def fit(video: FileVideo, notes: Notes) -> VideoLabels:
    meanings = choose_classes([span.label for span in video.spans], known=CLASSES).meanings
    return fit_labels(video, VIDEO, meanings=meanings, is_complete=False, notes=notes)


def spans_of(labels: VideoLabels) -> list[tuple]:
    return sorted((one.track, one.label, one.start_sec, one.end_sec) for one in labels.spans)


def boxes_of(labels: VideoLabels) -> dict[int, dict[int, list[float]]]:
    return {
        track.id: {
            round(time_sec * FPS): [round(side, 1) for side in box]
            for time_sec, box in zip(track.times_sec.tolist(), track.boxes.tolist(), strict=True)
        }
        for track in labels.tracks
    }


def expected_boxes(people) -> dict[int, dict[int, list[float]]]:
    return {one.id: {frame: list(box) for frame, box in one.boxes.items()} for one in people}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("kind", "max_labels"), [("checkbox", 3), ("select", 1)])
def test_cvat(tmp_path, seed, kind, max_labels):
    people = random_people(seed, max_labels=max_labels)
    path = tmp_path / "annotations.xml"
    path.write_text(cvat_xml(people, kind=kind))
    labels = fitted(path, name="cvat")
    assert boxes_of(labels) == expected_boxes(people)
    assert spans_of(labels) == sorted(span for one in people for span in one.spans())


def test_cvat_in_its_zip_at_another_size(tmp_path):
    people = random_people(3)
    path = tmp_path / "task.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("annotations.xml", cvat_xml(people, scale=4))
        archive.writestr("images/frame_000000.png", b"")
    labels = fitted(path, name="cvat")
    assert boxes_of(labels) == expected_boxes(people)
    assert spans_of(labels) == sorted(span for one in people for span in one.spans())


@pytest.mark.parametrize("seed", SEEDS)
def test_label_studio(tmp_path, seed):
    people = random_people(seed)
    path = tmp_path / "export.json"
    path.write_text(label_studio(people))
    labels = fitted(path, name="labelstudio")
    expected, boxes = [], {}
    for person in people:
        for start, end in person.ranges():
            number = len(boxes)
            boxes[number] = {frame: list(person.boxes[frame]) for frame in range(start, end)}
            for name in sorted(person.labels[start])[:1]:
                expected.append((number, name, start / FPS, end / FPS))
    timeline = [(None, *span[1:]) for span in people[0].spans()]
    found = [span for span in spans_of_any(labels) if span[0] is not None]
    whole = [span for span in spans_of_any(labels) if span[0] is None]
    assert boxes_of(labels) == boxes
    assert sorted(found) == sorted(expected)
    assert sorted(whole, key=str) == sorted(timeline, key=str)


def spans_of_any(labels: VideoLabels) -> list[tuple]:
    return [(one.track, one.label, one.start_sec, one.end_sec) for one in labels.spans]


@pytest.mark.parametrize("seed", SEEDS)
def test_via(tmp_path, seed):
    rng = np.random.default_rng(seed)
    spans = []
    for name in CLASSES:
        cuts = np.sort(rng.choice(4000, 4, replace=False)) / 1000
        spans += [(name, float(cuts[0]), float(cuts[1])), (name, float(cuts[2]), float(cuts[3]))]
    path = tmp_path / "via.json"
    path.write_text(json.dumps(via_project(spans)))
    labels = fitted(path, name="via")
    assert sorted(span[1:] for span in spans_of_any(labels)) == sorted(spans)
    assert not labels.tracks


@pytest.mark.parametrize("seed", SEEDS)
def test_yolo(tmp_path, seed):
    people = random_people(seed)
    write_yolo(tmp_path / "yolo", people)
    labels = fitted(tmp_path / "yolo", name="yolo")
    assert boxes_of(labels) == expected_boxes(people)
    assert spans_of(labels) == sorted(span for one in people for span in one.spans())


def test_frames_take_the_times_of_the_video(tmp_path):
    people = random_people(5)
    path = tmp_path / "annotations.xml"
    path.write_text(cvat_xml(people))
    (video,) = read_file(path, ReadOptions()).videos
    times = np.cumsum(np.tile([0.05, 0.15], NUM_FRAMES // 2)) - 0.05
    known = KnownVideo("clip.mp4", (WIDTH, HEIGHT), 4.0, "f", times, 10.0)
    meanings = choose_classes([span.label for span in video.spans]).meanings
    labels = fit_labels(video, known, meanings=meanings, is_complete=False, notes=Notes())
    frames = sorted(people[0].boxes)
    assert labels.tracks[0].times_sec.tolist() == times[frames].round(3).tolist()
    own = sorted(frame for frame, names in people[0].labels.items() if "walk" in names)
    after = [*times, 4.0]
    expected = [(round(times[a], 3), round(after[b], 3)) for a, b in runs(own)]
    found = [
        (one.start_sec, one.end_sec) for one in labels.spans_of(people[0].id) if one.label == "walk"
    ]
    assert found == expected
