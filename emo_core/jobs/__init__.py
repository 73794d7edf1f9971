"""Long work in processes of its own, which outlive the browser tab and the server.

A job is a folder, `<store>/jobs/<number>/`, whose files say everything: what it is, who carries it out, how far it is,
what it printed and how it ended. Jobs never open the store's database.

spec         what a job is and needs; making its folder
control      start (and resume), cancel
state        in which state a job is, and how far
files        the files of a job's folder; its log
supervisor   the process that carries an attempt out       turns   who may use the GPU next
worker       what the work itself uses                     log     what it printed, without secrets
processes    what is alive                                 slurm   jobs on a cluster (slurm_submission: how they get there)
secrets      keys that must be in no file              disk      a disk that takes no more, in words
"""

from emo_core.jobs.control import ask_to_stop, cancel, start
from emo_core.jobs.files import last_lines, log_size, read_lines, tail
from emo_core.jobs.spec import Needs, Spec, make, preflight
from emo_core.jobs.state import ALIVE, ENDED, Job, Progress, Status, damage, find, list_jobs, status

__all__ = [
    "ALIVE", "ENDED", "Job", "Needs", "Progress", "Spec", "Status", "ask_to_stop", "cancel", "damage", "find", "last_lines",
    "list_jobs", "log_size", "make", "preflight", "read_lines", "start", "status", "tail",
]  # fmt: skip
