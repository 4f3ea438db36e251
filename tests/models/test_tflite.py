"""TensorFlow Lite files in torch: each operator against numpy, and clear errors."""

import numpy as np
import pytest
import tflite
import torch

from stad.errors import InputError
from stad.models.backbones.tflite import open_tflite
from tests.networks import check_in_runtimes
from tests.tflite_files import TfliteFile

SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID
NONE, RELU, RELU6, TANH = (
    getattr(tflite.ActivationFunctionType, name) for name in ("NONE", "RELU", "RELU6", "TANH")
)
RNG = np.random.default_rng(0)


def opened(tmp_path, file, source, *outputs):
    """The module of a file whose outputs are named by their numbers."""
    path = tmp_path / "net.tflite"
    path.write_bytes(file.content(source, list(outputs)))
    return open_tflite(path, [f"t{one}" for one in outputs])


def run(tmp_path, file, source, output, images):
    """The output of a file for images (N, H, W, C), in the same order of axes."""
    network = opened(tmp_path, file, source, output)
    with torch.inference_mode():
        (found,) = network(torch.from_numpy(images.transpose(0, 3, 1, 2)))
    return found.permute(0, 2, 3, 1).numpy() if found.ndim == 4 else found.numpy()


def image_input(height, width, channels):
    """A file with its input, and two random images for it."""
    file = TfliteFile()
    images = RNG.normal(size=(2, height, width, channels)).astype(np.float32)
    return file, file.tensor((1, height, width, channels)), images


