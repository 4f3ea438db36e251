"""Write small TensorFlow Lite files for tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import flatbuffers
import numpy as np
import tflite

TYPES = {
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.float16): tflite.TensorType.FLOAT16,
    np.dtype(np.int32): tflite.TensorType.INT32,
}


@dataclass
class TfliteFile:
    """A network in the making; tensors are numbered in the order in which they are added."""

    builder: flatbuffers.Builder = field(default_factory=flatbuffers.Builder)
    buffers: list[bytes] = field(default_factory=lambda: [b""])
    tensors: list[int] = field(default_factory=list)
    operators: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def tensor(self, shape, *, name="", dtype=np.float32, buffer=0):
        """Add a tensor that is computed; return its number."""
        name, dims = self.builder.CreateString(name), self.ints(shape)
        tflite.TensorStart(self.builder)
        tflite.TensorAddName(self.builder, name)
        tflite.TensorAddShape(self.builder, dims)
        tflite.TensorAddType(self.builder, TYPES[np.dtype(dtype)])
        tflite.TensorAddBuffer(self.builder, buffer)
        self.tensors.append(tflite.TensorEnd(self.builder))
        return len(self.tensors) - 1

    def constant(self, values):
        """Add a constant tensor."""
        self.buffers.append(values.tobytes())
        return self.tensor(values.shape, dtype=values.dtype, buffer=len(self.buffers) - 1)

    def halves(self, values):
        """Add weights as the published files have them: float16, then DEQUANTIZE."""
        stored = self.constant(values.astype(np.float16))
        return self.call("DEQUANTIZE", [stored], values.shape)

    def call(self, operator, inputs, shape, *, name="", **options):
        """Add an operator; return the number of its output, of this shape.

        Its options are those of ``tflite``, such as ``Conv2DOptions`` = {"StrideH": 1, ...}.
        """
        output = self.tensor(shape, name=name)
        ((kind, values),) = options.items() if options else ((None, None),)
        if kind:
            getattr(tflite, f"{kind}Start")(self.builder)
            for key, value in values.items():
                getattr(tflite, f"{kind}Add{key}")(self.builder, value)
            table = getattr(tflite, f"{kind}End")(self.builder)
        sources, targets = self.ints(inputs), self.ints([output])
        code = getattr(tflite.BuiltinOperator, operator)
        self.codes += [code] if code not in self.codes else []
        tflite.OperatorStart(self.builder)
        tflite.OperatorAddOpcodeIndex(self.builder, self.codes.index(code))
        tflite.OperatorAddInputs(self.builder, sources)
        tflite.OperatorAddOutputs(self.builder, targets)
        if kind:
            tflite.OperatorAddBuiltinOptionsType(self.builder, getattr(tflite.BuiltinOptions, kind))
            tflite.OperatorAddBuiltinOptions(self.builder, table)
        self.operators.append(tflite.OperatorEnd(self.builder))
        return output

    def content(self, source, outputs):
        """Return the file's bytes, with one input and these outputs."""
        parts = [self.tables(self.tensors), self.ints([source]), self.ints(outputs)]
        parts.append(self.tables(self.operators))
        tflite.SubGraphStart(self.builder)
        for key, part in zip(("Tensors", "Inputs", "Outputs", "Operators"), parts, strict=True):
            getattr(tflite, f"SubGraphAdd{key}")(self.builder, part)
        graphs = self.tables([tflite.SubGraphEnd(self.builder)])
        buffers, codes = (
            self.tables(map(self.buffer, self.buffers)),
            self.tables(map(self.code, self.codes)),
        )
        tflite.ModelStart(self.builder)
        tflite.ModelAddVersion(self.builder, 3)
        tflite.ModelAddSubgraphs(self.builder, graphs)
        tflite.ModelAddBuffers(self.builder, buffers)
        tflite.ModelAddOperatorCodes(self.builder, codes)
        self.builder.Finish(tflite.ModelEnd(self.builder), file_identifier=b"TFL3")
        return bytes(self.builder.Output())

    def code(self, code):
        tflite.OperatorCodeStart(self.builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(self.builder, min(code, 127))
        tflite.OperatorCodeAddBuiltinCode(self.builder, code)
        return tflite.OperatorCodeEnd(self.builder)

    def buffer(self, content):
        data = self.builder.CreateByteVector(content) if content else None
        tflite.BufferStart(self.builder)
        if data is not None:
            tflite.BufferAddData(self.builder, data)
        return tflite.BufferEnd(self.builder)

    def ints(self, values):
        return self.builder.CreateNumpyVector(np.asarray(values, np.int32))

    def tables(self, offsets):
        offsets = list(offsets)
        self.builder.StartVector(4, len(offsets), 4)
        for one in reversed(offsets):
            self.builder.PrependUOffsetTRelative(one)
        return self.builder.EndVector()
