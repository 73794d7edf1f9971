"""The work of a job that predicts, in a process of its own: `python -m emo_core.training.predict_run FOLDER`.

Begun again it begins anew: the table appears whole at the end, and what was heard is not kept.
"""

import json
from collections import Counter
from pathlib import Path

from emo_core.jobs.worker import Reporter, carry_out
from emo_core.training import predicting
from emo_core.training.predict_jobs import REQUEST, TABLE


def work(folder: Path, reporter: Reporter) -> None:
    """Hear every sound and write the table. Raises Stopped, WorkbenchError; OSError for a full disk."""
    asked = json.loads((folder / REQUEST).read_text(encoding="utf-8"))

    def report(done: int, total: int) -> None:
        reporter.check()
        reporter.report(done, total, "hearing the sounds")

    found = predicting.of_folder(Path(asked["predictor"]), Path(asked["sounds"]), report=report)
    predicting.write(folder / TABLE, found)
    problems = Counter(row["fault"] for row in found.rows if row["fault"])
    reporter.finish(found.counts | {"problems": dict(problems.most_common())})


if __name__ == "__main__":
    carry_out(work)
