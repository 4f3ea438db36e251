"""Files that state more than they hold, unpack to more than they are, or hold too much."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from fractions import Fraction

import numpy as np
import pytest
import torch

from stad.actors.detectors.precomputed import PrecomputedDetections
from stad.annotations.csv_rows import read_rows
from stad.annotations.proposals import read_proposals
from stad.annotations.segments import read_annotations, read_results
from stad.annotations.tube_files import read_tube_file
from stad.annotations.video_lists import read_video_list
from stad.datasets.keypoint_file import read_keypoints
from stad.errors import InputError
from stad.localization.curve_files import read_curves
from stad.localization.options import LocalizerOptions
from stad.outputs.timeline import write_timeline
from stad.structures import VideoInfo
from stad.utils.files import read_json, read_text
from stad.utils.limits import TEXT_GB, Limit
from stad.video.images import read_image
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from stad.video.streams import MAX_FPS, MIN_FPS, stream_fps
from stad.zoo.checkpoint import read_checkpoint
from tests.videos import write_video

pytestmark = pytest.mark.robust
INFO = VideoInfo("v.mp4", 160, 120, Fraction(25), 100, 4.0)
MIB = 2**20


def npz(path, **members: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def npy(values) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def stating(shape, dtype="<f8") -> bytes:
    """The header of an array without its values."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


READERS = {"proposals": read_proposals, "curves": lambda path: read_curves([path])}
READERS |= {"keypoints": read_keypoints}
NAMES = ("video_ids", "times_sec", "boxes", "scores", "class_names", "keypoints", "names", "first")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "content",
    [
        *(stating((2**40,)), stating((2**62, 2**62)), b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff"),
        *(npy([1.0])[:-4], stating((1,), "|O"), npy(np.array([{}]))),
        b"\x93NUMPY\x01\x00\x0e\x00{'a': (((((\n",
    ],
    ids=[
        *("lies", "overflows", "empty", "cut", "cut header", "cut values", "objects", "pickle"),
        "not a literal",
    ],
)
def test_arrays_that_are_not_there(tmp_path, reader, content):
    path = npz(tmp_path / "a.npz", **dict.fromkeys(NAMES, content))
    with pytest.raises(InputError, match=r"a\.npz"):
        READERS[reader](path)


@pytest.mark.parametrize("reader", READERS)
def test_arrays_that_unpack_to_too_much(tmp_path, reader, monkeypatch):
    monkeypatch.setenv("STAD_MAX_UNPACKED_GB", "0.001")
    path = npz(tmp_path / "a.npz", **dict.fromkeys(NAMES, npy(np.zeros(2**17))))
    with pytest.raises(InputError, match=r"would take .* the limit of 0\.001 GiB\. .*_GB sets"):
        READERS[reader](path)


def test_weights_that_unpack_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setenv("STAD_MAX_UNPACKED_GB", "0.001")
    path, packed = tmp_path / "a.pth", tmp_path / "packed.pth"
    torch.save({"a": torch.zeros(2 * MIB)}, path)
    assert read_checkpoint(path)["a"].shape == (2 * MIB,)
    with zipfile.ZipFile(path) as plain, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as to:
        for one in plain.infolist():
            to.writestr(one.filename, plain.read(one))
    torch.save({"a": torch.zeros(1).expand(2**30)}, tmp_path / "stretched.pth")
    for name in ("packed.pth", "stretched.pth"):
        with pytest.raises(InputError, match="would take"):
            read_checkpoint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_tables_of_any_length(tmp_path, name, monkeypatch):
    path = tmp_path / name
    opener = gzip.open if name.endswith("gz") else open
    with opener(path, "wt") as file:
        file.write("1,2,3\n" * 1000)
    assert len(list(read_rows(path))) == 1000
    monkeypatch.setenv("STAD_MAX_TEXT_GB", f"{5000 / 2**30}")
    with pytest.raises(InputError, match=r"of text, the limit\. .*STAD_MAX_TEXT_GB sets another"):
        list(read_rows(path))
    monkeypatch.undo()
    with opener(path, "wt") as file:
        file.write("1" * 11_000_000)
    with pytest.raises(InputError, match="a line of more than 10000000 characters"):
        list(read_rows(path))


def test_text_of_any_length(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text(json.dumps([1] * 3000))
    assert len(read_json(tmp_path / "a.json")) == 3000
    monkeypatch.setenv("STAD_MAX_TEXT_GB", f"{5000 / 2**30}")
    with pytest.raises(InputError, match="of text, the limit"):
        read_json(tmp_path / "a.json")
    with pytest.raises(InputError, match="of text, the limit"):
        read_text("/dev/zero")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "\x00", "\ufeff{}"])
