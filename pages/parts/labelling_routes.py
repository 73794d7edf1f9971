"""What the labelling component asks for by itself, and the doors by which raters come in. Answers to nothing but signed words."""

import html
import json
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from emo_core import access
from emo_core.audio import contained, decode, integrated_loudness, playback_gain
from emo_core.errors import AudioError, BadInput, WorkbenchError
from emo_core.labelling.office import office
from emo_core.records import checked_name
from emo_core.store import campaigns
from pages.parts import identity, sounds
from pages.parts.session import open_store

MOST_BYTES = 2_000_000  # of one message


def ticket(store, campaign_id: int, name: str) -> str:
    """What the component shows the routes: who labels in which campaign."""
    return access.sign(store.folder, "label", {"campaign": campaign_id, "name": name})


async def sync(request: Request) -> Response:
    """Take a rater's events, hand out clips; see `Desk.sync`."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        return JSONResponse({"error": "This message is too long."}, status_code=413)
    return await run_in_threadpool(_sync, body)


def _sync(body: bytes) -> Response:
    store = open_store()
    try:
        message = json.loads(body)
        who = access.read(store.folder, "label", message["ticket"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return JSONResponse({"error": "This is no message of the labelling page."}, status_code=400)
    if who is None:
        return JSONResponse({"error": "This page is of another store. Reload it."}, status_code=403)
    if campaigns.campaign_row(store, who["campaign"]) is None:
        return JSONResponse({"error": "This campaign was removed and takes no answers."}, status_code=410)
    try:
        desk = office(store).desk(who["campaign"])
        done = desk.sync(
            who["name"],
            message["session"],
            message["events"],
            have=message.get("have", ()),
            want=message.get("want", 0),
        )
        return JSONResponse(done, headers={"Cache-Control": "no-store"})
    except BadInput as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    except (ValueError, TypeError, KeyError):
        return JSONResponse({"error": "This is no message of the labelling page."}, status_code=400)
    except WorkbenchError as error:
        return JSONResponse({"error": str(error)}, status_code=503)


def sound(request: Request) -> Response:
    """The sound of an item that the rater was handed, under no name; the header X-Gain says how to bring it to −23 LUFS."""
    store = open_store()
    who = access.read(store.folder, "label", request.query_params.get("ticket"))
    if who is None:
        return PlainTextResponse("This link is of another store. Reload the page.", status_code=403)
    try:
        item, turn = int(request.query_params.get("item", "")), int(request.query_params.get("turn", "0"))
        desk = office(store).desk(who["campaign"])
    except (ValueError, BadInput):
        return PlainTextResponse("There is no such item.", status_code=404)
    if over := desk.over(who["name"]):
        return PlainTextResponse(over, status_code=403)
    if not desk.may(who["name"], (item, turn)):
        return PlainTextResponse("This clip was not handed out to you.", status_code=403)
    found = desk.item(item).audio
    if found is None:
        return PlainTextResponse("There is no audio for this clip here.", status_code=404)
    answer = sounds.response(found)
    if answer.status_code == 200:
        answer.headers["X-Gain"] = f"{_gain_of(found):.4f}"
    return answer


def _gain_of(found) -> float:
    path = contained(found.root, found.audio)
    return _gain(path, path.stat().st_mtime_ns, found.start_s, found.end_s)


@lru_cache(maxsize=50_000)
def _gain(path: Path, modified: int, start_s: float | None, end_s: float | None) -> float:
    try:
        samples, rate = decode(path, start_s, end_s)
    except AudioError:  # a format that the browser alone can read
        return 1.0
    return playback_gain(integrated_loudness(samples, rate), float(abs(samples).max(initial=0.0)))


# ---- doors ---------------------------------------------------------------------------------------------------------------


def _guarded(door: Callable) -> Callable:
    @wraps(door)
    async def opened(request: Request) -> Response:
        if request.headers.get("sec-fetch-dest", "document") not in ("document", "empty"):
            return PlainTextResponse("A door opens as a page, not inside one.", status_code=403)
        fields = dict(await request.form()) if request.method == "POST" and _is_form(request) else {}
        body = await request.body() if request.method == "POST" and not _is_form(request) else b""
        return await run_in_threadpool(door, request, fields, body)

    return opened


def _is_form(request: Request) -> bool:
    return "form" in request.headers.get("content-type", "")


def _cookie_of(request: Request, store) -> dict:
    return access.read(store.folder, "visitor", request.cookies.get(identity.COOKIE)) or {}


def _enter_as(store, name: str | None, role: str, to: str) -> Response:
    answer = RedirectResponse(to, status_code=303)
    answer.headers["Set-Cookie"] = identity.cookie(identity.signed_visitor(store, name, role))
    return answer


@_guarded
def invite(request: Request, fields: dict, _body: bytes) -> Response:
    """The door for raters: a form that asks for a name, once."""
    store = open_store()
    token = request.path_params["token"]
    number = campaigns.invited_to(store, token)
    if number is None:
        return _page("This invite does not hold (any more).", "Ask the person who sent it for a new one.", status=404)
    query = urlencode({"campaign": campaigns.campaign_row(store, number)["name"], "invite": token})
    if identity.way() != "laptop":
        return RedirectResponse(f"../label?{query}", status_code=303)  # the page knows who they are, and lets them join
    known = _cookie_of(request, store)
    name = str(fields.get("name", "")).strip() or known.get("name")
    if not name:
        return _ask_name(campaigns.campaign_row(store, number)["name"])
    role = known.get("role", "rater")
    try:
        name = checked_name("rater", name)
        if name != known.get("name") and campaigns.is_known(store, name):
            raise BadInput(
                f"Somebody labels as {name} already. If that is you, open the link that your page My answers shows in your "
                "other browser; else choose another name."
            )
        campaigns.join(store, number, name, sees_votes=role == "researcher")
    except BadInput as error:
        return _ask_name(campaigns.campaign_row(store, number)["name"], str(error))
    # Raters have Label as their first page, which has no path of its own.
    return _enter_as(store, name, role, f"../label?{query}" if role == "researcher" else f"../?{query}")


@_guarded
def enter(request: Request, _fields: dict, _body: bytes) -> Response:
    """The door for researchers: the link that the server prints when it starts."""
    store = open_store()
    if access.read(store.folder, "enter", request.query_params.get("key")) is None:
        return _page("This link does not hold.", "The server prints the right one when it starts.", status=403)
    return _enter_as(store, _cookie_of(request, store).get("name"), "researcher", "../")


@_guarded
def me(request: Request, _fields: dict, _body: bytes) -> Response:
    """The door by which a rater goes on in another browser. Asks where the browser is somebody else's already."""
    store = open_store()
    who = access.read(store.folder, "me", request.query_params.get("key"))
    if who is None:
        return _page("This link does not hold.", "Your page My answers shows the right one.", status=403)
    known = _cookie_of(request, store)
    if not known and identity.is_open(store):  # whoever opens the app is its researcher
        known = {"name": None, "role": "researcher"}
    if request.method != "POST" and known and (known["name"], known["role"]) != (who["name"], "rater"):
        return _ask_change(known, who["name"])
    return _enter_as(store, who["name"], "rater", "../")


