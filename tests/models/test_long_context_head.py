"""LongContextHead: attention worked by hand, who is seen, and what an empty memory gives."""

import math

import pytest
import torch
from torch import nn

from stad.models.heads.long_context_head import AgeEncoding, LongContextHead, MemoryBlock
from stad.models.heads.roi_head import RoIHead
from stad.models.memory import Memory

FEATURES = torch.tensor([[1.0, 2.0, 3.0, -1.0], [0.5, -1.0, 0.0, 2.0]])
BOX = torch.tensor([[0.0, 0.0, 4.0, 4.0]])


def head(**options):
    """A head whose memory counts, unlike that of a new one."""
    torch.manual_seed(0)
    options = {"channels": 8, "num_heads": 2, "feature_stride": 1, "roi_size": 2} | options
    found = LongContextHead(4, 3, **options).eval()
    for one in found.parameters():
        nn.init.normal_(one, std=0.5)
    return found


def memory(count, *, ids=None, seed=0, ages_sec=None):
    generator = torch.Generator().manual_seed(seed)
    ages = 1.0 + torch.arange(count) if ages_sec is None else torch.tensor(ages_sec)
    people = torch.arange(count) if ids is None else torch.tensor(ids)
    return Memory(torch.randn(count, 8, generator=generator), ages, people)


def plain_block(**options):
    """Attention without learned weights: queries, keys and values are actors and rows."""
    block = MemoryBlock(2, 1, dropout=0.0, **options)
    block.norm = nn.Identity()
    with torch.no_grad():
        block.attention.in_proj_weight.copy_(torch.eye(2).repeat(3, 1))
        block.attention.out_proj.weight.copy_(torch.eye(2))
        for one in (*block.hidden.parameters(), block.attention.in_proj_bias):
            one.zero_()
        block.attention.out_proj.bias.zero_()
    return block.eval()


def test_attention_worked_by_hand():
    # The scores are q k / sqrt(2): 0, ln 3 and 0, so the weights are 1/5, 3/5 and 1/5.
    actor = torch.tensor([[1.0, 0.0]])
    rows = torch.tensor([[[0.0, 0.0], [math.sqrt(2) * math.log(3), 10.0], [0.0, 5.0]]])
    shown = torch.zeros(1, 3, dtype=torch.bool)
    out = plain_block()(actor, rows, shown, shown)
    torch.testing.assert_close(
        out, torch.tensor([[1 + 0.6 * math.sqrt(2) * math.log(3), 0.6 * 10 + 0.2 * 5]])
    )
    # A hidden row has no weight: 1/4 and 3/4 are left.
    hidden = torch.tensor([[False, False, True]])
    out = plain_block()(actor, rows, hidden, shown)
    torch.testing.assert_close(
        out, torch.tensor([[1 + 0.75 * math.sqrt(2) * math.log(3), 0.75 * 10]])
    )


def test_the_bias_of_own_rows_worked_by_hand():
    block = plain_block(knows_own=True)
    # One head alone begins at one end.
    assert block.own_bias.tolist() == [-4.0]
    actor, rows = torch.tensor([[0.0, 1.0]]), torch.tensor([[[0.0, 0.0], [8.0, 0.0]]])
    shown, own = torch.zeros(1, 2, dtype=torch.bool), torch.tensor([[False, True]])
    with torch.no_grad():
        block.own_bias.fill_(math.log(3))
    # The scores are 0 and 0: the weights are 1/2 and 1/2, or 1/4 and 3/4 with the bias.
    assert block(actor, rows, shown, shown)[0].tolist() == pytest.approx([4.0, 1.0])
    assert block(actor, rows, shown, own)[0].tolist() == pytest.approx([6.0, 1.0])
    assert MemoryBlock(10, 5, dropout=0.0, knows_own=True).own_bias.tolist() == [-4, -2, 0, 2, 4]


def test_ages_are_sines_and_cosines_of_periods_from_a_second_to_two_spans():
    encoding = AgeEncoding(32, span_sec=60.0)
    nn.init.eye_(encoding.linear.weight)
    periods = encoding.periods_sec
    assert (len(periods), periods[0].item()) == (16, 1.0)
    assert periods[-1].item() == pytest.approx(120.0)
    found = encoding(torch.tensor([0.0, 30.0]))
    assert found[0].tolist() == [0.0] * 16 + [1.0] * 16
    # A quarter of the longest period.
    assert found[1, 15].item() == pytest.approx(1.0, abs=1e-5)
    assert found[1, 31].item() == pytest.approx(0.0, abs=1e-5)


