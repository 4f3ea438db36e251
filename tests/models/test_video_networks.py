"""C3D, torchvision's networks, CNN+LSTM: sizes, and what they are by construction."""

import pytest
import torch
from torch import nn

from stad.models.backbones.c3d import C3D
from stad.models.backbones.torchvision_video import TorchvisionVideo
from stad.models.heads.lstm_head import LSTMHead
from stad.registry import MODELS
from tests.models.configs import read_config


def test_c3d_is_as_large_as_published():
    with torch.device("meta"):
        backbone = C3D()
    # With the 101 classes of UCF101 it has 78.41 million weights.
    weights = sum(one.numel() for one in backbone.parameters()) + 101 * (4096 + 1)
    assert weights == 78_409_573


@torch.inference_mode()
def test_c3ds_layers_are_those_of_the_paper():
    torch.manual_seed(0)
    model = C3D(base_channels=8).eval()
    clip = torch.randn(1, 3, 16, 112, 112)
    x = clip
    pools = {"conv1a": (1, 2, 2), "conv2a": 2, "conv3b": 2, "conv4b": 2}
    for name in ("conv1a", "conv2a", "conv3a", "conv3b", "conv4a", "conv4b", "conv5a", "conv5b"):
        x = getattr(model, name).conv(x).relu()
        if name in pools:
            x = nn.functional.max_pool3d(x, pools[name])
    last = x
    x = nn.functional.max_pool3d(x, 2, padding=(0, 1, 1))
    assert x.shape == (1, 64, 1, 4, 4)
    x = model.fc7(model.fc6(x.flatten(1)).relu()).relu()
    torch.testing.assert_close(model(clip)[0].flatten(1), x)
    maps = C3D(base_channels=8, output="map")
    missing, unexpected = maps.load_state_dict(model.state_dict(), strict=False)
    assert missing == []
    assert {name.split(".")[0] for name in unexpected} == {"fc6", "fc7"}
    torch.testing.assert_close(maps.eval()(clip)[0], last)


@pytest.mark.parametrize("shape", [(8, 16, 16), (16, 112, 150), (32, 128, 128)])
@torch.inference_mode()
def test_c3d_takes_clips_of_other_sizes(shape):
    (out,) = C3D(base_channels=8, norm=True).eval()(torch.randn(2, 3, *shape))
    assert out.shape == (2, 4096, 1, 1, 1)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("r3d_18", (1, 512, 1, 4, 5)),
        ("mc3_18", (1, 512, 8, 4, 5)),
        ("r2plus1d_18", (1, 512, 1, 4, 5)),
        ("s3d", (1, 1024, 1, 2, 2)),
    ],
)
@torch.inference_mode()
def test_maps_of_torchvisions_networks(name, shape):
    (out,) = TorchvisionVideo(name).eval()(torch.randn(1, 3, 8, 64, 80))
    assert out.shape == shape


def test_names_that_are_none():
    with pytest.raises(
        ValueError, match="name must be one of r3d_18, mc3_18, r2plus1d_18, s3d, mvit"
    ):
        TorchvisionVideo("r2d")
    with pytest.raises(ValueError, match="output must be one of"):
        C3D(output="fc6")


@torch.inference_mode()
def test_an_lstm_over_frames_by_hand():
    torch.manual_seed(0)
    head = LSTMHead(3, 2, hidden_channels=4).eval()
    maps = (torch.randn(2, 1, 3, 5, 5), torch.randn(2, 2, 3, 2, 2))
    cell = nn.LSTMCell(3, 4)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in head.lstm.state_dict().items()})
    state, logits = None, []
    for t in range(3):
        frame = torch.cat([x[:, :, t].mean(dim=(2, 3)) for x in maps], dim=1)
        state = cell(frame, state)
        logits.append(head.fc_cls(state[0]))
    torch.testing.assert_close(head(maps), torch.stack(logits).mean(dim=0))


@torch.inference_mode()
def test_a_cnn_with_an_lstm_sees_the_order_of_frames():
    config = read_config("cnn_lstm_kinetics").model
    config.backbone.update(depth=18, base_channels=8)
    config.head.update(in_channels=64)
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    clips = torch.randn(1, 3, 4, 32, 32)
    scores, backwards = model.score_clips(clips), model.score_clips(clips.flip(2))
    assert scores.shape == (1, 400)
    assert not torch.allclose(scores, backwards, atol=1e-4)
