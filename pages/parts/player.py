"""The clip player: waveform, spectrogram and one region that loops, by mouse and by keyboard.

The player lives in the browser, so that hearing, seeking and looping never wait for the server. It tells the page two
things: the region that stands, and how many clips the listener wants to go on or back.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_SCRIPTS = ("player.js", "player_sound.js", "player_keys.js", "player_drawing.js")  # one module in the browser

_HTML = """
<div class="player" role="group" aria-label="Clip player" data-ready="false" data-playing="false">
  <p class="problems" hidden></p>
  <div class="stage">
    <div class="gutter"></div>
    <div class="wave" role="img" aria-label="Waveform and spectrogram"></div>
    <p class="failure" role="alert" hidden></p>
  </div>
  <div class="controls">
    <div class="set">
      <button type="button" data-act="previous" aria-label="Previous clip" title="Previous clip (K)">
        <svg viewBox="0 0 24 24"><path d="M6 5h2.5v14H6zM20 5v14L10 12z"/></svg></button>
      <button type="button" data-act="play" class="main" aria-label="Play" title="Play or pause (Space)">
        <svg viewBox="0 0 24 24" class="paused"><path d="M7 4v16l13-8z"/></svg>
        <svg viewBox="0 0 24 24" class="playing"><path d="M6 4h4.5v16H6zM13.5 4H18v16h-4.5z"/></svg></button>
      <button type="button" data-act="next" aria-label="Next clip" title="Next clip (J)">
        <svg viewBox="0 0 24 24"><path d="M15.5 5H18v14h-2.5zM4 5v14l10-7z"/></svg></button>
      <div class="time">
        <span><span class="now">0:00.00</span> <span class="quiet">/ <span class="end">0:00.00</span></span></span>
        <span class="quiet hint">drag for a region</span>
        <button type="button" data-act="clear" class="region" title="Clear the region (Esc)" hidden><span></span>
          <svg viewBox="0 0 24 24"><path d="M5 7l2-2 5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5z"/></svg>
        </button>
      </div>
    </div>
    <div class="set">
      <button type="button" data-act="loop" class="toggle" aria-pressed="false" title="Repeat (L)">
        <svg viewBox="0 0 24 24"><path d="M7 7h10v3l5-4-5-4v3H5v7h2zM17 17H7v-3l-5 4 5 4v-3h12v-7h-2z"/></svg>
        <span>Loop</span></button>
      <div class="stepper" role="group" aria-label="Speed">
        <button type="button" data-act="slower" aria-label="Slower" title="Slower ([)">−</button>
        <button type="button" data-act="normal" class="speed" title="Back to normal speed; pitch stays as it is">1×</button>
        <button type="button" data-act="faster" aria-label="Faster" title="Faster (])">+</button>
      </div>
      <div class="stepper" role="group" aria-label="Zoom">
        <button type="button" data-act="narrower" aria-label="Zoom out" title="Zoom out">−</button>
        <button type="button" data-act="fit" class="zoom" title="Fit the whole clip">Fit</button>
        <button type="button" data-act="wider" aria-label="Zoom in" title="Zoom in">+</button>
      </div>
    </div>
  </div>
  <p class="keys">
    <span><kbd>Space</kbd> play</span>
    <span><kbd>←</kbd><kbd>→</kbd> 0.5 s, with <kbd>Shift</kbd> 0.1 s</span>
    <span><kbd>Home</kbd> start</span>
    <span><kbd>L</kbd> loop</span>
    <span><kbd>I</kbd><kbd>O</kbd> region from, to here</span>
    <span><kbd>Esc</kbd> no region</span>
    <span><kbd>[</kbd><kbd>]</kbd> speed</span>
    <span><kbd>J</kbd><kbd>K</kbd> next, previous clip</span>
  </p>
  <span class="said" aria-live="polite"></span>
  <span class="ink-wave"></span><span class="ink-played"></span>
</div>
"""

_PLAYER = st.components.v2.component(
    "workbench_player",
    html=_HTML,
    css=(_HERE / "player.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / file).read_text(encoding="utf-8") for file in _SCRIPTS),
)


def player(
    *,
    clip: str,
    url: str,
    assets: str,
    mel: dict | None,
    problems: Sequence[str],
    duration_s: float | None,
    region: tuple[float, float] | None,
    autoplay: bool,
    key: str,
) -> dict | None:
    """Draw the player on one clip, and return the region that stands: {"clip", "start", "end"}, seconds from the clip's
    start; None where there is none.

    clip         the clip's id
    url, assets  the sound, and the folder of wavesurfer's scripts; relative to the app
    mel          {"image", "bands", "frames", "duration_s", "ticks"}, or None for no spectrogram. `image` is the base64 of
                 bands × frames bytes, row after row, the lowest band first, 0 quiet to 255 loud, at most 65,535 frames;
                 `duration_s` is the time that the frames cover; `ticks` are [[hz, fraction of the height from below], …].
                 An optional "start_s" is the time of the left edge of the first frame (default 0)
    problems     plain sentences about the file, shown above it
    duration_s   shown until the sound is there
    region       start and end in seconds to begin with; the listener's own changes then stand until this changes
    autoplay     play once the sound is there, where the browser allows it
    """
    given = {"clip": clip, "start": round(region[0], 3), "end": round(region[1], 3)} if region else None
    done = _PLAYER(
        key=key,
        data={
            "clip": clip,
            "url": url,
            "assets": assets,
            "mel": mel,
            "problems": list(problems),
            "duration_s": duration_s,
            "region": given,
            "autoplay": autoplay,
        },
        on_region_change=lambda: None,
        on_step_change=lambda: None,
    )
    return _standing(done.region, given, clip)


def _standing(told: dict | None, given: dict | None, clip: str) -> dict | None:
    """The region that the listener left on this clip; the given one where they have not touched it."""
    if not told or told["clip"] != clip:
        return given
    return told if told["end"] is not None else None


def told(key: str) -> dict | None:
    """How far the listener went in all, if they asked for another clip to cause this run; ask before drawing.

    `total` counts steps on (+) and back (−) since the player called `player` began, so that steps that reach the server
    together all count.
    """
    return (st.session_state.get(key) or {}).get("step")
