"""Names in files and the videos that they mean."""

import pytest

from stad.annotations.importers.matching import match_video

HOME = ["subject1/ADL/10.mp4", "subject3/ADL/07.mp4", "subject3/Fall/01.mp4"]
MIXED = ["cam1/clip.mp4", "cam2/clip.mp4", "cam2/Shop 1.avi", "other.webm"]


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("cam1/clip.mp4", "cam1/clip.mp4"),
        ("/home/me/videos/cam2/clip.mp4", "cam2/clip.mp4"),
        (r"D:\videos\cam2\CLIP.mp4", "cam2/clip.mp4"),
        ("shop 1", "cam2/Shop 1.avi"),
        ("/data/upload/3/0f3b2a1c-other.webm", "other.webm"),
        ("/data/local-files/?d=x/Shop%201.avi", "cam2/Shop 1.avi"),
        ("https://host/bucket/other.webm?sig=1", "other.webm"),
        ("cam1/other.webm", "other.webm"),
        # It was converted to another format.
        ("other.mp4", "other.webm"),
    ],
)
def test_names_that_are_found(name, video):
    assert match_video(name, MIXED).video == video


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("clip.mp4", "matches 2 videos: cam1/clip.mp4, cam2/clip.mp4"),
        ("cam3/clip.mp4", "matches 2 videos: cam1/clip.mp4, cam2/clip.mp4"),
        ("othr.webm", "is not in the folder; perhaps other.webm"),
        ("else.mp4", "is not in the folder"),
    ],
)
def test_names_that_are_not(name, reason):
    assert match_video(name, MIXED)[:2] == (None, reason)


def test_numbers_are_only_taken_where_the_file_says():
    own = ["/x/home/subject1/ADL/10.mp4", "/x/home/subject1/10.mp4"]
    assert match_video("10.mp4", HOME, paths=own).video == "subject1/ADL/10.mp4"
    other = ["/x/home/subject1/ADL/01.mp4", "/x/home/subject1/01.mp4"]
    assert match_video("01.mp4", HOME, paths=other).video is None
    assert match_video("01.mp4", HOME, hints=["subject1/ADL", "subject1"]).video is None
    assert match_video("01.mp4", HOME, hints=["subject3/Fall"]).video == "subject3/Fall/01.mp4"
    assert match_video("01.mp4", HOME).video == "subject3/Fall/01.mp4"


def test_names_that_are_no_numbers_are_found_elsewhere_too():
    match = match_video("Shop 1.avi", MIXED, hints=["cam1"])
    assert (match.video, match.is_guess) == ("cam2/Shop 1.avi", True)


def test_only_the_end_of_a_name_agrees():
    match = match_video("/srv/store/x/Shop 1.avi", MIXED)
    assert (match.video, match.is_guess) == ("cam2/Shop 1.avi", True)


def test_a_number_is_not_looked_for_beside_the_folder_of_the_file():
    """'Fall.csv' is of the videos in 'Fall', where 10.mp4 is missing; that of 'ADL' is another."""
    videos = ["p1/ADL/10.mp4", "p1/Fall/11.mp4"]
    hints = ("p1/Fall", "p1")
    assert match_video("10.mp4", videos, hints=hints).video is None
    assert match_video("11.mp4", videos, hints=hints).video == "p1/Fall/11.mp4"
    assert match_video("10.mp4", videos, hints=("p1/Lab", "p1")).video == "p1/ADL/10.mp4"
    # Without a folder of its own name, a word may be that of any folder.
    assert match_video("walk.mp4", [*videos, "p1/ADL/walk.mp4"], hints=hints).is_guess
