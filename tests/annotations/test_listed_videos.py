"""Videos of a list or of folders of classes, and messages about those that are missing."""

import json

import pytest

from stad.annotations.listed_videos import find_listed, list_class_folders
from stad.annotations.video_lists import label_numbers, read_video_list
from stad.errors import InputError
from tests.annotations.list_files import CLASSES, HEADER, found, touch, write


def test_folders_of_classes(tmp_path):
    touch(tmp_path, "zumba/b.mp4", "air_drumming/x/a.MKV", "zumba/notes.txt", "zumba/.b.part.mp4")
    touch(tmp_path, "loose.mp4")
    listed = list_class_folders(tmp_path)
    assert listed.names == (("air_drumming/x/a.MKV",), ("zumba/b.mp4",))
    assert label_numbers(listed, CLASSES, label_map="x") == [1, 2]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no folders of classes"):
        list_class_folders(tmp_path / "empty")
    with pytest.raises(InputError, match=r"There is no folder of videos .*/none"):
        list_class_folders(tmp_path / "none")


def test_a_video_that_is_listed_again_counts_once(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    rows = "a.mp4 0\nb.mp4 1\n./a.mp4 0\nno.mp4 1\na.mp4 0\nno.mp4 1\n"
    listed = read_video_list(write(tmp_path, "a.txt", rows))
    videos, missing, notes = find_listed(listed, tmp_path, CLASSES, label_map="x")
    assert videos == (("a.mp4", 0), ("b.mp4", 1))
    assert list(missing) == ["no.mp4"]
    assert len(notes) == 1
    assert notes[0].startswith("2 rows of ")
    assert notes[0].endswith("repeat a video and are not used (./a.mp4, a.mp4)")


def test_a_video_of_two_classes_is_refused(tmp_path):
    touch(tmp_path, "v/a.mp4", "v/AAA.mp4")
    lines = read_video_list(write(tmp_path, "a.txt", "a.mp4 0\na.mp4 2\n"))
    said = r"a\.txt gives a\.mp4 two classes, 'abseiling' and 'zumba'\. Delete one of the rows\.$"
    with pytest.raises(InputError, match=said):
        find_listed(lines, tmp_path / "v", CLASSES, label_map="x")
    # Two parts of a video that is there as a whole.
    rows = HEADER + "zumba,AAA,0,10\nabseiling,AAA,20,30\n"
    with pytest.raises(InputError, match=r"AAA\.mp4 two classes, .* cut the video to the times"):
        find_listed(
            read_video_list(write(tmp_path, "a.csv", rows)),
            tmp_path / "v",
            CLASSES,
            label_map="x",
        )
    touch(tmp_path, "v/AAA_0_10.mp4")
    listed = read_video_list(tmp_path / "a.csv")
    assert found(listed, tmp_path / "v") == [("AAA_0_10.mp4", 2), ("AAA.mp4", 0)]


def test_of_files_of_one_name_the_first_is_taken(tmp_path):
    touch(tmp_path, "v/train/7.webm", "v/val/7.webm", "v/a/7.mp4", "v/8.webm", "v/old/9.mp4")
    touch(tmp_path, "v/9.mp4")
    rows = [{"id": "7", "label": "zumba"}, {"id": "8", "label": "zumba"}]
    listed = read_video_list(write(tmp_path, "a.json", json.dumps(rows)))
    videos, missing, notes = find_listed(listed, tmp_path / "v", CLASSES, label_map="x")
    assert (videos, missing) == ((("a/7.mp4", 2), ("8.webm", 2)), {})
    assert len(notes) == 1
    assert notes[0].startswith("1 videos of ")
    assert notes[0].endswith("first match of each (a/7.mp4, not train/7.webm, val/7.webm)")


def test_videos_as_folders_of_images(tmp_path):
    touch(tmp_path, "v/zumba/7/1.jpg", "v/zumba/7/2.jpg", "v/air_drumming/8.x/1.PNG")
    touch(tmp_path, "v/cover.jpg", "v/zumba/cover.jpg", "v/zumba/9/notes.txt", "v/10.mp4")
    folder = tmp_path / "v"
    listed = list_class_folders(folder, are_frames=True)
    expected = [("air_drumming/8.x", 1), ("zumba/7", 2)]
    assert found(listed, folder, are_frames=True) == expected
    rows = [{"id": name, "label": "zumba"} for name in ("7", "8.x", "10.mp4", "9")]
    listed = read_video_list(write(tmp_path, "a.json", json.dumps(rows)))
    videos, missing, _ = find_listed(listed, folder, CLASSES, label_map="x", are_frames=True)
    assert videos == (("zumba/7", 2), ("air_drumming/8.x", 2))
    assert missing == {
        "10.mp4": "is not a folder of images, which frames_fps asks for",
        "9": f"is not in {folder}",
    }
    with pytest.raises(InputError, match="no folders of classes with folders of images"):
        list_class_folders(folder / "air_drumming" / "8.x", are_frames=True)


def test_folders_and_endless_names_are_no_video_files(tmp_path):
    touch(tmp_path, "v/a/1.jpg")
    long = "x" * 300
    listed = read_video_list(write(tmp_path, "a.txt", f"a 0\n{long} 1\n"))
    videos, missing, _ = find_listed(listed, tmp_path / "v", CLASSES, label_map="x")
    assert videos == ()
    assert missing["a"].startswith("is a folder; set frames_fps if videos are folders of images")
    assert missing[long] == f"is not in {tmp_path / 'v'}"
