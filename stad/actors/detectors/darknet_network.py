"""Read darknet's files (.cfg and .weights) into a torch module.

Layers and weights are as OpenCV's importer reads them, so that the outputs are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.actors.detectors.yolo_boxes import YoloScale
from stad.errors import InputError
from stad.utils.pickles import first_bytes

LEAKY_SLOPE = 0.1
BATCH_NORM_EPSILON = 1e-6
# What each kind of section may contain. Those of training in [net] and [yolo] change nothing here.
KEYS = {
    "convolutional": {"batch_normalize", "filters", "size", "stride", "pad", "activation"},
    "maxpool": {"size", "stride"},
    "upsample": {"stride"},
    "route": {"layers", "groups", "group_id"},
}


@dataclass
class Section:
    """A section of a .cfg file.

    Attributes:
        kind: what stands in brackets.
        values: text by key.
    """

    kind: str
    values: dict[str, str] = field(default_factory=dict)

    def integer(self, key: str, default: int) -> int:
        """Return a value as an integer."""
        return int(self.values.get(key, default))

    def numbers(self, key: str) -> list[float]:
        """Return a value as a list of numbers."""
        return [float(one) for one in self.values[key].split(",") if one.strip()]


class DarknetNetwork(nn.Module):
    """A network of a .cfg file with convolution, route, maxpool, upsample and yolo sections.

    Args:
        sections: of the .cfg file, [net] first.
        weights: (W,) float32, those of all convolutions, in the order of the file.

    Attributes:
        scales: layout of each of the outputs.
        example_shapes: an input to convert the network for, (C, H, W).
    """

    example_shapes = ((3, 352, 416),)

    def __init__(self, sections: list[Section], weights: np.ndarray) -> None:
        super().__init__()
        self.scales: list[YoloScale] = []
        self._outputs: list[int] = []
        reader = _WeightReader(weights)
        channels = sections[0].integer("channels", 3)
        widths: list[int] = []
        self.layers = nn.ModuleList()
        for number, section in enumerate(sections[1:]):
            inputs = widths[-1] if widths else channels
            layer, width = _open_layer(section, inputs, widths=widths, reader=reader)
            if section.kind == "yolo":
                self.scales.append(_open_scale(section, inputs))
                self._outputs.append(number)
            self.layers.append(layer)
            widths.append(width)
        reader.finish()

    def extra_repr(self) -> str:
        """Return what the layers do not tell; what is converted is known by its text."""
        return f"outputs={self._outputs}"

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of the yolo sections.

        Args:
            images: (N, 3, H, W) float32 RGB in [0, 1]; H and W are multiples of 32.

        Returns:
            One map for each of ``scales``, (N, A * (5 + classes), H_i, W_i) float32, not activated.
        """
        maps: list[Tensor] = []
        for layer in self.layers:
            if isinstance(layer, _Route):
                maps.append(layer([maps[i] for i in layer.sources]))
            else:
                maps.append(layer(maps[-1] if maps else images))
        return tuple(maps[i] for i in self._outputs)


class _Route(nn.Module):
    """Joins the maps of earlier layers, or one of the groups of their channels.

    Attributes:
        sources: numbers of the layers.
        widths: how many channels of each are taken.
    """

    def __init__(self, sources: list[int], widths: list[int], *, group: int) -> None:
        super().__init__()
        self.sources, self.widths, self._group = sources, widths, group

    def extra_repr(self) -> str:
        """Return the options."""
        return f"{self.sources}, {self.widths}, {self._group}"

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Take the maps (N, C_i, H, W) of ``sources``."""
        parts = [
            one[:, self._group * width : (self._group + 1) * width]
            for one, width in zip(maps, self.widths, strict=True)
        ]
        return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]


class _MaxPool(nn.Module):
    """Darknet's maximum: the map is padded so that its size is divided by the stride."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self._size, self._stride = size, stride

    def extra_repr(self) -> str:
        """Return the options."""
        return f"{self._size}, {self._stride}"

    def forward(self, x: Tensor) -> Tensor:
        """Take (N, C, H, W)."""
        if self._size == self._stride:
            return F.max_pool2d(x, self._size, ceil_mode=True)
        before, after = (self._size - 1) // 2, self._size // 2
        padded = F.pad(x, (before, after, before, after), value=-torch.inf)
        return F.max_pool2d(padded, self._size, self._stride)


class _WeightReader:
    """Takes the weights from the file's array, one after the other."""

    def __init__(self, weights: np.ndarray) -> None:
        self._weights, self._taken = weights, 0

    def take(self, *shape: int) -> Tensor:
        """Return the next weights as a tensor of the shape."""
        end = self._taken + int(np.prod(shape))
        if end > len(self._weights):
            raise ValueError(f"it holds {len(self._weights)} weights, fewer than the network has")
        found = torch.from_numpy(self._weights[self._taken : end].copy()).reshape(shape)
        self._taken = end
        return found

    def finish(self) -> None:
        """Check that all weights were taken."""
        if self._taken < len(self._weights):
            raise ValueError(f"it holds {len(self._weights)} weights, the network {self._taken}")


