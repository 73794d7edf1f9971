"""Making a campaign: which clips, which of them are gold or practice, in which shuffle."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from emo_core import science
from emo_core.errors import BadInput, UnknownName
from emo_core.labelling import ordering
from emo_core.labelling.campaign import Campaign, own_panel
from emo_core.records import checked_name
from emo_core.seeding import number_from
from emo_core.store import Database, campaigns, studies

MOST_NAMED = 5  # studies in a sentence
SURE_VOTES = 3  # a clip with fewer votes cannot be gold: too little is known of it


def make(store: Database, campaign: Campaign, *, join: bool = False) -> Campaign:
    """Keep a new campaign, on a study's clips or, without a study, on a whole corpus; returns it with panel and clips settled.

    Gold and practice clips are those whose listeners (of the study's reference) agree most, an equal number of each emotion as
    far as there are, and not among the clips that were asked for while others are there; their answers never become votes.
    `join` allows a panel that is there already, see `joining`.

    Raises BadInput, UnknownName where something named is not there or nothing is left to label.
    """
    campaign = _with_panel(store, campaign)
    campaigns.check_new(store.cursor(), campaign.name)
    found = campaigns.candidates(store, study=campaign.study or None, corpus=campaign.corpus)
    names = found["clip"]
    joined = campaigns.joined(store, campaign.panel, found["clip_id"])
    if joined["exists"] and (campaign.pilot or not join):
        raise BadInput(f"{_would_join(campaign.panel, joined)} {_instead(campaign)}")
    campaign = replace(campaign, known_panel=_known_panel(store, campaign, joins=joined["exists"]))
    if not len(names):
        raise BadInput("None of these clips has sound here. Look at the page Health, or choose another study.")
    chosen = _places(campaign.clips, names)
    columns = ordering.slots(store, campaign)
    known = campaign.known_panel or campaign.panel
    counts, _ = ordering.tally(columns, len(names), campaigns.panel_votes(store, known, found["clip_id"]))
    asked_for = np.isin(np.arange(len(names)), chosen) if campaign.clips else np.zeros(len(names), dtype=bool)
    set_aside = _sure_clips(campaign, known, counts, asked_for)
    gold, practice = set_aside[campaign.practice :], set_aside[: campaign.practice]
    labelled = np.setdiff1d(chosen, set_aside)
    if not len(labelled):
        raise BadInput("No clip is left to label beside gold and practice. Choose fewer of those, or more clips.")
    roles = {int(place): "label" for place in labelled}
    roles |= {int(place): "gold" for place in gold} | {int(place): "practice" for place in practice}
    places = np.array(sorted(roles))
    places = places[np.random.default_rng(number_from(campaign.seed, campaign.name, "items")).permutation(len(places))]
    shares = science.normalise(counts[places])
    expected = {
        item: _named(columns, shares[item]) for item, place in enumerate(places) if roles[int(place)] != "label"
    }
    _check_examples(campaign, names)
    settings = replace(campaign, clips=()).as_document()
    campaigns.add_campaign(store, settings, found["clip_id"][places], [roles[int(p)] for p in places], expected)
    return campaign


def with_sound(store: Database, campaign: Campaign) -> tuple[Campaign, int]:
    """The campaign on those of its chosen clips that have sound here, and how many have none: the advisor plans for clips by
    their votes alone. Raises UnknownName where study or corpus is not there.
    """
    found = campaigns.candidates(store, study=campaign.study or None, corpus=campaign.corpus)
    known = set(found["clip"])
    kept = tuple(clip for clip in campaign.clips if clip in known)
    if campaign.clips and not kept:
        raise BadInput(f"None of the {len(campaign.clips):,} planned clips has sound here. Look at the page Health.")
    return replace(campaign, clips=kept), len(campaign.clips) - len(kept)


def _with_panel(store: Database, campaign: Campaign) -> Campaign:
    """The campaign with its panel; contradictions are refused."""
    if bool(campaign.study) == bool(campaign.corpus):
        raise BadInput("A campaign labels the clips of a study or of a corpus: give one of the two.")
    by_votes = campaign.order != "random" or campaign.least_gain or campaign.enough_votes
    if campaign.form.question == "none" and (campaign.gold or campaign.practice):
        raise BadInput(
            "Gold and practice clips are known by their emotion, and this form asks for none. Choose 0 of each."
        )
    if campaign.form.question == "none" and by_votes:
        raise BadInput(
            "Order and stop rules go by votes for emotions, and this form asks for none. Choose the random order and no stop rule."
        )
    own = own_panel(campaign.name, pilot=campaign.pilot)
    panel = checked_name("panel", campaign.panel or own)
    if campaign.pilot and panel != own:
        raise BadInput(f"A pilot's answers count nowhere: they cannot go to the panel {panel!r}. Leave the panel out.")
    if not campaign.pilot and panel.split(":")[0] not in ("human", "self-report"):
        raise BadInput(
            f"People's votes go to a panel of people, human or human:…, not to {panel!r}; they would mix with others silently."
        )
    return replace(campaign, panel=panel)


def joining(store: Database, campaign: Campaign) -> str | None:
    """What votes of the campaign would change where its panel is there already, in a sentence; None where it is new."""
    campaign = _with_panel(store, campaign)
    found = campaigns.candidates(store, study=campaign.study or None, corpus=campaign.corpus)
    joined = campaigns.joined(store, campaign.panel, found["clip_id"])
    return _would_join(campaign.panel, joined) if joined["exists"] else None


def _would_join(panel: str, joined: Mapping) -> str:
    roles = [
        f"the {side} of the {'study' if len(names) == 1 else 'studies'} {_listed(names)}"
        for side, names in (("reference", joined["reference"]), ("candidate", joined["candidate"]))
        if names
    ]
    roles += [f"the panel of the campaign {_listed(joined['campaigns'])}"] if joined["campaigns"] else []
    facts = ", ".join([f"{joined['votes']:,} votes", *roles])
    sentence = f"These votes would join the panel {panel!r} ({facts})"
    changed = joined["reference"] or joined["candidate"]
    return sentence + ("; their figures would change with each answer." if changed else ".")


def _listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(repr, names[:MOST_NAMED])) + more


def _instead(campaign: Campaign) -> str:
    own = own_panel(campaign.name, pilot=campaign.pilot)
    if campaign.panel == own:
        return "Choose another name for the campaign" + ("." if campaign.pilot else ", or allow it with --join.")
    return f"Allow it with --join, or leave --panel out: votes then go to {own!r}."


def _known_panel(store: Database, campaign: Campaign, *, joins: bool) -> str:
    """The panel whose votes were known before, unless the campaign's own votes join it."""
    known = campaign.panel if joins else "human"
    if campaign.study:
        known = studies.find_study(store.cursor(), campaign.study).study.reference
    return "" if known == campaign.panel else known


def _places(wanted: Sequence[str], names: np.ndarray) -> np.ndarray:
    """Where the clips that were asked for stand; all of them where none was."""
    if not wanted:
        return np.arange(len(names))
    where = {name: place for place, name in enumerate(names)}
    for name in wanted:
        if name not in where:
            raise UnknownName("clip with sound", name, names)
    return np.unique([where[name] for name in wanted])


def _sure_clips(campaign: Campaign, panel: str, counts: np.ndarray, asked_for: np.ndarray) -> np.ndarray:
    """Places of the clips that a panel agrees on most, emotion by emotion in turn, those that were not asked for first:
    practice, then gold.
    """
    wanted = campaign.gold + campaign.practice
    if not wanted:
        return np.zeros(0, dtype=np.int64)
    total = counts.sum(axis=1)
    top = counts.argmax(axis=1)
    share = np.divide(counts.max(axis=1), total, out=np.zeros(len(counts)), where=total > 0)
    luck = np.array([number_from(campaign.seed, "sure", place) for place in range(len(counts))], dtype=float)
    order = np.lexsort((luck, -total, -share, asked_for))
    order = order[total[order] >= SURE_VOTES]
    if len(order) < wanted:
        raise BadInput(
            f"{wanted} gold and practice clips need as many with {SURE_VOTES} votes or more in the panel "
            f"{panel!r}; there are {len(order)}. Choose fewer."
        )
    turn = np.zeros(len(order), dtype=np.int64)  # how many surer clips of the same emotion there are
    for emotion in np.unique(top[order]):
        mine = top[order] == emotion
        turn[mine] = np.arange(mine.sum())
    return order[np.lexsort((turn, asked_for[order]))][:wanted]


def _named(columns: Mapping[str, int], shares: np.ndarray) -> dict[str, float]:
    names = {column: name for name, column in reversed(columns.items())}
    return {names[column]: round(float(share), 4) for column, share in enumerate(shares) if share > 0}


def _check_examples(campaign: Campaign, names: np.ndarray) -> None:
    known = set(names)
    for clip in campaign.examples:
        if clip not in known:
            raise UnknownName("clip with sound", clip, sorted(known))
