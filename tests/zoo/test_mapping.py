"""Checkpoints of other projects under stad's names: every tensor arrives where it belongs."""

import functools
import re

import pytest
import torch

from stad.errors import InputError
from stad.zoo.catalog import MODELS
from stad.zoo.mapping import map_available, map_keys
from stad.zoo.mismatch import describe
from tests.zoo.names import caffe2, mmaction2, numbered, pyslowfast, pytorchvideo, shapes_of

SLOWFAST = "slowfast_8x8_pytorchvideo_ava.py"
SLOW = "slow_4x16_pytorchvideo_ava.py"
HEAD = "roi_head.fc_cls"


def values(state):
    """Name -> the one number that its tensor is full of."""
    return {name: value.flatten()[0].item() for name, value in state.items()}


def with_background(state, prefix="roi_head.bbox_head.fc_cls"):
    """As mmaction2 stores it: one more row, of -1, in front of the classifier's last layer."""
    last = max(re.match(rf"{prefix}[.\d]*\.", name)[0] for name in state if prefix in name)
    for name in (f"{last}weight", f"{last}bias"):
        row = torch.full_like(state[name][:1], -1)
        state[name] = torch.cat((row, state[name]))
    return state


# Pairs out of the other projects' code: they check the names that the other tests make.
@pytest.mark.parametrize(
    ("make", "ours", "theirs"),
    [
        (pyslowfast, "backbone.slow_path.conv1.conv.weight", "s1.pathway0_stem.conv.weight"),
        (pyslowfast, "backbone.fast_path.conv1.bn.bias", "s1.pathway1_stem.bn.bias"),
        (pyslowfast, "backbone.slow_path.conv1_lateral.conv.weight", "s1_fuse.conv_f2s.weight"),
        (pyslowfast, "backbone.slow_path.layer3_lateral.bn.bias", "s4_fuse.bn.bias"),
        (
            pyslowfast,
            "backbone.layer1.0.downsample.conv.weight",
            "s2.pathway0_res0.branch1.weight",
        ),
        (pyslowfast, "backbone.layer1.0.downsample.bn.bias", "s2.pathway0_res0.branch1_bn.bias"),
        (
            pyslowfast,
            "backbone.fast_path.layer4.2.conv3.bn.weight",
            "s5.pathway1_res2.branch2.c_bn.weight",
        ),
        (pyslowfast, "roi_head.fc_cls.weight", "head.projection.weight"),
        (caffe2, "backbone.slow_path.conv1.conv.weight", "conv1_w"),
        (caffe2, "backbone.fast_path.conv1.bn.weight", "t_res_conv1_bn_s"),
        (caffe2, "backbone.slow_path.conv1_lateral.bn.running_var", "t_pool1_subsample_bn_riv"),
        (
            caffe2,
            "backbone.slow_path.layer3_lateral.bn.running_mean",
            "t_res4_5_branch2c_bn_subsample_bn_rm",
        ),
        (caffe2, "backbone.layer3.4.conv3.bn.bias", "res4_4_branch2c_bn_b"),
        (caffe2, "roi_head.fc_cls.bias", "pred_b"),
        (
            pytorchvideo,
            "backbone.slow_path.layer1_lateral.conv.weight",
            "model.blocks.1.multipathway_fusion.conv_fast_to_slow.weight",
        ),
        (
            pytorchvideo,
            "backbone.fast_path.layer4.0.downsample.bn.weight",
            "model.blocks.4.multipathway_blocks.1.res_blocks.0.branch1_norm.weight",
        ),
        (
            pytorchvideo,
            "backbone.slow_path.layer2.1.conv2.conv.weight",
            "model.blocks.2.multipathway_blocks.0.res_blocks.1.branch2.conv_b.weight",
        ),
        (pytorchvideo, "roi_head.fc_cls.bias", "detection_head.proj.bias"),
    ],
)
def test_names_as_the_other_projects_have_them(make, ours, theirs):
    assert make(ours) == theirs


