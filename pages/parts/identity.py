"""Who is looking: a researcher, who sees everything, or a rater, who sees their own labelling and nothing else.

Three ways to be somebody:

laptop   nobody logs in. As long as no invite was ever made and the server listens to this machine alone, whoever opens the
         app is its researcher. From the first invite on, a browser is what its cookie says: a researcher (it was here
         before, or came by the link that the server prints when it starts), a rater (it came by an invite), or nobody
login    `st.login` is configured (OIDC); the name is the e-mail address
proxy    a proxy in front says who it is in a header that `server.trustedUserHeaders` names

With login or proxy, EMO_RESEARCHERS lists the researchers, separated by commas; everybody else is a rater.
"""

import os
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Literal

import streamlit as st
from starlette.datastructures import Headers

from emo_core import access
from emo_core.store import Database, campaigns
from pages.parts.hosts import same_origin
from pages.parts.session import open_store

COOKIE = "workbench"
YEAR_S = 31_536_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")
Role = Literal["researcher", "rater", "nobody"]


@dataclass(frozen=True)
class Visitor:
    """`name` is None where a researcher on a laptop has not said it yet, and for nobody."""

    name: str | None
    role: Role
    way: Literal["laptop", "login", "proxy"]

    @property
    def is_researcher(self) -> bool:
        """Whether they may see votes."""
        return self.role == "researcher"


def way() -> str:
    """How visitors say who they are here."""
    if st.get_option("server.trustedUserHeaders"):
        return "proxy"
    try:
        return "login" if "auth" in st.secrets else "laptop"
    except FileNotFoundError:
        return "laptop"


def visitor(store: Database) -> Visitor:
    """Who has opened this page."""
    how = way()
    if how == "laptop":
        known = remembered(store)
        name = st.session_state.get("my_name") or known.get("name")
        if known.get("role") == "rater":
            return Visitor(known["name"], "rater", how)
        if known.get("role") == "researcher" or is_open(store):
            return Visitor(name, "researcher", how)
        return Visitor(None, "nobody", how)
    name = _proved_name(how)
    if not name:
        return Visitor(None, "nobody", how)
    return Visitor(name, "researcher" if name.lower() in researchers() else "rater", how)


def remembered(store: Database) -> dict:
    """What this browser's cookie says of its visitor: `name` and `role`, or nothing."""
    return access.read(store.folder, "visitor", _cookie()) or {}


def _cookie() -> str | None:
    return st.context.cookies.get(COOKIE)


def _proved_name(how: str) -> str | None:
    if how == "login" and not st.user.get("is_logged_in"):
        return None
    fields = ("email", *st.get_option("server.trustedUserHeaders").values()) if how == "proxy" else ("email", "name")
    return next((str(st.user[field]) for field in fields if st.user.get(field)), None)


def researchers() -> set[str]:
    """Who is a researcher where visitors prove who they are."""
    return {name.strip().lower() for name in os.environ.get("EMO_RESEARCHERS", "").split(",") if name.strip()}


def is_open(store: Database) -> bool:
    """Whether whoever opens the app is its researcher: on a laptop that nobody else was invited to."""
    address = st.get_option("server.address")
    return way() == "laptop" and address in LOOPBACK and not campaigns.was_ever_invited(store)


def signed_visitor(store: Database, name: str | None, role: str) -> str:
    """What the cookie of such a visitor holds."""
    return access.sign(store.folder, "visitor", {"name": name, "role": role})


def researcher_path(store: Database) -> str:
    """The path of the link that makes a browser a researcher's."""
    return f"people/enter?key={access.sign(store.folder, 'enter', {})}"


def personal_path(store: Database, name: str) -> str:
    """The path of the link by which a rater goes on in another browser."""
    return f"people/me?key={access.sign(store.folder, 'me', {'name': name})}"


class ResearcherCookie:
    """Middleware: while the workbench is open to whoever sits at this machine, mark their browser as the researcher's, so that
    it stays so when somebody is invited. The mark comes with a file that every page fetches once it has loaded.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Pass everything on, that one file with the cookie."""
        if scope["type"] != "http" or not scope["path"].endswith("/_stcore/host-config"):
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        fresh = COOKIE not in SimpleCookie(headers.get("cookie", "")) and same_origin(headers) and is_open(open_store())

        async def sending(message):
            if fresh and message["type"] == "http.response.start":
                line = cookie(signed_visitor(open_store(), None, "researcher"))
                message["headers"] = [*message["headers"], (b"set-cookie", line.encode())]
            await send(message)

        return await self.app(scope, receive, sending)


def say_how_to_enter(store: Database) -> None:
    """Print the researchers' link where the workbench is no longer open to whoever comes."""
    if way() == "laptop" and not is_open(store):
        where = f"http://{st.get_option('server.address') or 'localhost'}:{st.get_option('server.port')}"
        print(f"\n  Raters were invited. Researchers enter by {where}/{researcher_path(store)}\n", flush=True)


def cookie(value: str) -> str:
    """A Set-Cookie line: scripts cannot read it, other sites cannot send it."""
    return f"{COOKIE}={value}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax"
