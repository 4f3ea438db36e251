"""Explain why a checkpoint does not fit a model, and guess what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from stad.errors import InputError
from stad.utils.text import shown
from stad.zoo.author_names import is_timesformer
from stad.zoo.class_rows import PUBLISHED, last_layer, row_mismatch
from stad.zoo.hiera_names import is_hiera
from stad.zoo.torchvision_names import is_video_model
from stad.zoo.vit_names import is_video_vit

SHOWN_KEYS = 10


def check_mapped(
    state: Mapping[str, Tensor],
    mapped: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    leftover: list[str],
    *,
    origin: str,
    background: bool | None,
) -> None:
    """Raise InputError unless exactly the model's tensors were found, in the right shapes.

    Args:
        state: names to tensors, as in the file.
        mapped: the tensors under the model's names.
        shapes: the model's names and shapes.
        leftover: names in the file that the model does not use.
        origin: name of the checkpoint for the message, such as its path.
        background: whether the classifier has a background row, if the file says so.
    """
    missing = sorted(shapes.keys() - mapped.keys())
    reshaped = [
        f"{name} {tuple(value.shape)} instead of {shapes[name]}"
        for name, value in mapped.items()
        if tuple(value.shape) != shapes[name]
    ]
    if not (leftover or missing or reshaped):
        return
    parts = [
        f"{len(names)} {what}: {shown(names, limit=SHOWN_KEYS)}"
        for what, names in (
            ("left over", leftover),
            ("missing", missing),
            ("of another shape", reshaped),
        )
        if names
    ]
    rows = _row_mismatch(state, mapped, shapes, background=background)
    raise InputError(
        f"{origin} does not fit the model: {describe(state)}{rows}. Tensors: {'; '.join(parts)}. "
        "Give weights of this model, or choose the model of these weights."
    )


def _row_mismatch(
    state: Mapping[str, Tensor],
    mapped: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    background: bool | None,
) -> str:
    """Return '; its classifier has ...' if the numbers of classes differ, else ''."""
    for head in ("roi_head.fc_cls", "head.fc_cls", "network.head.fc_cls"):
        bias = f"{last_layer(shapes, head)}.bias"
        if bias not in mapped or len(mapped[bias]) == shapes[bias][0]:
            continue
        rows, published = len(mapped[bias]), any(map(PUBLISHED.fullmatch, state))
        if not published or head != "roi_head.fc_cls":
            return f"; it scores {rows} classes, but the model has {shapes[bias][0]} classes"
        found = row_mismatch(rows + bool(background), shapes[bias][0], background=background)
        return f"; {found}"
    return ""


def describe(state: Mapping[str, Tensor]) -> str:
    """Return a guess of what a state dict is: 'it looks like ...'."""
    if is_hiera(state):
        return "it looks like a checkpoint of Hiera's authors"
    plain = "a recognizer of torchvision" if is_video_model(state) else "an image classifier"
    rules = (
        (r"(network|branches\.0)\.head\.fc_cls\.weight", 0, "a tagger of video features"),
        (r"(network|branches\.0)\.head\.fc_\w+\.weight", None, "a tagger of video features"),
        (r"roi_head\.bbox_head\.fc_cls(\.\d+)?\.weight", 1, "an action detector of mmaction2"),
        (r"new_fc\.weight", 0, "a recognizer of TSM's authors"),
        (r"roi_head\.fc_cls(\.\d+)?\.weight", 0, "an action detector of stad"),
        (r"cls_head\.fc_cls\.weight", 0, "a recognizer of mmaction2"),
        (r"head\.fc_cls\.weight", 0, "a recognizer of stad"),
        (r"detection_head\.proj\.weight", 0, "an action detector of PyTorchVideo"),
        (r"blocks\.\d+\.proj\.weight", 0, "a recognizer of PyTorchVideo"),
        (r"head\.projection\.weight|pred_w", 0, "a model of PySlowFast"),
        (r"(bbox_head|rpn_head)\..+", None, "a detector of mmdet"),
        (r"classifier\.1\.weight", 0, "a recognizer of torchvision"),
        (r"fc\.weight", 0, plain),
        (r"heads\.head\.weight", 0, "an image classifier"),
    )
    for pattern, background, what in rules:
        found = [value for name, value in state.items() if re.fullmatch(pattern, name)]
        if found and background is None:
            return f"it looks like a checkpoint of {what}"
        if found:
            rows = len(found[-1])
            classes = f"{rows} classes"
            if background:
                classes = f"{rows - background} classes and a background row, or {rows} without one"
            return f"it looks like a checkpoint of {what} with {classes}"
    if is_timesformer(state):
        return "it looks like a checkpoint of TimeSformer's authors"
    if is_video_vit(state):
        return "it looks like a checkpoint of UMT's or VideoMAE's authors"
    return "it does not look like one of stad, mmaction2, PySlowFast or PyTorchVideo"
