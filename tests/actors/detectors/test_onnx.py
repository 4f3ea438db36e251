"""Detectors from ONNX files: small graphs whose boxes are computed by hand."""

import importlib.util
import math

import numpy as np
import pytest
from onnx import TensorProto

from stad.actors.detectors.onnx import NORMALIZATIONS, PADDING, letterbox
from stad.errors import InputError
from stad.inference.detectors import open_detector
from stad.inference.runtimes.converted import RuntimeOpener
from stad.structures import Frame
from tests.actors.detectors.onnx_graphs import SIDE, write_detector
from tests.operators import needs_operators

LIBRARIES = [one for one in ("openvino", "onnxruntime") if importlib.util.find_spec(one)]
RED, GREEN, BLUE = 200, 100, 50
MEAN, STD = NORMALIZATIONS["rtmdet"]
LABELS = np.zeros((1, 1), np.int64)


def frame(width, height, colour=(RED, GREEN, BLUE)):
    return Frame(0, 0.0, np.full((height, width, 3), colour, np.uint8))


def dets(*rows):
    return np.array(rows, np.float32).reshape(1, -1, 5)


def detect(path, image, library="onnxruntime"):
    pytest.importorskip(library)
    return open_detector(str(path), open_network=RuntimeOpener(library)).detect(image)


@pytest.fixture(params=LIBRARIES)
def library(request):
    return request.param


def test_rtmdet_sees_normalised_bgr_at_the_top_left(tmp_path, library):
    """Each side of the box is moved by one value of the input, so that all are asserted."""
    path = write_detector(
        tmp_path / "my_rtmdet.onnx",
        {"dets": dets([4, 2, 20, 10, 0.75]), "labels": LABELS},
        added={
            (0, 0, 0): {(0, 15, 31): 1.0},
            (0, 0, 1): {(1, 0, 0): 1.0},
            (0, 0, 2): {(2, 15, 0): 1.0},
            # The first row below the frame.
            (0, 0, 3): {(0, 16, 0): 1.0},
        },
    )
    found = detect(path, frame(64, 32), library)
    blue, green, red = (
        (value - mean) / std for value, mean, std in zip((50, 100, 200), MEAN, STD, strict=True)
    )
    padding = (114 - 103.53) / 57.375
    assert (round(blue, 3), round(green, 3), round(red, 3)) == (-0.933, -0.285, 1.307)
    # 64x32 fits into 32x32 at half its size.
    expected = [2 * (4 + blue), 2 * (2 + green), 2 * (20 + red), 2 * (10 + padding)]
    np.testing.assert_allclose(found.boxes, [expected], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.75])


def test_yolox_sees_plain_bgr_and_portraits_are_padded_at_the_right(tmp_path, library):
    path = write_detector(
        tmp_path / "my_yolox.onnx",
        {"dets": dets([4, 2, 6, 10, 0.5]), "labels": LABELS},
        added={
            (0, 0, 0): {(0, 31, 7): 0.01},
            (0, 0, 1): {(1, 31, 0): 0.01},
            (0, 0, 2): {(2, 0, 0): 0.01},
            # The first column at the right of the frame.
            (0, 0, 3): {(1, 0, 8): 0.01},
        },
    )
    found = detect(path, frame(24, 96), library)
    # 24x96 fits into 32x32 as 8x32, a third of its size.
    expected = [
        3 * (4 + 0.01 * BLUE),
        3 * (2 + 0.01 * GREEN),
        3 * (6 + 0.01 * RED),
        3 * (10 + 0.01 * PADDING),
    ]
    assert PADDING == 114
    np.testing.assert_allclose(found.boxes, [expected], atol=1e-4)


def test_small_frames_are_enlarged_and_rounding_is_undone_in_each_direction(tmp_path):
    path = write_detector(
        tmp_path / "yolox.onnx", {"dets": dets([8, 4, 16, 9, 0.9]), "labels": LABELS}
    )
    found = detect(path, frame(16, 9))
    np.testing.assert_allclose(found.boxes, [[4, 2, 8, 4.5]])
    # 27 * 32 / 100 = 8.64 rows become 9.
    found = detect(path, frame(100, 27))
    np.testing.assert_allclose(found.boxes, [[25, 12, 50, 27]], rtol=1e-6)


def test_weak_boxes_other_classes_and_what_is_outside_go(tmp_path, library):
    path = write_detector(
        tmp_path / "yolox.onnx",
        {
            "dets": dets(
                [-3, -2, 10, 8, 0.9],
                [20, 5, 40, 40, 0.8],
                [1, 1, 9, 9, 0.09],
                [2, 2, 9, 9, 0.7],
                # In the padding below the frame.
                [2, 17, 9, 30, 0.6],
                [0, 0, 0, 0, 0.0],
            ),
            "labels": np.array([[0, 0, 0, 1, 0, -1]]),
        },
    )
    found = detect(path, frame(64, 32), library)
    np.testing.assert_allclose(found.boxes, [[0, 0, 20, 16], [40, 10, 64, 32]])
    np.testing.assert_allclose(found.scores, [0.9, 0.8], rtol=1e-6)
    assert found.ids.tolist() == [-1, -1]


