"""Compare what a checkpoint records about its network with the model that is to load it.

Networks with the same shapes can compute different things, which the weights do not show. A file
may tell in its config, its name or its hash:

- how non-local blocks compare two places (Wang et al., "Non-local Neural Networks", CVPR 2018,
  section 3.2): an embedded Gaussian, scaled or not, and a dot product have the same weights;
- whether channels are shifted between frames (TSM) or not (TSN), which way, and how many;
- what batch norm adds to the variance in channel-separated networks;
- whether a detector's first row is a background class;
- with which mean and deviation frames are normalised: a mismatch is only a warning.

A renamed file with an unknown hash that holds only tensors under plain names tells nothing: then a
warning names what is assumed of its non-local blocks.
"""

from __future__ import annotations

import logging
import re

from mmengine.logging import print_log

from stad.errors import InputError
from stad.models.backbones.csn import CSN
from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.backbones.non_local import NON_LOCAL_MODES, NonLocal
from stad.models.base import ActionModel, ScoringModel
from stad.utils.download import hash_file
from stad.zoo.checkpoint import Checkpoint
from stad.zoo.separated_names import is_csn
from stad.zoo.vit_names import is_video_vit

SCALED = "scaled_embedded_gaussian"
# Their tensors: those of stad and mmaction2, of TSM's authors, of PySlowFast and its Caffe2 models.
NON_LOCAL_NAMES = re.compile(r"\.(non_local_block|nl)\.|pathway\d_nonlocal\d|^nonlocal_conv\d")
# Published files with non-local blocks, by the beginning of their hash: mmaction2's TSM 1.x and
# 0.x, and its SlowOnly detectors.
KNOWN_MODES = {
    "108bfde5": "dot_product",
    "35eddb57": "embedded_gaussian",
    "7e54dacf": "gaussian",
    "d8ad84d2": "dot_product",
    "f00f1336": "embedded_gaussian",
    "b93fd297": "gaussian",
    "5ae3f91b": SCALED,
    "9760eadb": SCALED,
}
# In a config: mmaction2's non_local_cfg=dict(mode=...), stad's non_local_mode=... and
# PySlowFast's INSTANTIATION: ..., whose softmax is a scaled embedded Gaussian.
STATED_MODE = re.compile(
    r"""(?:\bmode|non_local_mode|INSTANTIATION)['"]?\s*[=:]\s*['"]?"""
    r"""((?:scaled_)?embedded_gaussian|gaussian|dot_product|concatenation|softmax)\b"""
)
STATED_SCALE = re.compile(r"""use_scale['"]?\s*[=:]\s*(True|False)""")
NAMED_HASH = re.compile(r"[-_]([0-9a-f]{8})$")
# PySlowFast's detectors of AVA; its Caffe2 files say nothing.
PYSLOWFAST_DOT_PRODUCT = re.compile(r"SLOWFAST_\d+x\d_R101_50_50")
NAMED_MODE = re.compile(r"nl[-_](dot[-_]product|embedded[-_]gaussian|gaussian)[-_.]")
# Tensors of PySlowFast, its Caffe2 models, PyTorchVideo and TimeSformer's authors, which all
# normalise with 0.45 and 0.225 (DATA.MEAN and DATA.STD in slowfast/config/defaults.py).
GREY_NAMES = re.compile(r"(module\.)?((model\.)?blocks\.\d+\.|s\d\.pathway\d_|(t_)?res\d_\d+_)")
GREY_MEAN, GREY_STD = 114.75, 57.375
STATED_SHIFT = re.compile(r"""shift_div['"]?\s*[=:]\s*(\d+)""")
SHIFTS = {
    "none": "does not shift channels between frames (TSN)",
    "both": "shifts channels from both neighbours (TSM)",
    "past": "shifts channels from the past only (online TSM)",
}
STATED_BACKGROUND = re.compile(r"""background_class['"]?\s*[=:]\s*(True|False)""")


