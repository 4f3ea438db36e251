"""What is checked before a run: a run that cannot work stops here, with the reason."""

from __future__ import annotations

from stad.errors import InputError


def check_model_fits(model, dataset) -> None:
    """Raise InputError unless the model's outputs are the data set's classes.

    Args:
        model: an ``ActionDetector``.
        dataset: an ``AVADataset``.
    """
    classes = len(dataset.class_ids)
    if model.num_classes != classes:
        raise InputError(
            f"the model has {model.num_classes} outputs, but label_map {dataset.label_map!r} "
            f"names {classes} classes: set model.roi_head.num_classes to {classes}, or name the "
            "label map that the model is for"
        )
    if not model.roi_head.multilabel and dataset.max_labels > 1:
        raise InputError(
            f"the model gives each actor one class (roi_head.multilabel is False), but an actor "
            f"in {dataset.annotations} has {dataset.max_labels}: set model.roi_head.multilabel "
            "to True, or leave one label per actor"
        )
