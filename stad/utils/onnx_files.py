"""Read the inputs of an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from stad.errors import InputError
from stad.utils.files import existing_file

FLOAT32 = 1


class OnnxInput(NamedTuple):
    """An input of a graph.

    Attributes:
        name: in the graph.
        element_type: ONNX's number; 1 is float32.
        shape: sizes; None where they are not fixed.
    """

    name: str
    element_type: int
    shape: tuple[int | None, ...]


def read_onnx_inputs(path: Path) -> list[OnnxInput]:
    """Return the inputs of an ONNX file; weights in other files are not read.

    Raises:
        InputError: there is no such file, or it is not an ONNX file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    existing_file(str(path))
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except (DecodeError, OSError) as error:
        raise InputError(
            f"{path} is not a readable ONNX file ({error}). Give a complete ONNX file."
        ) from error
    # In old files, weights are inputs with a default.
    weights = {one.name for one in graph.initializer}
    inputs = [_read_input(one) for one in graph.input if one.name not in weights]
    if not inputs:
        raise InputError(
            f"{path} is not an ONNX file, or its network has no input. Give an ONNX file."
        )
    return inputs


def _read_input(value) -> OnnxInput:
    tensor = value.type.tensor_type
    # Exporters write 0 or -1 for a size that is not fixed, too.
    sizes = (size.dim_value for size in tensor.shape.dim)
    shape = tuple(size if size > 0 else None for size in sizes)
    return OnnxInput(value.name, tensor.elem_type, shape)
