"""The inputs of ONNX files are those that the onnx package wrote."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

from stad.errors import InputError
from stad.utils.onnx_files import OnnxInput, read_onnx_inputs


def write(path, inputs, *, weights=(), ir_version=8):
    nodes = [helper.make_node("Identity", [inputs[0].name], ["out"])]
    initializers = [numpy_helper.from_array(np.ones(3, np.float32), name) for name in weights]
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", inputs, [out], initializers)
    save(helper.make_model(graph, ir_version=ir_version, doc_string="x" * 300), path)
    return path


def value(name, shape, element_type=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element_type, shape)


def test_names_types_and_sizes(tmp_path):
    inputs = [value("images", (1, 3, 640, 416)), value("size", ("batch", -1, 0), TensorProto.INT64)]
    assert read_onnx_inputs(write(tmp_path / "a.onnx", inputs)) == [
        OnnxInput("images", 1, (1, 3, 640, 416)),
        OnnxInput("size", 7, (None, None, None)),
    ]


def test_an_input_without_a_shape(tmp_path):
    path = write(tmp_path / "a.onnx", [value("images", None)])
    assert read_onnx_inputs(path) == [OnnxInput("images", 1, ())]


def test_weights_of_old_files_are_not_inputs(tmp_path):
    inputs = [value("images", (1, 3, 8, 8)), value("bias", (3,))]
    path = write(tmp_path / "a.onnx", inputs, weights=("bias",), ir_version=3)
    assert [one.name for one in read_onnx_inputs(path)] == ["images"]


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x3a\xff\xff", b"\x00" * 8, b"PK\x03\x04"])
def test_other_files(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.onnx is not a"):
        read_onnx_inputs(tmp_path / "a.onnx")


def test_files_that_are_cut_off(tmp_path):
    path = write(tmp_path / "a.onnx", [value("images", (1, 3, 8, 8))])
    whole = path.read_bytes()
    # What follows the graph is not needed: the versions of the operators.
    for size in range(0, len(whole) - 20, 7):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"a\.onnx is not a"):
            read_onnx_inputs(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_onnx_inputs(tmp_path / "a.onnx")
