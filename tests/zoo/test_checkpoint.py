"""Files of weights: every kind is read, and no file gets to run anything."""

import codecs
import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from safetensors.torch import save_file

from stad.errors import InputError
from stad.utils.pickles import read_numpy_pickle
from stad.zoo.checkpoint import read_checkpoint

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.num_batches_tracked": torch.tensor(7)}


class Attack:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def assert_state(state):
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        OrderedDict(STATE),
        {"state_dict": STATE, "meta": {"epoch": 3}},
        {"model_state": STATE, "optimizer_state": {"lr": 0.1}, "cfg": "TRAIN: ..."},
        {"model": STATE},
    ],
    ids=["bare", "ordered", "mmengine", "pyslowfast", "detectron2"],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_torch_files(tmp_path, content, zipped):
    path = tmp_path / "a.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert_state(read_checkpoint(path))


def test_safetensors_whose_header_begins_like_a_pickle(tmp_path):
    header = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(0x80).encode()
    content = struct.pack("<Q", len(header)) + header + struct.pack("<f", 2.5)
    assert content.startswith(b"\x80")
    (tmp_path / "a.safetensors").write_bytes(content)
    assert read_checkpoint(tmp_path / "a.safetensors")["a"].tolist() == [2.5]


def test_safetensors_whatever_their_ending(tmp_path):
    save_file(STATE, tmp_path / "a.bin")
    assert_state(read_checkpoint(tmp_path / "a.bin"))


def test_what_mmengine_keeps_beside_the_weights_is_left_out(tmp_path):
    hub = MessageHub.get_instance("test_checkpoint")
    hub.update_scalar("train/loss", torch.tensor(0.5))
    hub.update_scalar("train/time", np.float64(0.1))
    hub.update_info("iter", 10)
    history = HistoryBuffer([1.0, 2.0], [1, 1], max_length=5)
    content = {
        "meta": {"epoch": 1, "cfg": "model = dict()", "classes": np.array([1, 2])},
        "state_dict": STATE,
        "message_hub": hub.state_dict(),
        "history": history,
        "lr": np.float64(0.1),
    }
    torch.save(content, tmp_path / "epoch_1.pth")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "epoch_1.pth", weights_only=True)
    assert_state(read_checkpoint(tmp_path / "epoch_1.pth"))


@pytest.mark.parametrize("kind", ["pth", "legacy pth", "pkl"])
def test_a_file_that_would_run_code_is_refused(tmp_path, kind):
    path, witness = tmp_path / "evil", tmp_path / "witness"
    content = {"state_dict": STATE, "extra": Attack(witness)}
    if kind == "pkl":
        path.write_bytes(pickle.dumps({"blobs": {"a": np.zeros(2)}, "extra": Attack(witness)}))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "pth")
    with pytest.raises(InputError, match=r"(posix|nt)\.system"):
        read_checkpoint(path)
    assert not witness.exists()


@pytest.mark.parametrize(
    "value",
    [eval, getattr, io.BytesIO, np.load, codecs.decode, pickle.loads],
    ids=lambda value: value.__name__,
)
def test_a_pickle_gets_no_function_beyond_arrays(tmp_path, value):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"a": value}))
    with pytest.raises(InputError, match=rf"asks for .*{value.__name__}"):
        read_numpy_pickle(path)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_pickled_arrays_come_back(tmp_path, protocol):
    path = tmp_path / "a.pkl"
    tree = {
        "boxes": np.arange(6, dtype=np.float32).reshape(2, 3),
        "nested": [{"name": "x"}, (1, 2.5, None, True), b"\x00\xff"],
        "number": np.float64(0.25),
    }
    path.write_bytes(pickle.dumps(tree, protocol=protocol))
    read = read_numpy_pickle(path)
    np.testing.assert_array_equal(read["boxes"], tree["boxes"])
    assert read["boxes"].dtype == np.float32
    assert read["nested"] == tree["nested"]
    assert read["number"] == 0.25


def test_arrays_pickled_by_python_2_and_numpy_1(tmp_path):
    # {'a': array([1, 258], dtype='<i2')} as Python 2 writes it: bytes stand in a 'str'.
    path = tmp_path / "a.pkl"
    path.write_bytes(
        b"\x80\x02}q\x01U\x01aq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
        b"q\x04K\x00\x85q\x05U\x01bq\x06\x87q\x07Rq\x08(K\x01K\x02\x85q\x09cnumpy\ndtype\nq\x0a"
        b"U\x02i2q\x0bK\x00K\x01\x87q\x0cRq\x0d(K\x03U\x01<q\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff"
        b"\xffK\x00tq\x0fb\x89U\x04\x01\x00\x02\x01q\x10tq\x11bs."
    )
    assert read_numpy_pickle(path)["a"].tolist() == [1, 258]


def test_caffe2_blobs(tmp_path):
    path = tmp_path / "a.pkl"
    blobs = {"conv1_w": np.ones((2, 3), dtype=np.float32), "lr": np.float32(0.1)}
    path.write_bytes(pickle.dumps({"blobs": blobs, "cfg": "x"}, protocol=2))
    assert {name: value.tolist() for name, value in read_checkpoint(path).items()} == {
        "conv1_w": [[1.0] * 3] * 2
    }


def test_a_pickle_that_is_nearly_i3d(tmp_path):
    path = tmp_path / "a.ckpt"
    tree = {"Conv3d_1a_7x7": {"Dense_0": {"kernel": np.zeros(3)}}}
    path.write_bytes(pickle.dumps({"params": tree, "batch_stats": {}}))
    with pytest.raises(InputError, match="is not the published I3D"):
        read_checkpoint(path)


def zipped_text():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "no weights")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"some notes\n" * 9, "it is text"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (os.urandom(40) + b"\xff\x00", "is not a checkpoint|not a readable|cannot be read"),
        (b"\x80\x04nonsense", "damaged or incomplete"),
        (pickle.dumps([1, 2]), "holds no weights"),
        (zipped_text(), "damaged or incomplete"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{nonsense nonsense", "as safetensors"),
    ],
    ids=["empty", "text", "html", "lfs", "noise", "pickle", "list", "zip", "safetensors"],
)
def test_files_that_are_no_checkpoints(tmp_path, content, said):
    path = tmp_path / "a.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as raised:
        read_checkpoint(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("kind", ["zip", "legacy", "pickle", "safetensors"])
def test_files_cut_off(tmp_path, kind, share):
    path = tmp_path / "a.pth"
    state = {"a": torch.zeros(1000)}
    if kind == "safetensors":
        save_file(state, path)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"a": np.zeros(1000)}))
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"a\.pth"):
        read_checkpoint(path)


def test_no_file_at_all(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_checkpoint(tmp_path / "none.pth")
    with pytest.raises(InputError, match="is a folder"):
        read_checkpoint(tmp_path)