@pytest.mark.parametrize(
    ("config", "rename"),
    [
        (SLOWFAST, pyslowfast),
        (SLOW, pyslowfast),
        (SLOWFAST, pytorchvideo),
        (SLOW, functools.partial(pytorchvideo, two_paths=False)),
        (SLOWFAST, functools.partial(pytorchvideo, detection=False)),
        (SLOWFAST, lambda name: "module." + pyslowfast(name)),
        (SLOWFAST, lambda name: name),
    ],
    ids=[
        *("pyslowfast", "pyslowfast slow", "pytorchvideo", "pytorchvideo slow"),
        *("pytorchvideo without wrapper", "pyslowfast on several GPUs", "stad"),
    ],
)
def test_every_tensor_arrives(config, rename):
    shapes = shapes_of(config)
    mapped = map_keys(numbered(shapes, rename), shapes)
    assert values(mapped) == values(numbered(shapes))


@pytest.mark.parametrize("config", [SLOWFAST, SLOW])
def test_caffe2_without_counters_and_with_what_training_left(config):
    shapes = shapes_of(config)
    state = numbered(shapes, caffe2, drop_counters=True)
    state["pred_w"] = state["pred_w"][..., None, None, None]
    state |= {"lr": torch.zeros(1), "model_iter": torch.zeros(1), "conv1_w_momentum": torch.ones(3)}
    mapped = map_keys(state, shapes)
    expected = numbered(shapes, drop_counters=True)
    assert values({name: mapped.pop(name) for name in expected}) == values(expected)
    assert all(name.endswith("num_batches_tracked") for name in mapped)
    assert set(values(mapped).values()) == {0.0}


@pytest.mark.parametrize(
    "config", sorted({e.config for e in MODELS if e.weights and "openmmlab" in e.weights.origin})
)
def test_mmaction2_of_every_config(config):
    shapes = shapes_of(config)
    state = numbered(shapes, mmaction2)
    if any(name.startswith("roi_head.") for name in shapes):
        state = with_background(state)
    assert values(map_keys(state, shapes)) == values(numbered(shapes))


def test_the_background_row_is_the_first():
    shapes = shapes_of(SLOW)
    state = numbered(shapes, mmaction2)
    state["roi_head.bbox_head.fc_cls.bias"] = torch.arange(81.0)
    state["roi_head.bbox_head.fc_cls.weight"] = torch.arange(81.0)[:, None].expand(81, 2048)
    mapped = map_keys(state, shapes)
    assert mapped[f"{HEAD}.bias"].tolist() == list(range(1, 81))
    assert mapped[f"{HEAD}.weight"][:, 7].tolist() == list(range(1, 81))


DETECTOR_HEADS = {
    "mmaction2": mmaction2,
    "pyslowfast": pyslowfast,
    "caffe2": caffe2,
    "pytorchvideo": functools.partial(pytorchvideo, two_paths=False),
}


def head_of(rename, rows):
    """A published Slow model whose last layer has so many rows, filled with their numbers."""
    state = numbered(shapes_of(SLOW), rename, drop_counters=rename is caffe2)
    for leaf, columns in (("weight", (2048,)), ("bias", ())):
        numbers = torch.arange(float(rows)).reshape(rows, *(1 for _ in columns))
        state[rename(f"{HEAD}.{leaf}")] = numbers.expand(rows, *columns).clone()
    return state


def slow_shapes(num_classes):
    return shapes_of(SLOW) | {
        f"{HEAD}.weight": (num_classes, 2048),
        f"{HEAD}.bias": (num_classes,),
    }


@pytest.mark.parametrize("family", DETECTOR_HEADS)
@pytest.mark.parametrize(
    ("rows", "classes"), [(66, 66), (66, 65), (81, 80), (80, 80), (4, 3), (1, 1)]
)
def test_as_many_rows_as_classes_are_kept_and_one_more_is_the_background(family, rows, classes):
    state = head_of(DETECTOR_HEADS[family], rows)
    shapes = slow_shapes(classes)
    expected = list(range(rows - classes, rows))
    mapped = map_keys(state, shapes)
    assert mapped[f"{HEAD}.bias"].tolist() == expected
    assert mapped[f"{HEAD}.weight"][:, 7].tolist() == expected
    # To start training from, too.
    found, left_over = map_available(state, shapes)
    assert found[f"{HEAD}.bias"].tolist() == expected
    assert left_over == []


