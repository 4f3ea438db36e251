"""Rendered people with a past: classes are what the story says, and only a memory can tell them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.long_context import (
    AFTER_OTHER,
    AFTER_OWN,
    CLASSES,
    FIRST,
    NUM_PARTS,
    LongScene,
    draw_story,
)
from benchmarks.long_context_files import FIRST_VAL_SEED, write_long_context
from stad.annotations.readers import read_annotations
from stad.errors import InputError
from stad.models.heads.long_context_head import LongContextHead
from stad.models.memory import Memory, span_before

ACTIONS = ("stand", "sit", "lie", "raise arm")


def stories(count, first=0):
    return [draw_story(np.random.default_rng([seed, 17])) for seed in range(first, first + count)]


def test_a_raised_arm_is_named_by_what_came_before():
    seen = set()
    for story in stories(60):
        for me, parts in enumerate(story):
            for index, (action, name) in enumerate(parts):
                own = any(one.action == "lie" for one in parts[:index])
                other = any(one.action == "lie" for one in story[1 - me][:index])
                after = AFTER_OWN if own else AFTER_OTHER if other else FIRST
                assert name == (after if action == "raise arm" else action)
                seen.add(name)
    assert seen == set(CLASSES)


def test_the_three_classes_are_alike_often_and_the_present_does_not_tell_them():
    names = [part.class_name for story in stories(400) for parts in story for part in parts[12:]]
    counts = np.array([names.count(name) for name in (FIRST, AFTER_OWN, AFTER_OTHER)])
    assert (np.abs(counts / counts.sum() - 1 / 3) < 0.06).all()
    # Everything that matters is 8 seconds back or more.
    for story in stories(60):
        assert not any(part.action == "lie" for parts in story for part in parts[8:])


def test_a_scene_is_the_same_each_time_and_boxes_hold_the_people():
    scene = LongScene(4)
    frames = list(scene.frames())
    assert (len(frames), frames[0].shape) == (160, (80, 128, 3))
    for one, other in zip(frames, LongScene(4).frames(), strict=True):
        np.testing.assert_array_equal(one, other)
    rows = scene.rows()
    assert [row.time_sec for row in rows[::2]] == [1.0 + 2 * part for part in range(NUM_PARTS)]
    for row in rows:
        left, top, right, bottom = row.box
        assert 0 <= left < right <= 1
        # A person who lies is wider than high.
        lies = CLASSES[row.label] == "lie"
        assert ((right - left) * 128 > (bottom - top) * 80) == lies
        assert (left + right < 1) == (row.person_id == 0)


def test_files_of_a_data_set_and_an_interrupted_run(tmp_path):
    seen = []
    counts = write_long_context(tmp_path, num_train=2, num_val=1, on_scene=lambda: seen.append(1))
    assert (counts, len(seen)) == ({"train": 80, "val": 40}, 3)
    folders = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert folders == ["scene_0000000", "scene_0000001", f"scene_{FIRST_VAL_SEED:07d}"]
    assert len(list((tmp_path / "frames" / folders[0]).iterdir())) == 160
    table = read_annotations(tmp_path / "train.csv")
    assert table.class_id.tolist() == [1 + row.label for k in (0, 1) for row in LongScene(k).rows()]
    # A part of a scene is made again, a whole one is kept.
    (tmp_path / "frames" / folders[0]).rename(tmp_path / "frames" / f".{folders[0]}.part")
    kept = tmp_path / "frames" / folders[1] / "000000.jpg"
    kept.write_bytes(b"mine")
    write_long_context(tmp_path, num_train=2, num_val=1)
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == folders
    assert kept.read_bytes() == b"mine"


def test_wrong_numbers_and_places(tmp_path):
    with pytest.raises(InputError, match=r"--train must be 1 to 1000000, got 0"):
        write_long_context(tmp_path, num_train=0, num_val=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"Cannot write .*frames"):
        write_long_context(tmp_path / "file", num_train=1, num_val=1)


def described(story, rng):
    """Made-up features (40, 16) of the people of a story: the action, and noise."""
    actions = [ACTIONS.index(parts[index].action) for index in range(NUM_PARTS) for parts in story]
    features = 0.2 * rng.normal(size=(len(actions), 16))
    features[np.arange(len(actions)), actions] += 1
    return torch.from_numpy(features).float()


def scored(head, some, rng):
    """Logits and labels of the people at the end of stories, with what came before."""
    times_sec = np.repeat(1.0 + 2 * np.arange(NUM_PARTS), 2)
    ids = torch.arange(2).repeat(NUM_PARTS)
    present, memories, labels = [], [], []
    for story in some:
        features = described(story, rng)
        entries = head.entries(features)
        for index in range(12, NUM_PARTS):
            seen = span_before(times_sec, 1.0 + 2 * index, span_sec=60, max_entries=99)
            ages = torch.from_numpy(1.0 + 2 * index - times_sec[seen]).float()
            memories.append(Memory(entries[seen], ages, ids[seen]))
            present.append(features[2 * index : 2 * index + 2])
            labels += [CLASSES.index(parts[index].class_name) for parts in story]
    people = [torch.arange(2)] * len(present)
    return torch.cat(head.classify(present, memories, people)), torch.tensor(labels)


@pytest.mark.slow
@pytest.mark.parametrize(("actors", "low", "high"), [("marked", 0.93, 1.0), ("all", 0.5, 0.8)])
def test_the_head_learns_who_did_what_before(actors, low, high):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    options = {"channels": 32, "num_heads": 4, "memory_dropout": 0.0, "dropout": 0.0}
    head = LongContextHead(16, 6, actors=actors, **options).train()
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
    some = stories(80)
    for step in range(200):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - step / 200)
        batch = [some[index] for index in rng.choice(len(some), 8, replace=False)]
        logits, labels = scored(head, batch, rng)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        logits, labels = scored(head.eval(), stories(60, first=10_000), rng)
    raised = labels >= 3
    accuracy = (logits.argmax(dim=1) == labels)[raised].float().mean().item()
    # Who does not know which entries are its own can only tell that a person lay.
    assert low <= accuracy <= high


def test_the_configs_read_what_is_written():
    root = Path(__file__).parents[2]
    text = (root / "configs" / "_base_" / "data" / "long_context.py").read_text()
    for name in ("frames", "train.csv", "val.csv"):
        assert f'"data/long_context/{name}"' in text
