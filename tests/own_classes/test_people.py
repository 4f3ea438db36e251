"""People of one's own videos are found once."""

import json

import numpy as np
import pytest

from stad.annotations.own.folder import FAR_SEC, OwnFolder
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels
from stad.errors import InputError
from stad.own_classes.alone import Stopped
from stad.own_classes.people import (
    PeopleFinder,
    cached_path,
    find_people,
    forget_tracks,
    frame_rate_of,
    make_tracks,
    people_of,
    with_people,
)
from stad.structures import Actors
from tests.fakes import RedSquareDetector
from tests.videos import write_video


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "day").mkdir()
    write_video(tmp_path / "a.mp4", num_frames=45)
    write_video(tmp_path / "day" / "b.mp4", num_frames=20, fps=10)
    return OwnFolder(tmp_path)


def find(folder, videos=None, detector=None):
    lines = []
    detector = detector or RedSquareDetector()
    find_people(
        folder, videos or folder.videos(), progress=False, log=lines.append, detector=detector
    )
    return lines, detector


def test_tracks_are_those_of_the_detector(folder):
    assert people_of(folder, "a.mp4") is None
    lines, _ = find(folder)
    assert lines == []
    people = people_of(folder, "a.mp4")
    assert (people.video, people.width_px, people.height_px) == ("a.mp4", 160, 120)
    assert people.duration_sec == pytest.approx(1.5, abs=0.001)
    assert people.spans == ()
    assert people.revision == 0
    [track] = people.tracks
    assert track.id == 0
    assert track.origin == "tracker"
    assert track.times_sec == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4], abs=0.001)
    expected = [[10 + 60 * one, 40, 30 + 60 * one, 80] for one in track.times_sec]
    assert np.abs(track.boxes - expected).max() <= 1.5
    assert frame_rate_of(folder, "a.mp4") == 30.0
    assert frame_rate_of(folder, "day/b.mp4") == 10.0
    assert frame_rate_of(folder, "none.mp4") == 0.0


def test_a_video_is_searched_once(folder):
    find(folder)
    _, detector = find(folder)
    assert detector.asked_sec == []


def test_an_interrupted_run_continues_with_the_next_video(folder):
    finder = PeopleFinder(folder, detector=RedSquareDetector(), log=lambda _: None)
    finder.find("a.mp4")
    calls = iter([False] * 5 + [True])
    with pytest.raises(Stopped):
        finder.find("day/b.mp4", should_stop=lambda: next(calls))
    assert people_of(folder, "day/b.mp4") is None
    _, detector = find(folder)
    assert max(detector.asked_sec) == pytest.approx(1.8)
    assert len(detector.asked_sec) == 10


def test_a_file_that_changed_is_searched_again(folder):
    find(folder)
    write_video(folder.path / "a.mp4", num_frames=10)
    assert people_of(folder, "a.mp4") is None
    find(folder)
    assert people_of(folder, "a.mp4").duration_sec == pytest.approx(1 / 3, abs=0.001)


def test_a_detector_that_is_named_searches_again_what_another_found(folder):
    class Other(RedSquareDetector):
        name = "other"

    find(folder)
    assert PeopleFinder(folder, log=print).is_done("a.mp4")
    assert not PeopleFinder(folder, detector="yolov4_tiny", log=print).is_done("a.mp4")
    _, detector = find(folder, detector=Other())
    assert detector.asked_sec
    assert json.loads(cached_path(folder, "a.mp4").read_text())["detector"] == "other"


def test_a_video_that_cannot_be_read_is_told_and_the_others_go_on(folder):
    (folder.path / "b.mp4").write_bytes(b"text" * 99)
    lines, _ = find(folder)
    assert len(lines) == 1
    assert lines[0].startswith("warning: b.mp4 is left out. Expected a video")
    assert people_of(folder, "day/b.mp4") is not None


def test_a_detector_that_cannot_be_opened_ends_the_run(folder):
    with pytest.raises(InputError, match="none_such"):
        find_people(
            folder, folder.videos(), progress=False, log=lambda _: None, detector="none_such"
        )


def test_a_broken_cache_is_made_again(folder):
    find(folder)
    cached_path(folder, "a.mp4").write_text("{")
    assert people_of(folder, "a.mp4") is None
    find(folder)
    assert people_of(folder, "a.mp4") is not None


def test_labels_without_tracks_get_those_of_the_people(folder):
    find(folder)
    folder.write_labels(VideoLabels("a.mp4", spans=(LabelSpan(None, "walk", 0.0, FAR_SEC),)))
    labels = with_people(folder, "a.mp4")
    assert [one.id for one in labels.tracks] == [0]
    assert (labels.width_px, labels.height_px, labels.revision) == (160, 120, 1)
    assert labels.spans == (LabelSpan(None, "walk", 0.0, labels.duration_sec),)
    assert labels.fingerprint


def test_labels_with_tracks_keep_them(folder):
    find(folder)
    own = ActorTrack(7, np.array([0.0]), np.array([[1, 2, 3, 4]], np.float32), "drawn")
    folder.write_labels(VideoLabels("a.mp4", tracks=(own,)))
    labels = with_people(folder, "a.mp4")
    assert [one.id for one in labels.tracks] == [7]
    assert labels.width_px == 160


def test_without_people_the_labels_are_as_they_are(folder):
    assert with_people(folder, "a.mp4") == VideoLabels("a.mp4")


def test_forgotten_tracks_do_not_come_back(folder):
    find(folder)
    forget_tracks(folder, "a.mp4")
    assert people_of(folder, "a.mp4").tracks == ()
    _, detector = find(folder)
    assert detector.asked_sec == []


def test_tracks_count_from_0_by_their_first_time():
    first = Actors.from_arrays([[0, 0, 9, 9]], ids=[5])
    second = Actors.from_arrays([[50, 0, 59, 9]], ids=[2])
    alone = Actors.from_arrays([[90, 0, 99, 9]], ids=[3])
    thin = Actors.from_arrays([[90, 0, 90.5, 9]], ids=[4])
    known = [(0.2, second), (0.0, first), (0.2, first), (0.4, second), (0.4, alone), (0.4, thin)]
    tracks = make_tracks(known)
    assert [(one.id, one.times_sec.tolist()) for one in tracks] == [
        (0, [0.0, 0.2]),
        (1, [0.2, 0.4]),
    ]
    assert tracks[1].boxes[0].tolist() == [50, 0, 59, 9]


def test_a_video_of_one_detection_keeps_its_people():
    [track] = make_tracks([(0.0, Actors.from_arrays([[0, 0, 9, 9]], ids=[5]))])
    assert track.times_sec.tolist() == [0.0]
    assert make_tracks([]) == ()