def padded(images, kernel, stride, value=0.0):
    """What TensorFlow adds for SAME: as little as needed, the odd pixel at the end."""
    added = []
    for size in images.shape[1:3]:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        added.append((total // 2, total - total // 2))
    return np.pad(images, [(0, 0), *added, (0, 0)], constant_values=value)


def slide(images, kernel, stride):
    """(N, h, w, C, kernel, kernel), the window of each output pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (kernel, kernel), axis=(1, 2))
    return windows[:, ::stride, ::stride]


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "activation", "limits"),
    [
        (3, 2, SAME, RELU6, (0, 6)),
        (3, 1, SAME, RELU, (0, np.inf)),
        (2, 1, VALID, NONE, (-np.inf, np.inf)),
        (5, 2, SAME, NONE, (-np.inf, np.inf)),
    ],
)
@pytest.mark.parametrize("size", [(8, 7), (9, 12)])
def test_convolutions(tmp_path, kernel, stride, padding, activation, limits, size):
    file, source, images = image_input(*size, 3)
    weights = RNG.normal(size=(4, kernel, kernel, 3)).astype(np.float16).astype(np.float32)
    bias = np.array([0.5, -0.5, 1, 8], np.float16).astype(np.float32)
    inputs = padded(images, kernel, stride) if padding == SAME else images
    windows = slide(inputs, kernel, stride)
    expected = np.einsum("nhwcyx,oyxc->nhwo", windows, weights) + bias
    options = {"StrideH": stride, "StrideW": stride, "Padding": padding}
    options |= {"FusedActivationFunction": activation, "DilationHFactor": 1, "DilationWFactor": 1}
    tensors = [source, file.halves(weights), file.halves(bias)]
    number = len(file.tensors)
    output = file.call(
        "CONV_2D", tensors, (1, *expected.shape[1:]), name=f"t{number}", Conv2DOptions=options
    )
    found = run(tmp_path, file, source, output, images)
    np.testing.assert_allclose(found, expected.clip(*limits), atol=1e-4)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 2)])
def test_depthwise_convolutions(tmp_path, kernel, stride):
    file, source, images = image_input(8, 11, 5)
    weights = RNG.normal(size=(1, kernel, kernel, 5)).astype(np.float32)
    bias = RNG.normal(size=5).astype(np.float32)
    windows = slide(padded(images, kernel, stride), kernel, stride)
    expected = np.einsum("nhwcyx,yxc->nhwc", windows, weights[0]) + bias
    options = {"StrideH": stride, "StrideW": stride, "Padding": SAME, "DepthMultiplier": 1}
    options |= {"FusedActivationFunction": RELU6}
    tensors = [source, file.constant(weights), file.constant(bias)]
    output = file.call(
        "DEPTHWISE_CONV_2D",
        tensors,
        (1, *expected.shape[1:]),
        name=f"t{len(file.tensors)}",
        DepthwiseConv2DOptions=options,
    )
    found = run(tmp_path, file, source, output, images)
    np.testing.assert_allclose(found, expected.clip(0, 6), atol=1e-4)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, VALID), (3, 2, SAME)])
def test_maximum(tmp_path, kernel, stride, padding):
    file, source, images = image_input(8, 6, 2)
    images -= 10
    inputs = padded(images, kernel, stride, -np.inf) if padding == SAME else images
    expected = slide(inputs, kernel, stride).max(axis=(4, 5))
    options = {"StrideH": stride, "StrideW": stride, "Padding": padding}
    options |= {"FilterHeight": kernel, "FilterWidth": kernel}
    output = file.call(
        "MAX_POOL_2D", [source], (1, *expected.shape[1:]), name="t1", Pool2DOptions=options
    )
    np.testing.assert_array_equal(run(tmp_path, file, source, output, images), expected)


def test_padding_sum_probability_and_flat_outputs(tmp_path):
    file, source, images = image_input(3, 4, 2)
    added = np.array([[0, 0], [1, 2], [3, 0], [0, 0]], np.int32)
    grown = file.call("PAD", [source, file.constant(added)], (1, 6, 7, 2))
    total = file.call(
        "ADD", [grown, grown], (1, 6, 7, 2), AddOptions={"FusedActivationFunction": RELU}
    )
    likely = file.call("LOGISTIC", [total], (1, 6, 7, 2))
    shape = file.constant(np.array([1, 84], np.int32))
    output = file.call("RESHAPE", [likely, shape], (1, 84), name=f"t{len(file.tensors)}")
    expected = 1 / (1 + np.exp(-(2 * np.pad(images, added)).clip(min=0)))
    found = run(tmp_path, file, source, output, images)
    np.testing.assert_allclose(found, expected.reshape(2, 84), atol=1e-6)


def tiny(*, other="RELU_N1_TO_1"):
    """A file of a convolution, of which output 4 comes, and an unknown operator for output 5."""
    file, source, _ = image_input(6, 6, 3)
    weights, bias = RNG.normal(size=(4, 3, 3, 3)), np.zeros(4, np.float32)
    options = {"StrideH": 2, "StrideW": 2, "DilationHFactor": 1, "DilationWFactor": 1}
    tensors = [source, file.constant(weights.astype(np.float32)), file.constant(bias)]
    output = file.call("CONV_2D", tensors, (1, 3, 3, 4), name="t3", Conv2DOptions=options)
    return file, source, output, file.call(other, [output], (1, 3, 3, 4), name="t4")


def test_the_network_runs_in_every_runtime(tmp_path):
    file, source, output, _ = tiny()
    network = opened(tmp_path, file, source, output)
    check_in_runtimes(
        network, [torch.rand(2, 3, 6, 6), torch.rand(5, 3, 6, 6)], tmp_path / "n.onnx"
    )


def test_what_only_other_outputs_need_is_left_out(tmp_path):
    file, source, output, unknown = tiny()
    path = tmp_path / "net.tflite"
    path.write_bytes(file.content(source, [output, unknown]))
    assert len(open_tflite(path, ["t3"]).layers) == 1
    with pytest.raises(InputError, match="uses the operator RELU_N1_TO_1; known are ADD"):
        open_tflite(path, ["t3", "t4"])
    with pytest.raises(InputError, match="has no output Identity, only t3, t4"):
        open_tflite(path, ["Identity"])


@pytest.mark.parametrize("content", [b"", b"PK\3\4 a zip file", b"\x1c\0\0\0TFL3" + b"\xff" * 40])
def test_files_of_other_kinds_are_refused(tmp_path, content):
    path = tmp_path / "net.tflite"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=r"tflite is (not a TensorFlow Lite network that|empty\. Get)"
    ):
        open_tflite(path, ["t3"])


def test_options_that_are_not_supported_are_named(tmp_path):
    for change, message in (
        ({"DilationHFactor": 2}, "CONV_2D with DilationHFactor 2; only 1"),
        ({"FusedActivationFunction": TANH}, f"CONV_2D with the activation {TANH}"),
    ):
        file, source, _ = image_input(6, 6, 3)
        options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1} | change
        weights, bias = np.zeros((4, 1, 1, 3), np.float32), np.zeros(4, np.float32)
        tensors = [source, file.constant(weights), file.constant(bias)]
        output = file.call("CONV_2D", tensors, (1, 6, 6, 4), name="t3", Conv2DOptions=options)
        with pytest.raises(InputError, match=message):
            opened(tmp_path, file, source, output)
    file, source, _ = image_input(6, 6, 3)
    added = file.constant(np.array([[0, 0], [1, 1], [1, 1], [0, 5]], np.int32))
    output = file.call("PAD", [source, added], (1, 8, 8, 8), name="t2")
    with pytest.raises(InputError, match=r"PAD with .* not only of the image"):
        opened(tmp_path, file, source, output)
    file, source, _ = image_input(6, 6, 3)
    output = file.call("RESHAPE", [source], (1, 3, 36, 1), name="t1")
    with pytest.raises(InputError, match=r"RESHAPE from \(1, 6, 6, 3\) to \(1, 3, 36, 1\)"):
        opened(tmp_path, file, source, output)
