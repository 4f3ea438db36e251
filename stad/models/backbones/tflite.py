"""Read a TensorFlow Lite file into a torch module.

Operators: https://www.tensorflow.org/mlir/tfl_ops. Tensors of four axes are (N, H, W, C) in the
file and (N, C, H, W) here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tflite
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.errors import InputError
from stad.utils.pickles import first_bytes

IDENTIFIER = b"TFL3"
# Raised while a damaged file is read.
DAMAGE = (ValueError, TypeError, AttributeError, IndexError, ArithmeticError, struct.error)
OPERATORS = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if not name.startswith("_")
}
DTYPES = {
    tflite.TensorType.FLOAT32: "<f4",
    tflite.TensorType.FLOAT16: "<f2",
    tflite.TensorType.INT32: "<i4",
}
ACTIVATIONS = {
    tflite.ActivationFunctionType.NONE: nn.Identity,
    tflite.ActivationFunctionType.RELU: nn.ReLU,
    tflite.ActivationFunctionType.RELU6: nn.ReLU6,
}


class Step(NamedTuple):
    """One operator of the network.

    Attributes:
        layer: its module.
        sources: numbers of the tensors that it takes.
        target: number of the tensor that it gives.
    """

    layer: nn.Module
    sources: list[int]
    target: int


class TfliteNetwork(nn.Module):
    """The part of a network that some of its outputs need.

    Args:
        steps: in order.
        source: number of the input tensor.
        targets: numbers of the output tensors.
    """

    def __init__(self, steps: Sequence[Step], source: int, *, targets: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(step.layer for step in steps)
        self._places = [(step.sources, step.target) for step in steps]
        self._source, self._targets = source, list(targets)

    def extra_repr(self) -> str:
        """Return the numbers of the tensors; what is converted is known by its text."""
        return f"{self._places}, {self._source} -> {self._targets}"

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs.

        Args:
            images: (N, C, H, W) float32, of the size that the file is made for.
        """
        values = {self._source: images}
        for layer, (sources, target) in zip(self.layers, self._places, strict=True):
            values[target] = layer(*(values[number] for number in sources))
        return tuple(values[number] for number in self._targets)


def open_tflite(path: Path, outputs: Sequence[str]) -> TfliteNetwork:
    """Read the part of a network that gives some of its outputs.

    Args:
        path: a .tflite file with one input.
        outputs: names of the outputs, in the order in which the module gives them.

    Raises:
        InputError: the file is not of TensorFlow Lite, has no such outputs, or uses an operator
            that this reader does not know.
    """
    first_bytes(path)
    content = path.read_bytes()
    try:
        if content[4:8] != IDENTIFIER:
            raise ValueError(f"it does not contain {IDENTIFIER.decode()} at byte 4")
        return _Reader(content).read(outputs)
    except DAMAGE as error:
        raise InputError(
            f"{path} is not a TensorFlow Lite network that stad can read: {error}. Fetch the file "
            "again, or pass the file of the published network."
        ) from error


