"""People between their keyframes: joined by id, still where there is none."""

import numpy as np
import pytest

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.keyframes import group_actors
from stad.datasets.actor_tracks import ActorTracks

ROWS = """b,1,0.1,0.2,0.3,0.4,1,7
b,2,0.3,0.2,0.5,0.6,1,7
b,2,0.3,0.2,0.5,0.6,2,7
b,2,0.6,0.1,0.7,0.9,1,8
b,4,0.4,0.2,0.6,0.6,1,7
a,1,0.8,0.8,0.9,0.9,1,7
b,2,0.0,0.0,0.1,0.1,1,-1
b,3,0.5,0.5,0.6,0.6,1,-1
"""


@pytest.fixture
def tracks(tmp_path):
    (tmp_path / "labels.csv").write_text(ROWS)
    table = group_actors(read_ava_csv(tmp_path / "labels.csv"), class_ids=[1, 2])
    assert table.videos == ("a", "b")
    # Keyframes: a at 1; b at 1, 2, 3 and 4.
    assert table.person.tolist() == [7, 7, 7, 8, -1, -1, 7]
    return ActorTracks(table)


def test_boxes_are_joined_from_keyframe_to_keyframe(tracks):
    (found,) = tracks.at(1, np.array([1.0, 1.25, 2.0, 2.5, 3.0, 4.0]))
    assert found[0].tolist() == [0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(found[1], [0.15, 0.2, 0.35, 0.45])
    assert found[2].tolist() == [0.3, 0.2, 0.5, 0.6]
    # From 2 to 4 s: a quarter and half of the way.
    np.testing.assert_allclose(found[3], [0.325, 0.2, 0.525, 0.6])
    np.testing.assert_allclose(found[4], [0.35, 0.2, 0.55, 0.6])
    assert found[5].tolist() == [0.4, 0.2, 0.6, 0.6]


def test_before_the_first_and_after_the_last_keyframe_boxes_stand_still(tracks):
    (found,) = tracks.at(1, np.array([-1.0, 0.9, 4.1, 99.0]))
    assert found[:2].tolist() == [[0.1, 0.2, 0.3, 0.4]] * 2
    assert found[2:].tolist() == [[0.4, 0.2, 0.6, 0.6]] * 2


def test_each_actor_of_a_keyframe_has_a_path_of_its_own(tracks):
    found = tracks.at(2, np.array([1.0, 2.0, 3.0]))
    assert found.shape == (3, 3, 4)
    np.testing.assert_allclose(found[0, :, 0], [0.1, 0.3, 0.35])
    # Seen once.
    assert found[1].tolist() == [[0.6, 0.1, 0.7, 0.9]] * 3


def test_without_an_id_a_person_stands_still(tracks):
    times_sec = np.array([1.0, 2.0, 3.0])
    assert tracks.at(2, times_sec)[2].tolist() == [[0.0, 0.0, 0.1, 0.1]] * 3
    assert tracks.at(3, times_sec)[0].tolist() == [[0.5, 0.5, 0.6, 0.6]] * 3


def test_ids_count_in_one_video_only(tracks):
    (found,) = tracks.at(0, np.array([1.0, 3.0]))
    assert found.tolist() == [[0.8, 0.8, 0.9, 0.9]] * 2


def test_an_empty_table_has_no_tracks(tmp_path):
    (tmp_path / "empty.csv").write_text("a,1\n")
    table = group_actors(read_ava_csv(tmp_path / "empty.csv"), class_ids=[1])
    assert ActorTracks(table).at(0, np.array([1.0, 2.0])).shape == (0, 2, 4)


def test_an_id_that_two_boxes_of_a_keyframe_have_says_nothing(tmp_path):
    rows = "b,1,0.1,0.2,0.3,0.4,1,7\nb,2,0.3,0.2,0.5,0.6,1,7\nb,2,0.6,0.2,0.8,0.6,1,7\n"
    (tmp_path / "labels.csv").write_text(rows)
    tracks = ActorTracks(group_actors(read_ava_csv(tmp_path / "labels.csv"), class_ids=[1]))
    times_sec = np.array([1.0, 1.5, 2.0])
    assert tracks.at(0, times_sec).tolist() == [[[0.1, 0.2, 0.3, 0.4]] * 3]
    assert tracks.at(1, times_sec)[:, :, 0].tolist() == [[0.3] * 3, [0.6] * 3]
