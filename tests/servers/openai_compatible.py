"""A stand-in for a server that speaks OpenAI's words, as vLLM does: `python -m tests.servers.openai_compatible --port N --state DIR`.

Serves /v1/chat/completions with `input_audio` parts in base64, and /v1/models.
"""

import time

from tests.servers import answers
from tests.servers.answers import Call
from tests.servers.common import Provider, entry_of
from tests.servers.faults import REFUSING, strikes, wrong_label
from tests.servers.process import ServerProcess, run
from tests.servers.wire import Refusal, Reply, Request, read_json, sound

MODEL = "Qwen/Qwen2-Audio-7B-Instruct"
AUDIO_TOKENS_PER_S = 25
TYPES = {400: "BadRequestError", 404: "NotFoundError", 429: "RateLimitError", 500: "InternalServerError"}


class OpenAICompatible(Provider):
    """A stand-in for a server that speaks OpenAI's words, as vLLM does."""

    def respond(self, request: Request) -> Reply:
        refused = self.admit(request)
        if refused:
            return refused
        route = (request.method, request.path)
        if route == ("GET", "/v1/models"):
            models = [] if self.options.model_missing else [{"id": MODEL, "object": "model", "owned_by": "vllm"}]
            return Reply({"object": "list", "data": models})
        if route != ("POST", "/v1/chat/completions"):
            raise Refusal(f"There is no {request.method} {request.path}.", 404)
        call = call_of(read_json(request.body))
        if self.options.model_missing:
            raise Refusal(f"The model `{call.model}` does not exist.", 404)
        return self.complete(request, call)

    def complete(self, request: Request, call: Call) -> Reply:
        """chat/completions."""
        fault = self.faults.draw(call.key, call)
        if fault in REFUSING:
            return self.fail(request, fault, entry_of(call, fault, []))
        echo = self.echo(request)
        choices = [choice(call, index, fault, echo) for index in range(call.candidates)] if fault != "empty" else []
        texts = [choice["message"]["content"] for choice in choices]
        prompt = answers.tokens(call.prompt) + round(AUDIO_TOKENS_PER_S * call.audio_s)
        replied = sum(map(answers.tokens, texts)) + self.options.thoughts
        usage = {"prompt_tokens": prompt, "completion_tokens": replied, "total_tokens": prompt + replied}
        body = {"id": f"chatcmpl-{call.key}{echo}", "object": "chat.completion", "created": int(time.time())}
        body |= {"model": call.model, "choices": choices, "usage": usage}
        return Reply(body, fault=fault, entries=[entry_of(call, fault, texts, usage=usage)])

    def error(self, request, status, message, retry_after=None):
        if status == 401:
            return {"error": message + self.echo(request)}
        return {
            "error": {"message": message + self.echo(request), "type": TYPES[status], "param": None, "code": status}
        }

    def refuse_key(self):
        return Refusal("Unauthorized", 401)


def choice(call: Call, index: int, fault: str | None, echo: str) -> dict:
    """One choice, as the fault of its call leaves it."""
    text, finish = answers.answer(call, index), "stop"
    fault = fault if fault and strikes(call, index) else None
    if fault == "safety":
        text, finish = "", "content_filter"
    if fault == "wrong-label":
        text = wrong_label(call, index) + echo
    limit = len(text) // 2 if fault == "max-tokens" else (call.max_tokens or len(text)) * answers.TOKEN_CHARS
    if len(text) > limit:
        text, finish = text[:limit], "length"
    message = {"role": "assistant", "content": text}
    return {"index": index, "message": message, "finish_reason": finish, "logprobs": None}


def call_of(body: dict) -> Call:
    """A request for chat completions as a Call; Refusal where it breaks a rule."""
    parts = [part for message in body.get("messages", []) for part in parts_of(message)]
    if not parts:
        raise Refusal("messages: at least one message with content is needed.")
    prompt = "\n".join(part["text"] for part in parts if part["type"] == "text")
    sounds = [sound(part["input_audio"]["data"]) for part in parts if part["type"] == "input_audio"]
    return Call(
        model=body.get("model", MODEL),
        prompt=prompt,
        audio=tuple(sha for sha, _ in sounds),
        audio_s=sum(seconds for _, seconds in sounds),
        seed=body.get("seed"),
        temperature=body.get("temperature", 1.0),
        candidates=body.get("n", 1),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        **form_of(body, prompt),
    )


def parts_of(message: dict) -> list[dict]:
    """The parts of a message, whose content is a text or a list of parts."""
    content = message.get("content") or []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for part in parts:
        if part.get("type") not in ("text", "input_audio"):
            raise Refusal(f"Unknown part type: {part.get('type')}. Known: text, input_audio.")
    return parts


def form_of(body: dict, prompt: str) -> dict:
    """Labels and form, as fields of a Call, by a choice list, a schema or else the prompt."""
    labels = body.get("guided_choice") or body.get("structured_outputs", {}).get("choice")
    if labels:
        return {"labels": tuple(labels)}
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return answers.form_of_schema(schema, json_reply=True) if schema else answers.form_of_prompt(prompt)


class Server(ServerProcess):
    """An OpenAI-compatible server of its own process: `with Server.start(folder) as server`."""

    module = "tests.servers.openai_compatible"


if __name__ == "__main__":
    run(OpenAICompatible)
