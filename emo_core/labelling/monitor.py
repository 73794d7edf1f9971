"""What a researcher sees of a campaign while it runs, and the decisions that they take on its conflicts.

Counts and times are of labelled clips, first hearings; gold, repeats and practice check raters and are nothing else. What a
retired rater answered fills no slot and is left out of agreement. Times are UTC, in ISO 8601.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from emo_core import science, vocabulary
from emo_core.errors import BadInput
from emo_core.labelling import ordering, rater_figures
from emo_core.labelling.answers import LONGEST_COMMENT
from emo_core.labelling.campaign import Campaign, from_document
from emo_core.labelling.history import PAUSE_S, RECENT, pace
from emo_core.labelling.office import office
from emo_core.labelling.rater_figures import Emotions, known
from emo_core.records import checked_name
from emo_core.store import Database, answering, campaigns, monitoring
from emo_core.store.database import utc_now
from emo_core.store.monitoring import Watched

FAST_S = 1.0  # an answer given in less time was hardly heard
ACTIVE_H = 24.0  # who gave no answer for longer is not counted on
LONGEST_BY_HOUR = timedelta(days=3)  # a longer timeline goes by days
MOST_CONFLICTS = 100


def monitor(store: Database, name: str) -> dict:
    """The campaign of that name as a document of plain values; undefined figures are None beside a `reason`.

    campaign, study, corpus, panel, closed
    known_panel             the panel whose votes stand beside these in agreement and conflicts, or None
    pilot, not_counted      whether it is a pilot; why its votes count in no study, or None
    clips, overlap, slots   labelled clips, raters wanted for each, and their product
    answers, skipped        standing ones
    filled, beyond, set_aside   of the answers those that fill a slot (≤ slots), those past the overlap, those of retired raters
    flagged, flags          answers with a flag, and how many have which: {flag: answers}
    hours_left              open slots at the summed paces of the active raters who have clips left; None where there are none
    raters                  see `_rater`; in the order of joining
    agreement               `krippendorff_alpha` and `percent_agreement` among raters who are not retired (value, low, high, clips,
                            reason), `clips` with two answers or more, `raters` who gave any
    timeline, timeline_unit answers of each rater by hour or day: {"from": […], "answers": […], "rater": […]}
    conflicts               the clips whose votes, old and new, disagree most, `MOST_CONFLICTS` at most: item, clip, corpus,
                            votes {emotion: n}, entropy (bits), flags {flag: n}, adjudicated (the emotion decided on, or None)

    Emotions that the study merges are one. Intervals are at 95 %. Raises UnknownName.
    """
    row = campaigns.find_campaign(store, name)
    campaign, number = from_document(row["settings"]), row["campaign_id"]
    seen = monitoring.watch(store, number, campaign.panels, pause_s=PAUSE_S)
    retired = answering.retired_names(store, number)
    emotions = Emotions(seen, ordering.slots(store, campaign))
    items = row["clips"] + row["gold"] + row["practice"]
    counts = emotions.counts(seen.votes["item"], seen.votes["emotion_id"], items, seen.votes["votes"])
    answered = {key: column[seen.answers["answered"]] for key, column in seen.answers.items()}
    people = {member["person_id"]: member["rater"] for member in seen.members}
    standing = np.isin(answered["person_id"], [person for person, who in people.items() if who not in retired])
    filled = np.minimum(np.bincount(answered["item"][standing], minlength=items), campaign.overlap).sum()
    raters = _raters(store, number, campaign, seen, emotions, counts, retired)
    unit, timeline = _timeline(answered, people)
    return {
        "campaign": name,
        "study": row["study"] or None,
        "corpus": campaign.corpus or None,
        "panel": campaign.panel,
        "known_panel": campaign.known_panel or None,
        "closed": row["closed_at"] is not None,
        "pilot": campaign.pilot,
        "not_counted": row["set_aside"],
        "clips": row["clips"],
        "overlap": campaign.overlap,
        "slots": row["clips"] * campaign.overlap,
        "filled": int(filled),
        "beyond": int(standing.sum() - filled),
        "set_aside": int((~standing).sum()),
        "answers": len(answered["item"]),
        "skipped": int((~seen.answers["answered"]).sum()),
        "flagged": len(seen.flags),
        "flags": dict(Counter(flag for _, flags in seen.flags for flag in flags).most_common()),
        "hours_left": _hours_left(store, number, row["closed_at"] is not None, raters),
        "raters": raters,
        "agreement": _agreement(
            {key: column[standing] for key, column in answered.items()}, emotions, items, campaign.seed
        ),
        "timeline_unit": unit,
        "timeline": timeline,
        "conflicts": _conflicts(store, number, name, counts, emotions.names, seen.flags),
    }


def _raters(
    store: Database,
    number: int,
    campaign: Campaign,
    seen: Watched,
    emotions: Emotions,
    counts: np.ndarray,
    retired: Mapping,
) -> list[dict]:
    """One document a rater, see `_rater`."""
    place = {member["person_id"]: i for i, member in enumerate(seen.members)}
    numbers = np.full(max(place, default=0) + 1, -1)
    numbers[list(place)] = list(place.values())
    who = numbers[seen.answers["person_id"]]
    column = emotions.columns(seen.answers["emotion_id"])
    named = seen.answers["answered"] & (column >= 0)
    own = {
        "rater": numbers[seen.own["person_id"]],
        "item": seen.own["item"],
        "column": emotions.columns(seen.own["emotion_id"]),
        "votes": seen.own["votes"],
    }
    found = rater_figures.shared(who[named], seen.answers["item"][named], column[named], counts, own)
    figures = zip(*rater_figures.agreements(found, len(place), seed=campaign.seed))
    checks = rater_figures.checked(seen.checks, campaign.form, number, emotions.merged)
    desk = office(store).desk(number)
    raters = []
    for i, (member, (agreement, expected, drift)) in enumerate(zip(seen.members, figures)):
        mine = {key: values[who == i] for key, values in seen.answers.items()}
        check = checks.get(member["person_id"], {"gold": (), "repeats": ()})
        left = 0 if member["rater"] in retired else desk.progress(member["rater"])["left"]
        raters.append(
            _rater(member, mine, left, retired.get(member["rater"]))
            | {"agreement": agreement, "expected": expected["value"], "expected_clips": expected["clips"]}
            | {"expected_reason": expected["reason"], "drift": drift}
            | {"gold": rater_figures.passed("right", check["gold"])}
            | {"repeats": rater_figures.passed("same", check["repeats"])}
        )
    return raters


def _rater(member: Mapping, mine: Mapping, left: int, retired: str | None) -> dict:
    """What one rater did.

    rater, joined_at, sees_votes, retired (the reason, or None)
    answers, skipped, corrections   standing ones, and answers, skips and withdrawals beyond the first on a clip
    seconds_median, seconds_low, seconds_high   quartiles of the time that an answer took, s
    fast           answers in less than `FAST_S`
    clips_per_hour at the median gap between their latest answers, pauses aside; None with fewer than three gaps
    hours_active   time between events, pauses aside, h
    latest_at, active   the latest answer, and whether it is less than `ACTIVE_H` old and the rater not retired
    left, hours_left    clips that they could still get, and at that pace, h

    Beside it stand `agreement` (share of the others' votes on a clip that name the same emotion: value, low, high, clips,
    reason), `expected` (how often two of those others agree, on the same clips where there are two: `expected_clips`), `drift`
    (agreement in the first and second half of their answers, difference, low, high, clips, reason), `gold` (right, of, low,
    high) and `repeats` (same, of, low, high).
    """
    answered = mine["answered"]
    seconds = mine["seconds"][answered & np.isfinite(mine["seconds"])]
    low, middle, high = np.quantile(seconds, [0.25, 0.5, 0.75]) if len(seconds) else np.full(3, np.nan)
    moments = mine["happened_at"][answered].astype("datetime64[us]").tolist()
    rate = pace(moments[-RECENT:])
    fresh = bool(moments) and utc_now() - moments[-1] <= timedelta(hours=ACTIVE_H)
    return {
        "rater": member["rater"],
        "joined_at": member["joined_at"].isoformat(),
        "sees_votes": member["sees_votes"],
        "retired": retired,
        "answers": int(answered.sum()),
        "skipped": int((~answered).sum()),
        "corrections": member["corrections"],
        "seconds_median": known(middle),
        "seconds_low": known(low),
        "seconds_high": known(high),
        "fast": int((seconds < FAST_S).sum()),
        "clips_per_hour": rate,
        "hours_active": member["hours"],
        "latest_at": moments[-1].isoformat() if moments else None,
        "active": fresh and retired is None,
        "left": left,
        "hours_left": left / rate if rate else None,
    }


def _hours_left(store: Database, number: int, closed: bool, raters: Sequence[Mapping]) -> float | None:
    """Hours until every slot that is open is filled; None where nobody is there to fill it."""
    desk = office(store).desk(number)
    wanted = desk.queue.open()
    slots = int((desk.campaign.overlap - desk.queue.answers[wanted]).sum())
    if closed or not slots:
        return None if closed else 0.0
    rates = [rater["clips_per_hour"] for rater in raters if rater["active"] and rater["left"]]
    together = sum(rate for rate in rates if rate)
    return slots / together if together else None


def _agreement(answered: Mapping, emotions: Emotions, items: int, seed: int) -> dict:
    """Agreement among the campaign's own raters, by their answers that stand."""
    named = emotions.columns(answered["emotion_id"]) >= 0
    counts = emotions.counts(answered["item"], answered["emotion_id"], items)
    return rater_figures.among(counts, len(np.unique(answered["person_id"][named])), seed=seed)


