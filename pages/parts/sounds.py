"""A clip's sound as an answer to the browser."""

from starlette.responses import FileResponse, PlainTextResponse, Response

from emo_core.audio import as_wav, contained, inspect, needs_decoding
from emo_core.errors import AudioError, BadInput
from emo_core.store.browsing import ClipAudio


def response(found: ClipAudio) -> Response:
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
