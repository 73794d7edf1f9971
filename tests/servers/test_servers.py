"""The stand-in servers, asked by the clients that the workbench uses: google-genai and httpx2."""

import asyncio
import base64
import io
import wave
from collections import Counter

import httpx2
import pytest
from google import genai
from google.genai import errors, types

from emo_core.errors import BadInput, UnknownName
from tests.conftest import run_async
from tests.servers import answers, gemini, openai_compatible
from tests.servers.answers import Call
from tests.servers.faults import CONTENT, REFUSING, TRANSIENT, Faults, Options

LABELS = ["angry", "happy", "sad", "neutral"]
PROMPT = "Which single emotion best describes this utterance? Select only from: angry, happy, sad, neutral"
PERCENTAGES = "Provide the likelihood (in percentages) of each of the following emotions: anger, sadness, and neutral."
MODEL, KEY = "gemini-2.5-flash", "key-0123456789"


def wav(seconds: float, *, tone: int = 0) -> bytes:
    """Sound at 16 kHz, 16 bit, that differs by tone."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(tone.to_bytes(2, "little") * int(16000 * seconds))
    return target.getvalue()


def client_of(server, *, timeout_ms: int = 10_000) -> genai.Client:
    return genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=server.url, timeout=timeout_ms))


def config(**more) -> types.GenerateContentConfig:
    schema = types.Schema(type="STRING", enum=LABELS)
    return types.GenerateContentConfig(response_mime_type="text/x.enum", response_schema=schema, **more)


def part(seconds: float = 0.5, tone: int = 0) -> types.Part:
    return types.Part.from_bytes(data=wav(seconds, tone=tone), mime_type="audio/wav")


def ask(client, *, tone: int = 0, prompt: str = PROMPT, settings=None, **more):
    settings = settings or config(**more)
    return client.models.generate_content(model=MODEL, contents=[part(tone=tone), prompt], config=settings)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Gemini server without faults, for tests that leave nothing behind but log entries."""
    with gemini.Server.start(tmp_path_factory.mktemp("gemini"), thoughts=3) as server:
        yield server


def test_answers_are_a_function_of_the_request_and_follow_temperature_seed_and_sound(server):
    client = client_of(server)
    first = ask(client, seed=7, temperature=0.8, candidate_count=3)
    again = ask(client, seed=7, temperature=0.8, candidate_count=3)
    assert [c.content for c in first.candidates] == [c.content for c in again.candidates]
    assert len(first.candidates) == 3 and {c.content.parts[0].text for c in first.candidates} <= set(LABELS)
    assert len({ask(client, seed=seed, temperature=1.0).text for seed in range(12)}) > 1
    assert len({ask(client, seed=seed, temperature=0.0).text for seed in range(5)}) == 1
    assert len({ask(client, seed=1, temperature=0.0, tone=tone).text for tone in range(12)}) > 1


def test_usage_counts_audio_text_and_thoughts(server):
    client = client_of(server)
    reply = client.models.generate_content(model=MODEL, contents=[part(4.5), PROMPT], config=config())
    usage = reply.usage_metadata
    assert {d.modality.value: d.token_count for d in usage.prompt_tokens_details} == {"AUDIO": 144, "TEXT": 24}
    assert (usage.thoughts_token_count, usage.total_token_count) == (3, 144 + 24 + 3 + usage.candidates_token_count)
    assert client.models.count_tokens(model=MODEL, contents=[part(4.5), PROMPT]).total_tokens == 144 + 24
    assert reply.model_version == MODEL and reply.response_id


