"""Parts that share no unit, batches that hold every clip once, sounds that name themselves, a cache that never holds half."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emo_core.errors import AudioError, BadInput
from emo_core.training.batches import Step, steps_of
from emo_core.training.cache import Cache, key_of
from emo_core.training.data import Examples, Item, assemble, carve, checked
from emo_core.training.settings import Batches
from tests.rounding import float32_bound
from tests.training.conftest import EMOTIONS, Sound, examples, mixed


@given(st.lists(st.sampled_from("abcdefg"), min_size=2, max_size=60), st.floats(0.01, 0.9), st.integers(0, 3))
def test_a_unit_is_on_one_side(units, share, seed):
    if len(set(units)) < 2:
        with pytest.raises(BadInput, match="the training part has 1"):
            carve(units, share, seed)
        return
    held = carve(units, share, seed)
    assert 0 < held.sum() < len(units)
    assert not set(np.array(units)[held]) & set(np.array(units)[~held])
    assert (carve(units[::-1], share, seed) == held[::-1]).all()
    largest = max(units.count(unit) for unit in units)
    assert held.sum() <= share * len(units) + largest


def test_mixtures_of_held_out_clips_are_left_out_and_counted():
    training = examples(12)
    items, parents = training.items, [item.parents[0] for item in training.items]
    samples = [Item(f"mix{i}", (parents[i], parents[(i + 1) % 12]), lam=0.5) for i in range(12)]
    targets = (training.targets + np.roll(training.targets, -1, axis=0)) / 2
    made = assemble(EMOTIONS, training, Examples(tuple(samples), targets), share=0.2)
    held = {item.id for item in made.validation.items}
    assert {item.unit for item in items if item.id in held} == {made.validation.items[0].unit}
    kept = [item for item in made.train.items if len(item.parents) == 2]
    assert kept and not {parent.clip for item in kept for parent in item.parents} & held
    assert len(kept) + made.mixtures_left_out == 12


def test_what_cannot_be_heard_names_itself():
    item = examples(1).items[0]
    with pytest.raises(AudioError, match=r"clip0 lasts 31.00 s; the model takes at most 30 s and nothing is cut"):
        checked(item, np.zeros(31 * 16_000, dtype=np.float32), 30)
    with pytest.raises(AudioError, match="clip0 holds samples that are not numbers"):
        checked(item, np.full(16_000, np.nan, dtype=np.float32), 30)
    with pytest.raises(BadInput, match="both is a mixture"):
        Item("both", item.parents * 2).waveform()

    class Broken(Sound):
        def samples(self):
            raise AudioError("The file breaks off.")

    with pytest.raises(AudioError, match=r"Clip bad cannot be heard: The file breaks off\."):
        Item("bad", (Broken("bad", np.zeros(1)),)).waveform()


def test_a_mixture_is_heard_as_its_parents_mixed():
    first, second = (item.parents[0] for item in examples(2).items)
    heard = Item("both", (first, second), lam=0.25).waveform(mixed)
    expected = 0.25 * first.waveform[:100] + 0.75 * second.waveform[:100]
    np.testing.assert_allclose(heard[:100], expected, atol=float32_bound(3), rtol=0)  # two products and a sum


def test_targets_must_be_distributions():
    with pytest.raises(BadInput, match="without one: clip1"):
        Examples(examples(2).items, np.array([[1.0, 0, 0], [np.nan] * 3]))


@given(st.integers(1, 1300), st.integers(1, 8), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_an_epoch_holds_every_clip_once_on_any_number_of_processes(clips, micro, accumulation, processes, buckets):
    lengths = np.random.default_rng(clips).integers(10, 900, clips)
    steps = steps_of(lengths, Batches(micro, accumulation, processes), seed=1, epoch=2, buckets=buckets)
    assert sorted(row for step in steps for rows in step.micro_batches for row in rows) == list(range(clips))
    assert max(step.size for step in steps) <= micro * accumulation * processes
    for step in steps:
        shares = [step.share(process, processes) for process in range(processes)]
        assert all(shares)  # a process without a micro-batch would leave the others waiting
        weighed = [rows for share in shares for _, rows, weight in share if weight]
        assert sorted(weighed) == sorted(step.micro_batches)


def test_buckets_save_padding():
    lengths = np.random.default_rng(0).lognormal(6, 0.8, 2000)

    def padded(buckets):
        steps = steps_of(lengths, Batches(8, 8, 1), seed=0, epoch=0, buckets=buckets)
        return (
            sum(len(rows) * lengths[list(rows)].max() for step in steps for rows in step.micro_batches) / lengths.sum()
        )

    assert padded(True) < 1.15 < 1.7 < padded(False)


def test_orders_differ_by_epoch_and_seed_only():
    def order(seed, epoch):
        return steps_of([5] * 40, Batches(4, 1, 1), seed=seed, epoch=epoch)

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1) != order(1, 1)
    assert Step(((1, 2), (3,))).size == 3


def test_the_cache_makes_again_what_broke_off(tmp_path):
    cache, key = Cache(tmp_path, "maker-1"), key_of(np.ones(3, dtype=np.float32))
    assert cache.get(key) is None
    cache.put(key, torch.arange(6.0).bfloat16().reshape(2, 3))
    assert torch.equal(cache.get(key), torch.arange(6.0).bfloat16().reshape(2, 3))
    assert Cache(tmp_path, "maker-2").get(key) is None
    cache.path(key).write_bytes(cache.path(key).read_bytes()[:-3])
    assert cache.get(key) is None
    assert [path.name for path in cache.folder.rglob("*") if path.is_file()] == [f"{key}.safetensors"]
    assert key_of(np.zeros(3, dtype=np.float32)) != key


def test_a_clip_is_learnt_from_once():
    training = examples(8)
    twice = Examples((replace(training.items[0], id="clip1"), *training.items[1:]), training.targets)
    with pytest.raises(BadInput, match="twice: clip1"):
        assemble(EMOTIONS, twice)
