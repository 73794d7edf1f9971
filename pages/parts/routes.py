"""Files that the browser asks for by itself: sound, and the player's scripts."""

import importlib.util
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from emo_core.audio import as_wav, contained, inspect, needs_decoding
from emo_core.errors import AudioError, BadInput
from emo_core.store import browsing
from pages.parts.session import open_store

# The folder is found without importing the package, which would bring notebook machinery along.
_WAVESURFER = Path(importlib.util.find_spec("wavesurfer").origin).parent / "js"


def audio_url(corpus: str, clip: str) -> str:
    """Where the browser finds a clip's sound, relative to the app."""
    return "audio?" + urlencode({"corpus": corpus, "clip": clip})


def audio(request: Request) -> Response:
    """The sound of one clip: its own file where a browser can play it, else decoded to WAV. Errors are plain sentences."""
    corpus, clip = request.query_params.get("corpus", ""), request.query_params.get("clip", "")
    try:
        found = browsing.clip_audio(open_store(), corpus, clip)
    except BadInput as error:
        return PlainTextResponse(str(error), status_code=404)
    if found is None:
        return PlainTextResponse("There is no audio for this clip here.", status_code=404)
    try:
        path = contained(found.root, found.audio)
        inspect(path)
        headers = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"}
        if needs_decoding(path, found.start_s, found.end_s):
            return Response(as_wav(path, found.start_s, found.end_s), media_type="audio/wav", headers=headers)
        return FileResponse(path, headers=headers)
    except BadInput as error:
        return PlainTextResponse(str(error), status_code=403)
    except AudioError as error:
        return PlainTextResponse(str(error), status_code=422)


ROUTES = [Route("/audio", audio), Mount("/assets/wavesurfer", StaticFiles(directory=_WAVESURFER))]
