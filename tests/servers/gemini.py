"""A stand-in for the Gemini Developer API: `python -m tests.servers.gemini --port N --state DIR [options]`.

Serves /v1 and /v1beta: models/M:generateContent, :countTokens, :batchGenerateContent; batches, batches/ID, batches/ID:cancel.
"""

import re

from tests.servers import answers
from tests.servers.answers import Call
from tests.servers.batches import Batches
from tests.servers.common import Provider, entry_of
from tests.servers.faults import REFUSING, TRANSIENT, strikes, wrong_label
from tests.servers.process import ServerProcess, run
from tests.servers.wire import Refusal, Reply, Request, read_json, sound

AUDIO_TOKENS_PER_S = 32
MOST_CANDIDATES, INT32 = 8, 2**31
STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
RPC_CODES = {429: 8, 500: 13}  # an entry of a batch tells google.rpc.Code, not the status of HTTP
ROUTE = re.compile(r"/v1(?:beta)?/(?:models/(?P<model>[^/:]+)|(?P<batch>batches(?:/[^/:]+)?))(?::(?P<verb>\w+))?$")


class Gemini(Provider):
    """A stand-in for the Gemini Developer API."""

    def __init__(self, state, options):
        super().__init__(state, options)
        self.batches = Batches(state / "batches", options.batch_seconds)

    def respond(self, request: Request) -> Reply:
        route = ROUTE.match(request.path)
        verbs = {
            "generateContent": self.generate,
            "countTokens": self.count,
            "batchGenerateContent": self.make_batch,
        }
        if route and route["batch"]:
            return self.admit(request) or self.look_at_batches(request, route["batch"], route["verb"])
        if not route or request.method != "POST" or route["verb"] not in verbs:
            raise Refusal(f"There is no {request.method} {request.path}.", 404)
        refused = self.admit(request)
        if refused:
            return refused
        if self.options.model_missing:
            raise Refusal(f"models/{route['model']} is not found for API version v1.", 404)
        return verbs[route["verb"]](request, route["model"])

    def generate(self, request: Request, model: str) -> Reply:
        """generateContent."""
        call = call_of(model, read_json(request.body))
        fault = self.faults.draw(call.key, call)
        if fault in REFUSING:
            return self.fail(request, fault, entry_of(call, fault, []))
        body = self.content(call, fault, self.echo(request))
        return Reply(body, fault=fault, entries=[entry_of(call, fault, texts_of(body), usage=body["usageMetadata"])])

    def count(self, request: Request, model: str) -> Reply:
        """countTokens."""
        call = call_of(model, read_json(request.body))
        usage = self.usage(call, [])
        return Reply({"totalTokens": usage["promptTokenCount"], "promptTokensDetails": usage["promptTokensDetails"]})

    def make_batch(self, request: Request, model: str) -> Reply:
        """batchGenerateContent. A fault on the way back (timeout, cut, garbage) leaves the batch made, as in life."""
        megabytes = len(request.body) / 1e6
        if megabytes > self.options.batch_limit_mb:
            raise Refusal(f"The batch of {megabytes:.1f} MB exceeds {self.options.batch_limit_mb:g} MB.")
        batch = read_json(request.body).get("batch", {})
        inputs = batch.get("inputConfig", {}).get("requests", {}).get("requests", [])
        if not inputs:
            raise Refusal("A batch needs inline requests: batch.inputConfig.requests.requests.")
        calls = [call_of(model, each["request"]) for each in inputs]
        display_name = batch.get("displayName")
        key = answers.digest("batch", display_name, [call.key for call in calls])
        fault = self.faults.draw(key)
        head = {"key": key, "outcome": fault or "ok", "display_name": display_name}
        if fault in REFUSING:
            return self.fail(request, fault, head)
        name = f"batches/{answers.digest(key, len(self.batches))[:16]}"
        entries = [{**head, "batch": name, "requests": len(calls)}]
        responses = []
        for call, each in zip(calls, inputs, strict=True):
            response, entry = self.batched(call, self.echo(request))
            responses.append(response | {key: each[key] for key in each.keys() & {"metadata"}})
            entries.append({"batch": name, **entry})
        self.batches.make(name, f"models/{model}", display_name, responses)
        return Reply(self.batches.look(name, output=False), fault=fault, entries=entries)

    def batched(self, call: Call, echo: str) -> tuple[dict, dict]:
        """One answer of a batch and its line in the journal; every transient fault becomes an error of that entry."""
        fault = self.faults.draw(call.key, call)
        if fault in TRANSIENT:
            status = 429 if fault.startswith("429") else 500
            error = {"code": RPC_CODES[status], "message": f"{STATUSES[status]}{echo}"}
            return {"error": error}, entry_of(call, fault, [])
        body = self.content(call, fault, echo)
        return {"response": body}, entry_of(call, fault, texts_of(body), usage=body["usageMetadata"])

    def look_at_batches(self, request: Request, name: str, verb: str | None) -> Reply:
        """GET batches, GET batches/ID, POST batches/ID:cancel."""
        if name == "batches":
            size = int(request.query.get("pageSize", ["100"])[0])
            start = int(request.query.get("pageToken", ["0"])[0])
            return Reply(self.batches.page(start, size))
        if name not in self.batches:
            raise Refusal(f"There is no {name}.", 404)
        if verb == "cancel":
            self.batches.cancel(name)
            return Reply({})
        return Reply(self.batches.look(name))

    def content(self, call: Call, fault: str | None, echo: str) -> dict:
        """A GenerateContentResponse."""
        body = {"modelVersion": call.model, "responseId": call.key[:22] + echo}
        blocked = fault == "safety" and answers.uniform("blocked", *call.identity) < 0.5
        if blocked:
            body["promptFeedback"] = {"blockReason": "SAFETY"}
        elif fault != "empty":
            body["candidates"] = [candidate(call, index, fault, echo) for index in range(call.candidates)]
        return {**body, "usageMetadata": self.usage(call, texts_of(body))}

    def usage(self, call: Call, texts: list[str]) -> dict:
        """The tokens of a call: 32 a second of audio, one for four characters of text."""
        audio, text = round(AUDIO_TOKENS_PER_S * call.audio_s), answers.tokens(call.prompt)
        replied, thoughts = sum(map(answers.tokens, texts)), self.options.thoughts
        details = [{"modality": "TEXT", "tokenCount": text}]
        if audio:
            details.append({"modality": "AUDIO", "tokenCount": audio})
        return {
            "promptTokenCount": audio + text,
            "promptTokensDetails": details,
            "candidatesTokenCount": replied,
            "totalTokenCount": audio + text + replied + thoughts,
            **({"thoughtsTokenCount": thoughts} if thoughts else {}),
        }

    def error(self, request, status, message, retry_after=None):
        details = []
        if retry_after is not None:
            details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"}]
        error = {"code": status, "message": message + self.echo(request), "status": STATUSES[status]}
        return {"error": {**error, "details": details} if details else error}

    def refuse_key(self):
        return Refusal("API key not valid. Please pass a valid API key.")