@pytest.mark.parametrize("family", DETECTOR_HEADS)
@pytest.mark.parametrize(("rows", "classes"), [(66, 80), (79, 80), (82, 80), (81, 3)])
def test_other_numbers_of_rows_are_refused_with_both_counts(family, rows, classes):
    state = head_of(DETECTOR_HEADS[family], rows)
    with pytest.raises(InputError) as raised:
        map_keys(state, slow_shapes(classes))
    assert f"its classifier has {rows} rows ({rows} classes, or {rows - 1} and a" in str(
        raised.value
    )
    assert f"but the model has {classes} classes" in str(raised.value)
    found, left_over = map_available(state, slow_shapes(classes))
    assert f"{HEAD}.bias" not in found
    assert {f"{HEAD}.weight", f"{HEAD}.bias"} <= set(left_over)


def test_what_the_file_says_of_its_background_row_goes_first():
    state = head_of(mmaction2, 66)
    assert len(map_keys(state, slow_shapes(66), background=False)[f"{HEAD}.bias"]) == 66
    with pytest.raises(InputError, match=r"66 classes, and the file says that none .* has 65"):
        map_keys(state, slow_shapes(65), background=False)
    assert map_keys(state, slow_shapes(65), background=True)[f"{HEAD}.bias"][0] == 1
    with pytest.raises(InputError, match=r"65 classes and a background row, as the file .* 66"):
        map_keys(state, slow_shapes(66), background=True)
    assert f"{HEAD}.bias" not in map_available(state, slow_shapes(65), background=False)[0]


def test_stads_own_heads_never_lose_a_row():
    state = head_of(lambda name: name, 66)
    assert len(map_keys(state, slow_shapes(66))[f"{HEAD}.bias"]) == 66
    with pytest.raises(InputError, match="it scores 66 classes, but the model has 65 classes"):
        map_keys(state, slow_shapes(65))


def test_recognizers_have_no_background_row():
    shapes = shapes_of("slowonly_kinetics.py")
    state = numbered(shapes, mmaction2)
    fewer = shapes | {"head.fc_cls.weight": (399, 2048), "head.fc_cls.bias": (399,)}
    with pytest.raises(InputError, match="it scores 400 classes, but the model has 399 classes"):
        map_keys(state, fewer)


def test_the_hidden_layer_keeps_its_rows():
    shapes = shapes_of("slowonly_16x4_tricks_ava.py")
    state = with_background(numbered(shapes, mmaction2))
    assert len(state["roi_head.bbox_head.fc_cls.2.bias"]) == 81
    mapped = map_keys(state, shapes)
    assert len(mapped[f"{HEAD}.0.bias"]) == 4096
    assert len(mapped[f"{HEAD}.2.bias"]) == 80


def test_i3ds_classifier_serves_clips_and_regions():
    clip, region = shapes_of("i3d_kinetics.py"), shapes_of("i3d_roi_kinetics.py")
    assert values(map_keys(numbered(clip), region)) == values(numbered(region))
    assert values(map_keys(numbered(region), clip)) == values(numbered(clip))


def test_pathways_change_places_for_a_head_that_takes_fast_first():
    shapes = shapes_of("slowfast_kinetics.py")
    rename = functools.partial(pytorchvideo, detection=False)
    state = numbered(shapes, rename)
    state["blocks.6.proj.weight"] = torch.arange(2304.0).expand(400, 2304)
    columns = map_keys(state, shapes, fast_first=True)["head.fc_cls.weight"][5]
    assert columns.tolist() == [*range(2048, 2304), *range(2048)]
    assert map_keys(state, shapes)["head.fc_cls.weight"][5].tolist() == list(range(2304))


def test_misfits_are_listed_and_counted():
    shapes = {f"layer.{i:02}": (2,) for i in range(12)} | {"fc": (3, 4), "bn.weight": (5,)}
    state = {"fc": torch.zeros(4, 3), "bn.weight": torch.zeros(5), "other": torch.zeros(1)}
    with pytest.raises(InputError) as raised:
        map_keys(state, shapes, origin="my.pth")
    text = str(raised.value)
    assert text.startswith("my.pth does not fit the model")
    assert "1 left over: other" in text
    assert "12 missing: layer.00, layer.01" in text
    assert "layer.09 and 2 more" in text
    assert "1 of another shape: fc (4, 3) instead of (3, 4)" in text
    assert "\n" not in text


