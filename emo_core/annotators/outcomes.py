"""What one draw came to, from the reply."""

from emo_core.annotators.ledger import VOTE
from emo_core.annotators.plan import Call, Plan
from emo_core.annotators.providers import Candidate
from emo_core.annotators.replies import parse_label, parse_percentages


def outcome(plan: Plan, call: Call, draw: int, said: Candidate) -> dict:
    """The entry of the account: draw, outcome, label, reply; for percentages also `values` and whether they sum to 100."""
    found = {"draw": draw, "outcome": said.ending, "label": None, "reply": said.text}
    if said.ending != "whole":
        return found
    if call.cell.persona == "ambiguous":
        told = parse_percentages(said.text, plan.words)
        if told is None:
            return found | {"outcome": "invalid"}
        return found | {"outcome": VOTE, "values": told[0].tolist(), "sums_to_100": told[1]}
    label = parse_label(said.text, plan.words)
    return found | {"outcome": VOTE if label else "invalid", "label": label}
