"""Converted networks give torch's results, whatever is asked of them; else torch runs them."""

import threading
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from stad import zoo
from stad.inference.runtimes import converted
from stad.inference.runtimes.conversion import ConversionError, network_key, onnx_file
from stad.inference.runtimes.converted import RuntimeOpener
from stad.utils.networks import open_in_torch
from tests.inference.runtimes.networks import INSTALLED, Halves, images


@pytest.mark.parametrize("runtime", INSTALLED)
def test_a_module_runs_as_in_torch_for_any_number_and_size(runtime, trusting):
    module = Halves()
    network = RuntimeOpener(runtime)(module, name="halves", any_size=True)
    reference = open_in_torch(module, name="halves")
    for count, size in ((1, (12, 10)), (5, (12, 10)), (2, (8, 20)), (1, (8, 20))):
        found = network(images(count, size=size))
        for one, expected in zip(found, reference(images(count, size=size)), strict=True):
            np.testing.assert_allclose(one, expected, rtol=0, atol=1e-5)
    assert [one.shape for one in network(images(0))] == [(0, 4, 6, 5), (0, 3)]
    # Once for all sizes.
    assert trusting == [((3, 12, 10),)]


@pytest.mark.parametrize("runtime", INSTALLED)
def test_an_item_does_not_depend_on_the_others(runtime, trusting):
    network = RuntimeOpener(runtime)(Halves(), name="halves")
    batch = images(7)
    together = network(batch)
    for i in range(7):
        for one, whole in zip(network(batch[i : i + 1]), together, strict=True):
            np.testing.assert_array_equal(one[0], whole[i])


@pytest.mark.parametrize("runtime", INSTALLED)
def test_threads_may_share_a_network(runtime, trusting):
    network = RuntimeOpener(runtime)(Halves(), name="halves")
    expected = [network(images(3, seed=seed))[0] for seed in range(8)]
    found = {}

    def run(seed):
        found[seed] = network(images(3, seed=seed))[0]

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for seed in range(8):
        np.testing.assert_array_equal(found[seed], expected[seed])


def test_the_file_is_that_of_the_weights_the_shape_and_the_code(home):
    torch.manual_seed(0)
    module, example = Halves().eval(), [torch.zeros(1, 3, 12, 10)]
    first = onnx_file(module, example, name="halves", any_size=False)
    assert first == onnx_file(module, example, name="halves", any_size=False)
    other_size = onnx_file(module, [torch.zeros(1, 3, 8, 8)], name="halves", any_size=False)
    open_size = onnx_file(module, example, name="halves", any_size=True)
    assert open_size == onnx_file(module, [torch.zeros(1, 3, 8, 8)], name="halves", any_size=True)
    with torch.no_grad():
        module.conv.bias[0] += 1
    other_weights = onnx_file(module, example, name="halves", any_size=False)
    assert len({first, other_size, open_size, other_weights}) == 4
    assert sorted(home.rglob("*")) == sorted(
        [home / "networks", first, other_size, open_size, other_weights]
    )


class Optioned(nn.Module):
    """A module whose text says nothing of its options."""

    def __init__(self, option):
        super().__init__()
        self.option = option

    def forward(self, x):
        return self.option(x) if callable(self.option) else x * self.option


def adding(number):
    return lambda x: x + number


def test_options_that_the_text_does_not_show_make_another_file():
    options = [
        2,
        2.0,
        adding(1),
        adding(2),
        partial(torch.add, other=1),
        partial(torch.add, other=2),
    ]
    keys = [network_key(Optioned(one), [(3, 4, 4)]) for one in options]
    assert len(set(keys)) == len(options)
    again = [2, 2.0, adding(1), adding(2), partial(torch.add, other=1), partial(torch.add, other=2)]
    assert [network_key(Optioned(one), [(3, 4, 4)]) for one in again] == keys
    # The same weights, with and without a shift between frames.
    networks = []
    for name in ("tsn_r50_1x1x8_k400", "tsm_r50_1x1x8_k400"):
        torch.manual_seed(0)
        networks.append(zoo.load(name, weights=None).backbone)
    assert repr(networks[0]) == repr(networks[1])
    first, second = (network_key(one, [(3, 8, 64, 64)]) for one in networks)
    assert first != second


class Sorting(nn.Module):
    """What ONNX has no operator for."""

    def forward(self, x):
        return torch.linalg.svd(x)[1]


def test_what_cannot_be_converted_runs_in_torch_and_says_so(home):
    with pytest.raises(ConversionError, match=r"^sorting cannot be written as ONNX"):
        onnx_file(Sorting(), [torch.zeros(1, 3, 3)], name="sorting", any_size=False)
    said = []
    network = RuntimeOpener("openvino", log=said.append)(Sorting(), name="sorting")
    square = np.diag([3, 2, 1]).astype(np.float32)[None]
    np.testing.assert_allclose(network(square)[0], [[3, 2, 1]], atol=1e-5)
    assert len(said) == 1
    assert said[0].startswith("runtime   torch for sorting: sorting cannot be written as ONNX")
    assert list((home / "networks").iterdir()) == []


def test_a_runtime_that_fails_in_a_run_hands_over_to_torch(trusting, monkeypatch):
    class Failing:
        def open_file(self, path, **options):
            def run(*inputs):
                raise RuntimeError("Check failed\nunsupported layout\n")

            return run

    monkeypatch.setattr(converted, "load_runtime", lambda name: Failing())
    said, module = [], Halves()
    network = RuntimeOpener("openvino", log=said.append)(module, name="halves")
    for _ in range(2):
        np.testing.assert_array_equal(
            network(images(2))[0], open_in_torch(module, name="halves")(images(2))[0]
        )
    assert said == ["runtime   torch for halves: it failed in a run (unsupported layout)"]
    assert network.verdict.runtime == "torch"


def test_a_damaged_file_in_the_cache_hands_over_to_torch(home, trusting):
    module, said = Halves(), []
    path = onnx_file(module, [torch.zeros(1, 3, 12, 10)], name="halves", any_size=False)
    path.write_bytes(path.read_bytes()[:100])
    network = RuntimeOpener("openvino", log=said.append)(module, name="halves")
    assert network(images(1))[1].shape == (1, 3)
    assert said[0].startswith("runtime   torch for halves: the converted network cannot be stored")
    assert not path.exists()
