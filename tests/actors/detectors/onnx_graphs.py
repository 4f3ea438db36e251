"""Small ONNX detectors: every number of their output is a sum of chosen values of the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

SIDE = 32


def write_detector(
    path: Path,
    outputs: dict[str, np.ndarray],
    *,
    added: dict[tuple, dict[tuple, float]] | None = None,
    shape: tuple = (1, 3, SIDE, SIDE),
    element_type: int = TensorProto.FLOAT,
) -> Path:
    """Write a network that returns constants, moved by values of its input.

    Args:
        path: of the ONNX file.
        outputs: arrays by name; the first takes part in ``added``.
        added: (index in the first output): {(channel, row, column) of the input: factor}.
        shape: as the file states it; a text is a size that is not fixed.
        element_type: of the input.
    """
    first, base = next(iter(outputs.items()))
    factors = np.zeros((3, SIDE, SIDE, *base.shape), np.float32)
    for target, values in (added or {}).items():
        for source, factor in values.items():
            factors[(*source, *target)] = factor
    constants = {f"base_{name}": array for name, array in outputs.items()}
    constants |= {
        "factors": factors.reshape(3 * SIDE * SIDE, -1),
        "flat": np.array([1, -1]),
        "size": np.array(base.shape),
    }
    nodes = [
        helper.make_node("Cast", ["input"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["pixels", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "factors"], ["moved"]),
        helper.make_node("Reshape", ["moved", "size"], ["shaped"]),
        helper.make_node("Add", ["shaped", f"base_{first}"], [first]),
        *(helper.make_node("Identity", [f"base_{name}"], [name]) for name in list(outputs)[1:]),
    ]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("input", element_type, shape)],
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in outputs.items()
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    save(model, path)
    return path