def test_json_that_python_refuses(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match="is not JSON"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("value", ["0", "-1", "nan", "many"])
def test_a_limit_that_is_none(monkeypatch, value):
    monkeypatch.setenv("STAD_MAX_TEXT_GB", value)
    with pytest.raises(InputError, match=f"must be a number above 0, got '{value}'"):
        _ = TEXT_GB.value
    assert Limit("STAD_NONE", 3).value == 3


DOCUMENTS = [
    *("[]", "{}", "[[]]", "null", "1", '{"a":[1]}', '{"database":3}', '{"database":{"v":3}}'),
    '{"database":{"v":{"annotations":[{"segment":["a",1e999],"label":[]}]}}}',
    '{"results":{"v":[{"segment":[0,1],"score":"x","label":3}]}}',
    '{"format":"stad-annotation","version":2,"frames":3,"segments":{}}',
    '{"format":"stad-annotation","version":2,"class_names":3,"frames":[1],"segments":[]}',
    '{"format":"stad-annotation","version":2,"class_names":[],"frames":[],"segments":[1]}',
    '{"labels":3}',
    '{"thresholds":{"a":{}}}',
    '{"on":1e999}',
]
DOCUMENT_READERS = {
    "annotations": read_annotations,
    "detections": read_results,
    "video list": read_video_list,
    "tubes": read_tube_file,
    "localizer": LocalizerOptions.from_file,
    "curves": lambda path: read_curves([path]),
    "timeline": lambda path: write_timeline(path.with_name("a.html"), path),
}


@pytest.mark.parametrize("reader", DOCUMENT_READERS)
@pytest.mark.parametrize("text", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_json_of_another_shape(tmp_path, reader, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError):
        DOCUMENT_READERS[reader](tmp_path / "a.json")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def given(path, text, **options):
    path.write_text(text)
    return PrecomputedDetections(path, INFO, **options)


def crowd(number):
    rows = [
        f"0,{i % 100},{i % 90},{i % 100 + 10 + i / 1e4:.4f},{i % 90 + 20}" for i in range(number)
    ]
    return "\n".join(["time_sec,x1,y1,x2,y2", *rows])


def test_people_in_a_frame(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    with pytest.raises(InputError, match=r"has 400 people at 0 s, more than the limit of 300"):
        given(path, crowd(400))
    # Files with several labels repeat a box for each.
    given(path, crowd(200) + "\n" + crowd(200).partition("\n")[2])
    monkeypatch.setenv("STAD_MAX_ACTORS", "500")
    assert given(path, crowd(400)).gives_ids is False
    monkeypatch.setenv("STAD_MAX_BOXES", "399")
    with pytest.raises(InputError, match="has more than 399 boxes, the limit"):
        given(path, crowd(400))


ACTOR = '{"frames":[{"time_sec":%s,"actors":[{"id":%s,"box":%s}]}]}'


@pytest.mark.parametrize(
    ("time", "actor", "box"),
    [
        ("0", "1" + "0" * 400, "[1,2,3,4]"),
        ("0", str(2**63), "[1,2,3,4]"),
        ("0", "Infinity", "[1,2,3,4]"),
        ("0", "NaN", "[1,2,3,4]"),
        ("0", "1", "[NaN,2,3,4]"),
        ("0", "1", "[-1e308,2,1e308,4]"),
        ("0", "1", "[0,0,1e999,4]"),
        ("0", "1", '"1234"'),
        ("0", "1", "{}"),
        ("0", "1", "[[1],2,3,4]"),
        ("NaN", "1", "[1,2,30,40]"),
        ("Infinity", "1", "[1,2,30,40]"),
        ("-1e308", "1", "[1,2,30,40]"),
        ("null", "1", "[1,2,30,40]"),
    ],
)
def test_numbers_that_no_box_has(tmp_path, time, actor, box):
    with pytest.raises(InputError, match="--boxes"):
        given(tmp_path / "a.json", ACTOR % (time, actor, box))


def png(width, height) -> bytes:
    def chunk(kind, content):
        mark = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", mark)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("side", [13_000, 30_000, 2**31 - 1])
def test_images_that_state_a_huge_size(tmp_path, side):
    (tmp_path / "a.png").write_bytes(png(side, side))
    with pytest.raises(InputError, match=r"a\.png states a size"):
        read_image(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"states a size|no frame of .* could be decoded"):
        VideoSource(tmp_path / "a.png")


def test_videos_that_state_a_huge_size(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", num_frames=2)
    assert len(list(VideoSource(path).frames())) == 2
    monkeypatch.setenv("STAD_MAX_MEGAPIXELS", "0.01")
    with pytest.raises(InputError, match="states a size of 160x120 pixels, more than the limit"):
        VideoSource(path)


def test_times_that_no_mp4_can_hold(tmp_path):
    times_sec = {"in.mp4": [0.0, 4000.0, 8000.0, 12000.0, 16000.0], "far.mp4": [0.0, 1e5]}
    for name, times in times_sec.items():
        sink = VideoSink(tmp_path / name, INFO)
        sink.write(np.zeros((120, 160, 3), np.uint8), 0.0)
        if name == "far.mp4":
            with pytest.raises(InputError, match="no frame comes for 100000 s before 100000 s"):
                sink.write(np.zeros((120, 160, 3), np.uint8), times[1])
            sink.abort()
            continue
        for time_sec in times[1:]:
            sink.write(np.zeros((120, 160, 3), np.uint8), time_sec)
        sink.close()
        assert [frame.time_sec for frame in VideoSource(tmp_path / name).frames()] == times
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(Fraction(3, 10**8), 30), (Fraction(10**7), 30), (MIN_FPS, MIN_FPS), (MAX_FPS, MAX_FPS)],
)
def test_rates_that_no_video_has(rate, expected):
    class Stream:
        average_rate = guessed_rate = base_rate = rate

    assert stream_fps(Stream()) == expected
