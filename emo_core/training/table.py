"""The clips of a training run as they stood when it was planned: jobs read this file, never the store.

Parquet with a row a clip: the columns of `annotators.clips.Clip`, speaker, session, is_test, and the votes for each emotion, `human` and
`synthetic`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from emo_core.annotators.clips import Clip
from emo_core.training.unusable import Fault

FILE = "training.parquet"
_SILENT = b"silent"  # metadata: clips of the study that have no sound
_UNUSABLE = b"unusable"  # metadata: those whose sound cannot be used, with the reasons


@dataclass(frozen=True)
class Table:
    """Rows in order. `human`, `synthetic`: (clips, emotions) votes. `silent` counts clips of the study that have no sound, `unusable`
    names those whose sound cannot be used: neither are among the rows.
    """

    clips: list[Clip]
    speakers: list[str | None]
    sessions: list[str | None]
    is_test: np.ndarray
    human: np.ndarray
    synthetic: np.ndarray
    silent: int
    unusable: tuple[Fault, ...] = ()

    @property
    def names(self) -> list[str]:
        """What the clips are called in the study."""
        return [clip.clip for clip in self.clips]

    def leaving_out(self, unusable: Sequence[Fault]) -> "Table":
        """Without the clips of these faults, which are counted."""
        gone = {fault.clip for fault in unusable}
        rows = np.array([clip.clip not in gone for clip in self.clips], dtype=bool)
        of = {
            name: [value for value, kept in zip(getattr(self, name), rows) if kept]
            for name in ("clips", "speakers", "sessions")
        }
        arrays = {name: getattr(self, name)[rows] for name in ("is_test", "human", "synthetic")}
        return replace(self, **of, **arrays, unusable=(*self.unusable, *unusable))

    def without(self, plan) -> int:
        """Training clips that the plan's source has no vote for."""
        return int((~self.is_test & (plan.targets(self.human, self.synthetic).sum(axis=1) == 0)).sum())

    def fewer(self, plan) -> int:
        """Training clips with fewer candidate votes than the plan draws of each: they have all of theirs."""
        if plan.source == "human" or not plan.votes:
            return 0
        votes = self.synthetic[~self.is_test].sum(axis=1)
        return int(((votes > 0) & (votes < plan.votes - 1e-9)).sum())


def write(folder: Path, columns: dict[str, list], silent: int, unusable: Sequence[Fault] = ()) -> None:
    """Keep the clips of a run: columns of `store.training_clips`, and what is not among them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = pa.table(columns)
    told = {_SILENT: str(silent).encode(), _UNUSABLE: json.dumps([asdict(each) for each in unusable]).encode()}
    pq.write_table(made.replace_schema_metadata(told), folder / FILE)


def read(folder: Path) -> Table:
    """The clips of the run in `folder`."""
    import pyarrow.parquet as pq

    found = pq.read_table(folder / FILE)
    told = found.schema.metadata
    unusable = tuple(Fault(**each) for each in json.loads(told.get(_UNUSABLE, b"[]")))
    return replace(of_columns(found.to_pydict(), int(told[_SILENT])), unusable=unusable)


def of_columns(columns: dict[str, list], silent: int) -> Table:
    """The table of its columns."""
    names = [part.name for part in fields(Clip)]
    rows = [Clip(**dict(zip(names, row))) for row in zip(*(columns[name] for name in names))]
    return Table(
        clips=rows, speakers=columns["speaker"], sessions=columns["session"],
        is_test=np.array(columns["is_test"], dtype=bool), human=np.array(columns["human"], dtype=float),
        synthetic=np.array(columns["synthetic"], dtype=float), silent=silent,
    )  # fmt: skip
