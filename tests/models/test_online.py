"""Frame by frame equals the whole clip, for the price of one forward of the network a frame."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from stad.models.online import OnlineRecognizer
from stad.registry import MODELS

GREY = {"type": "ClipPreprocessor", "mean": [0, 0, 0], "std": [1, 1, 1]}


def tiny_model(*, head=None, **backbone):
    """A TSM of five classes that sees the past alone, with batch norms that do something."""
    torch.manual_seed(0)
    options = {"type": "FrameResNet", "depth": 18, "base_channels": 8, "bidirectional": False}
    config = {
        "type": "Recognizer",
        "backbone": options | {"shift_div": 8} | backbone,
        "head": {"type": "ClipHead", "in_channels": 64, "num_classes": 5} | (head or {}),
        "data_preprocessor": GREY,
    }
    model = MODELS.build(config).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            # Sums over blocks stay of size one, as in a trained network.
            module.weight.data.uniform_(0.3, 0.8)
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 1.5)
    return model


@pytest.mark.parametrize("shift_div", [None, 2, 4, 8])
@pytest.mark.parametrize("depth", [18, 50])
@torch.inference_mode()
def test_every_step_equals_the_whole_clip_so_far(shift_div, depth):
    channels = 256 if depth == 50 else 64
    model = tiny_model(depth=depth, shift_div=shift_div, head={"in_channels": channels})
    clip = torch.randn(1, 3, 7, 40, 48)
    online = OnlineRecognizer(model)
    for t in range(clip.shape[2]):
        expected = model.score_clips(clip[:, :, : t + 1])[0]
        torch.testing.assert_close(online.step(clip[0, :, t]), expected, atol=1e-5, rtol=0)
    assert online.num_frames == 7


@torch.inference_mode()
def test_streams_side_by_side_and_one_after_the_other():
    model = tiny_model()
    clips = torch.randn(2, 3, 5, 32, 32)
    expected = model.score_clips(clips)
    online = OnlineRecognizer(model)
    for frames in clips.unbind(2):
        together = online.step(frames)
    torch.testing.assert_close(together, expected, atol=1e-5, rtol=0)
    for clip, logits in zip(clips, expected, strict=True):
        online.reset()
        for frame in clip.unbind(1):
            scores = online.step(frame)
        torch.testing.assert_close(scores, logits, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_short_consensus_is_over_the_last_frames():
    model = tiny_model()
    clip = torch.randn(3, 6, 32, 32)
    # The blocks remember all of the past; the mean is over the last two frames of it.
    (maps,) = model.backbone(clip[None])
    online = OnlineRecognizer(model, consensus_frames=2)
    for t in range(6):
        expected = model.head((maps[:, :, max(t - 1, 0) : t + 1],))[0]
        torch.testing.assert_close(online.step(clip[:, t]), expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_frame_costs_one_forward_of_the_network():
    model = tiny_model()
    clip = torch.randn(1, 3, 4, 32, 32)
    with FlopCounterMode(display=False) as whole:
        model.score_clips(clip)
    online = OnlineRecognizer(model)
    online.step(clip[0, :, 0])
    with FlopCounterMode(display=False) as step:
        online.step(clip[0, :, 1])
    # The classifier runs once for a clip, and once for a frame.
    classifier = 2 * 64 * 5
    assert 4 * (step.get_total_flops() - classifier) == whole.get_total_flops() - classifier


@torch.inference_mode()
def test_memory_does_not_grow():
    online = OnlineRecognizer(tiny_model(), consensus_frames=3)
    sizes = []
    for _ in range(8):
        online.step(torch.randn(3, 32, 32))
        kept = [memory._kept for memory in online._memories]
        sizes.append(sum(one.untyped_storage().nbytes() for one in kept))
    assert len(set(sizes)) == 1
    assert len(online._recent) == 3


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: tiny_model(bidirectional=True), "bi-directional shift sees the next frame"),
        (lambda: tiny_model(non_local_blocks=((), (1,), (), ())), "see the whole clip"),
        (lambda: tiny_model(head={"pool_window": (2, 1, 1)}), "pool_window=None"),
        (lambda: tiny_model(head={"type": "LSTMHead"}), "a ClipHead, got FrameResNet with LSTM"),
        (lambda: tiny_model().train(), "eval mode"),
    ],
)
def test_models_that_cannot_run_online(make, said):
    with pytest.raises(ValueError, match=said):
        OnlineRecognizer(make())


def test_other_misuse():
    with pytest.raises(ValueError, match="1 or more"):
        OnlineRecognizer(tiny_model(), consensus_frames=0)
    online = OnlineRecognizer(tiny_model())
    with pytest.raises(ValueError, match=r"\(3, H, W\) or \(N, 3, H, W\)"):
        online.step(torch.zeros(32, 32, 3))
    with pytest.raises(ValueError, match="uint8"):
        online.step(torch.zeros(3, 32, 32, dtype=torch.uint8))
    online.step(torch.zeros(3, 32, 32))
    with pytest.raises(ValueError, match=r"must be \(3, 32, 32\)"):
        online.step(torch.zeros(3, 64, 32))