class _Reader:
    """Reads the first subgraph of a file."""

    def __init__(self, content: bytes) -> None:
        self._model: Any = tflite.Model.GetRootAsModel(content, 0)
        self._graph: Any = self._model.Subgraphs(0)
        if self._graph is None or self._graph.InputsLength() != 1:
            raise ValueError("it does not have one input")
        self._operators = [self._graph.Operators(i) for i in range(self._graph.OperatorsLength())]
        # Weights are stored as float16 and converted by an operator each.
        self._stored_as = {
            int(one.Outputs(0)): int(one.Inputs(0))
            for one in self._operators
            if self._name(one) == "DEQUANTIZE"
        }

    def read(self, outputs: Sequence[str]) -> TfliteNetwork:
        names = {self._graph.Tensors(i).Name().decode(): i for i in self._graph.OutputsAsNumpy()}
        missing = [name for name in outputs if name not in names]
        if missing:
            raise ValueError(f"it has no output {missing[0]}, only {', '.join(names)}")
        source, targets = int(self._graph.Inputs(0)), [int(names[name]) for name in outputs]
        steps, needed = [], set(targets)
        # From the end, so that what only other outputs need is left out.
        for operator in reversed(self._operators):
            target = int(operator.Outputs(0))
            if target in needed:
                steps.append(self._read_step(operator, target))
                needed.remove(target)
                needed.update(steps[-1].sources)
        if needed != {source}:
            raise ValueError(f"its tensors {sorted(needed - {source})} are not computed")
        return TfliteNetwork(steps[::-1], source, targets=targets).eval()

    def _read_step(self, operator: Any, target: int) -> Step:
        name = self._name(operator)
        if name not in LAYERS:
            raise ValueError(f"it uses the operator {name}; known are {', '.join(LAYERS)}")
        num_sources, open_layer = LAYERS[name]
        tensors = [int(i) for i in operator.InputsAsNumpy()]
        sources, constants = tensors[:num_sources], tensors[num_sources:]
        table = operator.BuiltinOptions()
        call = Call(name, table, self._shape(sources[0]), self._shape(target))
        return Step(open_layer(call, *map(self._constant, constants)), sources, target)

    def _name(self, operator: Any) -> str:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        # Old files have the code in a field of eight bits.
        return OPERATORS.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "CUSTOM")

    def _constant(self, number: int) -> np.ndarray:
        """Return a tensor that the file holds, float16 as float32."""
        tensor = self._graph.Tensors(self._stored_as.get(number, number))
        content = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        if not isinstance(content, np.ndarray) or tensor.Type() not in DTYPES:
            raise ValueError(f"the tensor {number} is not a constant of a known type")
        values = content.view(DTYPES[tensor.Type()]).reshape(self._shape(number))
        return values.astype(np.float32) if values.dtype == np.float16 else values

    def _shape(self, number: int) -> tuple[int, ...]:
        tensor = self._graph.Tensors(number)
        return tuple(int(tensor.Shape(i)) for i in range(tensor.ShapeLength()))


