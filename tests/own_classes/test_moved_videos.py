"""Labels follow videos that were renamed."""

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.annotations.own.split import read_sources, read_split
from stad.own_classes.moved_videos import find_moved_videos, follow_moved_videos
from stad.own_classes.people import find_people, people_of
from tests.fakes import RedSquareDetector
from tests.own_classes.folders import folder_with
from tests.videos import write_video


def labelled(tmp_path):
    write_video(tmp_path / "a.mp4", num_frames=10)
    write_video(tmp_path / "b.mp4", num_frames=12)
    folder = OwnFolder(tmp_path)
    find_people(
        folder,
        folder.videos(),
        progress=False,
        log=lambda _: None,
        detector=RedSquareDetector(),
    )
    people = people_of(folder, "a.mp4")
    span = LabelSpan(None, "walk", 0.0, 0.2)
    for revision in range(3):
        folder.write_labels(
            VideoLabels("a.mp4", fingerprint=people.fingerprint, spans=(span,), revision=revision)
        )
    return folder, span


def test_nothing_is_done_where_nothing_moved(tmp_path):
    folder, _ = labelled(tmp_path)
    assert follow_moved_videos(folder) == []


def test_labels_and_people_follow_a_renamed_video(tmp_path):
    folder, span = labelled(tmp_path)
    (tmp_path / "day").mkdir()
    (tmp_path / "a.mp4").rename(tmp_path / "day" / "new.mp4")
    assert follow_moved_videos(folder) == [
        "moved     a.mp4 is day/new.mp4 now: its labels were moved along"
    ]
    assert folder.labelled_videos() == ["day/new.mp4"]
    assert folder.read_labels("day/new.mp4").spans == (span,)
    assert people_of(folder, "day/new.mp4") is not None
    assert follow_moved_videos(folder) == []


def test_labels_of_a_video_that_is_nowhere_are_kept(tmp_path):
    folder, span = labelled(tmp_path)
    (tmp_path / "a.mp4").unlink()
    [note] = follow_moved_videos(folder)
    assert "labels of a video that is not there" in note
    assert folder.read_labels("a.mp4").spans == (span,)


def test_a_video_with_labels_of_its_own_keeps_them(tmp_path):
    folder, _ = labelled(tmp_path)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    own = folder.write_labels(VideoLabels("b.mp4"))
    assert len(follow_moved_videos(folder)) == 1
    assert folder.read_labels("b.mp4") == own


def test_the_source_and_the_part_of_a_video_stay_its_own(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", "b.mp4", classes=("fight",))
    for video in ("a.mp4", "b.mp4"):
        spans = (LabelSpan(None, "fight", 0, 1),)
        folder.write_labels(
            VideoLabels(video, fingerprint=fingerprint(tmp_path / video), spans=spans)
        )
    (tmp_path / "sources.csv").write_text("video,source,day\na.mp4,k,mon\nb.mp4,l,tue\n")
    (tmp_path / "split.csv").write_text("video,source,split\na.mp4,k,val\nb.mp4,l,train\n")
    (tmp_path / "a.mp4").rename(tmp_path / "z, 1.mp4")
    assert find_moved_videos(folder) == ({"a.mp4": "z, 1.mp4"}, [])
    follow_moved_videos(folder)
    assert read_split(folder) == {"z, 1.mp4": "val", "b.mp4": "train"}
    assert read_sources(folder)["z, 1.mp4"] == "source k"
    assert (tmp_path / "sources.csv").read_text().startswith('video,source,day\n"z, 1.mp4",k,mon\n')
