"""Taggers: the equations of the paper, the number of weights, heads, losses and what goes in."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stad.models.aggregators.mean_pooling import MeanPooling
from stad.models.aggregators.netvlad import NetVLAD
from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.aggregators.variants import MASKED, VARIANTS, fill_matrix, variant_of
from stad.models.heads.tag_heads import LogisticTagHead, MoETagHead
from stad.models.losses import TagLoss
from stad.models.tagger_mixture import MixedVideoTagger, distillation_loss
from stad.models.video_tagger import VideoTagger
from stad.registry import MODELS
from stad.structures import RecordMeta, RecordSample
from tests.models.nextvlad_numpy import score

CHANNELS = {"rgb": 12, "audio": 6}
GROUPS = {"rgb": 4, "audio": 3}
# Frames of RGB and audio: all, fewer, none of the one, none of the other.
COUNTS = ((7, 7), (3, 3), (5, 0), (0, 4))


def modalities(kind=NeXtVLAD, **options):
    by_kind = {
        NeXtVLAD: lambda name: {"clusters": 5, "groups": GROUPS[name], "expansion": 2},
        NetVLAD: lambda name: {"clusters": 5},
        MeanPooling: lambda name: {},
    }
    return [
        {
            "name": name,
            "channels": count,
            "aggregator": {"type": kind, **by_kind[kind](name), **options},
        }
        for name, count in CHANNELS.items()
    ]


def build(kind=NeXtVLAD, *, type_=VideoTagger, head=None, **options):
    options = {"hidden": 16, "gating_reduction": 4, "dropout": 0.0, **options}
    torch.manual_seed(0)
    head = head or {"type": LogisticTagHead, "num_classes": 9}
    return MODELS.build({"type": type_, "modalities": modalities(kind), "head": head, **options})


def shaken(model, seed=0):
    """The model with other numbers in biases, norms and running statistics than 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            noise = 0.3 * torch.randn(value.shape, generator=generator)
            value.add_(noise.abs() if name.endswith("running_var") else noise)
    return model


def make_batch(counts=COUNTS, seed=0):
    """Frames and mask; what is beyond the end is not 0."""
    generator = torch.Generator().manual_seed(seed)
    length = max(max(one) for one in counts)
    frames = torch.randn(len(counts), length, sum(CHANNELS.values()), generator=generator)
    mask = torch.arange(length)[None, :, None] < torch.tensor(counts)[:, None]
    return frames, mask


def as_videos(frames, mask):
    """Name -> list of (T_i, C) float64, only what the mask leaves."""
    parts = frames.double().numpy()
    ends = np.cumsum([0, *CHANNELS.values()])
    return {
        name: [
            video[keep[:, m], ends[m] : ends[m + 1]]
            for video, keep in zip(parts, mask, strict=True)
        ]
        for m, name in enumerate(CHANNELS)
    }


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("counts", [((7, 7),) * 3, ((7, 7), (3, 3), (1, 1)), COUNTS])
def test_the_equations_of_the_paper(training, counts):
    model = shaken(build()).train(training)
    frames, mask = make_batch(counts)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    expected = score(as_videos(frames, mask.numpy()), state, groups=GROUPS, training=training)
    with torch.no_grad():
        logits = model.score_frames(frames, mask)
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 0.1


def test_training_moves_the_statistics_by_frames_of_the_videos_alone():
    model = shaken(build(norm_momentum=0.25)).train()
    norm = model.network.aggregators["rgb"].clusters.assign_norm
    before = norm.running_mean.clone()
    frames, mask = make_batch()
    with torch.no_grad():
        kept = frames[..., :12][mask[..., 0]]
        assert kept.shape == (15, 12)
        aggregator = model.network.aggregators["rgb"]
        rows = aggregator.clusters.assign(aggregator.expand(kept))
        model.score_frames(frames, mask)
    torch.testing.assert_close(norm.running_mean, 0.75 * before + 0.25 * rows.mean(0))


@pytest.mark.parametrize("kind", [NeXtVLAD, NetVLAD, MeanPooling])
@torch.no_grad()
def test_frames_in_another_order_and_more_padding_change_nothing(kind):
    model = shaken(build(kind)).eval()
    frames, mask = make_batch()
    logits = model.score_frames(frames, mask)
    padded = F.pad(frames, (0, 0, 0, 4), value=9.0), F.pad(mask, (0, 0, 0, 4))
    torch.testing.assert_close(model.score_frames(*padded), logits)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        model.score_frames(frames[:, order], mask[:, order]), logits, atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("training", [False, True])