def test_schemas_and_prompts_decide_the_form(server):
    client = client_of(server)
    shares = [share.split(": ") for share in ask(client, prompt=PERCENTAGES, settings={"seed": 1}).text.split(", ")]
    assert [label for label, _ in shares] == ["Anger", "Sadness", "Neutral"]
    assert sum(int(share.rstrip("%")) for _, share in shares) == 100
    numbers = {"type": "object", "properties": {label: {"type": "number"} for label in LABELS}}
    reply = ask(client, settings={"response_mime_type": "application/json", "response_json_schema": numbers}).parsed
    assert list(reply) == LABELS and sum(reply.values()) == pytest.approx(1)
    one = {"type": "OBJECT", "properties": {"emotion": {"type": "STRING", "enum": LABELS}}}
    reply = ask(client, settings={"response_mime_type": "application/json", "response_schema": one}).parsed
    assert reply["emotion"] in LABELS


def test_a_kill_loses_no_request_and_changes_no_answer(tmp_path):
    with gemini.Server.start(tmp_path, delay=0.02) as server:
        client = client_of(server)
        before = [ask(client, seed=seed).text for seed in range(4)]
        url = server.url
        server.restart(delay=0.0)
        assert server.url == url
        assert [ask(client_of(server), seed=seed).text for seed in range(4)] == before
        log = server.log()
        assert [entry["candidates"] for entry in log] == [[text] for text in before] * 2
        assert log[0].keys() >= {"time", "path", "seed", "temperature", "audio", "prompt", "outcome"}
        with (tmp_path / "requests.jsonl").open("a") as file:
            file.write('{"cut')
        server.restart()
        ask(client_of(server), seed=9)
        assert [entry["seed"] for entry in server.log()] == [0, 1, 2, 3, 0, 1, 2, 3, 9]


def test_a_request_that_the_kill_left_unanswered_is_in_the_log(tmp_path):
    with gemini.Server.start(tmp_path, faults={"timeout": 1.0}) as server:
        with pytest.raises(Exception, match=r"(?i)timed out|timeout"):
            ask(client_of(server, timeout_ms=300))
        server.kill()
        assert [entry["outcome"] for entry in server.log()] == ["timeout"]
        server.restart()
        assert ask(client_of(server)).text in LABELS  # the counter of attempts outlives the kill


def test_transient_faults_let_a_retry_through(tmp_path):
    listed = ["429", "429-retry-after", "500", "cut", "garbage", None]
    with gemini.Server.start(tmp_path, faults=listed, retry_after=7) as server:
        client = client_of(server)
        with pytest.raises(errors.ClientError) as plain:
            ask(client)
        with pytest.raises(errors.ClientError) as told:
            ask(client)
        with pytest.raises(errors.ServerError):
            ask(client)
        with pytest.raises(Exception, match=r"(?i)peer closed|incomplete"):
            ask(client)
        with pytest.raises(ValueError):
            ask(client)
        assert ask(client).text in LABELS
        assert (plain.value.code, plain.value.response.headers.get("retry-after")) == (429, None)
        assert (told.value.code, told.value.response.headers["retry-after"]) == (429, "7")
        assert [entry["outcome"] for entry in server.log()] == [*listed[:5], "ok"]


def test_content_faults_belong_to_the_request(tmp_path):
    replies = {}
    with gemini.Server.start(tmp_path, faults=list(CONTENT) + ["safety"] * 6) as server:
        client = client_of(server)
        for fault in CONTENT:
            replies[fault] = ask(client, candidate_count=4)
        blocked = [ask(client, seed=seed) for seed in range(6)]
    assert replies["wrong-label"].candidates[0].content.parts[0].text not in LABELS
    assert not replies["empty"].candidates and replies["empty"].usage_metadata.total_token_count
    assert replies["max-tokens"].candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert {bool(reply.candidates) for reply in blocked} == {True, False}
    for reply in blocked:
        reason = reply.candidates[0].finish_reason if reply.candidates else reply.prompt_feedback.block_reason
        assert reason.value == "SAFETY"


def test_shares_of_faults_are_kept_and_only_transient_ones_pass():
    share = {"429": 0.1, "cut": 0.1, "wrong-label": 0.2}
    faults = Faults(Options(faults=share, fault_seed=3))
    calls = [Call(MODEL, PROMPT, seed=seed) for seed in range(2000)]
    first, second, third = ([faults.draw(call.key, call) for call in calls] for _ in range(3))
    counts = Counter(first)
    assert counts["429"] == pytest.approx(200, abs=45) and counts["cut"] == pytest.approx(200, abs=45)
    assert Counter(second)["wrong-label"] == pytest.approx(400, abs=60)
    assert second == third and not set(second) & set(TRANSIENT)


