"""A model on this machine: exact panels, sampled panels, and the distributions of paper 2.

Exact: the chance of each label is computed once for every persona and temperature (`models.label_tree`), and a draw's vote is
where a number that follows from (seed, clip, draw) falls in its cell's chances. Nothing is generated, and the chances are kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice
from time import monotonic

import numpy as np

from emo_core.annotators import estimate
from emo_core.annotators.clips import Clip, Clips
from emo_core.annotators.ledger import VOTE, Ledger
from emo_core.annotators.outcomes import outcome
from emo_core.annotators.plan import Call, Plan, calls
from emo_core.annotators.prices import Tokens
from emo_core.annotators.prompts import short_hash
from emo_core.annotators.providers import Candidate
from emo_core.errors import AudioError, BadInput
from emo_core.jobs.worker import Reporter
from emo_core.models import label_tree, sampling, token_readings, weights
from emo_core.models.backbone import Backbone
from emo_core.seeding import share_from


def run(plan: Plan, clips: Clips, ledger: Ledger, reporter: Reporter) -> str:
    """Settle what is missing; `complete` or `stopped`."""
    reporter.report(ledger.account.done, plan.votes * len(clips.rows), note="loading the model")
    return Local(plan, clips, ledger, reporter, Backbone.load(weights.find_weights(plan.model))).run()


class Local:
    """One run of a loaded model."""

    def __init__(self, plan: Plan, clips: Clips, ledger: Ledger, reporter: Reporter, backbone: Backbone):
        self.plan, self.clips, self.ledger, self.reporter, self.backbone = plan, clips, ledger, reporter, backbone

    def run(self) -> str:
        """Settle what is missing; `complete` or `stopped`."""
        settle = {"distribution": self._read, "label": self._draw if self.plan.mode == "exact" else self._generate}
        for batch in self._batches():
            if self.reporter.stopping:
                return "stopped"
            settle[self.plan.question](batch)
            account = self.ledger.account
            self.reporter.report(account.done, self.plan.votes * len(self.clips.rows), **account.figures())
        return "complete"

    def _batches(self) -> Iterator[list[Call]]:
        """What is missing, as many clips at once as the plan says: all draws of a clip for exact panels, else calls in turn."""
        missing = self.ledger.account.missing(self.clips.names, self.plan.votes)
        wanted = calls(self.plan, self.clips.names, missing)
        if self.plan.mode != "exact" or self.plan.question != "label":
            while batch := list(islice(wanted, self.plan.concurrency)):
                yield batch
            return
        by_clip = groupby(sorted(wanted, key=lambda call: call.clip), key=lambda call: call.clip)
        while together := [list(of_clip) for _, of_clip in islice(by_clip, self.plan.concurrency)]:
            yield [call for of_clip in together for call in of_clip]

    def _heard(self, batch: list[Call]) -> tuple[list[Call], dict[int, np.ndarray]]:
        """The calls whose clips can be heard, and their samples; the others are settled as unusable."""
        samples: dict[int, np.ndarray] = {}
        why: dict[int, str] = {}
        for place in dict.fromkeys(call.clip for call in batch):
            clip = self.clips.rows[place]
            try:
                samples[place] = clip.samples()
                self.backbone.check(samples[place])
                self.backbone.prompt(self.plan.prompt_for(self.plan.cells()[0], clip.transcript))
            except (AudioError, BadInput) as error:
                why[place] = str(error)
        for call in batch:
            if call.clip in why:
                said = {"outcome": "unusable", "label": None, "reply": why[call.clip]}
                self._note(call, [{"draw": draw} | said for draw in call.draws], 0.0)
        return [call for call in batch if call.clip not in why], samples

    def _draw(self, batch: list[Call]) -> None:
        """Votes from exact chances."""
        batch, samples = self._heard(batch)
        places = list(dict.fromkeys(call.clip for call in batch))
        if not places:
            return
        began = monotonic()
        told = [[self._prompt(place, persona) for persona in self.plan.personas] for place in places]
        labels = list(self.plan.words.values())
        log_chances = label_tree.label_log_probabilities(
            self.backbone, [samples[place] for place in places], told, labels, self.plan.temperatures
        )
        chances = np.exp(log_chances).reshape(len(places), -1, len(labels))  # clips × cells × labels
        seconds = (monotonic() - began) / len(places)
        cells = {cell: number for number, cell in enumerate(self.plan.cells())}
        for place, of_cells in zip(places, chances):
            mine = [call for call in batch if call.clip == place]
            for cell, same in groupby(sorted(mine, key=lambda c: cells[c.cell]), lambda c: c.cell):
                call = Call(place, cell, tuple(draw for one in same for draw in one.draws))
                rows = [("label", each.rater, row.tolist(), None) for each, row in zip(cells, of_cells)]
                outcomes = [self._vote(place, draw, of_cells[cells[cell]]) for draw in call.draws]
                begun = self.clips.names[place] in self.ledger.account.settled  # the chances stand in its first line
                self._note(call, outcomes, seconds, readings=[] if begun else rows)

    def _vote(self, place: int, draw: int, chances: np.ndarray) -> dict:
        """Where the draw's number falls in the chances of the labels, given that the reply is one of them."""
        number = share_from(self.plan.seed, self.clips.names[place], draw, "vote")
        cumulated = np.cumsum(chances / chances.sum())
        column = min(int(np.searchsorted(cumulated, number, side="right")), len(chances) - 1)
        return {"draw": draw, "outcome": VOTE, "label": self.plan.emotions[column], "reply": None}

    def _generate(self, batch: list[Call]) -> None:
        """Votes from generated replies; a reply that is no label is asked for again with another seed."""
        again, samples = self._heard(batch)
        while again:
            began, texts = monotonic(), {}
            for heat, same in groupby(sorted(again, key=lambda c: c.cell.temperature), lambda c: c.cell.temperature):
                same = list(same)
                seeds = [call.seed(self.plan.seed, self.clips.names[call.clip]) for call in same]
                told = [[self._prompt(call.clip, call.cell.persona)] for call in same]
                asked = sampling.questions_of(self.backbone, [samples[call.clip] for call in same], told)
                draw = sampling.SeededDraw(heat, seeds)
                said, _ = sampling.write(self.backbone, [rows[0] for rows in asked], self.plan.max_tokens, draw)
                texts |= {call: self._candidate(tokens) for call, tokens in zip(same, said)}
            seconds = (monotonic() - began) / len(again)
            for call, said in texts.items():
                self._note(call, [outcome(self.plan, call, call.draws[0], said)], seconds)
            again = [replace(call, attempt=call.attempt + 1) for call in again if not self._is_settled(call)]

    def _candidate(self, tokens: list[int]) -> Candidate:
        """A reply without its end token: one of the greatest length has none, and was cut."""
        text = sampling.decode(self.backbone, tokens)
        return Candidate(text, "whole" if len(tokens) < self.plan.max_tokens else "truncated")

    def _read(self, batch: list[Call]) -> None:
        """Replies to the prompts of paper 2, and what the logits of the emotion words say meanwhile."""
        batch, samples = self._heard(batch)
        words = list(self.plan.words.values())
        while batch:
            began = monotonic()
            heat = batch[0].cell.temperature
            found = token_readings.read_tokens(
                self.backbone, [samples[call.clip] for call in batch],
                [self._prompt(call.clip, call.cell.persona) for call in batch], words, temperature=heat,
                seeds=[call.seed(self.plan.seed, self.clips.names[call.clip]) for call in batch] if heat else None,
                max_new_tokens=self.plan.max_tokens, batch_size=self.plan.concurrency,
            )  # fmt: skip
            seconds = (monotonic() - began) / len(batch)
            for call, reading in zip(batch, found):
                prompt = call.cell.persona
                rows = [(prompt, name, None if z is None else z.tolist(), None) for name, z in reading.readings.items()]
                said = Candidate(reading.text, "whole" if reading.steps < self.plan.max_tokens else "truncated")
                if not heat:  # the likeliest reply stays the same however often it is asked for
                    call = replace(call, attempt=self.plan.attempts - 1)
                self._note(call, [outcome(self.plan, call, call.draws[0], said)], seconds, readings=rows)
            batch = [replace(call, attempt=call.attempt + 1) for call in batch if not self._is_settled(call)]

    def _is_settled(self, call: Call) -> bool:
        return call.draws[0] in self.ledger.account.settled.get(self.clips.names[call.clip], {})

    def _prompt(self, place: int, persona: str) -> str:
        cell = next(cell for cell in self.plan.cells() if cell.persona == persona)
        return self.plan.prompt_for(cell, self.clips.rows[place].transcript)

    def _note(self, call: Call, outcomes: list[dict], seconds: float, **more) -> None:
        clip: Clip = self.clips.rows[call.clip]
        self.ledger.answer(
            0, call, clip.clip, outcomes=outcomes, seed=call.seed(self.plan.seed, clip.clip), model=self.backbone.version,
            prompt=short_hash(self.plan.prompt_for(call.cell, clip.transcript)), tokens=Tokens(),
            latency_s=round(seconds, 4), usd=0.0, at=estimate.now(), **more,
        )  # fmt: skip