@pytest.mark.parametrize("labels_first", [False, True])
def test_no_person(tmp_path, labels_first):
    outputs = {"dets": dets([1, 1, 9, 9, 0.05]), "labels": LABELS}
    if labels_first:
        outputs = {"labels": LABELS.astype(np.float32), "dets": outputs["dets"]}
    path = write_detector(tmp_path / "yolox.onnx", outputs)
    found = detect(path, frame(64, 32))
    assert (found.boxes.shape, found.scores.shape) == ((0, 4), (0,))


def cell(stride, column, row):
    """Return the index of a cell of YOLOX in the outputs for 32x32 pixels."""
    return {8: 0, 16: 16, 32: 20}[stride] + row * (SIDE // stride) + column


def raw_yolox(**cells):
    """Return YOLOX's output without people but for cells given as 'stride_column_row'."""
    output = np.zeros((1, 21, 7), np.float32)
    for name, values in cells.items():
        output[0, cell(*map(int, name[1:].split("_")))] = values
    return output


def test_yolox_without_decoding(tmp_path, library):
    """Two classes; the score is that there is something times that it is a person."""
    path = write_detector(
        # Its own outputs tell that it is YOLOX.
        tmp_path / "mine.onnx",
        {
            "output": raw_yolox(
                _8_2_1=[0.5, 0.25, math.log(1.0), math.log(2.0), 0.8, 0.5, 0.1],
                _16_1_0=[0.5, 0.5, math.log(0.5), math.log(0.75), 0.9, 1.0, 0.0],
                # A bicycle rather than a person, and weak.
                _8_0_3=[0.5, 0.5, 0.0, 0.0, 0.9, 0.4, 0.6],
                _32_0_0=[0.5, 0.5, 0.0, 0.0, 0.3, 0.3, 0.0],
            )
        },
        # The centre of the first moves by one pixel, an eighth of a cell.
        added={(0, cell(8, 2, 1), 0): {(0, 15, 31): 1 / 8 / BLUE}},
    )
    found = detect(path, frame(64, 32), library)
    # Centre (2.5 + 1/8, 1.25) * 8 = (21, 10) and sides 8 and 16; centre (24, 8), sides 8 and 12.
    boxes = np.array([[20, 2, 28, 14], [17, 2, 25, 18]]) * 2.0
    boxes[1, 3] = 32
    np.testing.assert_allclose(found.boxes, boxes, atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.9, 0.4], rtol=1e-6)


def test_overlapping_boxes_of_yolox_are_suppressed(tmp_path):
    """Three boxes of 16x16: 1 px apart IoU 0.88, 8 px apart 0.33."""
    size = [math.log(0.5)] * 2
    path = write_detector(
        tmp_path / "mine.onnx",
        {
            "output": raw_yolox(
                _32_0_0=[8 / 32, 8 / 32, *size, 0.6, 1, 0],
                _16_0_0=[9 / 16, 8 / 16, 0, 0, 0.7, 1, 0],
                _8_2_1=[0, 0, math.log(2), math.log(2), 0.5, 1, 0],
            )
        },
    )
    found = detect(path, frame(32, 32))
    np.testing.assert_allclose(found.boxes, [[1, 0, 17, 16], [8, 0, 24, 16]], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.7, 0.5], rtol=1e-6)


def test_yolox_without_people(tmp_path):
    path = write_detector(tmp_path / "mine.onnx", {"output": raw_yolox()})
    assert len(detect(path, frame(64, 32))) == 0


def test_published_names_carry_their_normalization(tmp_path):
    """Weights of one's own for a published detector; its size counts where the file has none."""
    seen = []

    def open_network(network, *, name, any_size=False):
        def run(pixels):
            seen.append((name, pixels))
            return [dets([1, 1, 9, 9, 0.5]), LABELS]

        return run

    path = write_detector(
        tmp_path / "end2end.onnx",
        {"dets": dets([1, 1, 9, 9, 0.5]), "labels": LABELS},
        shape=("batch", 3, "height", "width"),
    )
    for name, side, first in (
        ("rtmdet_nano_person", 320, (BLUE - MEAN[0]) / STD[0]),
        ("yolox_tiny_humanart", 416, BLUE),
        ("yolox_x_humanart", 640, BLUE),
    ):
        detector = open_detector(name, str(path), open_network=open_network)
        assert len(detector.detect(frame(64, 32))) == 1
        assert (detector.name, seen[-1][0]) == (name, name)
        pixels = seen[-1][1]
        assert (pixels.shape, pixels.dtype) == ((1, 3, side, side), np.float32)
        assert pixels.flags.c_contiguous
        np.testing.assert_allclose(pixels[0, 0, 0, 0], first, rtol=1e-5)


def test_the_name_of_the_folder_tells_the_normalization_too(tmp_path):
    folder = tmp_path / "rtmdet_nano"
    folder.mkdir()
    path = write_detector(
        folder / "end2end.onnx",
        {"dets": dets([0, 0, 8, 8, 0.5]), "labels": LABELS},
        added={(0, 0, 2): {(0, 0, 0): 1.0}},
    )
    found = detect(path, frame(32, 32))
    np.testing.assert_allclose(found.boxes[0, 2], 8 + (BLUE - MEAN[0]) / STD[0], rtol=1e-5)


