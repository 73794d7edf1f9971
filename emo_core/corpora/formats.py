"""Every format that the workbench reads, behind one contract.

An importer is a module with a `FORMAT`. Its `read(path, *, audio=None)` returns a `records.Reading` with every vote that the
source holds, or raises BadInput (it is not what was meant) or BadTable (it is damaged); `recognises(path)` looks at names
and first bytes only, and never raises. Importers are loaded when they are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from emo_core.errors import UnknownName
from emo_core.records import Reading

_MODULES = {
    "crema-d": "crema_d",
    "iemocap": "iemocap",
    "msp-podcast": "msp_podcast",
    "ravdess": "ravdess",
    "meld": "meld",
    "emodb": "emodb",
    "audformat": "audformat_db",
    "hf": "hugging_face",
    "label-studio": "label_studio",
    "potato": "potato",
}
NAMES: tuple[str, ...] = tuple(_MODULES)


@dataclass(frozen=True)
class Format:
    """One format: what to call it, what to give, how it is told from others, and how it is read."""

    name: str  # as the command line spells it
    title: str  # as people call it
    give: str  # what path to give, as half a sentence: "the folder that holds Session1 … Session5"
    read: Callable[..., Reading]  # read(path, *, audio=None)
    recognises: Callable[[Path], bool]


def find_format(name: str) -> Format:
    """The format of that name. Raises UnknownName listing those there are."""
    if name not in _MODULES:
        raise UnknownName("corpus format", name, NAMES)
    return import_module(f"emo_core.corpora.{_MODULES[name]}").FORMAT


def all_formats() -> list[Format]:
    """Every format, in the order in which they are tried."""
    return [find_format(name) for name in NAMES]


def recognise(path: Path) -> Format | None:
    """The first format that takes the path for its own, or None."""
    return next((found for found in all_formats() if found.recognises(path)), None)
