"""Files of lists and of videos for tests."""

from stad.annotations.listed_videos import find_listed

HEADER = "label,youtube_id,time_start,time_end\n"
CLASSES = ("abseiling", "Air drumming", "zumba")


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def found(listed, folder, classes=CLASSES, **options):
    """The videos that are there; nothing is said."""
    videos, _, notes = find_listed(listed, folder, classes, label_map="x", **options)
    assert notes == ()
    return list(videos)
