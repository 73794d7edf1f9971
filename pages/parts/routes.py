"""What the browser asks for by itself, and who answers. Light: see `starting`."""

import importlib.util
from pathlib import Path

from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pages.parts.starting import late

# The folder is found without importing the package, which would bring notebook machinery along.
_WAVESURFER = Path(importlib.util.find_spec("wavesurfer").origin).parent / "js"
_SOUNDS, _LABELLING = "pages.parts.sounds", "pages.parts.labelling_routes"

ROUTES = [
    Route("/audio", late(_SOUNDS, "audio")),
    Route("/label/sync", late(_LABELLING, "sync"), methods=["POST"]),
    Route("/label/sound", late(_LABELLING, "sound")),
    Route("/invite/{token}", late(_LABELLING, "invite"), methods=["GET", "POST"]),
    Route("/people/enter", late(_LABELLING, "enter")),
    Route("/people/me", late(_LABELLING, "me")),
    Route("/people/remember", late(_LABELLING, "remember"), methods=["POST"]),
    Mount("/assets/wavesurfer", StaticFiles(directory=_WAVESURFER)),
]
