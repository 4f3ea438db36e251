"""Aggregators, gating and batch norm: masks, statistics, precision and initial weights."""

import pytest
import torch
import torch.nn.functional as F

from stad.models.aggregators.mean_pooling import MeanPooling
from stad.models.aggregators.netvlad import NetVLAD
from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.aggregators.variants import MASKED, VARIANTS, fill_matrix, variant_of
from stad.registry import MODELS
from tests.models.small_taggers import build, make_batch, modalities, shaken


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


def test_gating_without_a_bottleneck_is_one_matrix():
    model = shaken(build(gating_reduction=None)).eval()
    gating, x = model.network.gating, torch.randn(3, 16)
    assert gating.expand is None
    gates = gating.norm(x @ gating.reduce.weight.T).sigmoid()
    torch.testing.assert_close(gating(x), x * gates)


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
