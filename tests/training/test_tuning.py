"""A tuned backbone: three ways to the same numbers, adapters where they belong, everything else frozen."""

import pytest
import torch

from emo_core.errors import AudioError, BadInput
from emo_core.models.losses import jensen_shannon_loss
from emo_core.training.data import Item
from emo_core.training.evaluate import predict
from emo_core.training.hearing import hear_all
from emo_core.training.learner import open_learner
from tests.models.tiny import make_tiny, save
from tests.rounding import float32_bound, roundings_of
from tests.training.conftest import EMOTIONS, Sound, examples, tiny, tone

CPU = torch.device("cpu")


def learner(**choices):
    """A tiny learner whose adapters already do something: fresh ones are zero and would hide errors."""
    made = open_learner(tiny(**choices), EMOTIONS, CPU, None)
    torch.manual_seed(1)
    for name, value in made.trainable().items():
        if "lora_B" in name:
            value.data.normal_(std=0.1)
    return made


def equal_but_for_rounding(found, expected, made):
    """Compare what `learnt` gives. A gradient is rounded on the way there and on the way back."""
    there, gradients = roundings_of(made.module), expected[2]
    assert abs(found[0] - expected[0]) < float32_bound(there)
    assert abs(found[1] - expected[1]).max() < float32_bound(there)  # shares, up to 1
    assert found[2].keys() == gradients.keys()
    for name, gradient in found[2].items():
        bound = float32_bound(2 * there, gradients[name])
        torch.testing.assert_close(gradient, gradients[name], atol=bound, rtol=0)


def learnt(made, items, micro_batch):
    """Loss, predictions and gradients of one step on all items, in micro-batches."""
    hear_all(made, items.items)
    made.module.train()
    total = 0.0
    for start in range(0, len(items), micro_batch):
        rows = slice(start, start + micro_batch)
        losses = jensen_shannon_loss(
            made.module(**made.batch(items.items[rows])), torch.from_numpy(items.targets[rows])
        )
        (losses.sum() / len(items)).backward()
        total += float(losses.detach().sum()) / len(items)
    return total, predict(made, items.items), {name: value.grad for name, value in made.trainable().items()}


@pytest.fixture(scope="module")
def stock():
    return learnt(learner(stock=True), examples(5), 5)


@pytest.mark.parametrize("choices", [{}, {"checkpointing": True}], ids=["cached", "checkpointed"])
def test_cached_and_bucketed_equals_stock(stock, choices):
    made = learner(**choices)
    found = learnt(made, examples(5), 2)
    equal_but_for_rounding(found, stock, made)
    assert found[1].std(axis=0).min() > 1e-4  # clips differ, so that equality says something
    assert all(gradient.abs().max() > 0 for gradient in found[2].values())


def test_a_trained_tower_is_heard_anew_and_equals_stock():
    choices = {"lora_on": "language+tower"}
    made = learner(**choices)
    found = learnt(made, examples(3), 2)
    equal_but_for_rounding(found, learnt(learner(**choices, stock=True), examples(3), 3), made)
    assert any("audio_tower" in name for name in found[2])


@pytest.mark.parametrize(
    "lora_on, expected",
    [("language", {"language_model": "qkvo"}), ("language+tower", {"language_model": "qkvo", "audio_tower": "qkvo"})],
)
def test_lora_touches_exactly_the_wanted_modules(lora_on, expected):
    made = learner(lora_on=lora_on)
    adapted = {name.split(".lora_A")[0] for name in made.trainable() if ".lora_A." in name}
    rooms = {(room, layer) for room in expected for layer in "01"}
    assert len(adapted) == 4 * len(rooms)
    for room, layer in rooms:
        found = [name for name in adapted if f"{room}.layers.{layer}.self_attn." in name]
        assert "".join(sorted(name.rsplit(".", 1)[1][0] for name in found)) == "".join(sorted(expected[room]))
    others = [name for name in made.trainable() if "lora_" not in name and not name.startswith("head.")]
    assert others == []
    assert all(value.dtype == torch.float32 for value in made.trainable().values())


def test_frozen_weights_do_not_move_and_adapters_do():
    made = learner()
    items = examples(3)
    hear_all(made, items.items)
    before = {name: value.clone() for name, value in made.module.state_dict().items()}
    optimizer = torch.optim.AdamW([p for p in made.module.parameters() if p.requires_grad], 1e-3)
    jensen_shannon_loss(made.module(**made.batch(items.items)), torch.from_numpy(items.targets)).sum().backward()
    optimizer.step()
    moved = {name for name, value in made.module.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == set(made.trainable())


def test_adapters_stay_in_float32_over_a_bfloat16_backbone():
    made = learner(precision="bfloat16")
    hear_all(made, examples(2).items)
    log_q = made.module(**made.batch(examples(2).items))
    assert log_q.dtype == torch.float32
    log_q[:, 0].sum().backward()
    for value in made.trainable().values():
        assert value.dtype == value.grad.dtype == torch.float32
        assert torch.isfinite(value.grad).all() and value.grad.any()
    assert made.backbone.model.dtype == torch.bfloat16


def test_outputs_of_the_tower_are_kept_by_backbone_and_sound(tmp_path, monkeypatch):
    from emo_core.training import tuning

    items = examples(3).items
    first = open_learner(tiny(), EMOTIONS, CPU, tmp_path)
    hear_all(first, items)
    monkeypatch.setattr(tuning, "tower_outputs", lambda *_: pytest.fail("heard twice"))
    second = open_learner(tiny(seed=1), EMOTIONS, CPU, tmp_path)
    hear_all(second, items)
    assert torch.equal(first.batch(items)["towered"], second.batch(items)["towered"])
    monkeypatch.undo()
    for file in tmp_path.rglob("*.safetensors"):
        file.unlink()
    assert torch.equal(first.batch(items)["towered"], first.batch(items)["towered"])  # an emptied cache is filled again
    assert len(list(tmp_path.rglob("*.safetensors"))) == 3
    other = open_learner(tiny(backbone=str(save(*make_tiny(1), tmp_path / "other"))), EMOTIONS, CPU, tmp_path)
    assert other.cache.get(first.heard[items[0].id].key) is None


def test_limits_are_told_before_training():
    made = learner(longest_s=1.0)
    with pytest.raises(AudioError, match=r"Clip long lasts 1.50 s; the model takes at most 1 s"):
        made.hear([Item("long", (Sound("long", tone(200, 1.5, 0)),))])
    with pytest.raises(BadInput, match=r"Clip wordy with its prompt takes .* tokens; the model reads at most"):
        made.hear([Item("wordy", (Sound("wordy", tone(200, 0.5, 0)),), transcript="xyz" * 20_000)])


def test_four_bits_are_refused_where_they_cannot_be_had(tmp_path):
    settings = tiny(backbone=str(save(*make_tiny(), tmp_path / "model")), qlora=True)
    with pytest.raises(BadInput, match="qlora needs a CUDA GPU"):
        open_learner(settings, EMOTIONS, CPU, None)
