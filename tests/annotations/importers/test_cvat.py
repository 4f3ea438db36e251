"""CVAT's XML: key frames, absences, attributes, projects, and files that are something else."""

from __future__ import annotations

import zipfile

import pytest

from stad.annotations.importers import read_file
from stad.annotations.importers.contract import ReadOptions
from stad.errors import InputError

HEAD = (
    "<annotations><version>1.1</version><meta><task><id>1</id><source>a.mp4</source></task></meta>"
)


def read(tmp_path, body, *, name="a.xml"):
    path = tmp_path / name
    path.write_text(body)
    return read_file(path, ReadOptions())


def box(frame, *attributes, outside=0, at=(1, 2, 11, 22)):
    corners = " ".join(
        f'{name}="{value}"' for name, value in zip(("xtl", "ytl", "xbr", "ybr"), at, strict=True)
    )
    inner = "".join(f'<attribute name="{name}">{value}</attribute>' for name, value in attributes)
    return f'<box frame="{frame}" outside="{outside}" {corners}>{inner}</box>'


def spans(video):
    return [(one.track, one.label, one.start, one.end) for one in video.spans]


def test_only_key_frames_and_an_absence(tmp_path):
    rows = box(0) + box(10) + box(20, outside=1) + box(30) + box(40)
    found = read(tmp_path, f'{HEAD}<track id="0" label="fight">{rows}</track></annotations>')
    (video,) = found.videos
    (track,) = video.tracks
    assert track.places.tolist() == [0, 10, 30, 40]
    assert track.breaks.tolist() == [False, True, False, False]
    assert spans(video) == [(0, "fight", 0, 20), (0, "fight", 30, 41)]
    assert found.labels == ("fight",)


def test_a_value_holds_until_the_next_key_frame(tmp_path):
    rows = box(0, ("run", "false")) + box(5, ("run", "true")) + box(9, ("run", "false"))
    (video,) = read(
        tmp_path, f'{HEAD}<track id="0" label="person">{rows}</track></annotations>'
    ).videos
    # The only label, and one that has attributes, says who it is.
    assert [one for one in spans(video) if one[1] == "run"] == [(0, "run", 5, 9)]


def test_labels_that_differ_stay_beside_their_attributes(tmp_path):
    body = "".join(
        f'<track id="{number}" label="{label}">{box(0, ("late", "true"))}</track>'
        for number, label in enumerate(("cook", "waiter"))
    )
    meta = "".join(
        f"<label><name>{one}</name><attributes><attribute><name>late</name>"
        "<input_type>checkbox</input_type></attribute></attributes></label>"
        for one in ("cook", "waiter")
    )
    head = HEAD.replace("</task>", f"<labels>{meta}</labels></task>")
    (video,) = read(tmp_path, f"{head}{body}</annotations>").videos
    assert {one[1] for one in spans(video)} == {"cook", "waiter", "late"}


def test_numbers_and_ids_are_no_classes(tmp_path):
    attributes = (("person_id", "7"), ("height", "1.8"), ("remark", ""), ("action", "sit"))
    rows = box(0, *attributes)
    (video,) = read(
        tmp_path, f'{HEAD}<track id="0" label="person">{rows}</track></annotations>'
    ).videos
    assert {one[1] for one in spans(video)} == {"person", "sit"}


def test_tasks_of_a_project(tmp_path):
    tasks = "".join(
        f"<task><id>{number}</id><size>10</size><source>{name}</source></task>"
        for number, name in ((4, "a.mp4"), (5, "b.mp4"))
    )
    body = "".join(
        f'<track id="0" label="sit" task_id="{task}">{box(frame)}</track>'
        for task, frame in ((4, 3), (5, 13))
    )
    found = read(
        tmp_path,
        f"<annotations><meta><project><tasks>{tasks}</tasks></project></meta>{body}</annotations>",
    )
    assert [(one.name, spans(one)) for one in found.videos] == [
        ("a.mp4", [(0, "sit", 3, 4)]),
        # This export counts on from task to task.
        ("b.mp4", [(0, "sit", 3, 4)]),
    ]


def test_other_shapes_have_a_box_around_them(tmp_path):
    shapes = (
        '<polygon frame="0" points="1,2;11,2;6,22"/>'
        '<ellipse frame="1" cx="6" cy="12" rx="5" ry="10"/>'
        '<box frame="2" xtl="0" ytl="0" xbr="20" ybr="10" rotation="90"/>'
        '<skeleton frame="3"><points points="1,2"/><points points="11,22"/></skeleton>'
        '<polygon frame="4" points="1,2;1,2"/><box frame="5" xtl="1"/>'
    )
    found = read(tmp_path, f'{HEAD}<track id="8" label="x">{shapes}</track></annotations>')
    boxes = found.videos[0].tracks[0].boxes.round(6).tolist()
    assert boxes == [[1, 2, 11, 22], [1, 2, 11, 22], [5, -5, 15, 15], [1, 2, 11, 22]]
    assert found.notes == (
        "a.xml, track 8: a <polygon> is left out: its box has no area.",
        "a.xml, track 8: a <box> is left out: 'ytl' is missing.",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<annotations>", "not XML that can be read"),
        ("<other/>", "has the element <other>"),
        ("<annotations><image id='0'/></annotations>", "format for images"),
        (
            '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><annotations>&c;</annotations>',
            "not XML that can be read",
        ),
        ("<annotations><meta/></annotations>", "has no labels|has no video|no labels"),
    ],
)
def test_other_files(tmp_path, body, said):
    path = tmp_path / "a.xml"
    path.write_text(body)
    with pytest.raises(InputError, match=said):
        read_file(path, ReadOptions(), name="cvat")


def test_a_zip_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("stad.annotations.importers.cvat.MAX_XML_BYTES", 1 << 10)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", f"<annotations>{' ' * 9999}</annotations>")
    with pytest.raises(InputError, match=r"annotations\.xml has more than"):
        read_file(path, ReadOptions())


def test_a_zip_whose_content_is_damaged(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", "".join(map(str, range(999))))
    content = bytearray(path.read_bytes())
    content[100:200] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.zip cannot be read: .*Export it again"):
        read_file(path, ReadOptions())


def test_a_zip_with_a_path_that_leads_out(tmp_path):
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "../annotations.xml", f'{HEAD}<track id="0" label="x">{box(0)}</track></annotations>'
        )
    assert read_file(path, ReadOptions()).labels == ("x",)
    assert [one.name for one in tmp_path.rglob("*")] == ["in", "a.zip"]
