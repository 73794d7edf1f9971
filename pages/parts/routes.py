"""Files that the browser asks for by itself: sound, and the player's scripts."""

import importlib.util
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from emo_core import access
from emo_core.errors import BadInput
from emo_core.store import Database, browsing
from pages.parts import labelling_routes, sounds
from pages.parts.session import open_store

# The folder is found without importing the package, which would bring notebook machinery along.
_WAVESURFER = Path(importlib.util.find_spec("wavesurfer").origin).parent / "js"


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
    return sounds.response(found)


ROUTES = [
    Route("/audio", audio),
    *labelling_routes.ROUTES,
    Mount("/assets/wavesurfer", StaticFiles(directory=_WAVESURFER)),
]
