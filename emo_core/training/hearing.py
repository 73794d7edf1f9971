"""Hearing all clips before anything is learnt from them: decoded, checked, encoded, once."""

from collections.abc import Callable, Sequence

from accelerate import Accelerator
from accelerate.utils import gather_object

from emo_core.errors import AudioError
from emo_core.training.batches import in_order_of_length
from emo_core.training.data import Item, Mix, checked
from emo_core.training.learner import Learner
from emo_core.training.unusable import Fault

AT_ONCE = 16  # clips


def hear_all(learner: Learner, items: Sequence[Item], mix: Mix | None = None) -> None:
    """Have the learner hear all items, those of like length together. Raises as `Learner.hear` does."""
    for rows in _groups(items):
        learner.heard |= learner.hear([items[i] for i in rows], mix)


def check_all(items: Sequence[Item], longest_s: float, before_each: Callable[[], None] = lambda: None) -> None:
    """Decode and check items without encoding them: a test clip that cannot be heard stops a run before it learns, not after.

    Raises AudioError, naming the item.
    """
    for item in items:
        before_each()
        checked(item, item.waveform(), longest_s)


def faults_of(items: Sequence[Item], longest_s: float, before_each: Callable[[], None] = lambda: None) -> list[Fault]:
    """Decode and check items without encoding them: every one that cannot be used, and why."""
    found = []
    for item in items:
        before_each()
        try:
            checked(item, item.waveform(), longest_s)
        except AudioError as error:
            found.append(Fault(item.id, error.code, str(error)))
    return found


def hear_shared(
    learner: Learner,
    items: Sequence[Item],
    mix: Mix | None,
    accelerator: Accelerator,
    before_each: Callable[[int, int], None],
) -> None:
    """The same by several processes, each of which hears its part and is told of the others'.

    before_each    called with (groups heard, groups) equally often in all processes: it may wait for the others, or raise
    """
    groups, processes = _groups(items), accelerator.num_processes
    own: dict = {}
    for first in range(0, len(groups), processes):
        before_each(first, len(groups))
        mine = first + accelerator.process_index
        if mine < len(groups):
            own |= learner.hear([items[i] for i in groups[mine]], mix)
    for part in gather_object([own]):
        learner.heard |= part


def _groups(items: Sequence[Item]) -> list[tuple[int, ...]]:
    return in_order_of_length([item.seconds for item in items], AT_ONCE)
