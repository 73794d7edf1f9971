"""Verbs of labelling campaigns. What desks must notice goes through the store's office, which they all are in."""

import re
from dataclasses import replace
from pathlib import Path

from emo_core import access
from emo_core.errors import BadInput, UnknownName
from emo_core.labelling import event_table, given, making
from emo_core.labelling.campaign import own_panel
from emo_core.labelling.office import office
from emo_core.store import Database, answering, campaigns, studies


def add_campaign(
    store: Database,
    name: str,
    study: str | None = None,
    corpus: str | None = None,
    file: str | None = None,
    plan: str | None = None,
    clips: list[str] | None = None,
    guidelines: str | None = None,
    form: dict | None = None,
    join: bool = False,
    **choices,
) -> dict:
    """Make a campaign on clips of a study or of a corpus: those of a `plan` of the advisor that have sound (the others are
    counted) and those named, else all.

    `file` holds settings, see `labelling.given.settings`; `form` (parts of the form) and `choices` (other settings) win over
    them where they are not None. `guidelines` is a file too. Emotions are by default those of the study. Votes go to a panel of
    their own unless `panel` names another; one that is there already takes `join`.
    """
    settings = _without_own_panel(given.settings(Path(file))) if file else {}
    settings |= {"name": name} | {key: value for key, value in choices.items() if value is not None}
    settings = _on_clips_of(settings, study, corpus)
    planned = given.plan(Path(plan)) if plan else None
    if planned:
        _check_corpora(store, settings, planned)
        settings["clips"] = list(planned.clips)
    if guidelines:
        settings["guidelines"] = given.text(Path(guidelines))
    settings["form"] = _form(store, settings, form or {})
    campaign = given.campaign(settings)
    if planned:
        campaign, without_sound = making.with_sound(store, campaign)
    if clips:
        campaign = replace(campaign, clips=tuple(dict.fromkeys([*(campaign.clips if planned else ()), *clips])))
    making.make(store, campaign, join=join)
    made = _summary(campaigns.find_campaign(store, settings["name"].strip()))
    wanted = {}
    if planned:
        wanted["plan"] = {"clips": len(planned.clips), "votes": planned.votes, "without_sound": without_sound}
    kept = ("name", "study", "corpus", "panel", "pilot", "clips", "gold", "practice", "slots")
    return {key: made[key] for key in kept} | wanted | {"settings": made["settings"]}


def _on_clips_of(settings: dict, study: str | None, corpus: str | None) -> dict:
    """The settings on the study or corpus that was named; it replaces the one that they had."""
    if study or corpus:
        settings |= {"study": study or "", "corpus": corpus or ""}
    settings = {"study": "", "corpus": ""} | settings
    if bool(settings["study"]) == bool(settings["corpus"]):
        raise BadInput(
            "A campaign labels the clips of a study or of a corpus: give --study or --corpus, one of the two."
        )
    return settings


def _without_own_panel(settings: dict) -> dict:
    """Settings of another campaign without the panel that was its alone: every campaign has its own."""
    own = own_panel(str(settings.get("name", "")), pilot=bool(settings.get("pilot")))
    return {key: value for key, value in settings.items() if key != "panel" or value != own}


def _form(store: Database, settings: dict, parts: dict) -> dict:
    """The form's settings; emotions that nobody named are the study's."""
    form = settings.get("form", {}) | {key: value for key, value in parts.items() if value is not None}
    if not form.get("emotions") and form.get("question") != "none":
        if settings["corpus"]:
            raise BadInput("Without a study nothing says which emotions to ask for. Name them with --emotions.")
        form["emotions"] = list(studies.find_study(store.cursor(), settings["study"]).study.emotions)
    return form


def _check_corpora(store: Database, settings: dict, planned: given.Plan) -> None:
    """Clips of different corpora may have the same names: a plan of others is refused."""
    known = (settings["corpus"],)
    if settings["study"]:
        known = studies.find_study(store.cursor(), settings["study"]).study.corpora
    for corpus in planned.corpora:
        if corpus not in known:
            raise BadInput(
                f"The plan is about clips of {corpus!r}, the campaign about clips of {', '.join(map(repr, known))}. Plan for the "
                "same study."
            )


def list_campaigns(store: Database) -> list[dict]:
    """Every campaign. `answers` are all that count, gold, practice and repeats too; `filled` of the `slots` have one."""
    kept = (
        "name",
        "study",
        "corpus",
        "panel",
        "clips",
        "overlap",
        "answers",
        "filled",
        "slots",
        "raters",
        "made_at",
        "closed",
        "pilot",
        "set_aside",
    )
    return [{key: _summary(row)[key] for key in kept} for row in campaigns.list_campaigns(store)]


def _summary(row: dict) -> dict:
    """A campaign of the store as verbs show it: a slot is room for one answer on one clip."""
    overlap = row["settings"]["overlap"]
    further = {"corpus": row["settings"].get("corpus", ""), "overlap": overlap, "slots": row["clips"] * overlap}
    state = {"closed": row["closed_at"] is not None, "pilot": bool(row["settings"].get("pilot"))}
    return row | further | state


