"""``stad export``: what it says and writes, and one clear error for each wrong option."""

import pytest

from stad.cli.export import export_main
from stad.cli.export_job import parse_size
from stad.cli.models import models_main
from stad.errors import InputError
from tests.cli.conftest import CONFIG

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")


def run(weights, out, *arguments):
    export_main([CONFIG, "--weights", weights, "--out", str(out), *map(str, arguments)])


def test_it_says_what_it_does(weights, tmp_path, capsys):
    out = tmp_path / "tiny.onnx"
    run(weights, out, "--size", "160x120")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"model     tiny_detector (weights from {weights})"
    assert lines[1] == "inputs    clips 1 x 3 x 4 of 85x64, boxes K x 5"
    assert lines[2] == "export    tiny.onnx, ONNX of opset 17"
    assert lines[3].startswith("check     against torch, by onnxruntime 1.")
    assert lines[4].startswith("checked   4 runs, scores differ by ")
    assert lines[5:] == [f"written   {out}, {out}.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.onnx", "tiny.onnx.json"]
    models_main(["labels", "--model", str(out)])
    assert capsys.readouterr().out.splitlines()[11] == " 12  stand"


def test_openvino_has_three_files(weights, tmp_path, capsys):
    pytest.importorskip("openvino")
    run(weights, tmp_path / "tiny.xml", "--size", "85x64", "--quiet")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["tiny.bin", "tiny.xml", "tiny.xml.json"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["tiny.xml", "tiny.bin", "tiny.xml.json"])
def test_files_that_exist_stay(weights, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=f"--out: .*{name} exists already. Add --overwrite"):
        run(weights, tmp_path / "tiny.xml")
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("out", "arguments", "said"),
    [
        ("tiny.pt", (), "--out must end in .onnx or .xml"),
        (".onnx", (), "--out must end in .onnx or .xml"),
        ("none/tiny.onnx", (), "--out: the folder .*none does not exist"),
        ("tiny.onnx", ("--size", "big"), "--size must be WIDTHxHEIGHT, such as 1280x720, got"),
        ("tiny.onnx", ("--size", "0x64"), "--size must have sides of 16 to 16384 pixels"),
        ("tiny.onnx", ("--size", "64x64", "--dynamic"), "Give --dynamic, .* or --size, not both."),
    ],
)
def test_wrong_options(weights, tmp_path, out, arguments, said):
    with pytest.raises(InputError, match=said):
        run(weights, tmp_path / out, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_model(tmp_path):
    out = ["--out", str(tmp_path / "tiny.onnx")]
    with pytest.raises(InputError, match="Give the name of a model or the path of a config"):
        export_main(out)
    with pytest.raises(InputError, match=r"a\.onnx is exported already"):
        export_main(["a.onnx", *out])
    with pytest.raises(InputError, match="zzz"):
        export_main(["zzz", *out])


def test_sizes():
    assert parse_size("1280X720") == (1280, 720)
