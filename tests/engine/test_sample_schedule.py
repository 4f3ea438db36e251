"""The learning rate follows the samples, whatever the batch, the processes and interruptions."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from stad.engine import sample_schedule
from stad.engine.sample_schedule import SampleStepLR, count_samples
from tests.engine.test_resume_schedule import log_of, rates, run

SCHEDULE = [{"type": SampleStepLR, "every_samples": 6, "gamma": 0.5}]


def stepped(count, **numbers):
    """The rates of the first steps of a schedule."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = SampleStepLR(optimizer, gamma=0.8, **numbers)
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_the_published_schedule():
    """12,500 steps of 160 samples are 2,000,000."""
    found = stepped(
        37_501,
        every_samples=2_000_000,
        batch_samples=160,
        epoch_samples=160 * 100_000,
        epoch_steps=100_000,
    )
    for step, factor in ((0, 1), (12_499, 1), (12_500, 0.8), (24_999, 0.8), (25_000, 0.64)):
        assert found[step] == pytest.approx(factor, rel=1e-12)
    assert found[37_500] == pytest.approx(0.512)


def test_the_last_step_of_an_epoch_counts_what_it_has():
    # Epochs of 4 + 4 + 2 samples; a change after each 10.
    numbers = {"batch_samples": 4, "epoch_samples": 10, "epoch_steps": 3}
    assert stepped(7, every_samples=10, **numbers) == pytest.approx([1, 1, 1, 0.8, 0.8, 0.8, 0.64])


@pytest.mark.parametrize("world", [1, 2, 4])
def test_processes_count_together(monkeypatch, world):
    monkeypatch.setattr(sample_schedule, "get_world_size", lambda: world)
    part = DataLoader(range(24 // world), batch_size=8 // world)
    found = count_samples(SCHEDULE[0], part)
    counts = {key: found[key] for key in ("batch_samples", "epoch_samples", "epoch_steps")}
    assert counts == {"batch_samples": 8, "epoch_samples": 24, "epoch_steps": 3}


def test_other_schedulers_stay_as_they_are():
    other = {"type": "StepLR", "step_size": 3}
    assert count_samples(other, DataLoader(range(3))) == other


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
def test_a_run_counts_samples(tmp_path, batch):
    found = rates(run(tmp_path / "run", SCHEDULE, batch=batch, epochs=3))
    # The log names the step that was made, from 1; its rate was that of the samples before it.
    expected = {
        step: 0.01 * 0.5 ** ((step - 1) * batch // 6) for step in range(1, 3 * 8 // batch + 1)
    }
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_a_resumed_run_goes_on_with_the_rate_of_its_samples(tmp_path, batch):
    run(tmp_path / "broken", SCHEDULE, epochs=2)
    resumed = run(tmp_path / "resumed", SCHEDULE, batch=batch, epochs=4, resume=tmp_path / "broken")
    first = 2 * 8 // batch
    expected = {
        step: 0.01 * 0.5 ** ((step - 1) * batch // 6)
        for step in range(first + 1, 4 * 8 // batch + 1)
    }
    assert rates(resumed) == pytest.approx(expected)


def test_the_same_run_resumed_has_the_same_rates_to_the_last_bit(tmp_path):
    whole = run(tmp_path / "whole", SCHEDULE, epochs=4)
    run(tmp_path / "broken", SCHEDULE, epochs=4)
    folder = tmp_path / "broken"
    (folder / "last_checkpoint").write_text(str(folder / "epoch_2.pth"))
    resumed = run(tmp_path / "resumed", SCHEDULE, epochs=4, resume=folder)
    assert rates(resumed) == {step: rate for step, rate in rates(whole).items() if step > 8}
    assert torch.equal(resumed.model.layer.weight, whole.model.layer.weight)
    assert "learning rate follows" not in log_of(resumed)


@pytest.mark.parametrize("numbers", [{"every_samples": 0}, {"gamma": 0.0}])
def test_numbers_that_cannot_be(numbers):
    options = {"every_samples": 1, "gamma": 0.5, "batch_samples": 1, "epoch_samples": 1}
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValueError, match="every_samples must be 1 or more and gamma above 0"):
        SampleStepLR(optimizer, **{**options, "epoch_steps": 1, "end": 5, **numbers})
