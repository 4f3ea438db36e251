from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from stad.datasets.records.features import (
    FrameRecord,
    RecordWriter,
    Segment,
    VideoRecord,
    decode,
    dequantise,
    encode,
    quantise,
)
from stad.datasets.records.modalities import as_modalities, check_labels, join_modalities
from stad.datasets.records.tfrecord import Fault, RecordError, read_records

# Written by TensorFlow 2.21, see ../shared/golden/nextvlad_README.md.
GOLDEN = Path(__file__).parents[2] / "data" / "youtube8m"
EXPECTED = json.loads((GOLDEN / "tfrecord_expected.json").read_text())


def golden(name: str) -> list[bytes]:
    found = list(read_records(GOLDEN / f"{name}.tfrecord"))
    assert not any(isinstance(one, Fault) for one in found)
    return found


def test_frames_of_tensorflow_are_read_as_it_wrote_them():
    records = [decode(one) for one in golden("frames")]
    assert len(records) == 3
    for record, expected in zip(records, EXPECTED["records"], strict=True):
        assert record.record_id == expected["id"]
        assert list(record.labels) == expected["labels"]
        rgb, audio = record.features["rgb"], record.features["audio"]
        assert rgb.shape == (expected["num_frames"], 1024)
        assert audio.shape == (expected["num_frames"], 128)
        assert rgb[:, :6].tolist() == expected["rgb_first6"]
        assert audio[:, :6].tolist() == expected["audio_first6"]
        assert int(rgb.sum()) == expected["rgb_sum"]
        assert int(audio.sum()) == expected["audio_sum"]
        dequantised = dequantise(rgb)[0, :6]
        assert dequantised.dtype == np.float32
        np.testing.assert_allclose(
            dequantised, expected["rgb_dequantised_frame0_first6"], atol=2.4e-7, rtol=0
        )


def test_what_tensorflow_wrote_is_written_with_equal_size_and_content(tmp_path):
    records = [decode(one) for one in golden("frames")]
    path = tmp_path / "copy.tfrecord"
    with RecordWriter(path) as writer:
        for record in records:
            writer.write(record)
    assert path.stat().st_size == EXPECTED["file_bytes"]
    copies = [decode(one) for one in read_records(path)]
    for one, other in zip(copies, records, strict=True):
        assert (one.record_id, one.labels) == (other.record_id, other.labels)
        for name in ("rgb", "audio"):
            np.testing.assert_array_equal(one.features[name], other.features[name])


def test_video_level_of_tensorflow():
    (record,) = map(decode, golden("video_level"))
    assert isinstance(record, VideoRecord)
    assert (record.record_id, record.labels) == ("nXSc", (2, 9))
    assert record.means["rgb"].shape == (1024,)
    assert record.means["audio"].shape == (128,)
    copy = decode(encode(record))
    np.testing.assert_array_equal(copy.means["rgb"], record.means["rgb"])


def test_segments_of_tensorflow():
    (record,) = map(decode, golden("segment_level"))
    assert record.features["rgb"].shape == (12, 1024)
    expected = (Segment(0, 5, 5, 1.0), Segment(5, 10, 5, 0.0), Segment(5, 10, 9, 1.0))
    assert record.segments == expected
    assert decode(encode(record)).segments == expected


def test_quantising_is_inverted_but_for_half_a_step():
    values = np.arange(256, dtype=np.uint8)
    exact = values.astype(float) * 4 / 255 - 2
    np.testing.assert_allclose(dequantise(values), exact + 4 / 512, atol=1e-6)
    np.testing.assert_array_equal(quantise(exact), values)
    # Within a step of the exact value, since it is half a step too high.
    np.testing.assert_array_equal(quantise(dequantise(values) - 4 / 512), values)


def record_of(**features: np.ndarray) -> FrameRecord:
    return FrameRecord("a", (1,), features)


@pytest.mark.parametrize(
    "values", [np.zeros(3, np.uint8), np.zeros((2, 3), np.float32)], ids=["1-d", "float"]
)
def test_arrays_of_another_kind_are_not_written(values):
    with pytest.raises(ValueError, match=r"expected rgb \(T, C\) uint8"):
        encode(record_of(rgb=values))


def test_a_modality_without_frames_and_ids_of_any_text():
    record = FrameRecord("Stra\u00dfe \U0001f600", (), {"rgb": np.ones((2, 3), np.uint8)})
    assert decode(encode(record)).record_id == record.record_id
    empty = decode(encode(record_of(rgb=np.zeros((0, 3), np.uint8))))
    assert isinstance(empty, VideoRecord) or not len(empty.features.get("rgb", ()))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xff\xff", "not a tf.train.SequenceExample"),
        (b"", "has no id"),
        (encode(record_of(rgb=np.ones((2, 3), np.uint8)))[:-3], "not a tf.train.SequenceExample"),
    ],
)
def test_other_content_is_named(data, reason):
    with pytest.raises(RecordError, match=reason):
        decode(data)


@pytest.mark.parametrize("seed", range(2))
def test_damaged_messages_are_read_or_refused(seed):
    """Whatever bytes pass the checksum, reading them fails with a reason or gives arrays."""
    record = FrameRecord(
        "abc",
        (1, 300, 3),
        {name: np.full((3, count), 7, np.uint8) for name, count in (("rgb", 6), ("audio", 3))},
        (Segment(0, 5, 2, 1.0), Segment(5, 10, 2, 0.0)),
    )
    modalities = as_modalities([{"name": "rgb", "channels": 6}, {"name": "audio", "channels": 3}])
    rng = random.Random(seed)
    sources = [encode(record), encode(VideoRecord("a", (1,), {"rgb": np.ones(6, np.float32)}))]
    outcomes = set()
    for _ in range(1000):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            change = rng.random()
            if change < 0.7:
                data[at] = rng.randrange(256)
            elif change < 0.85:
                del data[at:]
                data += b"\0"
            else:
                data[at:at] = rng.randbytes(3)
        try:
            found = decode(bytes(data))
            check_labels(found.labels, 400)
            joined, num_frames = join_modalities(found, modalities, max_frames=300)
        except RecordError as error:
            outcomes.add(str(error).split()[-1])
        else:
            assert joined.shape == (max(num_frames), 9)
            assert isinstance(found.record_id, str)
    assert len(outcomes) >= 5