def background_row(checkpoint: Checkpoint) -> bool | None:
    """Return whether a detector's first row is a background class, None if unknown."""
    text = checkpoint.config_text
    if match := STATED_BACKGROUND.search(text):
        return match[1] == "True"
    # mmaction2's AVA head has one unless it is told not to.
    if "BBoxHeadAVA" in text and re.search(r"""multilabel['"]?\s*[=:]\s*True""", text):
        return True
    return None


def non_local_mode(checkpoint: Checkpoint) -> str | None:
    """Return how the file's non-local blocks compare places.

    None if neither the config in the file nor its hash, tensors or file name tell; else one of
    ``NON_LOCAL_MODES`` or 'concatenation', which stad's blocks do not have.
    """
    text = checkpoint.config_text
    if match := STATED_MODE.search(text):
        return _with_scale("softmax" if match[1] == "softmax" else match[1], text)
    if "non_local_cfg" in text:
        # The default of mmcv's blocks.
        return _with_scale("embedded_gaussian", text)
    if "non_local_blocks" in text:
        # The default of stad's blocks.
        return "embedded_gaussian"
    if known := KNOWN_MODES.get(hash_file(checkpoint.path)[:8]):
        return known
    if any(".nl.W." in name for name in checkpoint.state):
        # TSM's authors have only this kind.
        return "embedded_gaussian"
    if match := NAMED_MODE.search(checkpoint.path.name):
        return match[1].replace("-", "_")
    if PYSLOWFAST_DOT_PRODUCT.match(checkpoint.path.name):
        return "dot_product"
    # Published file names end with the beginning of the hash.
    match = NAMED_HASH.search(checkpoint.path.stem)
    return KNOWN_MODES.get(match[1]) if match else None


def _with_scale(mode: str, text: str) -> str:
    """Add the scale: mmcv divides by the root of the channels by default, PySlowFast always."""
    if mode == SCALED:
        return mode
    stated = STATED_SCALE.search(text)
    scaled = stated[1] == "True" if stated else "non_local_cfg" in text
    if mode == "softmax" or (mode == "embedded_gaussian" and scaled):
        return SCALED
    return mode


def check_same_network(model: ScoringModel, checkpoint: Checkpoint) -> None:
    """Raise InputError if the file is of another network with weights of the same shapes.

    Args:
        model: the model that is to load the weights.
        checkpoint: the checkpoint.
    """
    if not isinstance(model, ActionModel):
        return
    check_non_local(model, checkpoint)
    if isinstance(model.backbone, FrameResNet):
        _check_shift(model.backbone, checkpoint)
    if isinstance(model.backbone, CSN):
        _check_eps(model.backbone, checkpoint)
    _warn_of_normalisation(model, checkpoint)


def check_non_local(model: ScoringModel, checkpoint: Checkpoint) -> None:
    """Raise InputError if the file's non-local blocks compare places in another way.

    Arguments are those of ``check_same_network``. A file that does not tell gives a warning.
    """
    for block in model.modules():
        if isinstance(block, NonLocal):
            _check_mode(block.kind, checkpoint)
            return


def _check_mode(expected: str, checkpoint: Checkpoint) -> None:
    if not any(map(NON_LOCAL_NAMES.search, checkpoint.state)):
        return
    found = non_local_mode(checkpoint)
    if found is None:
        print_log(
            f"{checkpoint.path} does not say how its non-local blocks compare places. They are "
            f"taken for {expected!r}, as in the model; {', '.join(map(repr, NON_LOCAL_MODES[1:]))} "
            "have weights of the same shapes: check that the mode is right.",
            logger="current",
            level=logging.WARNING,
        )
    elif found != expected:
        way_out = f"set model.backbone.non_local_mode={found} in the config, or with --cfg-options"
        if found not in NON_LOCAL_MODES:
            way_out = "stad's blocks do not have this mode: get weights of another one"
        raise InputError(
            f"{checkpoint.path} has non-local blocks of the mode {found!r}, but the model's are "
            f"{expected!r}. The shapes are the same, but the scores would be wrong: {way_out}. For "
            "TSM, configs/tsm_nl_kinetics.py has 'embedded_gaussian', "
            "configs/tsm_nl_dot_product_kinetics.py has 'dot_product'."
        )


