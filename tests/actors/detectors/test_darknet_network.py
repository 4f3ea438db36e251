"""Darknet's networks in torch: the same boxes as OpenCV gives, and clear errors for bad files."""

import cv2
import numpy as np
import pytest
import torch

from stad.actors.detectors.darknet import MINIMUM_SCORE, NMS_IOU, DarknetDetector
from stad.actors.detectors.darknet_network import open_darknet
from stad.actors.detectors.yolo_boxes import suppress
from stad.errors import InputError
from tests.networks import check_in_runtimes

# Every kind of section; the maps have 3 anchors of 5 + 4 values.
CFG = """# a comment
[net]
width=64
height=64
channels=3
learning_rate=0.1

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[route]
layers=-1
groups=2
group_id=1

[convolutional]
filters=6
size=1
activation=linear

[route]
layers = -1,-3

[maxpool]
size=2
stride=1

[convolutional]
batch_normalize=1
filters=27
size=3
stride=2
pad=1
activation=linear

[yolo]
mask = 1,2,3
anchors = 10,14, 23,27, 37,58, 81,82
classes=4
num=4
scale_x_y = 1.05

[route]
layers = -2

[upsample]
stride=2

[route]
layers = -1, 1

[convolutional]
size=1
filters=27
activation=linear

[yolo]
mask = 0,1,2
anchors = 10,14, 23,27, 37,58, 81,82
classes=4
num=4
"""
# Inputs and filters of the convolutions, size of their kernels, batch normalised or not.
SHAPES = [(3, 8, 3, True), (4, 6, 1, False), (14, 27, 3, True), (35, 27, 1, False)]


def weights(rng):
    """Random weights in the order of darknet."""
    parts = []
    for inputs, filters, size, normed in SHAPES:
        parts.append(rng.normal(size=filters) * 0.5)
        if normed:
            scale, mean = rng.uniform(0.5, 1.5, filters), rng.normal(size=filters) * 0.3
            parts += [scale, mean, rng.uniform(0.5, 2, filters)]
        parts.append(rng.normal(size=filters * inputs * size**2) / (np.sqrt(inputs) * size) * 1.5)
    return np.concatenate(parts).astype("<f4").tobytes()


HEADER = np.array([0, 2, 5, 0, 0], "<i4").tobytes()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("darknet")
    (folder / "net.cfg").write_text(CFG)
    (folder / "net.weights").write_bytes(HEADER + weights(np.random.default_rng(0)))
    return folder / "net.cfg", folder / "net.weights"


def by_opencv(files, image, longer_px):
    """People as OpenCV finds them: (K, 5) xyxy and score."""
    model = cv2.dnn.DetectionModel(str(files[1]), str(files[0]))
    scale = longer_px / max(image.shape[:2])
    size = [max(round(side * scale / 32), 1) * 32 for side in image.shape[1::-1]]
    model.setInputParams(size=size, scale=1 / 255, swapRB=False)
    classes, scores, boxes = model.detect(image, MINIMUM_SCORE, NMS_IOU)
    boxes = np.array(boxes, dtype=float)
    boxes[:, 2:] += boxes[:, :2]
    return np.column_stack((boxes, scores))[np.asarray(classes) == 0]


@pytest.mark.parametrize("size", [(64, 64), (97, 61), (200, 120), (75, 160), (33, 500)])
def test_boxes_are_those_of_opencv(files, size):
    width, height = size
    image = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    detector = DarknetDetector(*files)
    for longer_px in (160, 96):
        found = detector._detect_at(image, longer_px)
        expected = by_opencv(files, image, longer_px)
        assert len(expected) > 3
        np.testing.assert_array_equal(found[:, :4], expected[:, :4])
        np.testing.assert_allclose(found[:, 4], expected[:, 4], atol=1e-5)


def test_the_network_runs_in_every_runtime_at_several_sizes(files, tmp_path):
    network = open_darknet(*files)
    images = [torch.rand(2, 3, 64, 96), torch.rand(1, 3, 96, 32)]
    check_in_runtimes(network, images, tmp_path / "net.onnx", any_size=True)


@pytest.mark.parametrize(
    ("cfg", "change", "message"),
    [
        ("GIF89a", None, r"net.cfg is not a darknet .cfg file: line 1 is 'GIF89a'"),
        ("[yolo]\nclasses=4\n", None, r"does not begin with a \[net\] section"),
        (CFG.replace("leaky", "mish"), None, "activation=mish is not supported"),
        (CFG.replace("[upsample]", "[avgpool]"), None, r"sections \[avgpool\] are not supported"),
        (CFG.replace("size=1\nact", "size=1\ndilation=2\nact"), None, "with dilation is not"),
        (CFG.replace("layers = -1, 1", "layers = -1, 99"), None, "do not come before it"),
        (CFG.replace("mask = 0,1,2", "mask = 0,1"), None, "needs 18 channels and gets 27"),
        (CFG.replace("mask = 0,1,2", ""), None, "'mask' is missing"),
        (CFG, slice(0, -4), "fewer than the network has"),
        (CFG, slice(0, 10), "it has 10 bytes"),
        (CFG.replace("filters=6", "filters=5"), None, "holds [0-9]+ weights"),
        (CFG.replace("filters=6", "filters=six"), None, "'six'"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(files, tmp_path, cfg, change, message):
    cfg_path, weights_path = tmp_path / "net.cfg", tmp_path / "net.weights"
    cfg_path.write_text(cfg)
    weights_path.write_bytes(files[1].read_bytes()[change or slice(None)])
    with pytest.raises(InputError, match=message):
        open_darknet(cfg_path, weights_path)


def test_overlapping_boxes_are_suppressed_from_the_highest_score_on():
    # The second box covers 45 % of the union with the first, the third more of the second.
    rows = np.array([[0, 0, 20, 1, 0.5], [0, 0, 9, 1, 0.4], [0, 0, 8, 1, 0.3], [50, 0, 60, 9, 0.9]])
    kept = suppress(rows, max_iou=0.45)
    assert kept[:, 4].tolist() == [0.9, 0.5, 0.4]
    kept = suppress(rows, max_iou=0.45, inclusive=False)
    assert kept[:, 4].tolist() == [0.9, 0.5, 0.3]