@pytest.mark.parametrize(("faults", "error"), [({"429": 0.6, "cut": 0.6}, BadInput), ({"thunder": 0.1}, UnknownName)])
def test_impossible_plans_are_refused(faults, error):
    with pytest.raises(error):
        Options(faults=faults)


def test_labels_are_chosen_in_proportion_to_their_weights():
    calls = [Call(MODEL, PROMPT, seed=seed, labels=tuple(LABELS)) for seed in range(4000)]
    counts = Counter(answers.answer(call, 0) for call in calls)
    weights = {label: 2.718281828 ** answers._log_weight(calls[0], label) for label in LABELS}
    for label in LABELS:
        assert counts[label] == pytest.approx(4000 * weights[label] / sum(weights.values()), abs=110)


def test_batches_run_end_survive_a_kill_and_hold_errors_of_single_requests(tmp_path):
    requests = [
        types.InlinedRequest(
            contents=[types.Content(role="user", parts=[part(), types.Part(text=PROMPT)])],
            metadata={"key": f"clip {seed}"},
            config=config(seed=seed),
        )
        for seed in range(3)
    ]
    with gemini.Server.start(tmp_path, faults=[None, None, "429", "empty"], batch_seconds=3600) as server:
        client = client_of(server)
        made = client.batches.create(model=MODEL, src=requests, config={"display_name": "panel 1"})
        assert made.state.value == "JOB_STATE_PENDING"
        server.restart(batch_seconds=0.0)
        client = client_of(server)
        assert [(job.name, job.display_name) for job in client.batches.list()] == [(made.name, "panel 1")]
        job = client.batches.get(name=made.name)
        assert job.state.value == "JOB_STATE_SUCCEEDED"
        good, failed, empty = job.dest.inlined_responses
        assert [each.metadata["key"] for each in (good, failed, empty)] == ["clip 0", "clip 1", "clip 2"]
        assert failed.error.code == 8 and not empty.response.candidates
        assert good.response.text == ask(client, seed=0).text
        assert [entry["outcome"] for entry in server.log() if entry.get("batch")] == ["ok", "ok", "429", "empty"]


def test_batches_are_cancelled_listed_by_pages_and_limited_in_size(tmp_path):
    request = types.InlinedRequest(contents=[types.Content(role="user", parts=[part(), types.Part(text=PROMPT)])])
    with gemini.Server.start(tmp_path, batch_seconds=3600, batch_limit_mb=0.1) as server:
        client = client_of(server)
        jobs = [client.batches.create(model=MODEL, src=[request], config={"display_name": str(n)}) for n in range(3)]
        client.batches.cancel(name=jobs[0].name)
        assert client.batches.get(name=jobs[0].name).state.value == "JOB_STATE_CANCELLED"
        listed = [job.display_name for job in client.batches.list(config={"page_size": 2})]
        assert listed == ["2", "1", "0"]
        with pytest.raises(errors.ClientError, match=r"exceeds 0\.1 MB"):
            client.batches.create(model=MODEL, src=[request] * 10)
        with pytest.raises(errors.ClientError, match=r"There is no batches/9"):
            client.batches.get(name="batches/9")


def test_a_batch_whose_making_was_not_told_is_found_by_its_name(tmp_path):
    request = types.InlinedRequest(contents=[types.Content(role="user", parts=[types.Part(text=PROMPT)])])
    with gemini.Server.start(tmp_path, faults=["cut"]) as server:
        client = client_of(server)
        with pytest.raises(Exception, match=r"(?i)peer closed|incomplete"):
            client.batches.create(model=MODEL, src=[request], config={"display_name": "panel 2"})
        assert [job.display_name for job in client.batches.list()] == ["panel 2"]