def open_darknet(cfg_path: Path, weights_path: Path) -> DarknetNetwork:
    """Read a darknet network, batch normalisation folded into the convolutions.

    Args:
        cfg_path: darknet's network description.
        weights_path: its weights.

    Raises:
        InputError: a file is not of darknet, they do not fit each other, or the network has
            layers that this reader does not know.
    """
    first_bytes(cfg_path)
    try:
        sections = parse_cfg(cfg_path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(
            f"{cfg_path} is not a darknet .cfg file: {error}. Fetch the file again, or pass "
            "that of yolov4-tiny."
        ) from error
    try:
        network = DarknetNetwork(sections, _read_weights(weights_path)).eval()
        # Maps that do not fit each other are found here.
        network(torch.zeros(1, 3, 64, 64))
        return network
    except (LookupError, ValueError, ArithmeticError, RuntimeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise InputError(
            f"{weights_path} with {cfg_path} is not a darknet network that stad can read: {reason}."
            " Pass the .weights file that belongs to the .cfg file of yolov4-tiny."
        ) from error


def parse_cfg(text: str) -> list[Section]:
    """Parse a .cfg file.

    Raises:
        ValueError: it does not begin with [net], or a line is neither a section nor 'key=value'.
    """
    sections: list[Section] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        key, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            sections.append(Section(line[1:-1].strip()))
        elif equals and sections:
            sections[-1].values[key.strip()] = value.strip()
        elif line:
            raise ValueError(f"line {number} is {line[:40]!r}, not a [section] or key=value")
    if len(sections) < 2 or sections[0].kind not in ("net", "network"):
        raise ValueError("it does not begin with a [net] section")
    return sections


def _read_weights(path: Path) -> np.ndarray:
    """Read a .weights file without its header: (W,) float32."""
    first_bytes(path)
    content = path.read_bytes()
    if len(content) < 16:
        raise ValueError(f"it has {len(content)} bytes")
    major, minor = np.frombuffer(content, "<i4", count=2).tolist()
    # The number of training images that follows the version has 8 bytes since version 0.2.
    header = 20 if major * 10 + minor >= 2 else 16
    if (len(content) - header) % 4:
        raise ValueError("its size is not that of whole float32 numbers")
    return np.frombuffer(content, "<f4", offset=header)


def _open_layer(
    section: Section, inputs: int, *, widths: list[int], reader: _WeightReader
) -> tuple[nn.Module, int]:
    """Return the module of a section and the number of its output channels.

    Args:
        section: the next one.
        inputs: channels of the last layer.
        widths: channels of each layer before.
        reader: of the weights.
    """
    kind = section.kind
    unknown = set(section.values) - KEYS.get(kind, set(section.values))
    if unknown:
        raise ValueError(f"[{kind}] with {', '.join(sorted(unknown))} is not supported")
    if kind == "convolutional":
        return _open_convolution(section, inputs, reader=reader), section.integer("filters", 1)
    if kind == "maxpool":
        stride = section.integer("stride", 1)
        return _MaxPool(section.integer("size", stride), stride), inputs
    if kind == "upsample":
        return nn.Upsample(scale_factor=section.integer("stride", 2), mode="nearest"), inputs
    if kind == "route":
        layer = _open_route(section, widths)
        return layer, sum(layer.widths)
    if kind == "yolo":
        return nn.Identity(), inputs
    raise ValueError(f"sections [{kind}] are not supported, only {', '.join(KEYS)} and yolo")


def _open_convolution(section: Section, inputs: int, *, reader: _WeightReader) -> nn.Module:
    filters, size = section.integer("filters", 1), section.integer("size", 1)
    bias = reader.take(filters)
    normed = section.integer("batch_normalize", 0)
    scale, mean, variance = reader.take(3, filters) if normed else (None, None, None)
    weight = reader.take(filters, inputs, size, size)
    if scale is not None and mean is not None and variance is not None:
        scale = scale / (variance + BATCH_NORM_EPSILON).sqrt()
        weight, bias = weight * scale[:, None, None, None], bias - mean * scale
    padding = size // 2 if section.integer("pad", 0) else 0
    layer = nn.Conv2d(inputs, filters, size, section.integer("stride", 1), padding)
    layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(bias)
    layer.requires_grad_(False)
    activation = section.values.get("activation", "linear")
    if activation == "linear":
        return layer
    if activation != "leaky":
        raise ValueError(f"activation={activation} is not supported, only leaky and linear")
    return nn.Sequential(layer, nn.LeakyReLU(LEAKY_SLOPE))


def _open_route(section: Section, widths: list[int]) -> _Route:
    number = len(widths)
    sources = [int(one) for one in section.numbers("layers")]
    sources = [one + number if one < 0 else one for one in sources]
    if not sources or not all(0 <= one < number for one in sources):
        raise ValueError(f"the layers of the [route] section {number} do not come before it")
    groups = section.integer("groups", 1)
    parts = [widths[one] // groups for one in sources]
    return _Route(sources, parts, group=section.integer("group_id", 0))


def _open_scale(section: Section, channels: int) -> YoloScale:
    classes = section.integer("classes", 80)
    if section.integer("new_coords", 0):
        raise ValueError("[yolo] with new_coords is not supported")
    anchors = np.array(section.numbers("anchors"), np.float32).reshape(-1, 2)
    anchors = anchors[[int(one) for one in section.numbers("mask")]]
    if channels != len(anchors) * (5 + classes):
        raise ValueError(
            f"a [yolo] section of {len(anchors)} anchors and {classes} classes needs "
            f"{len(anchors) * (5 + classes)} channels and gets {channels}"
        )
    return YoloScale(anchors, classes, float(section.values.get("scale_x_y", 1.0)))
