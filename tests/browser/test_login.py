"""`st.login` against an OpenID provider of our own on this machine: its users are raters unless they are listed."""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwk, jwt

from tests.browser.conftest import free_port, serving
from tests.browser.test_labelling import a_browser, answers, invite_to, opened, saved
from tests.conftest import copied


class Provider:
    """Says that everybody is `who`."""

    def __init__(self):
        self.who, self.nonce, self.key = "rita@lab.example", None, jwk.RSAKey.generate_key(2048, {"kid": "one"})
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urlsplit(self.path)
                if asked.path == "/authorize":
                    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
                    provider.nonce = query.get("nonce")
                    back = {"code": secrets.token_hex(8), "state": query["state"]}
                    self.send_response(302)
                    self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
                    self.end_headers()
                    return
                self.reply(provider.describe() if asked.path.endswith("openid-configuration") else provider.keys())

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.reply(provider.tokens())

            def reply(self, document):
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def describe(self):
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }  # fmt: skip

    def keys(self):
        return {"keys": [self.key.as_dict(private=False)]}

    def tokens(self):
        now = int(time.time())
        claims = {
            "iss": self.url, "sub": self.who, "aud": "workbench", "exp": now + 600, "iat": now, "nonce": self.nonce,
            "email": self.who,
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": signed}


@pytest.fixture
def provider():
    running = Provider()
    yield running
    running.server.shutdown()


def test_who_logs_in_is_a_rater_unless_listed(browser, demo, provider, tmp_path):
    folder = copied(demo, tmp_path / "store")
    campaign = opened(folder, "plain")
    path = invite_to(folder, campaign)
    port = free_port()
    settings = tmp_path / "secrets.toml"
    settings.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{secrets.token_hex(16)}"\n'
        f'client_id = "workbench"\nclient_secret = "s"\nserver_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    with serving(
        folder, port=port, STREAMLIT_SECRETS_FILES=str(settings), EMO_RESEARCHERS="boss@lab.example"
    ) as server:
        with a_browser(browser) as context:
            page = context.new_page()
            page.goto(f"{server.url}/browse")
            page.get_by_role("button", name="Log in").click()
            page.get_by_text("You are in no campaign").wait_for()
            page.goto(f"{server.url}/{path}")
            page.wait_for_selector('.labeller[data-ready="true"]')
            page.keyboard.press("2")
            saved(page)
            page.goto(f"{server.url}/browse")
            page.wait_for_selector('.labeller[data-ready="true"]')
        provider.who = "boss@lab.example"
        with a_browser(browser) as context:
            page = context.new_page()
            page.goto(f"{server.url}/browse")
            page.get_by_role("button", name="Log in").click()
            page.get_by_role("link", name="Browse").first.click()
            page.get_by_role("heading", name="Where do listeners disagree?").wait_for()
        rows = answers(server, campaign)
    assert [row["rater"] for row in rows] == ["rita@lab.example"]
