"""The benchmark of networks: what is compared, and how its table reads."""

import pytest
import torch
from torch import nn

from benchmarks.model_cost import count_network
from benchmarks.models import PEERS, Speed, as_markdown, measure
from stad.errors import InputError
from tests.models.configs import CONFIGS


def test_every_recognizer_has_a_row_and_every_row_a_config():
    leaves = {path.stem for path in CONFIGS.glob("*_kinetics.py")}
    assert set(PEERS) <= leaves
    # Other inputs and laterals of SlowFast cost what docs/slowfast.md says, and other projects'
    # the same.
    more = leaves - set(PEERS) - {"i3d_roi_kinetics", "x3d_m_pyslowfast_kinetics"}
    assert more
    assert all(name.startswith("slowfast_") for name in more)


def test_frames_become_images_in_order():
    clips = torch.randn(2, 3, 4, 8, 8)
    images = PEERS["tsn_kinetics"].inputs(clips)
    assert images.shape == (8, 3, 8, 8)
    assert torch.equal(images[5], clips[1, :, 1])
    assert PEERS["s3d_kinetics"].inputs(clips) is clips


def test_the_table_by_hand():
    rows = [
        Speed("a", 8, 224, 12.34, 0.5, "b", 20.0, 1.0, 2.0),
        Speed("c", 4, 112, 1.0, 0.125),
    ]
    table = as_markdown(rows).splitlines()
    assert table[2] == "| a | 8 x 224 x 224 | 12.3 | 2.00 | b | 20.0 | 1.00 | 2.00 |"
    assert table[3] == "| c | 4 x 112 x 112 | 1.0 | 8.00 |  |  |  |  |"


@pytest.mark.parametrize("name", ["nothing", "slowfast_ava"])
def test_other_configs_are_refused(name):
    with pytest.raises(InputError, match="Choose one of tsn_kinetics"):
        measure(name, batch_size=1, rounds=1, device="cpu")


def test_a_convolution_and_a_matrix_are_counted_by_hand():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.Flatten())
    network.append(nn.Linear(8 * 4 * 4, 10))
    cost = count_network(network, torch.zeros(2, 3, 4, 4))
    assert cost.gflops == pytest.approx(2 * (16 * 8 * 27 + 128 * 10) / 1e9)
    assert cost.parameters_m == pytest.approx((8 * 27 + 1280 + 10) / 1e6)


def test_attention_is_counted_on_a_cpu_too():
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True).eval()
    tokens = 5
    weights = tokens * (8 * 24 + 8 * 8 + 2 * 8 * 16)
    products = 2 * tokens * tokens * 8
    found = count_network(layer, torch.zeros(1, tokens, 8)).gflops
    assert found == pytest.approx((weights + products) / 1e9)
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.slow
def test_both_networks_are_timed():
    (speed,) = measure("tsn_kinetics", batch_size=1, rounds=1, device="cpu")
    assert (speed.num_frames, speed.size_px) == (3, 224)
    # TSN is a ResNet-50 on each frame, and nothing else but a smaller classifier.
    assert speed.gflops == pytest.approx(speed.peer_gflops, rel=0.001)
    assert min(speed.clip_sec, speed.peer_clip_sec) > 0
    assert speed.ratio == pytest.approx(speed.peer_clip_sec / speed.clip_sec)


@pytest.mark.slow
def test_a_frame_of_a_stream_costs_one_resnet():
    clip, frame = measure("tsm_online_kinetics", batch_size=2, rounds=1, device="cpu")
    assert (clip.num_frames, frame.num_frames) == (8, 1)
    assert clip.gflops == pytest.approx(8 * frame.gflops, rel=0.001)
    assert frame.gflops == pytest.approx(frame.peer_gflops, rel=0.001)
