"""Each gradient is clipped by its own norm, with and without mmengine's runner."""

import pytest
import torch
from mmengine.optim import OptimWrapper, build_optim_wrapper
from torch import nn

from stad.engine.clipping import EachNormWrapper, clip_each


def weights_with(*gradients):
    weights = [nn.Parameter(torch.zeros(len(one))) for one in gradients]
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = torch.tensor(gradient)
    return weights


def test_only_what_is_above_the_limit_is_scaled():
    weights = weights_with([3.0, 4.0], [0.3, 0.4], [0.0, 0.0], [1.0])
    assert clip_each(weights, max_norm=1.0).item() == 5.0
    found = [one.grad.tolist() for one in weights]
    assert found == [pytest.approx([0.6, 0.8]), pytest.approx([0.3, 0.4]), [0, 0], [1]]


@pytest.mark.parametrize("kind", [EachNormWrapper, OptimWrapper])
def test_a_wrapper_of_a_config(kind):
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    limit = {"each_norm": 2.0} if kind is EachNormWrapper else {"clip_grad": {"max_norm": 2.0}}
    config = {"type": kind, "optimizer": {"type": torch.optim.SGD, "lr": 1.0}, **limit}
    wrapper = build_optim_wrapper(model, config)
    with torch.no_grad():
        for one in model.parameters():
            one.zero_()
    # Gradients of 3 and 4: the norm of both together is 5.
    loss = sum(one.sum() * factor for one, factor in zip(model.parameters(), (3, 4), strict=True))
    wrapper.update_params(loss)
    found = [one.item() for one in model.parameters()]
    together = kind is OptimWrapper
    assert found == pytest.approx([-1.2, -1.6] if together else [-2, -2], abs=1e-5)
    assert wrapper.clip_grad_kwargs == {"max_norm": 2.0}


def test_the_limit_is_above_0():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValueError, match="each_norm must be above 0, got 0"):
        EachNormWrapper(optimizer, each_norm=0)
