"""The clips of a training run as they stood when it was planned: jobs read this file, never the store.

Parquet with a row a clip: the columns of `annotators.clips.Clip`, speaker, session, is_test, and the votes for each emotion, `human` and
`synthetic`.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from emo_core.annotators.clips import Clip

FILE = "training.parquet"
_SILENT = b"silent"  # metadata: clips of the study that have no sound


@dataclass(frozen=True)
class Table:
    """Rows in order. `human`, `synthetic`: (clips, emotions) votes."""

    clips: list[Clip]
    speakers: list[str | None]
    sessions: list[str | None]
    is_test: np.ndarray
    human: np.ndarray
    synthetic: np.ndarray
    silent: int

    @property
    def names(self) -> list[str]:
        """What the clips are called in the study."""
        return [clip.clip for clip in self.clips]

    def without(self, plan) -> int:
        """Training clips that the plan's source has no vote for."""
        return int((~self.is_test & (plan.targets(self.human, self.synthetic).sum(axis=1) == 0)).sum())

    def fewer(self, plan) -> int:
        """Training clips with fewer candidate votes than the plan draws of each: they have all of theirs."""
        if plan.source == "human" or not plan.votes:
            return 0
        votes = self.synthetic[~self.is_test].sum(axis=1)
        return int(((votes > 0) & (votes < plan.votes - 1e-9)).sum())


def write(folder: Path, columns: dict[str, list], silent: int) -> None:
    """Keep the clips of a run: columns of `store.training_clips`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = pa.table(columns)
    pq.write_table(made.replace_schema_metadata({_SILENT: str(silent).encode()}), folder / FILE)


def read(folder: Path) -> Table:
    """The clips of the run in `folder`."""
    import pyarrow.parquet as pq

    found = pq.read_table(folder / FILE)
    return of_columns(found.to_pydict(), int(found.schema.metadata[_SILENT]))


def of_columns(columns: dict[str, list], silent: int) -> Table:
    """The table of its columns."""
    names = [part.name for part in fields(Clip)]
    rows = [Clip(**dict(zip(names, row))) for row in zip(*(columns[name] for name in names))]
    return Table(
        clips=rows, speakers=columns["speaker"], sessions=columns["session"],
        is_test=np.array(columns["is_test"], dtype=bool), human=np.array(columns["human"], dtype=float),
        synthetic=np.array(columns["synthetic"], dtype=float), silent=silent,
    )  # fmt: skip
