"""Whom the server answers: browsers that came to one of its own names, from one of its own pages.

Any web page can point a name of its own at 127.0.0.1 (DNS rebinding), put the app into a frame, or send it requests. So each
request, whatever it asks for, must name a host that is ours; what changes something, and the connection of a page, must
come from a page of ours; and no page may be framed.

Ours are this machine's loopback names, the address at which the connection came in, `server.address`,
`browser.serverAddress`, and the names that EMO_HOSTS or `server.allowedHosts` list, for a proxy or a network in front.
X-Forwarded-Host is never read: anybody can send it.
"""

import ipaddress
import os
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FRAMING = ((b"content-security-policy", b"frame-ancestors 'none'"), (b"x-frame-options", b"DENY"))


def name_of(host: str | None) -> str | None:
    """The name or address in a Host header, without port, small; None where it is not one."""
    try:
        parts = urlsplit(f"//{host or ''}")
        _ = parts.port  # raises where it is not a number
    except ValueError:
        return None
    if not parts.hostname or parts.netloc != host or parts.username is not None or host != host.strip():
        return None
    return parts.hostname.rstrip(".") or None


def _address(name: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name or "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def listed() -> list[str]:
    """The names that EMO_HOSTS and `server.allowedHosts` list: `*.lab.example` stands for all names below, `*` for any."""
    given = [*os.environ.get("EMO_HOSTS", "").split(","), *(st.get_option("server.allowedHosts") or [])]
    return [name.strip().lower().rstrip(".") for name in given if name.strip()]


def is_ours(host: str | None, came_in_at: str | None) -> bool:
    """Whether a Host header names this server; `came_in_at` is the address of this machine that the connection reached."""
    name = name_of(host)
    if name is None:
        return False
    address = _address(name)
    if name == "localhost" or (address is not None and address.is_loopback):
        return True
    set_here = [str(st.get_option(option) or "").lower() for option in ("server.address", "browser.serverAddress")]
    if address is not None and address in {_address(one) for one in (came_in_at, *set_here)} - {None}:
        return True
    if name in set_here and address is None:
        return True
    return any(
        pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:])) for pattern in listed()
    )


def same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page at all."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and origin in (st.get_option("server.corsAllowedOrigins") or []):
        return True
    if site is not None:  # the browser's own word, which a proxy's change of host leaves alone
        return site in ("same-origin", "none")
    if origin is None:
        return True
    default = {"http": 80, "https": 443}
    try:
        page, here = urlsplit(origin), urlsplit(f"//{headers.get('host', '')}")
        ports = (page.port or default.get(page.scheme), here.port or default.get(page.scheme))
    except ValueError:
        return False
    return page.scheme in default and page.hostname == here.hostname and ports[0] == ports[1]


class OwnHosts:
    """Middleware in front of everything: refuses foreign hosts and pages, and lets no page be framed."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Pass on what is for us."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)

        async def sending(message):
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].lower() not in dict(FRAMING)]
                message["headers"] = [*kept, *FRAMING]
            await send(message)

        refusal = _refusal(scope)
        if refusal is None:
            return await self.app(scope, receive, sending)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008, "reason": ""})
        answer = PlainTextResponse(refusal, status_code=403, headers={"X-Content-Type-Options": "nosniff"})
        return await answer(scope, receive, sending)


def _refusal(scope: dict) -> str | None:
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    server = scope.get("server") or (None, None)
    if len(hosts) != 1 or not scope["path"].startswith("/") or not is_ours(hosts[0], server[0]):
        said = ascii(", ".join(hosts))[:120]
        return (
            f"This workbench does not answer to the host name {said}. Open it under the address that it printed when it "
            "started. If this name is yours (a proxy, a network), list it when you start the app: EMO_HOSTS=name, several "
            "separated by commas, or the option server.allowedHosts."
        )
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    if changes and not same_origin(headers):
        return "This came from another site, or from another port of this machine."
    return None