def show_campaign(store: Database, name: str, raters: bool = False) -> dict:
    """Settings and counts of a campaign, its members with their progress, how many invites hold (the invites themselves are
    secrets), whose votes are set aside and why. With `raters` also what the monitor says.
    """
    row = campaigns.find_campaign(store, name)
    made, number = _summary(row), row["campaign_id"]
    kept = (
        "name", "study", "corpus", "panel", "made_at", "closed_at", "closed", "clips", "gold", "practice", "overlap", "slots",
        "filled", "answers", "latest", "pilot", "set_aside",
    )  # fmt: skip
    document = {key: made[key] for key in kept} | {
        "invites": len(campaigns.invites(store, number)),
        "retired": answering.retired_names(store, number),
        "members": _members(store, number),
        "settings": row["settings"],
    }
    if raters:
        from emo_core.labelling.monitor import monitor  # computes much that few verbs need

        document["monitor"] = monitor(store, name)
    return document


def _members(store: Database, number: int) -> list[dict]:
    desk = office(store).desk(number)
    return [member | desk.progress(member["name"]) for member in answering.members(store, number)]


def export(store: Database, name: str, to: str, standing: bool = False, raters: str = "pseudonyms") -> dict:
    """Write every event of a campaign, or only answers that count, one a row, see `labelling.event_table`. `to` is a .csv or
    .parquet, or a folder.
    """
    row = campaigns.find_campaign(store, name)
    path = Path(to)
    if path.is_dir():
        path /= (re.sub(r"[^\w.-]+", "-", name).strip("-.") or "campaign") + ".csv"
    rows = event_table.write(store, row, path, standing=standing, raters=raters)
    return {"file": str(path), "rows": rows, "schema": f"{path}.schema.json"}


def invite(store: Database, name: str) -> dict:
    """A new invite: whoever has the path below the app's address may join. It is told here and nowhere else."""
    number = campaigns.find_campaign(store, name)["campaign_id"]
    return {"campaign": name, "path": f"invite/{campaigns.make_invite(store, number)}"}


def withdraw(store: Database, name: str) -> dict:
    """Let nobody join by the invites made so far; who has joined stays."""
    number = campaigns.find_campaign(store, name)["campaign_id"]
    held = len(campaigns.invites(store, number))
    campaigns.withdraw_invites(store, number)
    return {"campaign": name, "withdrawn": held}


def close(store: Database, name: str) -> dict:
    """Take no answers and hand out no clips any more. What arrives later is refused, and its rater is told."""
    return _set_closed(store, name, True)


def reopen(store: Database, name: str) -> dict:
    """Take answers and hand out clips again."""
    return _set_closed(store, name, False)


def researcher_link(store: Database) -> dict:
    """The path, behind the app's address, that makes a browser a researcher's: a secret of the store."""
    return {"path": f"people/enter?key={access.sign(store.folder, 'enter', {})}"}


def _set_closed(store: Database, name: str, closed: bool) -> dict:
    row = campaigns.find_campaign(store, name)
    if closed != (row["closed_at"] is not None):
        campaigns.close_campaign(store, row["campaign_id"], closed=closed)
    return {"campaign": name, "closed": closed}


def set_aside(store: Database, name: str, reason: str) -> dict:
    """Let nothing that came of a campaign count, the decisions on its conflicts too; nothing is deleted, and raters' other votes
    in the same panel stay. Raises BadInput without a reason, or where it is set aside already.
    """
    row = campaigns.find_campaign(store, name)
    if not reason.strip():
        raise BadInput("Setting a campaign aside needs a reason: others will ask. Give one with --reason.")
    if row["set_aside"] is not None:
        raise BadInput(f"The campaign {name!r} is set aside already: {row['set_aside']}.")
    return _set_aside(store, row, True, reason.strip())


def bring_back(store: Database, name: str) -> dict:
    """Let a campaign that was set aside count again. Raises BadInput where it was not, or is a pilot."""
    row = campaigns.find_campaign(store, name)
    if row["settings"].get("pilot"):
        raise BadInput(f"The campaign {name!r} is a pilot: its answers never count. Make a campaign that is none.")
    if row["set_aside"] is None:
        raise BadInput(f"The campaign {name!r} is not set aside: its votes count.")
    return _set_aside(store, row, False, "")


def _set_aside(store: Database, row: dict, aside: bool, reason: str) -> dict:
    votes = answering.set_aside(store, row["campaign_id"], aside=aside, reason=reason)
    office(store).reload()
    return {"campaign": row["name"], "set_aside": reason or None, "votes": votes}


def retire(store: Database, name: str, rater: str, reason: str) -> dict:
    """Set a rater's votes in the campaign's panel aside; none is deleted."""
    if not reason.strip():
        raise BadInput("Setting a rater's votes aside needs a reason: others will ask. Give one with --reason.")
    return _retire(store, name, rater, True, reason.strip())


def restore(store: Database, name: str, rater: str) -> dict:
    """Let a rater's votes count again. Raises UnknownName where they were not set aside."""
    known = answering.retired_names(store, campaigns.find_campaign(store, name)["campaign_id"])
    if rater not in known:
        raise UnknownName("retired rater", rater, known)
    return _retire(store, name, rater, False, "")


def _retire(store: Database, name: str, rater: str, retired: bool, reason: str) -> dict:
    number = campaigns.find_campaign(store, name)["campaign_id"]
    votes = answering.retire(store, number, rater, retired=retired, reason=reason)
    office(store).reload()
    return {"campaign": name, "rater": rater, "retired": retired, "votes": votes}


def remove_campaign(store: Database, name: str, with_answers: bool = False) -> dict:
    """Forget a campaign; votes that came of it stay votes of the panel."""
    number = campaigns.find_campaign(store, name)["campaign_id"]
    events = campaigns.remove_campaign(store, number, with_answers=with_answers)
    office(store).forget(number)
    return {"removed": name, "answers": events}
