"""What a machine is asked, and what is said where it does not answer."""

from types import SimpleNamespace

import pytest
import torch

from emo_core import revision
from emo_core.training import hardware, meter, watching
from emo_core.training.meter import Counter, Meter


class Refusal(Exception):
    """NVML's own error."""


def refuse(*_):
    raise Refusal


@pytest.fixture
def nvml(monkeypatch):
    """Two cards; the second one, a part of a card, tells neither load nor energy."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    uuids = ["GPU-a", "MIG-b"]
    found = SimpleNamespace(
        NVMLError=Refusal,
        nvmlDeviceGetHandleByIndex=lambda index: index if index < 2 else refuse(),
        nvmlDeviceGetHandleByUUID=lambda uuid: uuids.index(uuid) if uuid in uuids else refuse(),
        nvmlDeviceGetName=lambda handle: ("Big Card", "Small Card")[handle],
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(total=80_000_000_000, used=30_000_000_000),
        nvmlDeviceGetUtilizationRates=lambda handle: refuse() if handle else SimpleNamespace(gpu=93),
        nvmlDeviceGetCudaComputeCapability=lambda handle: ((9, 0), (7, 5))[handle],
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: refuse() if handle else 5_000,
    )
    monkeypatch.setattr(hardware, "_nvml", lambda: found)
    return found


def test_the_first_gpu_that_may_be_seen_is_told(nvml, monkeypatch):
    first = hardware.Gpu("Big Card", 80_000, 30_000, 93.0, True, 5.0)
    second = hardware.Gpu("Small Card", 80_000, 30_000, None, False, None)
    assert hardware.gpu() == first and hardware.gpu("MIG-b") == second
    for seen, expected in (("1,0", second), ("MIG-b", second), ("", None), ("-1", None), ("7", None), ("0", first)):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", seen)
        assert hardware.gpu() == expected
    assert hardware.gpu("GPU-unheard-of") == first  # a number that torch gave and NVML does not know


def test_without_a_driver_there_is_none(monkeypatch):
    monkeypatch.setattr(hardware, "_nvml", lambda: None)
    assert hardware.gpu() is None and hardware.gpu("GPU-a") is None


def test_figures_are_those_that_the_card_tells(nvml):
    assert watching.gpu_figures(hardware.gpu()) == {
        "gpu_percent": 93.0,
        "gpu_memory_mb": 30_000,
        "gpu_total_mb": 80_000,
    }
    assert watching.gpu_figures(hardware.gpu("MIG-b")).keys() == {"gpu_memory_mb", "gpu_total_mb"}
    assert watching.Watch(torch.device("cpu")).figures().keys() == {"memory_mb"}


def test_the_workbench_is_told_by_git_or_by_its_version(monkeypatch, tmp_path):
    assert not revision.revision().startswith("version")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.8"\n')
    monkeypatch.setattr(revision, "ROOT", tmp_path)
    assert revision.revision() == "version 7.8"


def test_a_processor_and_its_cores_are_named():
    name, _, cores = hardware.processor().rpartition(", ")
    assert name and int(cores.split()[0]) >= 1
    total, free = hardware.memory_mb()
    assert 0 < free < total


def counter(values: list, range_j: float | None = None) -> Counter:
    told = iter(values)
    return Counter("card", lambda: next(told), range_j)


def test_energy_and_time_of_all_attempts_add_up(tmp_path):
    for values in ([100.0, 130.0, 150.0], [7.0, 17.0]):
        account = Meter(tmp_path, [counter(values)])
        for _ in values[1:]:
            account.look(now=True)
    assert account.attempts == 2 and account.seconds > 0
    assert account.energy_kwh() == pytest.approx(60 / 3.6e6) and account.energy_of() == ["card"]


def test_a_counter_that_begins_again_is_followed(tmp_path):
    account = Meter(tmp_path, [counter([90.0, 20.0], range_j=100.0)])
    account.look(now=True)
    assert account.energy_kwh() == pytest.approx(30 / 3.6e6)


@pytest.mark.parametrize("values", [[90.0, 20.0], [90.0, None], [None, 20.0]])
def test_energy_that_was_not_counted_throughout_is_not_known(tmp_path, values):
    account = Meter(tmp_path, [counter(values)])
    account.look(now=True)
    assert account.energy_kwh() is None
    later = Meter(tmp_path, [counter([0.0, 10.0])])
    later.look(now=True)
    assert later.energy_kwh() is None and later.energy_of() == []


def test_energy_of_an_attempt_elsewhere_is_not_known(tmp_path):
    Meter(tmp_path, []).look(now=True)
    account = Meter(tmp_path, [counter([0.0, 10.0])])
    account.look(now=True)
    assert account.energy_kwh() is None


def test_sockets_are_counted_once(tmp_path):
    for name, what, value in (("intel-rapl:0", "package-0", "5000000"), ("intel-rapl:0:0", "core", "4000000"),
                              ("intel-rapl:1", "psys", "9000000"), ("intel-rapl:2", "package-1", "")):  # fmt: skip
        (tmp_path / name).mkdir()
        for file, text in (("name", what), ("energy_uj", value), ("max_energy_range_uj", "262143000000")):
            (tmp_path / name / file).write_text(text + "\n")
    (found,) = meter.processor_counters(tmp_path)
    assert (found.name, found.read(), found.range_j) == ("processor 1", 5.0, 262_143.0)
    assert meter.processor_counters(tmp_path / "none") == []