def _timeline(answered: Mapping, people: Mapping[int, str]) -> tuple[str, dict[str, list]]:
    """Answers of each rater by hour, or by day where they lie further apart; in order of time, spans without any left out."""
    moment = answered["happened_at"].astype("datetime64[us]")
    long = len(moment) and moment[-1] - moment[0] > np.timedelta64(LONGEST_BY_HOUR)
    unit, step = ("day", "datetime64[D]") if long else ("hour", "datetime64[h]")
    start = moment.astype(step)
    pairs = np.stack([start.astype(np.int64), answered["person_id"]]).reshape(2, -1)
    (starts, persons), n = np.unique(pairs, axis=1, return_counts=True)
    starts = starts.astype(step).astype("datetime64[s]").tolist()
    return unit, {
        "from": [start.isoformat() for start in starts],
        "answers": n.tolist(),
        "rater": [people[person] for person in persons.tolist()],
    }


def _conflicts(
    store: Database, number: int, name: str, counts: np.ndarray, names: Sequence[str], flags: Sequence
) -> list[dict]:
    """The clips whose current votes have the highest entropy, of equal ones those with more votes first."""
    total = counts.sum(axis=1)
    several = np.flatnonzero(counts.max(axis=1, initial=0) < total)  # one vote alone is all there is
    entropy = science.entropy(science.normalise(counts[several])) if len(several) else np.zeros(0)
    worst = np.lexsort((-total[several], -entropy.round(9)))[:MOST_CONFLICTS]
    places = several[worst].tolist()
    found = campaigns.items(store, number, places) if places else {}
    decided = monitoring.decisions(store, number, consensus_panel(name), places)
    flagged = {place: Counter() for place in places}
    for place, named in flags:
        if place in flagged:
            flagged[place].update(named)
    return [
        {
            "item": place,
            "clip": found[place].clip,
            "corpus": found[place].corpus,
            "votes": dict(
                Counter(dict(zip(names, counts[place].tolist()))).most_common(np.count_nonzero(counts[place]))
            ),
            "entropy": float(bits),
            "flags": dict(flagged[place].most_common()),
            "adjudicated": decided.get(place),
        }
        for place, bits in zip(places, entropy[worst])
    ]


