"""A clip's sound as an answer to the browser."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from emo_core import access
from emo_core.audio import as_wav, contained, inspect, needs_decoding
from emo_core.errors import AudioError, BadInput
from emo_core.store import Database, browsing
from pages.parts.session import open_store


def audio_url(store: Database, corpus: str, clip: str) -> str:
    """Where the browser finds a clip's sound, relative to the app. Signed: only who was shown the clip has the address."""
    return "audio?" + urlencode({"clip": access.sign(store.folder, "audio", {"corpus": corpus, "clip": clip})})


def audio(request: Request) -> Response:
    """The sound of one clip. Errors are plain sentences."""
    store = open_store()
    asked = access.read(store.folder, "audio", request.query_params.get("clip"))
    if asked is None:
        return PlainTextResponse("This address was not given out by this workbench.", status_code=403)
    try:
        found = browsing.clip_audio(store, asked["corpus"], asked["clip"])
    except BadInput as error:
        return PlainTextResponse(str(error), status_code=404)
    if found is None:
        return PlainTextResponse("There is no audio for this clip here.", status_code=404)
    return response(found)


def response(found: browsing.ClipAudio) -> Response:
    """The file itself where a browser can play it, else decoded to WAV. Errors are plain sentences."""
    headers = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"}
    try:
        path = contained(found.root, found.audio)
        inspect(path)
        if needs_decoding(path, found.start_s, found.end_s):
            return Response(as_wav(path, found.start_s, found.end_s), media_type="audio/wav", headers=headers)
        return FileResponse(path, headers=headers)
    except BadInput as error:
        return PlainTextResponse(str(error), status_code=403)
    except AudioError as error:
        return PlainTextResponse(str(error), status_code=422)