@_guarded
def remember(request: Request, _fields: dict, body: bytes) -> Response:
    """Keep in the browser who a researcher labels as; the page signed it."""
    store = open_store()
    try:
        who = access.read(store.folder, "remember", json.loads(body)["ticket"])
    except (ValueError, TypeError, KeyError):
        who = None
    if who is None:
        return PlainTextResponse("This is no message of ours.", status_code=403)
    return Response(
        status_code=204,
        headers={"Set-Cookie": identity.cookie(identity.signed_visitor(store, who["name"], "researcher"))},
    )


_STYLE = """body { font: 17px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 12vh auto; padding: 0 1.2rem; color: #1b2430;
  background: #fff } h1 { font-size: 1.4rem } label { display: block; margin: 1.2rem 0 .4rem }
  input { font: inherit; padding: .5rem .6rem; width: 100%; box-sizing: border-box; border: 1px solid #8a94a3; border-radius: 6px }
  button { font: inherit; margin-top: 1rem; padding: .6rem 1.4rem; border: 0; border-radius: 6px; background: #0072b2; color: #fff }
  [role=alert] { background: #fff3e0; color: #7a3d00; padding: .6rem .8rem; border-radius: 6px }
  @media (prefers-color-scheme: dark) { body { background: #11161d; color: #e6eaf0 } input { background: #1b232d; color: inherit } }"""


def _page(title: str, text: str, form: str = "", *, status: int = 200) -> Response:
    said = f"<p>{html.escape(text)}</p>" if text else ""
    whole = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Ambiguity Workbench</title><style>{_STYLE}</style>"
        f"<main><h1>{html.escape(title)}</h1>{said}{form}</main></html>"
    )
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(whole, status_code=status, headers=headers)


def _ask_change(known: dict, name: str) -> Response:
    now = "a researcher's" if known["role"] == "researcher" else f"that of {known['name']}"
    named = f", who labels as {known['name']}" if known["role"] == "researcher" and known["name"] else ""
    back = (
        "It would then see Label and My answers only; the researchers' link (`campaign researcher-link`) makes it a "
        "researcher's again."
        if known["role"] == "researcher"
        else f"To go on as {known['name']} later, keep the link that the page My answers shows."
    )
    form = (
        f"<form method=post><button>Go on as {html.escape(name)}</button></form><p><a href='../'>Change nothing</a></p>"
    )
    return _page(f"Go on as {name}?", f"This link is that of {name}, and this browser is {now}{named}. {back}", form)


def _ask_name(campaign: str, problem: str = "") -> Response:
    said = f"<p role=alert>{html.escape(problem)}</p>" if problem else ""
    form = (
        f"{said}<form method=post><label for=name>Your name, or a name for you</label>"
        "<input id=name name=name required maxlength=100 autofocus autocomplete=nickname>"
        "<button>Begin</button></form>"
    )
    text = f"You are invited to listen to short clips: {campaign}. Your answers are kept under the name you give here."
    return _page("What do you hear?", text, form, status=422 if problem else 200)
