"""What the browser asks for by itself: sounds, a rater's messages, doors for raters, the player's scripts."""

import importlib.util
from pathlib import Path

from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pages.parts import labelling_routes, sounds

# The folder is found without importing the package, which would bring notebook machinery along.
_WAVESURFER = Path(importlib.util.find_spec("wavesurfer").origin).parent / "js"

ROUTES = [
    Route("/audio", sounds.audio),
    Route("/label/sync", labelling_routes.sync, methods=["POST"]),
    Route("/label/sound", labelling_routes.sound),
    Route("/invite/{token}", labelling_routes.invite, methods=["GET", "POST"]),
    Route("/people/enter", labelling_routes.enter),
    Route("/people/me", labelling_routes.me, methods=["GET", "POST"]),
    Route("/people/remember", labelling_routes.remember, methods=["POST"]),
    Mount("/assets/wavesurfer", StaticFiles(directory=_WAVESURFER)),
]
