"""A server that speaks OpenAI's chat completions with sound, such as vLLM: for labs that serve models on a cluster.

The reply is constrained to the offered words by vLLM's `structured_outputs` choice; servers that do not know it ignore it, and
the reply is checked all the same.
"""

import base64
import json

import httpx2

from emo_core.annotators.plan import Plan
from emo_core.annotators.prices import Tokens
from emo_core.annotators.providers import (
    Candidate,
    Hopeless,
    Question,
    Reply,
    Unanswered,
    hopeless,
    is_lasting,
    seconds_to_wait,
)

_FORMATS = {"audio/wav": "wav", "audio/mp3": "mp3", "audio/flac": "flac", "audio/ogg": "ogg"}
_ENDINGS = {"stop": "whole", "length": "truncated", None: "whole"}


class OpenAICompatible:
    """A client for one plan, whose `base_url` ends in /v1."""

    def __init__(self, plan: Plan, key: str):
        self.plan = plan
        self.client = httpx2.AsyncClient(
            base_url=plan.base_url.rstrip("/"), timeout=plan.timeout_s, headers={"Authorization": f"Bearer {key}"},
            limits=httpx2.Limits(max_connections=plan.concurrency),
        )  # fmt: skip

    def request(self, question: Question) -> dict:
        """The body of one request."""
        sound = {"data": base64.b64encode(question.sound).decode(), "format": _FORMATS[question.mime]}
        content = [{"type": "input_audio", "input_audio": sound}, {"type": "text", "text": question.prompt}]
        body = {
            "model": self.plan.model, "messages": [{"role": "user", "content": content}], "n": question.candidates,
            "temperature": question.temperature, "seed": question.seed, "max_tokens": self.plan.max_tokens,
        }  # fmt: skip
        if question.words:
            body["structured_outputs"] = {"choice": list(question.words)}
        return body

    async def ask(self, question: Question) -> Reply:
        """One call. Raises Unanswered, Hopeless."""
        try:
            response = await self.client.post("/chat/completions", json=self.request(question))
            if response.status_code != 200:
                raise self.told(response)
            return read_reply(response.json(), self.plan.model)
        except httpx2.TimeoutException as error:
            raise Unanswered("timeout", type(error).__name__) from None
        except (httpx2.HTTPError, OSError) as error:
            raise Unanswered("network", f"{type(error).__name__}: {error}") from None
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            raise Unanswered("garbage", f"{type(error).__name__}: {error}") from None

    def told(self, response: httpx2.Response) -> Unanswered | Hopeless:
        """What an answer other than 200 means."""
        code, text = response.status_code, response.text[:500]
        if is_lasting(code):
            return hopeless("The server", self.plan.model, code, text)
        wait = seconds_to_wait(response.headers.get("retry-after"))
        return Unanswered(str(code), text, retry_after_s=wait, overloaded=code in (429, 503))

    async def close(self) -> None:
        """Give connections up."""
        await self.client.aclose()


def read_reply(body: dict, model: str) -> Reply:
    """The reply of a body."""
    used = body.get("usage") or {}
    heard = (used.get("prompt_tokens_details") or {}).get("audio_tokens") or 0
    text = max(0, (used.get("prompt_tokens") or 0) - heard)
    choices = sorted(body["choices"], key=lambda choice: choice.get("index", 0))
    candidates = tuple(_candidate(choice) for choice in choices)
    return Reply(candidates, body.get("model") or model, Tokens(text, heard, used.get("completion_tokens") or 0))


def _candidate(choice: dict) -> Candidate:
    message = choice["message"]
    if message.get("refusal"):
        return Candidate(message["refusal"], "refused")
    text = message.get("content") or ""
    ending = _ENDINGS.get(choice.get("finish_reason"), "refused")
    return Candidate(text, "empty" if ending == "whole" and not text else ending)