def candidate(call: Call, index: int, fault: str | None, echo: str) -> dict:
    """One candidate, as the fault of its call leaves it."""
    text, finish = answers.answer(call, index), "STOP"
    fault = fault if fault and strikes(call, index) else None
    if fault == "safety":
        return {"index": index, "finishReason": "SAFETY"}
    if fault == "wrong-label":
        text = wrong_label(call, index) + echo
    limit = len(text) // 2 if fault == "max-tokens" else (call.max_tokens or len(text)) * answers.TOKEN_CHARS
    if len(text) > limit:
        text, finish = text[:limit], "MAX_TOKENS"
    return {"index": index, "finishReason": finish, "content": {"role": "model", "parts": [{"text": text}]}}


def texts_of(body: dict) -> list[str]:
    """The texts of a response's candidates; "" for one without content."""
    contents = [candidate.get("content", {"parts": []}) for candidate in body.get("candidates", [])]
    return ["".join(part["text"] for part in content["parts"]) for content in contents]


def call_of(model: str, body: dict) -> Call:
    """A GenerateContentRequest as a Call; Refusal where it breaks a rule of the API."""
    contents = [*([body["systemInstruction"]] if "systemInstruction" in body else []), *body.get("contents", [])]
    parts = [part for content in contents for part in content.get("parts", [])]
    if not parts:
        raise Refusal("GenerateContentRequest.contents: contents is not specified.")
    prompt = "\n".join(part["text"] for part in parts if "text" in part)
    sounds = [sound(part["inlineData"]["data"]) for part in parts if "inlineData" in part]
    config = body.get("generationConfig", {})
    if not -INT32 <= (config.get("seed") or 0) < INT32:
        raise Refusal(f"Invalid value at 'generation_config.seed' (TYPE_INT32), {config['seed']}.")
    if not 1 <= config.get("candidateCount", 1) <= MOST_CANDIDATES:
        raise Refusal(f"candidateCount must be 1 to {MOST_CANDIDATES}, not {config['candidateCount']}.")
    return Call(
        model=model,
        prompt=prompt,
        audio=tuple(sha for sha, _ in sounds),
        audio_s=sum(seconds for _, seconds in sounds),
        seed=config.get("seed"),
        temperature=config.get("temperature", 1.0),
        candidates=config.get("candidateCount", 1),
        max_tokens=config.get("maxOutputTokens"),
        **form_of(config, prompt),
    )


def form_of(config: dict, prompt: str) -> dict:
    """Labels and form, as fields of a Call, by the schema or else by the prompt."""
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    if not schema:
        return answers.form_of_prompt(prompt)
    return answers.form_of_schema(schema, json_reply=config.get("responseMimeType") == "application/json")


class Server(ServerProcess):
    """A Gemini server of its own process: `with Server.start(folder, delay=0.05) as server`."""

    module = "tests.servers.gemini"


if __name__ == "__main__":
    run(Gemini)