def test_the_quota_is_kept_and_keys_are_echoed_but_never_logged(tmp_path):
    with gemini.Server.start(tmp_path, quota=1, retry_after=0, echo_key=True) as server:

        async def burst():
            client = client_of(server)
            calls = [client.aio.models.generate_content(model=MODEL, contents=[PROMPT]) for _ in range(6)]
            replies = await asyncio.gather(*calls, return_exceptions=True)
            await client.aio.aclose()
            return replies

        replies = run_async(burst())
        refused = [reply for reply in replies if isinstance(reply, errors.ClientError)]
        assert refused and all(error.code == 429 and KEY in str(error) for error in refused)
        assert len(replies) > len(refused)
        assert [entry["outcome"] for entry in server.log()].count("quota") == len(refused)
        assert KEY in next(reply for reply in replies if reply not in refused).response_id
        assert KEY not in (tmp_path / "requests.jsonl").read_text()
        server.restart(quota=0, bad_key=True)
        with pytest.raises(errors.ClientError, match="API key not valid"):
            ask(client_of(server))
        server.restart(bad_key=False, model_missing=True)
        with pytest.raises(errors.ClientError, match="is not found") as missing:
            ask(client_of(server))
        assert missing.value.code == 404


def chat(server, *, prompt: str = PROMPT, **more) -> httpx2.Response:
    sound = {"data": base64.b64encode(wav(2.0)).decode(), "format": "wav"}
    content = [{"type": "input_audio", "input_audio": sound}, {"type": "text", "text": prompt}]
    body = {"model": openai_compatible.MODEL, "messages": [{"role": "user", "content": content}], **more}
    return httpx2.post(f"{server.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {KEY}"})


def test_the_openai_compatible_server_speaks_as_vllm_does(tmp_path):
    with openai_compatible.Server.start(tmp_path) as server:
        assert httpx2.get(f"{server.url}/v1/models").json()["data"][0]["id"] == openai_compatible.MODEL
        body = chat(server, seed=3, n=4, temperature=0.9).json()
        texts = [choice["message"]["content"] for choice in body["choices"]]
        assert len(texts) == 4 and set(texts) <= set(LABELS)
        assert body["usage"]["prompt_tokens"] == 50 + 24
        chosen = chat(server, prompt="Which?", structured_outputs={"choice": ["calm"]}).json()["choices"][0]
        assert (chosen["message"]["content"], chosen["finish_reason"]) == ("calm", "stop")
        cut = chat(server, guided_choice=["surprised"], max_tokens=1).json()["choices"][0]
        assert (cut["message"]["content"], cut["finish_reason"]) == ("surp", "length")
        server.restart()
        again = chat(server, seed=3, n=4, temperature=0.9).json()
        assert [choice["message"]["content"] for choice in again["choices"]] == texts


def test_the_openai_compatible_server_fails_as_told(tmp_path):
    faults = [*REFUSING, "garbage", "safety", "empty", "wrong-label", "cut"]
    with openai_compatible.Server.start(tmp_path, faults=faults, echo_key=True) as server:
        refused = [chat(server) for _ in REFUSING]
        assert [reply.status_code for reply in refused] == [429, 429, 500]
        assert refused[1].headers["retry-after"] == "1" and KEY in refused[0].text
        with pytest.raises(ValueError):
            chat(server).json()
        assert chat(server).json()["choices"][0]["finish_reason"] == "content_filter"
        assert chat(server).json()["choices"] == []
        assert chat(server).json()["choices"][0]["message"]["content"] not in LABELS
        with pytest.raises(httpx2.RemoteProtocolError):
            chat(server)
        assert chat(server, seed=1).json()["choices"][0]["message"]["content"] in LABELS
        assert chat(server, messages=[]).status_code == 400
        server.restart(bad_key=True)
        assert chat(server).status_code == 401
        server.restart(bad_key=False, model_missing=True)
        assert chat(server).status_code == 404
