"""Which requests go wrong, and how. Transient faults let a retry through; content faults belong to the request for ever."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from emo_core.errors import BadInput, UnknownName
from tests.servers.answers import Call, uniform

REFUSING = ("429", "429-retry-after", "500")  # the work is not done; the other transient faults strike on the way back
TRANSIENT = (*REFUSING, "timeout", "cut", "garbage")
CONTENT = ("wrong-label", "empty", "safety", "max-tokens")
WRONG = ("bewildered", "I cannot tell.", "somewhere between two of them")


@dataclass(frozen=True)
class Options:
    """How a server behaves; each field is an option of the command line (`fault_seed` is `--fault-seed`).

    faults: {name: share in 0..1}, or a list that gives the first requests their faults in order of arrival (None: no fault).
    fault_seed: draws which requests are struck. fault_attempts: how many attempts of a request may meet a transient fault.
    retry_after: seconds told with `429-retry-after` and over the quota. delay: seconds from request to answer.
    quota: calls a second, 0 for any number. echo_key: put the request's key in error messages and replies.
    bad_key: refuse every call's key. model_missing: know no model. thoughts: thinking tokens of a call.
    batch_seconds: from a batch's making to its end. batch_limit_mb: the largest body that makes a batch, in MB.
    """

    faults: Mapping[str, float] | list = field(default_factory=dict)
    fault_seed: int = 0
    fault_attempts: int = 1
    retry_after: int = 1
    delay: float = 0.0
    quota: int = 0
    echo_key: bool = False
    bad_key: bool = False
    model_missing: bool = False
    thoughts: int = 0
    batch_seconds: float = 0.0
    batch_limit_mb: float = 20.0

    def __post_init__(self):
        for name in self.faults:
            if name is not None and name not in TRANSIENT + CONTENT:
                raise UnknownName("fault", name, TRANSIENT + CONTENT)
        if isinstance(self.faults, Mapping):
            for kind in (TRANSIENT, CONTENT):
                total = sum(self.faults.get(name, 0) for name in kind)
                if not 0 <= total <= 1 + 1e-9 or min(self.faults.values(), default=0) < 0:
                    raise BadInput(
                        f"The shares of {', '.join(kind)} must be 0 or more and sum to at most 1, not {total}."
                    )


class Faults:
    """The plan of a server's faults. `past`: entries of the requests it has had before it was killed."""

    def __init__(self, options: Options, past: Iterable[dict] = ()):
        self.options = options
        self.attempts = Counter(entry["key"] for entry in past if entry.get("key"))
        self.arrived = self.attempts.total()

    def draw(self, key: str, call: Call | None = None) -> str | None:
        """The fault of the next attempt at the request `key`, or None. Without a call it can only be a transient one."""
        attempt, arrived = self.attempts[key], self.arrived
        self.attempts[key] += 1
        self.arrived += 1
        plan, seed = self.options.faults, self.options.fault_seed
        if not isinstance(plan, Mapping):
            return plan[arrived] if arrived < len(plan) else None
        fault = None
        if attempt < self.options.fault_attempts:
            fault = _pick(plan, TRANSIENT, uniform("transient", seed, key, attempt))
        if fault is None and call:
            fault = _pick(plan, CONTENT, uniform("content", seed, *call.identity))
        return fault


def strikes(call: Call, index: int) -> bool:
    """Whether a content fault of the call reaches candidate `index`: the first always, half of the others."""
    return index == 0 or uniform("strikes", *call.identity, index) < 0.5


def wrong_label(call: Call, index: int) -> str:
    """A reply that is none of the labels."""
    return WRONG[int(uniform("wrong", *call.identity, index) * len(WRONG))]


def _pick(plan: Mapping[str, float], kind: tuple[str, ...], number: float) -> str | None:
    """The fault of that kind that `number`, uniform in (0, 1), falls on."""
    for name in kind:
        number -= plan.get(name, 0)
        if number < 0:
            return name
    return None
