"""Weights and models that are damaged, foreign, folders, or would run code."""

from __future__ import annotations

import contextlib
import pickle
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from stad import zoo
from stad.actors.detectors.darknet_network import open_darknet
from stad.annotations.proposals import read_proposals
from stad.annotations.tubes import read_tube_annotations
from stad.errors import InputError
from stad.inference.exported import open_exported
from stad.models.backbones.tflite import open_tflite
from stad.tagging.pca import load_pca
from stad.utils.onnx_files import read_onnx_inputs
from stad.utils.pickles import read_numpy_pickle
from stad.zoo.checkpoint import read_checkpoint
from stad.zoo.own_models import find_own_model
from tests.cli.scripts import ROOT

pytestmark = pytest.mark.robust
CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")
CFG = "[net]\nchannels=3\n[convolutional]\nfilters=2\nsize=1\nstride=1\nactivation=linear\n"
SEEDS, MANY_SEEDS = range(12), range(100, 400)


class Runs:
    """A pickle of it makes a file when it is read."""

    def __init__(self, path):
        self._path = str(path)

    def __reduce__(self):
        return exec, (f"open({self._path!r}, 'w').close()",)


def darknet(path: Path):
    cfg = path.with_name("net.cfg")
    cfg.write_text(CFG)
    return open_darknet(cfg, path)


def exported(path: Path):
    card = path.with_name(f"{path.name}.json")
    card.write_text("{}")
    return open_exported(path)


def own_model(path: Path):
    folder = path.with_name("folder")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    if path.is_dir():
        (folder / "model.json").mkdir()
    elif path.exists():
        (folder / "model.json").write_bytes(path.read_bytes())
    return find_own_model(folder)


LOADERS: dict[str, tuple[str, Callable]] = {
    "checkpoint": (".pth", read_checkpoint),
    "model": (".pth", lambda path: zoo.load(CONFIG, weights=str(path))),
    "safetensors": (".safetensors", read_checkpoint),
    "darknet": (".weights", darknet),
    "onnx": (".onnx", read_onnx_inputs),
    "exported onnx": (".onnx", exported),
    "openvino": (".xml", exported),
    "tflite": (".tflite", lambda path: open_tflite(path, ["a"])),
    "pca": (".safetensors", load_pca),
    "proposals": (".npz", read_proposals),
    "pickled proposals": (".pkl", read_proposals),
    "pickled tubes": (".pkl", read_tube_annotations),
    "own model": (".json", own_model),
}


def whole(folder: Path, name: str) -> bytes:
    """The content of a whole file of a kind, which is then damaged."""
    path = folder / f"whole{LOADERS[name][0]}"
    if name in ("checkpoint", "model"):
        torch.save({"state_dict": {"a": torch.arange(100.0)}}, path)
    elif path.suffix == ".safetensors":
        save_file({"a": np.arange(100.0)}, path)
    elif name == "darknet":
        path.write_bytes(np.zeros(28, "<f4").tobytes())
    elif path.suffix == ".npz":
        np.savez(path, video_ids=["a"], times_sec=[1.0], boxes=np.ones((1, 4)), scores=[1.0])
    elif path.suffix == ".pkl":
        path.write_bytes(pickle.dumps({"a,1": np.ones((2, 5)), "b,2": np.ones((0, 5))}))
    else:
        path.write_bytes(b'{"format": "stad", "version": 1, "list": [1, 2, 3]}')
    return path.read_bytes()


def damaged(content: bytes, seed: int) -> bytes:
    """Cut, overwritten, flipped, doubled or random bytes."""
    draw = random.Random(seed)
    place = draw.randrange(1, len(content))
    kind = seed % 6
    if kind == 0:
        return content[:place]
    if kind == 1:
        return (
            content[:place] + draw.randbytes(min(40, len(content) - place)) + content[place + 40 :]
        )
    if kind == 2:
        return bytes(one ^ (draw.random() < 0.02) for one in content)
    if kind == 3:
        return content[place:] + content[:place]
    if kind == 4:
        return content[:place] + bytes(len(content) - place)
    return draw.randbytes(draw.randrange(1, 2000))


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADERS)
def test_damaged_files_of_many_seeds(tmp_path, name):
    suffix, load = LOADERS[name]
    good, refused = whole(tmp_path, name), 0
    for seed in MANY_SEEDS:
        path = tmp_path / f"a{suffix}"
        path.write_bytes(damaged(good, seed))
        try:
            load(path)
        except InputError:
            refused += 1
    print(f"{name}: {refused} of {len(MANY_SEEDS)} damaged files are refused, the others are read")


