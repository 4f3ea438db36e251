"""What is known of the videos of a folder, kept by their content."""

from stad.own_classes.facts import FactsCache
from tests.own_classes.folders import folder_with


def read_all(folder):
    cache = FactsCache(folder)
    found = {video: cache.read(video).duration_sec for video in folder.videos()}
    cache.save()
    return found


def test_what_is_known_of_a_file_is_kept_by_its_content(tmp_path):
    folder = folder_with(tmp_path, "walk/a.mp4", "phone/b.mp4")
    assert read_all(folder) == {"walk/a.mp4": 4.0, "phone/b.mp4": 4.0}
    facts = tmp_path / ".stad" / "facts" / "facts.json"
    content = facts.read_text()
    assert content.count("[160, 120, 4.0, 10.0]") == 2
    (tmp_path / "walk" / "a.mp4").rename(tmp_path / "phone" / "c.mp4")
    assert read_all(folder) == {"phone/b.mp4": 4.0, "phone/c.mp4": 4.0}
    assert facts.read_text() == content
    # A cache that cannot be read is made again.
    facts.write_text("{broken")
    assert read_all(folder)["phone/b.mp4"] == 4.0
    assert facts.read_text().count("[160, 120, 4.0, 10.0]") == 2