def test_a_new_head_scores_as_the_roi_head_that_it_starts_from():
    torch.manual_seed(0)
    plain = RoIHead(4, 3, feature_stride=1, roi_size=2).eval()
    new = LongContextHead(4, 3, channels=8, num_heads=2, feature_stride=1, roi_size=2).eval()
    missing, unknown = new.load_state_dict(plain.state_dict(), strict=False)
    assert not unknown
    assert all(not name.startswith("fc_cls") for name in missing)
    maps = (torch.randn(1, 4, 2, 4, 4),)
    (expected,) = plain(maps, [BOX], (4, 4))
    assert torch.equal(new(maps, [BOX], (4, 4))[0], expected)
    features = new.pool_actors(maps, [BOX], (4, 4))
    assert torch.equal(new.classify([features], [memory(5)])[0], expected)


def test_padding_changes_nothing():
    model = head()
    sizes = (0, 3, 7)
    memories = [memory(count, seed=count) for count in sizes]
    features = [FEATURES, FEATURES[:1], FEATURES * 2]
    together = model.classify(features, memories)
    for one, mine, found in zip(features, memories, together, strict=True):
        torch.testing.assert_close(model.classify([one], [mine])[0], found)
    assert [tuple(one.shape) for one in together] == [(2, 3), (1, 3), (2, 3)]


def test_clips_without_people_between_others():
    model = head()
    memories = [memory(2), memory(4, seed=1), memory(3, seed=2)]
    found = model.classify([FEATURES[:1], FEATURES[:0], FEATURES[1:]], memories)
    assert [len(one) for one in found] == [1, 0, 1]
    torch.testing.assert_close(found[2], model.classify([FEATURES[1:]], [memories[2]])[0])


def test_an_empty_memory_has_an_answer_of_its_own():
    model = head()
    (alone,) = model.classify([FEATURES])
    assert alone.isfinite().all()
    assert torch.equal(model.classify([FEATURES], [memory(0)])[0], alone)
    assert not torch.allclose(model.classify([FEATURES], [memory(1)])[0], alone)


def test_the_memory_and_its_ages_count():
    model = head()
    (found,) = model.classify([FEATURES], [memory(3)])
    (other,) = model.classify([FEATURES], [memory(3, seed=1)])
    (older,) = model.classify([FEATURES], [memory(3, ages_sec=[9.0, 20.0, 31.0])])
    assert not torch.allclose(found, other)
    assert not torch.allclose(found, older)
    # The order of the entries does not.
    rows = memory(3)
    back = Memory(*(one.flip(0) for one in rows))
    torch.testing.assert_close(model.classify([FEATURES], [back])[0], found)


def ids_of(*people):
    return [torch.tensor(people)]


def test_an_actor_that_remembers_itself_alone():
    model = head(actors="own")
    (found,) = model.classify([FEATURES], [memory(3, ids=[7, 8, 7])], ids_of(7, 8))
    mine, other = memory(3, ids=[7, 8, 7]), memory(3, seed=5)
    # Other people's entries do not matter to the first, its own do.
    mixed = Memory(torch.where(mine.ids[:, None] == 8, other.entries, mine.entries), *mine[1:])
    (changed,) = model.classify([FEATURES], [mixed], ids_of(7, 8))
    torch.testing.assert_close(changed[0], found[0])
    assert not torch.allclose(changed[1], found[1])
    # Without an id, or with none of that id, nothing is its own.
    (alone,) = model.classify([FEATURES])
    for people in ((-1, -1), (1, 2)):
        (unknown,) = model.classify([FEATURES], [memory(3, ids=[7, -1, 7])], ids_of(*people))
        torch.testing.assert_close(unknown, alone)


def test_marks_say_which_entries_are_the_actors_own():
    everyone, marked = head(actors="all"), head(actors="marked")
    rows = [memory(3, ids=[7, 8, 7])]
    assert torch.equal(
        everyone.classify([FEATURES], rows, ids_of(7, 8))[0],
        everyone.classify([FEATURES], rows, ids_of(8, 7))[0],
    )
    found = [marked.classify([FEATURES], rows, ids_of(*p))[0] for p in ((7, 8), (8, 7), (-1, -1))]
    assert not torch.allclose(found[0], found[1])
    assert not torch.allclose(found[0], found[2])
    # Unknown people are marked as no actor's, the same as if the ids were not given.
    assert torch.equal(found[2], marked.classify([FEATURES], rows)[0])


@pytest.mark.parametrize(
    "options",
    [
        *({"actors": "some"}, {"span_sec": 0.0}, {"max_entries": 0}, {"num_layers": 0}),
        {"channels": 9},
    ],
)
def test_wrong_options(options):
    with pytest.raises(ValueError, match=r"must be one of|needs span_sec"):
        head(**options)