@pytest.mark.parametrize("name", LOADERS)
def test_damaged_files_are_one_sentence(tmp_path, name):
    suffix, load = LOADERS[name]
    good = whole(tmp_path, name)
    texts = [b"", b"\0", b"<!DOCTYPE html><html>", b"version https://git-lfs.github.com/spec/v1\n"]
    for number, content in enumerate([*texts, *(damaged(good, seed) for seed in SEEDS)]):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(content)
        with contextlib.suppress(InputError):
            load(path)
    folder = tmp_path / f"a folder{suffix}"
    folder.mkdir()
    with pytest.raises(InputError, match=r"\.$"):
        load(folder)
    with pytest.raises(InputError, match=r"\.$"):
        load(tmp_path / f"none{suffix}")


def torch_zip(path, mark):
    torch.save({"state_dict": {"a": torch.zeros(2)}, "meta": Runs(mark)}, path)


def torch_legacy(path, mark):
    content = {"state_dict": {"a": torch.zeros(2)}, "meta": Runs(mark)}
    torch.save(content, path, _use_new_zipfile_serialization=False)


def plain_pickle(path, mark):
    path.write_bytes(pickle.dumps({"blobs": Runs(mark)}))


def old_pickle(path, mark):
    path.write_bytes(pickle.dumps({"a,1": Runs(mark)}, protocol=0))


def object_array(path, mark):
    np.savez(path, video_ids=np.array([Runs(mark)]), times_sec=[1], boxes=[[0] * 4], scores=[1])


def pickle_in_zip(path, mark):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Runs(mark)))
        archive.writestr("archive/version", "3\n")


CODE = [
    (torch_zip, ".pth", "checkpoint"),
    (torch_legacy, ".pth", "checkpoint"),
    (pickle_in_zip, ".pth", "checkpoint"),
    (plain_pickle, ".pkl", "checkpoint"),
    (old_pickle, ".pth", "checkpoint"),
    (torch_zip, ".pth", "model"),
    (plain_pickle, ".pkl", "pickled proposals"),
    (old_pickle, ".pkl", "pickled proposals"),
    (plain_pickle, ".pkl", "pickled tubes"),
    (object_array, ".npz", "proposals"),
    (plain_pickle, ".weights", "darknet"),
    (plain_pickle, ".onnx", "onnx"),
    (plain_pickle, ".tflite", "tflite"),
    (plain_pickle, ".safetensors", "pca"),
]


@pytest.mark.parametrize(
    ("write", "suffix", "name"), CODE, ids=[f"{one[0].__name__}-{one[2]}" for one in CODE]
)
def test_code_in_a_pickle_is_never_run(tmp_path, write, suffix, name):
    path, mark = tmp_path / f"a{suffix}", tmp_path / "ran"
    write(path, mark)
    with pytest.raises(InputError):
        LOADERS[name][1](path)
    assert not mark.exists()


def reduced(function: bytes, arguments: bytes) -> bytes:
    return b"\x80\x02" + function + arguments + b"R."


@pytest.mark.parametrize(
    "content",
    [
        # numpy.ndarray((2**40,)) and _reconstruct(numpy.ndarray, (2**40,), 'd').
        reduced(b"cnumpy\nndarray\n", b"\x8a\x06\x00\x00\x00\x00\x00\x01\x85\x85"),
        b"\x80\x02cnumpy\nndarray\n\x8a\x06\x00\x00\x00\x00\x00\x01\x85\x85\x81.",
        reduced(
            b"cnumpy.core.multiarray\n_reconstruct\n",
            b"cnumpy\nndarray\n\x8a\x06\x00\x00\x00\x00\x00\x01\x85U\x01d\x87",
        ),
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f" + b"abc.",
        b"\x80\x02\x8b\xff\xff\xff\x7f1.",
    ],
    ids=["call", "new", "reconstruct", "bytes", "number"],
)
def test_a_pickle_takes_no_memory_that_it_does_not_fill(tmp_path, content):
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as a pickle"):
        read_numpy_pickle(tmp_path / "a.pkl")