def test_a_recognizer_in_place_of_a_detector_is_named():
    recognizer, detector = shapes_of("slowonly_kinetics.py"), shapes_of("slowonly_ava.py")
    with pytest.raises(InputError) as raised:
        map_keys(numbered(recognizer, mmaction2), detector)
    assert "a recognizer of mmaction2 with 400 classes" in str(raised.value)
    assert "2 left over: cls_head.fc_cls.weight, cls_head.fc_cls.bias" in str(raised.value)
    assert "2 missing: roi_head.fc_cls.bias, roi_head.fc_cls.weight" in str(raised.value)


def test_a_start_takes_what_fits_and_tells_the_rest():
    detector = shapes_of("slowonly_ava.py")
    state = numbered(shapes_of("slowonly_kinetics.py"), mmaction2)
    found, left_over = map_available(state, detector)
    assert found.keys() == {name for name in detector if name.startswith("backbone.")}
    assert values(found) == {name: state[name].flatten()[0].item() for name in found}
    assert left_over == ["cls_head.fc_cls.weight", "cls_head.fc_cls.bias"]


def test_a_start_leaves_a_classifier_of_other_classes():
    shapes = shapes_of(SLOW)
    state = with_background(numbered(shapes, mmaction2))
    own = shapes | {f"{HEAD}.weight": (5, 2048), f"{HEAD}.bias": (5,)}
    found, left_over = map_available(state, own)
    assert sorted(left_over) == [f"{HEAD}.bias", f"{HEAD}.weight"]
    assert found.keys() | set(left_over) == own.keys()


def test_names_that_mmaction2_wraps():
    shapes = shapes_of("tsm_kinetics.py") | {
        "backbone.layer2.1.non_local_block.g.0.conv.weight": (1,),
    }

    def wrap(name):
        name = name.replace("conv1.conv.weight", "conv1.conv.net.weight")
        # The stem is not shifted.
        name = name.replace("backbone.conv1.conv.net.", "backbone.conv1.conv.")
        if name.startswith("backbone.layer2.1.") and "non_local" not in name:
            name = name.replace("layer2.1.", "layer2.1.block.")
        return mmaction2(name)

    state = numbered(shapes, wrap)
    assert "backbone.layer2.1.block.conv1.conv.net.weight" in state
    assert values(map_keys(state, shapes)) == values(numbered(shapes))


def test_images_and_a_recognizer_of_torchvision_are_named():
    shapes = shapes_of("tsn_kinetics.py")
    images = {"conv1.weight": torch.zeros(1), "layer1.0.conv1.weight": torch.zeros(1)}
    with pytest.raises(InputError, match="an image classifier with 1000 classes"):
        map_keys(images | {"fc.weight": torch.zeros(1000, 2)}, shapes)
    clips = {"stem.0.weight": torch.zeros(1), "fc.weight": torch.zeros(400, 2)}
    with pytest.raises(InputError, match="a recognizer of torchvision with 400 classes"):
        map_keys(clips, shapes)


def test_two_pathways_do_not_fit_one():
    with pytest.raises(InputError, match=r"left over: s1\.pathway1_stem"):
        map_keys(numbered(shapes_of(SLOWFAST), pyslowfast), shapes_of(SLOW))


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("roi_head.bbox_head.fc_cls.weight", 81, "an action detector of mmaction2 with 80 classes"),
        ("roi_head.fc_cls.2.weight", 6, "an action detector of stad with 6 classes"),
        ("pred_w", 400, "a model of PySlowFast with 400 classes"),
        ("bbox_head.rtm_cls.0.weight", 9, "a detector of mmdet"),
        ("fc.weight", 1000, "an image classifier with 1000 classes"),
        ("heads.head.weight", 1000, "an image classifier with 1000 classes"),
        ("classifier.1.weight", 400, "a recognizer of torchvision with 400 classes"),
        ("vocab", 7, "does not look like one of stad"),
    ],
)
def test_what_a_checkpoint_looks_like(name, rows, said):
    assert said in describe({name: torch.zeros(rows, 2)})