def _shift_of(checkpoint: Checkpoint) -> tuple[str | None, int | None]:
    """Return one of ``SHIFTS`` and n where one channel in n is shifted; None if not recorded."""
    text, names = checkpoint.config_text, checkpoint.state
    stated = STATED_SHIFT.search(text)
    divisor = int(stated[1]) if stated else None
    if "FrameResNet" in text:
        past = re.search(r"""bidirectional['"]?\s*[=:]\s*False""", text)
        return ("none" if divisor is None else "past" if past else "both"), divisor
    # The convolution that mmaction2 and TSM's authors shift is wrapped, and named so.
    if any(re.search(r"\.conv1\.(conv\.)?net\.weight$", name) for name in names):
        return "both", divisor
    if any(re.search(r"^(module\.)?(cls_head|base_model)\.", name) for name in names):
        return "none", None
    return None, None


def _check_shift(backbone: FrameResNet, checkpoint: Checkpoint) -> None:
    kind, divisor = _shift_of(checkpoint)
    expected = "none"
    if backbone.shift_div is not None:
        expected = "both" if backbone.bidirectional else "past"
    if kind is not None and kind != expected:
        raise InputError(
            f"{checkpoint.path} is of a network that {SHIFTS[kind]}, but the model "
            f"{SHIFTS[expected]}. The shapes are the same, but the scores would be wrong: choose a "
            "config of that network (configs/tsn_..., tsm_... or tsm_online_...). To train this "
            "model from the file, set start_from to the file."
        )
    if divisor is not None and divisor != backbone.shift_div:
        raise InputError(
            f"{checkpoint.path} is of a network that shifts one channel in {divisor}, but the "
            f"model shifts one in {backbone.shift_div}. The shapes are the same, but the "
            f"scores would be wrong: set model.backbone.shift_div={divisor}."
        )


def _check_eps(backbone: CSN, checkpoint: Checkpoint) -> None:
    owner = None
    if is_csn(checkpoint.state):
        owner, eps = "PyTorchVideo", 1e-5
    elif any(name.startswith("cls_head.") for name in checkpoint.state):
        owner, eps = "mmaction2", 1e-3
    if owner is not None and backbone.eps != eps:
        raise InputError(
            f"{checkpoint.path} is of {owner}, whose batch norm adds {eps:g} to the variance, but "
            f"the model's adds {backbone.eps:g}. The shapes are the same, but the scores would be "
            f"wrong: set model.backbone.eps={eps:g} in the config, or with --cfg-options."
        )


def _warn_of_normalisation(model: ActionModel, checkpoint: Checkpoint) -> None:
    preprocessor = model.data_preprocessor
    if not any(map(GREY_NAMES.match, checkpoint.state)) or is_video_vit(checkpoint.state):
        return
    # There may be channels of optical flow after the colours.
    mean, std = (one.flatten()[:3].tolist() for one in (preprocessor.mean, preprocessor.std))
    if mean != [GREY_MEAN] * 3 or std != [GREY_STD] * 3:
        print_log(
            f"{checkpoint.path} is of PySlowFast, PyTorchVideo or TimeSformer's authors, who "
            f"normalise frames with the mean {GREY_MEAN} and the deviation {GREY_STD}, but the "
            f"model uses {mean} and {std}: its scores will be off. Set "
            "model.data_preprocessor in the config, as configs/timesformer_authors_kinetics.py "
            "does.",
            logger="current",
            level=logging.WARNING,
        )
