"""Choose which scores and labels of an actor are shown, or that it is not sure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from stad.structures import Keyframe, ShownLabel


def is_unsure(postures: np.ndarray, threshold: float | Sequence[float]) -> bool:
    """Return whether none of the scores of postures reaches the threshold.

    Args:
        postures: (N,) scores of classes that exclude each other; none of them are never unsure.
        threshold: minimum score, one for all or one for each.

    >>> is_unsure(np.array([0.4, 0.35, 0.25]), 0.5), is_unsure(np.array([0.6, 0.4]), 0.5)
    (True, False)
    >>> is_unsure(np.zeros(0), 0.5)
    False
    """
    return len(postures) > 0 and not bool((postures >= np.asarray(threshold)).any())


def nearest_scores(actor_id: int, near: Iterable[Keyframe]) -> np.ndarray | None:
    """Return the (num_classes,) scores of the first keyframe that has the actor, None for none.

    Args:
        actor_id: of the actor.
        near: keyframes, the nearest to the time in question first.
    """
    for keyframe in near:
        rows = np.flatnonzero(keyframe.actors.ids == actor_id)
        if len(rows):
            return keyframe.scores[rows[0]]
    return None


def shown_labels(
    scores: np.ndarray,
    threshold: float | Sequence[float],
    *,
    max_labels: int,
    allowed: frozenset[int] | None = None,
    class_names: Sequence[str] = (),
) -> list[ShownLabel]:
    """Return the classes to show, highest score first.

    Args:
        scores: (num_classes,) in [0, 1].
        threshold: minimum score, one for all classes or one for each.
        max_labels: maximum number of classes.
        allowed: class indices to choose from; None for all.
        class_names: names of all classes; () leaves the labels without names.

    >>> [l.class_index for l in shown_labels(np.array([0.2, 0.9, 0.6]), 0.5, max_labels=3)]
    [1, 2]
    >>> scores, each = np.array([0.2, 0.9, 0.6]), (0.1, 0.95, 0.5)
    >>> [l.class_index for l in shown_labels(scores, each, max_labels=3)]
    [2, 0]
    """
    is_shown = scores >= np.asarray(threshold)
    order = np.argsort(-scores, kind="stable")
    chosen = [int(i) for i in order if is_shown[i] and (allowed is None or int(i) in allowed)]
    return [
        ShownLabel(i, float(scores[i]), class_names[i] if class_names else "")
        for i in chosen[:max_labels]
    ]
