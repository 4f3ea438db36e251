"""NeXtVLAD written from the paper in numpy, in float64, one video, frame and group at a time.

Lin et al., "NeXtVLAD", ECCV Workshops 2018, equations 2 to 6 and figures 2 to 4. The biases of the
assignment are those of batch norm, as in all published code.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def weight(state, name):
    return state[name].double().numpy()


def batch_norm(rows, state, name, *, training, eps):
    """Normalise rows (R, C) by their own statistics in training, else by the running ones."""
    if training:
        mean, variance = rows.mean(axis=0), rows.var(axis=0)
    else:
        mean, variance = weight(state, f"{name}.running_mean"), weight(state, f"{name}.running_var")
    scale = weight(state, f"{name}.weight") / np.sqrt(variance + eps)
    return (rows - mean) * scale + weight(state, f"{name}.bias")


def aggregate(videos, state, name, *, groups, training, eps):
    """Vectors (N, F * K) of videos, each of its own (T_i, C), before batch norm."""
    expanded = [
        one @ weight(state, f"{name}.expand.weight").T + weight(state, f"{name}.expand.bias")
        for one in videos
    ]
    assignments = np.concatenate(expanded) @ weight(state, f"{name}.clusters.assign.weight").T
    assignments = batch_norm(
        assignments, state, f"{name}.clusters.assign_norm", training=training, eps=eps
    )
    centres = weight(state, f"{name}.clusters.centres")
    features, clusters = centres.shape
    vectors, row = [], 0
    for frames in expanded:
        total = np.zeros((features, clusters))
        for frame in frames:
            attention = sigmoid(
                weight(state, f"{name}.attend.weight") @ frame
                + weight(state, f"{name}.attend.bias")
            )
            for g in range(groups):
                logits = assignments[row, g * clusters : (g + 1) * clusters]
                alpha = np.exp(logits) / np.exp(logits).sum()
                part = frame[g * features : (g + 1) * features]
                total += attention[g] * alpha * (part[:, None] - centres)
            row += 1
        lengths = np.sqrt((total**2).sum(axis=0))
        vectors.append((total / np.maximum(lengths, 1e-6)).reshape(-1))
    return np.stack(vectors)


def score(videos, state, *, groups, training, eps=1e-3):
    """Logits (N, classes) of a tagger's state dict.

    Args:
        videos: of each modality, name -> list of N arrays (T_i, C), T_i 0 where it is missing.
        state: of a ``VideoTagger``.
        groups: of each modality.
    """
    parts = []
    for name, frames in videos.items():
        key = f"network.aggregators.{name}"
        options = {"training": training, "eps": eps}
        vectors = aggregate(frames, state, key, groups=groups[name], **options)
        present = np.array([len(one) > 0 for one in frames])
        # What a video lacks is nothing, and nothing is learnt from it.
        normed = np.zeros_like(vectors)
        normed[present] = batch_norm(vectors[present], state, f"{key}.norm", **options)
        parts.append(normed)
    hidden = np.concatenate(parts, axis=1) @ weight(state, "network.hidden.weight").T
    hidden = batch_norm(hidden, state, "network.hidden_norm", training=training, eps=eps)
    squeezed = batch_norm(
        hidden @ weight(state, "network.gating.reduce.weight").T,
        state,
        "network.gating.norm",
        training=training,
        eps=eps,
    )
    gates = sigmoid(np.maximum(squeezed, 0) @ weight(state, "network.gating.expand.weight").T)
    classifier = weight(state, "network.head.fc_cls.weight")
    return (hidden * gates) @ classifier.T + weight(state, "network.head.fc_cls.bias")
