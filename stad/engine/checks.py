"""What is checked before a run: a run that cannot work stops here, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from stad.datasets.ava import AVADataset
from stad.datasets.kinetics import VideoDataset
from stad.errors import InputError

HEADS = ("roi_head", "head", "flow_head")


def check_model_fits(model, dataset: AVADataset | VideoDataset) -> None:
    """Raise InputError unless the model's outputs are the data set's classes.

    Args:
        model: an ``ActionDetector`` or a ``Recognizer``.
        dataset: of actors for the one, of videos for the other.
    """
    is_detector = hasattr(model, "score_actors")
    if is_detector == isinstance(dataset, VideoDataset):
        what = ("actors", "AVADataset") if is_detector else ("whole clips", "VideoDataset")
        raise InputError(
            f"the model scores {what[0]}, but the data set is a {type(dataset).__name__}: "
            f"it needs a {what[1]}"
        )
    classes = len(dataset.class_ids)
    for name in HEADS:
        head = getattr(model, name, None)
        if head is not None and head.num_classes != classes:
            raise InputError(
                f"the model has {head.num_classes} outputs, but label_map {dataset.label_map!r} "
                f"names {classes} classes: set model.{name}.num_classes to {classes}, or name "
                "the label map that the model is for"
            )
    if is_detector and not model.roi_head.multilabel and dataset.max_labels > 1:
        raise InputError(
            f"the model gives each actor one class (roi_head.multilabel is False), but an actor "
            f"in {dataset.annotations} has {dataset.max_labels}: set model.roi_head.multilabel "
            "to True, or leave one label per actor"
        )


def check_same_classes(datasets: Sequence[AVADataset | VideoDataset]) -> None:
    """Raise InputError unless the classes have the same names in the same order."""
    for one, other in pairwise(datasets):
        # As many, or one of them would not fit the model.
        names = zip(one.metainfo["classes"], other.metainfo["classes"], strict=True)
        for number, (name, other_name) in enumerate(names, start=1):
            if name != other_name:
                raise InputError(
                    f"training and validation number their classes differently: line {number} is "
                    f"{name!r} in label_map {one.label_map!r} and {other_name!r} in "
                    f"{other.label_map!r}: give both the same label map"
                )
