"""Gemini through google-genai: sound inline, the reply constrained to the study's emotions."""

import base64

import httpx2
from google import genai
from google.genai import errors, types

from emo_core.annotators.plan import Plan
from emo_core.annotators.prices import Tokens
from emo_core.annotators.providers import Candidate, Question, Reply, Unanswered, hopeless, is_lasting, seconds_to_wait

_NO_CALLS = types.AutomaticFunctionCallingConfig(disable=True)
_ENDINGS = {"STOP": "whole", "MAX_TOKENS": "truncated"}  # every other finish reason is a refusal of some kind


class Gemini:
    """A client for one plan. The key comes from GEMINI_API_KEY or GOOGLE_API_KEY and stays in the client."""

    def __init__(self, plan: Plan, key: str):
        self.plan = plan
        options = types.HttpOptions(base_url=plan.base_url or None, timeout=round(plan.timeout_s * 1000))
        self.client = genai.Client(api_key=key, vertexai=False, http_options=options)

    def body(self, question: Question) -> dict:
        """Contents and settings of one request, in the words of the REST interface."""
        settings: dict = {
            "temperature": question.temperature, "seed": question.seed, "candidateCount": question.candidates,
        }  # fmt: skip
        if (
            self.plan.thinking is not None
        ):  # what a model thinks counts towards the greatest length; left alone it may think long
            settings["thinkingConfig"] = {"thinkingBudget": self.plan.thinking}
            settings["maxOutputTokens"] = self.plan.max_tokens + self.plan.thinking
        if question.words:
            settings["responseMimeType"] = "text/x.enum"
            settings["responseSchema"] = {"type": "STRING", "enum": list(question.words)}
        sound = {"inlineData": {"mimeType": question.mime, "data": base64.b64encode(question.sound).decode()}}
        contents = [{"role": "user", "parts": [sound, {"text": question.prompt}]}]
        return {"contents": contents, "generationConfig": settings}

    async def ask(self, question: Question) -> Reply:
        """One call. Raises Unanswered, Hopeless.

        The body is handed over ready-made, and the reply comes back as text: the client's own conversions of both take as long
        as all the rest of a call (4.1 against 2.0 ms), which with many calls at once is what limits them.
        """
        config = types.GenerateContentConfig(
            http_options=types.HttpOptions(extra_body=self.body(question)),
            automatic_function_calling=_NO_CALLS,
            should_return_http_response=True,
        )
        try:
            response = await self.client.aio.models.generate_content(model=self.plan.model, contents="-", config=config)
            return read_reply(
                types.GenerateContentResponse.model_validate_json(response.sdk_http_response.body), self.plan.model
            )
        except errors.APIError as error:
            raise self.told(error) from None
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise Unanswered("timeout", type(error).__name__) from None
        except (httpx2.HTTPError, OSError) as error:
            raise Unanswered("network", f"{type(error).__name__}: {error}") from None
        except (UnicodeDecodeError, errors.UnknownApiResponseError, ValueError) as error:
            raise Unanswered("garbage", f"{type(error).__name__}: {error}") from None

    def inlined(self, question: Question, key: str) -> types.InlinedRequest:
        """The same request as a part of a batch."""
        body = self.body(question)
        return types.InlinedRequest(
            contents=[types.Content.model_validate(content) for content in body["contents"]],
            config=types.GenerateContentConfig.model_validate(body["generationConfig"]),
            metadata={"key": key},
        )

    def told(self, error: errors.APIError) -> Exception:
        """What an error of the server means."""
        code = error.code or 0
        if is_lasting(code):
            return hopeless("Gemini", self.plan.model, code, str(error.message))
        return Unanswered(str(code), str(error.message), retry_after_s=_wait_of(error), overloaded=code in (429, 503))

    async def close(self) -> None:
        """Give connections up."""
        await self.client.aio.aclose()


def _wait_of(error: errors.APIError) -> float | None:
    """Seconds that the server asks for: in a header, or in the details of the error, which is Gemini's own way."""
    headers = getattr(error.response, "headers", None) or {}
    body = error.details if isinstance(error.details, dict) else {}
    details = body.get("error", body).get("details") or ()
    delays = [str(detail["retryDelay"]).removesuffix("s") for detail in details if "retryDelay" in detail]
    return seconds_to_wait(headers.get("retry-after") or next(iter(delays), None))


def read_reply(response: types.GenerateContentResponse, model: str) -> Reply:
    """The reply of a response, of a call or of a batch."""
    used = response.usage_metadata or types.GenerateContentResponseUsageMetadata()
    heard = sum(d.token_count or 0 for d in used.prompt_tokens_details or () if d.modality == types.MediaModality.AUDIO)
    tokens = Tokens(
        text=max(0, (used.prompt_token_count or 0) - heard),
        audio=heard,
        output=used.candidates_token_count or 0,
        thought=used.thoughts_token_count or 0,
    )
    version = response.model_version or model
    candidates = tuple(_candidate(candidate) for candidate in response.candidates or ())
    if not candidates and response.prompt_feedback and response.prompt_feedback.block_reason:
        reason = response.prompt_feedback.block_reason
        candidates = (Candidate(f"prompt blocked: {getattr(reason, 'value', reason)}", "refused"),)
    return Reply(candidates, version, tokens)


def _candidate(candidate: types.Candidate) -> Candidate:
    parts = (candidate.content.parts if candidate.content else None) or ()
    text = "".join(part.text for part in parts if part.text and not part.thought)
    reason = getattr(candidate.finish_reason, "value", candidate.finish_reason) or "STOP"
    ending = _ENDINGS.get(str(reason), "refused")
    if ending == "refused":
        return Candidate(text or f"finished by {reason}", ending)
    return Candidate(text, ending if text or ending != "whole" else "empty")
