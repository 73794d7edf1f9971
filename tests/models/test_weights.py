import json
import shutil
import subprocess
import sys

import pytest
from safetensors.torch import load_file, save_file

from emo_core.errors import BadInput
from emo_core.models.weights import find_weights, version
from tests.conftest import ROOT

NAME = "Qwen/Qwen2-Audio-7B-Instruct"


@pytest.fixture
def cache(folder, tmp_path, monkeypatch):
    """A Hugging Face home with one model in two shards, its files linked to blobs as the hub's client does."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    repository = tmp_path / "hub" / "models--Qwen--Qwen2-Audio-7B-Instruct"
    snapshot = repository / "snapshots" / "0a1b"
    shutil.copytree(folder, repository / "blobs")
    tensors = load_file(repository / "blobs" / "model.safetensors")
    (repository / "blobs" / "model.safetensors").unlink()
    shards = {f"model-{i}.safetensors": dict(list(tensors.items())[i::2]) for i in range(2)}
    for shard, part in shards.items():
        save_file(part, repository / "blobs" / shard, metadata={"format": "pt"})
    index = {"weight_map": {key: shard for shard, part in shards.items() for key in part}}
    (repository / "blobs" / "model.safetensors.index.json").write_text(json.dumps(index))
    snapshot.mkdir(parents=True)
    for blob in (repository / "blobs").iterdir():
        (snapshot / blob.name).symlink_to(blob)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0a1b\n")
    return repository


def test_a_folder_and_a_cached_name_are_found(folder, cache, monkeypatch):
    assert find_weights(str(folder)) == folder
    assert find_weights(NAME) == cache / "snapshots" / "0a1b"
    monkeypatch.setenv("HF_HUB_CACHE", str(cache / "elsewhere"))
    with pytest.raises(BadInput, match="not on this machine"):
        find_weights(NAME)


def test_absent_weights_say_what_to_fetch(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    with pytest.raises(BadInput, match=rf"hf download {NAME}` \(about 16.8 GB\), or name a folder"):
        find_weights(NAME)
    with pytest.raises(BadInput, match="no folder 'tiny', and it is no name"):
        find_weights("tiny")
    with pytest.raises(BadInput, match=r"config\.json is missing.*model\.safetensors is missing"):
        find_weights(tmp_path)


def test_half_fetched_weights_are_refused(cache):
    (cache / "blobs" / "model-1.safetensors").rename(cache / "blobs" / "model-1.incomplete")
    with pytest.raises(BadInput, match=rf"model-1\.safetensors is missing.*hf download {NAME}"):
        find_weights(NAME)
    whole = (cache / "blobs" / "model-1.incomplete").read_bytes()
    for length in (0, 20, len(whole) - 1):
        (cache / "blobs" / "model-1.safetensors").write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"model-1\.safetensors breaks off"):
            find_weights(NAME)


def test_a_version_stands_for_the_numbers(folder, cache, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert version(copy) == version(folder) != version(cache / "snapshots" / "0a1b")
    assert len(version(folder)) == 12
    tensors = load_file(copy / "model.safetensors")
    for name in tensors:
        if name.endswith("mlp.up_proj.weight"):
            tensors[name] += 0.01
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    assert (copy / "model.safetensors").stat().st_size == (folder / "model.safetensors").stat().st_size
    tuned = version(copy)
    assert tuned != version(folder)
    (copy / "chat_template.jinja").write_text("{{ messages }}")
    assert version(copy) != tuned


def test_looking_for_weights_loads_nothing_heavy():
    code = (
        "import sys, emo_core.models.weights, emo_core.models.memory, emo_core.models.token_tree; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"torch", "transformers", "huggingface_hub", "safetensors"} & set(loaded.split())
