"""Records of one's own videos: what they hold, and runs that go on, add, repair or refuse."""

import json
import shutil

import numpy as np
import pytest

from stad.datasets.records.features import decode
from stad.datasets.records.tfrecord import read_records
from stad.errors import InputError
from stad.tagging.examples import load_tag_examples
from stad.tagging.parts import VectorFiles
from stad.tagging.pca import load_pca
from stad.tagging.table import read_table
from tests.tagging.rendered import clip_folder, describer, extract
from tests.videos import write_video


class Stopped(Exception):
    """Stands for the end of the process."""


def stop_after(monkeypatch, count):
    """Let the extraction end when it keeps the vectors of another video."""
    write, done = VectorFiles.write, []

    def counted(self, mark, vectors):
        if len(done) == count:
            raise Stopped
        done.append(mark)
        write(self, mark, vectors)

    monkeypatch.setattr(VectorFiles, "write", counted)
    return done


def contents(folder):
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file() and one.name != ".lock"
    }


def test_records_hold_the_quantised_vectors_and_the_labels(records, clips, weights):
    table = read_table(records)
    assert table.classes == ("blue", "red")
    assert len(table.videos) == 12
    assert {one.source for one in table.videos} == {f"source s{i}" for i in range(6)}
    row = next(one for one in table.videos if one.id == "red/4.mp4")
    assert (row.num_frames, row.labels) == (2, ("red",))
    (record,) = [
        one
        for one in map(decode, read_records(records / row.shard))
        if one.record_id == "red/4.mp4"
    ]
    vectors = np.stack(list(describer(weights).describe_video(clips / "red" / "4.mp4")))
    pca, kind = load_pca(records / "pca.safetensors")
    np.testing.assert_array_equal(record.features["rgb"], pca.quantise(vectors))
    assert record.labels == (1,)
    assert kind == table.kind.to_json()
    assert not (records / ".parts").exists()


def test_an_interrupted_run_goes_on_to_the_same_files(
    tmp_path, clips, records, weights, monkeypatch
):
    out = tmp_path / "out"
    done = stop_after(monkeypatch, 5)
    with pytest.raises(Stopped):
        extract(clips, out, weights)
    assert sorted(one.name for one in out.iterdir()) == [".lock", ".parts"]
    monkeypatch.undo()
    first = len(done)
    done = stop_after(monkeypatch, 100)
    extract(clips, out, weights)
    assert first + len(done) == 12
    assert contents(out) == contents(records)


def test_a_full_shard_outlives_an_interruption(tmp_path, clips, weights, monkeypatch):
    out = tmp_path / "out"
    stop_after(monkeypatch, 7)
    with pytest.raises(Stopped):
        extract(clips, out, weights, videos_per_shard=4, num_pca_vectors=8)
    assert len(read_table(out).videos) == 4
    monkeypatch.undo()
    # As if it had ended between the shard and the table.
    shutil.copy(out / "videos-00000.tfrecord", out / "videos-00001.tfrecord")
    table = extract(clips, out, weights, videos_per_shard=4, num_pca_vectors=8)
    shards = [f"videos-0000{i // 4}.tfrecord" for i in range(12)]
    assert [one.shard for one in table.videos] == shards
    assert len(load_tag_examples(out)[0]) == 12


def test_a_second_run_computes_nothing_and_takes_new_labels(tmp_path, clips, weights):
    mine, out = tmp_path / "mine", tmp_path / "out"
    shutil.copytree(clips, mine)
    extract(mine, out, weights)
    (mine / "green").mkdir()
    (mine / "red" / "0.mp4").rename(mine / "green" / "0.mp4")
    lines = []
    table = extract(mine, out, weights, log=lines.append)
    # The class 'green' is new, its video has another name: that one alone is described.
    assert table.classes == ("blue", "red", "green")
    assert "known     11 videos have their features already" in lines
    assert "moved     red/0.mp4 has another name now" in lines
    assert len(table.videos) == 12
    (mine / "sources.csv").unlink()
    table = extract(mine, out, weights, log=lines.append)
    assert "known     12 videos have their features already" in lines
    assert {one.id: one.source for one in table.videos}["blue/1.mp4"] == "blue/1.mp4"


def test_a_later_run_uses_the_pca_of_the_folder(tmp_path, records, weights):
    out = tmp_path / "out"
    shutil.copytree(records, out)
    more = clip_folder(tmp_path / "more" / "others", num_videos=4)
    for path in more.rglob("*.mp4"):
        path.rename(path.with_name(f"new{path.name}"))
    table = extract(more, out, weights)
    assert len(table.videos) == 16
    assert (out / "pca.safetensors").read_bytes() == (records / "pca.safetensors").read_bytes()


def test_another_folder_may_take_that_pca(tmp_path, records, clips, weights):
    out = tmp_path / "out"
    table = extract(clips / "red", out, weights, pca=records / "pca.safetensors")
    assert table.pca_sha256 == read_table(records).pca_sha256
    assert table.num_channels == read_table(records).num_channels


def test_videos_that_cannot_be_read_are_left_out(tmp_path, weights):
    mine = clip_folder(tmp_path / "mine", num_videos=4)
    (mine / "red" / "bad.mp4").write_bytes(b"no video at all")
    lines = []
    table = extract(mine, tmp_path / "out", weights, log=lines.append)
    assert list(table.left_out) == ["red/bad.mp4"]
    assert any(one.startswith("warning   red/bad.mp4 is left out.") for one in lines)
    assert len(table.videos) == 4
    assert json.loads((tmp_path / "out" / "records.json").read_text())["left_out"]


def test_no_readable_video_is_an_error(tmp_path, weights):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    with pytest.raises(InputError, match=r"None of the 1 videos can be read, for example bad.mp4"):
        extract([tmp_path / "bad.mp4"], tmp_path / "out", weights)


def test_a_damaged_or_deleted_shard_is_made_again(tmp_path, records, clips, weights):
    out = tmp_path / "out"
    shutil.copytree(records, out)
    shard = out / "videos-00000.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"Delete the file and run stad features again"):
        load_tag_examples(out)
    shard.unlink()
    extract(clips, out, weights)
    assert len(load_tag_examples(out)[0]) == 12


def test_a_video_that_changed_is_described_again(tmp_path, weights):
    mine, out = clip_folder(tmp_path / "mine", num_videos=4), tmp_path / "out"
    extract(mine, out, weights)
    write_video(mine / "red" / "0.mp4", num_frames=22, fps=5, size=(64, 48))
    table = extract(mine, out, weights)
    assert {one.id: one.num_frames for one in table.videos}["red/0.mp4"] == 4
    assert len(table.videos) == 4


def test_features_of_another_network_are_refused(tmp_path, records, clips, weights):
    out = tmp_path / "out"
    shutil.copytree(records, out)
    other = tmp_path / "other.pth"
    shutil.copy(weights, other)
    other.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(InputError, match=r"out has features of weights \w+, not \w+. Use the same"):
        extract(clips, out, other)


def test_two_programs_do_not_write_one_folder(tmp_path, clips, weights):
    import fcntl

    out = tmp_path / "out"
    out.mkdir()
    with (out / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="Another program is writing to"):
            extract(clips, out, weights)
