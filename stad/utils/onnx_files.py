"""Read the inputs of an ONNX file without any library, from its protocol buffers.

Field numbers and wire types are those of onnx.proto3 and of the protocol buffers' encoding,
https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from stad.errors import InputError
from stad.utils.files import existing_file

FLOAT32 = 1
# Message: number of a field.
MODEL_GRAPH = 7
GRAPH_INITIALIZER, GRAPH_INPUT, TENSOR_NAME = 5, 11, 8
VALUE_NAME, VALUE_TYPE, TYPE_TENSOR = 1, 2, 1
TENSOR_ELEMENT, TENSOR_SHAPE, SHAPE_DIM, DIM_VALUE = 1, 2, 1, 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


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


class _Message(NamedTuple):
    """A part of the file that is itself a message, or text."""

    data: mmap.mmap
    begin: int
    end: int

    def text(self) -> str:
        return self.data[self.begin : self.end].decode()

    def all(self, number: int) -> Iterator[_Message]:
        """Give the messages in a field that may be repeated."""
        for field, value in self.fields():
            if field == number and isinstance(value, _Message):
                yield value

    def first(self, number: int) -> _Message:
        return next(self.all(number), _Message(self.data, 0, 0))

    def number(self, number: int) -> int | None:
        values = (value for field, value in self.fields() if field == number)
        return next((value for value in values if isinstance(value, int)), None)

    def fields(self) -> Iterator[tuple[int, int | _Message]]:
        """Give each field's number with its value; large values are skipped, not read."""
        at = self.begin
        while at < self.end:
            key, at = self._varint(at)
            number, wire = key >> 3, key & 7
            if wire == VARINT:
                value, at = self._varint(at)
                yield number, value
                continue
            if wire == BYTES:
                size, at = self._varint(at)
            elif wire in (FIXED32, FIXED64):
                size = 4 if wire == FIXED32 else 8
            else:
                raise ValueError(f"wire type {wire}")
            if at + size > self.end:
                raise ValueError("it is cut off")
            yield number, _Message(self.data, at, at + size)
            at += size

    def _varint(self, at: int) -> tuple[int, int]:
        value = shift = 0
        while at < self.end and shift < 64:
            byte = self.data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at
        raise ValueError("it is cut off")


def read_onnx_inputs(path: Path) -> list[OnnxInput]:
    """Return the inputs of an ONNX file, without its weights.

    Raises:
        InputError: there is no such file, or it is not an ONNX file.
    """
    existing_file(str(path))
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            graph = _Message(data, 0, len(data)).first(MODEL_GRAPH)
            # In old files, weights are inputs with a default.
            weights = {one.first(TENSOR_NAME).text() for one in graph.all(GRAPH_INITIALIZER)}
            inputs = [_read_input(one) for one in graph.all(GRAPH_INPUT)]
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is not a readable ONNX file ({error}).") from error
    inputs = [one for one in inputs if one.name not in weights]
    if not inputs:
        raise InputError(f"{path} is not an ONNX file, or its network has no input.")
    return inputs


def _read_input(value: _Message) -> OnnxInput:
    tensor = value.first(VALUE_TYPE).first(TYPE_TENSOR)
    sizes = [size.number(DIM_VALUE) for size in tensor.first(TENSOR_SHAPE).all(SHAPE_DIM)]
    return OnnxInput(
        value.first(VALUE_NAME).text(),
        tensor.number(TENSOR_ELEMENT) or 0,
        # Exporters write 0 or -1 for a size that is not fixed, too.
        tuple(size if size and size < 1 << 31 else None for size in sizes),
    )