def test_mixed_precision(training, dtype):
    frames, mask = make_batch(((300, 300), (200, 200), (100, 100)))
    model, scores = shaken(build(norm_momentum=1e-9)).train(training), []
    for enabled in (False, True):
        with torch.autocast("cpu", dtype, enabled=enabled), torch.no_grad():
            scores.append(model.score_frames(frames, mask).sigmoid())
    torch.testing.assert_close(scores[1], scores[0], atol=0.03, rtol=0)
    # Sums of these, and their squares, are beyond half precision.
    with torch.autocast("cpu", dtype):
        losses = model.training_losses(1000 * frames, mask, torch.zeros(3, 9))
    torch.stack(list(losses.values())).sum().backward()
    assert all(one.grad.isfinite().all() for one in model.parameters())


@pytest.mark.parametrize("kind", [NeXtVLAD, NetVLAD, MeanPooling])
def test_a_modality_that_a_video_lacks_gives_zeros(kind):
    aggregator = MODELS.build({**modalities(kind)[0]["aggregator"], "channels": 12})
    aggregator = shaken(aggregator).eval()
    x, mask = torch.randn(2, 4, 12), torch.tensor([[True] * 4, [False] * 4])
    vectors = aggregator(x, mask)
    assert vectors.shape == (2, aggregator.width)
    assert vectors[0].any()
    assert not vectors[1].any()


def test_a_batch_in_which_all_lack_a_modality_trains_the_rest():
    model = build().train()
    frames, mask = make_batch(((5, 0), (3, 0)))
    statistics = model.network.aggregators["audio"].clusters.assign_norm.running_mean.clone()
    losses = model.training_losses(frames, mask, torch.zeros(2, 9))
    torch.stack(list(losses.values())).sum().backward()
    gradients = {name: one.grad for name, one in model.named_parameters()}
    # Other processes wait for a gradient of every weight.
    assert all(one is not None and one.isfinite().all() for one in gradients.values())
    assert gradients["network.aggregators.rgb.expand.weight"].any()
    assert not gradients["network.aggregators.audio.expand.weight"].any()
    norm = model.network.aggregators["audio"].clusters.assign_norm
    assert torch.equal(norm.running_mean, statistics)


def test_netvlad_sums_residuals_to_centres():
    aggregator = shaken(NetVLAD(3, 2)).eval()
    x = torch.randn(1, 4, 3)
    clusters = aggregator.clusters
    alpha = clusters.assign_norm(clusters.assign(x[0])).softmax(dim=1)
    residuals = sum(alpha[t][None] * (x[0, t][:, None] - clusters.centres) for t in range(4))
    expected = F.normalize(F.normalize(residuals, dim=0).reshape(-1), dim=0)
    found = aggregator(x, torch.ones(1, 4, dtype=torch.bool))
    torch.testing.assert_close(found[0], expected)


def test_mean_pooling_is_the_mean_of_the_frames():
    x = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [100.0, 100.0]]])
    mask = torch.tensor([[True, True, False]])
    assert MeanPooling(2)(x, mask).tolist() == [[2.0, 4.0]]


def hand_count(channels, clusters, groups, expansion=2):
    """The weights of one NeXtVLAD and its running statistics, by hand."""
    inner = expansion * channels
    features = inner // groups
    width = features * clusters
    weights = (
        channels * inner + inner  # expansion and its bias
        + inner * groups + groups  # attention and its bias
        + inner * groups * clusters  # assignment
        + 2 * groups * clusters  # its batch norm
        + features * clusters  # centres
        + 2 * width  # batch norm of the vector
    )  # fmt: skip
    return weights, 2 * groups * clusters + 2 * width, width


def test_the_standard_setting_has_88_889_378_weights():
    video, video_statistics, video_width = hand_count(1024, 128, 8)
    audio, audio_statistics, audio_width = hand_count(128, 64, 4)
    assert (video, audio) == (4_313_096, 112_388)
    assert (video_width, audio_width) == (32_768, 4_096)
    hidden = (32_768 + 4_096) * 2_048
    hidden_norm = 2 * 2_048
    gating = 2_048 * 256 + 2 * 256 + 256 * 2_048
    classifier = 2_048 * 3_862 + 3_862
    total = video + audio + hidden + hidden_norm + gating + classifier
    assert total == 88_889_378
    sizes = [
        {"name": name, "channels": channels, "aggregator": {**kind, "type": NeXtVLAD}}
        for name, channels, kind in (
            ("rgb", 1024, {"clusters": 128, "groups": 8}),
            ("audio", 128, {"clusters": 64, "groups": 4}),
        )
    ]
    with torch.device("meta"):
        model = VideoTagger(sizes, {"type": LogisticTagHead, "num_classes": 3862})
    assert sum(one.numel() for one in model.parameters()) == total
    running = sum(one.numel() for name, one in model.named_buffers() if "running" in name)
    assert running == video_statistics + audio_statistics + 2 * 2_048 + 2 * 256 == 80_896