class Call(NamedTuple):
    """Use of an operator in a file.

    Attributes:
        name: of the operator.
        table: its options as stored.
        inputs: shape of its first input, in the file's order of axes.
        outputs: shape of its output.
    """

    name: str
    table: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def options(self, kind: Callable[[], Any]) -> Any:
        """Return the options, which are of a class of ``tflite``."""
        found = kind()
        found.Init(self.table.Bytes, self.table.Pos)
        return found

    def padding(self, options: Any, kernel: Sequence[int]) -> tuple[int, int, int, int]:
        """Return the pixels that are added at left, right, top and bottom."""
        if options.Padding() == tflite.Padding.VALID:
            return 0, 0, 0, 0
        added: list[int] = []
        strides = options.StrideH(), options.StrideW()
        for axis in (1, 0):
            size, stride = self.inputs[1 + axis], strides[axis]
            total = max((-(-size // stride) - 1) * stride + kernel[axis] - size, 0)
            added += [total // 2, total - total // 2]
        return added[0], added[1], added[2], added[3]

    def check(self, options: Any, **expected: int) -> None:
        """Raise ValueError if an option has another value than the one that is supported."""
        for name, value in expected.items():
            if getattr(options, name)() != value:
                raise ValueError(
                    f"it uses the operator {self.name} with {name} {getattr(options, name)()}; "
                    f"only {value} is supported"
                )

    def activation(self, options: Any) -> nn.Module:
        """Return the activation that follows the operator."""
        found = options.FusedActivationFunction()
        if found not in ACTIVATIONS:
            raise ValueError(f"it uses the operator {self.name} with the activation {found}")
        return ACTIVATIONS[found]()


class Pad(nn.Module):
    """Adds pixels around the image: left, right, top, bottom."""

    def __init__(self, added: tuple[int, int, int, int], value: float = 0.0) -> None:
        super().__init__()
        self._added, self._value = added, value

    def extra_repr(self) -> str:
        """Return the options."""
        return f"{self._added}, {self._value}"

    def forward(self, x: Tensor) -> Tensor:
        """Pad (N, C, H, W)."""
        return F.pad(x, self._added, value=self._value) if any(self._added) else x


class Add(nn.Module):
    """Adds two tensors of one shape."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the activation of the sum."""
        return self.activation(x + y)


class Flatten(nn.Module):
    """Joins all axes but the first, in the file's order."""

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) into (N, H * W * C)."""
        return x.permute(0, 2, 3, 1).flatten(1)


def _convolution(call: Call, weight: np.ndarray, bias: np.ndarray) -> nn.Module:
    """Open CONV_2D: weights (outputs, height, width, inputs)."""
    options = call.options(tflite.Conv2DOptions)
    return _convolve(call, options, weight=weight.transpose(0, 3, 1, 2), bias=bias)


def _depthwise(call: Call, weight: np.ndarray, bias: np.ndarray) -> nn.Module:
    """Open DEPTHWISE_CONV_2D: weights (1, height, width, inputs)."""
    options = call.options(tflite.DepthwiseConv2DOptions)
    call.check(options, DepthMultiplier=1)
    groups = weight.shape[3]
    return _convolve(call, options, weight=weight.transpose(3, 0, 1, 2), bias=bias, groups=groups)


def _convolve(
    call: Call, options: Any, *, weight: np.ndarray, bias: np.ndarray, groups: int = 1
) -> nn.Module:
    """Make a convolution of weights (outputs, inputs / groups, height, width)."""
    call.check(options, DilationHFactor=1, DilationWFactor=1)
    kernel, channels = weight.shape[2:], weight.shape[:2]
    layer = nn.Conv2d(
        channels[1] * groups,
        channels[0],
        (kernel[0], kernel[1]),
        (options.StrideH(), options.StrideW()),
        groups=groups,
    )
    layer.weight = nn.Parameter(torch.tensor(weight))
    layer.bias = nn.Parameter(torch.tensor(bias))
    layer.requires_grad_(False)
    left, right, top, bottom = call.padding(options, kernel)
    if left == right and top == bottom:
        layer.padding = (top, left)
        return nn.Sequential(layer, call.activation(options))
    return nn.Sequential(Pad((left, right, top, bottom)), layer, call.activation(options))


def _max_pool(call: Call) -> nn.Module:
    options = call.options(tflite.Pool2DOptions)
    kernel = options.FilterHeight(), options.FilterWidth()
    return nn.Sequential(
        Pad(call.padding(options, kernel), -torch.inf),
        nn.MaxPool2d(kernel, (options.StrideH(), options.StrideW())),
        call.activation(options),
    )


def _pad(call: Call, added: np.ndarray) -> nn.Module:
    """Open PAD: pixels (4, 2) before and after each axis."""
    if added.shape != (4, 2) or added[[0, 3]].any():
        raise ValueError(f"it uses the operator PAD with {added.tolist()}, not only of the image")
    top, bottom, left, right = (int(one) for one in added[1:3].flat)
    return Pad((left, right, top, bottom))


def _add(call: Call) -> nn.Module:
    return Add(call.activation(call.options(tflite.AddOptions)))


def _reshape(call: Call, *_: np.ndarray) -> nn.Module:
    if len(call.inputs) != 4 or len(call.outputs) != 2:
        raise ValueError(f"it uses the operator RESHAPE from {call.inputs} to {call.outputs}")
    return Flatten()


def _logistic(call: Call) -> nn.Module:
    return nn.Sigmoid()


# How many of an operator's inputs are computed, and what opens it with the others.
LAYERS: dict[str, tuple[int, Callable[..., nn.Module]]] = {
    "ADD": (2, _add),
    "CONV_2D": (1, _convolution),
    "DEPTHWISE_CONV_2D": (1, _depthwise),
    "LOGISTIC": (1, _logistic),
    "MAX_POOL_2D": (1, _max_pool),
    "PAD": (1, _pad),
    "RESHAPE": (1, _reshape),
}