def consensus_panel(name: str) -> str:
    """The panel that decisions on a campaign's conflicts go to."""
    return f"consensus:{name}"


def adjudicate(store: Database, name: str, item: int, emotion: str, by: str, comment: str | None = None) -> dict:
    """A researcher's decision on a clip of a campaign: a vote of `by` in the panel `consensus:<campaign>` of the clip's corpus,
    never in the raters' own. It replaces the decision that stood, whoever took it. It is on disk, and the statistics of studies
    follow it, when this returns.

    Raises UnknownName for campaign and emotion, BadInput where there is no such item, or `by` or the comment break a rule.
    """
    number = campaigns.find_campaign(store, name)["campaign_id"]
    emotion, by = vocabulary.emotion(emotion), checked_name("person", by)
    comment = (comment or "").strip() or None
    if comment and len(comment) > LONGEST_COMMENT:
        raise BadInput(f"A comment has {LONGEST_COMMENT:,} characters at most, got {len(comment):,}.")
    found = campaigns.items(store, number, [item])[item]
    panel = consensus_panel(name)
    vote = monitoring.decide(store, number, panel, item, found, emotion, by, comment)
    answering.settle_statistics(store)
    return {
        "campaign": name, "item": item, "clip": found.clip, "corpus": found.corpus, "panel": panel, "emotion": emotion,
        "by": by, "vote": vote,
    }  # fmt: skip