def test_modes_of_mmengine():
    model = shaken(build()).eval()
    frames, mask = make_batch()
    samples = [
        RecordSample(torch.eye(9)[i], count, RecordMeta(f"v{i}", "a.tfrecord", i))
        for i, count in enumerate(COUNTS)
    ]
    logits = model((frames, mask))
    assert logits.shape == (4, 9)
    found = model((frames, mask), samples, mode="predict")
    assert [one["meta"].record_id for one in found] == ["v0", "v1", "v2", "v3"]
    assert [one["label"].tolist() for one in found] == torch.eye(9)[:4].tolist()
    torch.testing.assert_close(torch.stack([one["scores"] for one in found]), logits.sigmoid())
    losses = model((frames, mask), samples, mode="loss")
    expected = F.binary_cross_entropy_with_logits(logits, torch.eye(9)[:4], reduction="sum") / 4
    assert set(losses) == {"loss", "loss_l2"}
    torch.testing.assert_close(losses["loss"], expected)
    with pytest.raises(ValueError, match="mode 'loss' needs data_samples"):
        model((frames, mask), mode="loss")


def test_bytes_of_a_loader_become_scores():
    model = build().eval()
    labels = torch.zeros(2, 9)
    counts = ((3, 3), (2, 0))
    samples = [
        RecordSample(label, count, RecordMeta("a", "a", 0))
        for label, count in zip(labels, counts, strict=True)
    ]
    batch = {"inputs": torch.full((2, 3, 18), 128, dtype=torch.uint8), "data_samples": samples}
    (frames, mask) = model.data_preprocessor(batch)["inputs"]
    assert mask.sum(dim=1).tolist() == [[3, 3], [2, 0]]
    with torch.no_grad():
        found = model.val_step(batch)
        expected = model.score_frames(frames, mask).sigmoid()
    torch.testing.assert_close(torch.stack([one["scores"] for one in found]), expected)


@pytest.mark.parametrize(
    ("frames", "mask", "said"),
    [
        (torch.zeros(2, 3, 17), torch.ones(2, 3, 2).bool(), r"frames must be \(N, T, 18\)"),
        (torch.zeros(2, 3, 18).int(), torch.ones(2, 3, 2).bool(), "floating point.*int32"),
        (torch.zeros(2, 3, 18), torch.ones(2, 3).bool(), r"mask must be \(2, 3, 2\) bool"),
        (torch.zeros(2, 3, 18), torch.ones(2, 3, 2), "bool, got .* float32"),
    ],
)
@pytest.mark.parametrize("kind", [VideoTagger, MixedVideoTagger])
def test_what_cannot_be_scored(frames, mask, said, kind):
    branch = {"hidden": 16, "gating_reduction": 4, "dropout": 0.0}
    branch |= {"modalities": modalities(), "head": {"type": LogisticTagHead, "num_classes": 9}}
    model = VideoTagger(**branch) if kind is VideoTagger else MixedVideoTagger(branch)
    with pytest.raises(ValueError, match=said):
        model.score_frames(frames, mask)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"variant": "tensorflow"}, "variant must be one of masked, authors, paddle"),
        ({"norm_momentum": 0.0}, "norm_momentum must be above 0"),
        ({"gating_reduction": 5}, "gating_reduction must divide hidden, 16, got 5"),
    ],
)
def test_settings_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        build(**options)
    with pytest.raises(ValueError, match="groups must divide the 24 channels"):
        NeXtVLAD(12, 5, groups=5)
    twice = [modalities()[0]] * 2
    with pytest.raises(ValueError, match="a name of its own, got rgb, rgb"):
        VideoTagger(twice, {"type": LogisticTagHead, "num_classes": 9})


def test_gating_without_a_bottleneck_is_one_matrix():
    model = shaken(build(gating_reduction=None)).eval()
    gating, x = model.network.gating, torch.randn(3, 16)
    assert gating.expand is None
    gates = gating.norm(x @ gating.reduce.weight.T).sigmoid()
    torch.testing.assert_close(gating(x), x * gates)


def test_without_a_hidden_layer_the_head_takes_the_vectors():
    model = shaken(build(MeanPooling, hidden=None)).eval()
    frames, mask = make_batch(((7, 7), (3, 3)))
    classifier = model.network.head.fc_cls
    expected = torch.stack([frames[0].mean(0), frames[1, :3].mean(0)])
    expected = expected @ classifier.weight.T + classifier.bias
    torch.testing.assert_close(model.score_frames(frames, mask), expected)


def test_dropout_is_of_the_vectors_in_training_alone():
    torch.manual_seed(0)
    model = build(MeanPooling, hidden=None, dropout=0.5)
    frames, mask = make_batch(((7, 7),) * 2)
    assert torch.equal(model.eval().score_frames(frames, mask), model.score_frames(frames, mask))
    model.train()
    assert not torch.equal(model.score_frames(frames, mask), model.score_frames(frames, mask))