@pytest.mark.parametrize("folder", ["plain", "rtmdet_or_yolox"])
def test_files_that_may_be_either_are_not_guessed(tmp_path, folder):
    (tmp_path / folder).mkdir()
    path = write_detector(
        tmp_path / folder / "end2end.onnx",
        {"dets": dets([1, 1, 9, 9, 0.5]), "labels": LABELS},
    )
    with pytest.raises(InputError, match="--detector rtmdet_nano_person --detector-weights"):
        detect(path, frame(32, 32))


@pytest.mark.parametrize(
    "outputs",
    [
        {"output0": np.zeros((1, 84, 21), np.float32)},
        # As many boxes as it has cells, without a class.
        {"dets": np.zeros((1, 21, 5), np.float32)},
        {"boxes": np.zeros((1, 6, 4), np.float32), "scores": np.zeros((1, 6), np.float32)},
        {"dets": np.zeros((1, 6, 5), np.float32), "labels": np.zeros((1, 7), np.int64)},
    ],
)
def test_other_outputs_are_refused_with_their_shapes(tmp_path, outputs):
    path = write_detector(tmp_path / "yolox.onnx", outputs)
    with pytest.raises(
        InputError, match=r"dets .1, N, 5. with labels .1, N., as mmdeploy"
    ) as raised:
        detect(path, frame(32, 32))
    shapes = ", ".join(str(array.shape) for array in outputs.values())
    assert f"The outputs of yolox have the shapes {shapes}. " in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (1, SIDE, SIDE, 3)}, r"input \(1, 32, 32, 3\)\. Give a detector"),
        ({"shape": (4, 3, SIDE, SIDE)}, r"input \(4, 3, 32, 32\)\. Give a detector"),
        ({"element_type": TensorProto.UINT8}, "is not float32"),
    ],
)
def test_other_inputs_are_refused(tmp_path, options, message):
    path = write_detector(
        tmp_path / "yolox.onnx", {"dets": dets([1, 1, 9, 9, 0.5]), "labels": LABELS}, **options
    )
    with pytest.raises(InputError, match=message):
        detect(path, frame(32, 32))


def test_networks_that_fail_say_so(tmp_path):
    """One that multiplies 32x32 pixels by a matrix cannot take the 640x640 that its file allows."""
    path = write_detector(
        tmp_path / "yolox.onnx",
        {"dets": dets([1, 1, 9, 9, 0.5]), "labels": LABELS},
        shape=(1, 3, "height", "width"),
    )
    with pytest.raises(InputError, match=r"cannot be run on an image of 640x640 \(.*MatMul"):
        detect(path, frame(32, 32))


def test_files_that_are_no_detectors(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        open_detector(str(tmp_path / "none.onnx"))
    (tmp_path / "a.onnx").write_bytes(b"<html>not found</html>")
    with pytest.raises(InputError, match="ONNX file"):
        open_detector(str(tmp_path / "a.onnx"))
    path = write_detector(tmp_path / "yolox.onnx", {"output": raw_yolox()})
    with pytest.raises(InputError, match=r"contains its weights\. Leave out --detector-weights"):
        open_detector(str(path), str(path))
    # Without a runtime, torch says what is missing.
    with pytest.raises(InputError, match="pip install openvino"):
        open_detector(str(path))


@needs_operators
@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 720), (333, 500), (97, 41)])
@pytest.mark.parametrize(
    ("family", "config"),
    [("rtmdet", "rtmdet_m_8xb32-300e_coco.py"), ("yolox", "yolox_s_8xb8-300e_coco.py")],
)
def test_the_input_is_that_of_mmdets_configs(family, config, size):
    """The pipeline and the preprocessor that these networks were trained and exported with."""
    from mmdet.models.data_preprocessors import DetDataPreprocessor
    from mmengine.config import Config
    from mmengine.registry import DefaultScope

    from stad.actors.detectors.mmdet import _array_pipeline, mmdet_config

    width, height = size
    image = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    config = Config.fromfile(str(mmdet_config(f"{family}/{config}")))
    bgr = np.ascontiguousarray(image[..., ::-1])
    with DefaultScope.overwrite_default_scope("mmdet"):
        packed = _array_pipeline(config)({"img": bgr, "img_id": 0})
    settings = {
        key: value for key, value in config.model.data_preprocessor.items() if key != "type"
    }
    settings.pop("batch_augments", None)
    expected = DetDataPreprocessor(**settings)(
        {"inputs": [packed["inputs"]], "data_samples": [packed["data_samples"]]}
    )
    pixels, scale = letterbox(image, (640, 640), NORMALIZATIONS[family])
    np.testing.assert_allclose(pixels, expected["inputs"].float().numpy(), atol=1e-5)
    np.testing.assert_allclose(scale, expected["data_samples"][0].scale_factor)