def test_a_mixture_of_experts():
    head = MoETagHead(4, 3, mixtures=2)
    vectors = torch.randn(5, 4)
    gates = (vectors @ head.fc_gates.weight.T).reshape(5, 3, 3).softmax(dim=2)
    experts = vectors @ head.fc_experts.weight.T + head.fc_experts.bias
    expected = (gates[..., :2] * experts.reshape(5, 3, 2).sigmoid()).sum(dim=2)
    torch.testing.assert_close(head(vectors).sigmoid(), expected)
    # The logits stay exact where probabilities round to 0 and 1.
    logits = head(1000 * vectors)
    assert logits.isfinite().all()
    assert logits.abs().max() > 40
    squares = head.fc_gates.weight.square().sum() + head.fc_experts.weight.square().sum()
    torch.testing.assert_close(head.penalty(), 0.5e-5 * squares)


def test_the_penalty_is_of_weights_and_biases():
    head = LogisticTagHead(2, 2, l2_penalty=0.1)
    with torch.no_grad():
        head.fc_cls.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        head.fc_cls.bias.copy_(torch.tensor([0.0, 5.0]))
    assert head.penalty().item() == pytest.approx(0.1 / 2 * (1 + 4 + 9 + 16 + 25))
    model = build(head={"type": LogisticTagHead, "num_classes": 9, "l2_penalty": 0.0})
    assert set(model.training_losses(*make_batch(), torch.zeros(4, 9))) == {"loss"}


def test_the_loss_of_tags_by_hand():
    logits = torch.tensor([[0.0, math.log(3)], [-200.0, 200.0]])
    labels = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    # -log 1/2 - log 1/4, and twice -log of what is added to 0.
    expected = (math.log(2) + math.log(4) + 2 * -math.log(1e-8)) / 2
    assert TagLoss()(logits, labels).item() == pytest.approx(expected, rel=1e-6)
    exact = (math.log(2) + math.log(4) + 2 * 200) / 2
    assert TagLoss(epsilon=0)(logits, labels).item() == pytest.approx(exact, rel=1e-6)
    weighted = TagLoss(class_weights=[2.0, 0.0])(logits[:1], labels[:1])
    assert weighted.item() == pytest.approx(2 * math.log(2), rel=1e-6)
    with pytest.raises(ValueError, match="epsilon must be 0 or more"):
        TagLoss(epsilon=-1)


def test_distillation_is_the_divergence_from_the_mixture():
    mixed, branch = torch.tensor([[0.0, 3 * math.log(3)]]), torch.tensor([[0.0, 0.0]])
    # Softmax at temperature 3: (1/4, 3/4) and (1/2, 1/2).
    expected = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    found = distillation_loss(mixed, torch.stack([branch, mixed]), 3.0)
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_a_mixture_refuses_what_cannot_be():
    branch = {"modalities": modalities(), "hidden": None, "gating_reduction": None, "dropout": 0.0}
    branch["head"] = {"type": LogisticTagHead, "num_classes": 9}
    with pytest.raises(ValueError, match="temperature must be above 0"):
        MixedVideoTagger(branch, temperature=0)
    model = MixedVideoTagger(branch, num_branches=2, distillation_weight=0)
    assert (model.num_classes, len(model.tag_heads), list(model.heads)) == (9, 2, ["branch.head"])
    losses = model.training_losses(*make_batch(), torch.zeros(4, 9))
    assert set(losses) == {"loss", "loss_branch0", "loss_branch1", "loss_l2"}


@pytest.mark.parametrize(("variant", "fan_in"), [("masked", 260), ("paddle", 200)])
def test_initial_weights_have_the_deviation_of_their_fan_in(variant, fan_in):
    torch.manual_seed(0)
    values = torch.empty(400, 400)
    fill_matrix(values, fan_in, VARIANTS[variant])
    if variant == "masked":
        # Cut at two deviations, which leaves 0.88 of the deviation.
        assert 0.19 < values.abs().max() <= 0.2
        assert values.std().item() == pytest.approx(0.08796, rel=0.01)
    else:
        assert values.std().item() == pytest.approx(0.1, rel=0.01)
        assert values.abs().max() > 0.35


def test_variants_by_name():
    assert variant_of("masked") == MASKED
    assert variant_of("authors").padded_statistics
    paddle = variant_of("paddle", norm_momentum=0.5)
    assert (paddle.norm_eps, paddle.norm_momentum, paddle.l2_floor) == (1e-5, 0.5, "sum")


def test_only_what_is_not_a_head_describes_the_video():
    model = build()
    heads = {name for name in model.state_dict() if not model.is_body(name)}
    assert heads == {"network.head.fc_cls.weight", "network.head.fc_cls.bias"}
