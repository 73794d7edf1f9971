"""The labelling component: player, questions, keys and undelivered answers, all in the browser.

It talks to the routes in `labelling_routes` by itself; Streamlit only draws it, and no rerun stands between a listener and the
next clip.
"""

from dataclasses import asdict
from pathlib import Path

import streamlit as st

from emo_core import vocabulary
from emo_core.labelling.campaign import Campaign

_HERE = Path(__file__).parent
_SCRIPTS = (
    "labeller.js", "labeller_outbox.js", "labeller_sound.js", "labeller_keys.js", "labeller_form.js", "labeller_figures.js",
    "labeller_view.js",
)  # fmt: skip

_HTML = """
<div class="labeller" data-state="starting" data-playing="false" role="region" aria-label="Labelling">
  <div class="top">
    <span class="count">&nbsp;</span>
    <div class="progress" role="progressbar" aria-label="Clips done" aria-valuemin="0" aria-valuemax="100"><div class="done"></div></div>
    <span class="sign" data-state="saved"><span>saved</span></span>
  </div>
  <p class="complaint" role="alert" hidden></p>
  <div class="refused" role="alert" hidden>
    <p></p>
    <button type="button" data-act="save">Save as a file</button>
    <button type="button" data-act="discard">Discard</button>
  </div>
  <div class="panel" role="group" tabindex="-1" hidden></div>
  <div class="word" hidden></div>
  <div class="desk" hidden>
    <div class="stage">
      <div class="wave"><canvas aria-hidden="true"></canvas><div class="head"></div></div>
      <p class="failure" hidden></p>
      <div class="controls">
        <button type="button" data-act="play" class="main" aria-label="Play">
          <svg viewBox="0 0 24 24" class="paused"><path d="M7 4v16l13-8z"/></svg>
          <svg viewBox="0 0 24 24" class="playing"><path d="M6 4h4.5v16H6zM13.5 4H18v16h-4.5z"/></svg></button>
        <button type="button" data-act="replay" title="From the start"><span>Again</span><kbd></kbd></button>
        <button type="button" data-act="loop" aria-pressed="false" title="Repeat"><span>Loop</span><kbd></kbd></button>
        <span class="stepper" role="group" aria-label="Speed">
          <button type="button" data-act="slower" aria-label="Slower">−</button>
          <span class="speed">1×</span>
          <button type="button" data-act="faster" aria-label="Faster">+</button>
        </span>
        <span class="gap"></span>
        <span class="guard quiet" hidden>listen to the end first</span>
      </div>
    </div>
    <p class="words" hidden></p>
    <p class="role"></p>
    <div class="asked"></div>
    <div class="flags" role="group" aria-label="Flags"></div>
    <label class="comment">
      <span class="quiet">Comment <kbd></kbd></span><textarea rows="1" maxlength="2000"></textarea>
      <span class="quiet hint">Enter sends, Esc leaves the field</span>
    </label>
    <div class="foot">
      <button type="button" data-act="back" title="The clip before"><span>Back</span><kbd></kbd></button>
      <button type="button" data-act="forth" title="To the next clip" hidden><span>On</span></button>
      <button type="button" data-act="postpone" title="Hear it again later"><span>Later</span><kbd></kbd></button>
      <button type="button" data-act="skip" title="Leave it out, and say why"><span>Skip</span><kbd></kbd></button>
      <button type="button" data-act="keys" title="Which key does what"><span>Keys</span></button>
      <span class="gap"></span>
      <button type="button" data-act="send" class="send"><span>Send</span><kbd></kbd></button>
    </div>
  </div>
  <span class="said" aria-live="polite"></span>
  <span class="ink" hidden></span>
</div>
"""

_LABELLER = st.components.v2.component(
    "workbench_labeller",
    html=_HTML,
    css=(_HERE / "labeller.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / file).read_text(encoding="utf-8") for file in _SCRIPTS),
)


def labeller(campaign: Campaign, *, ticket: str, scope: str, remember: str | None, key: str) -> None:
    """Draw the component for one rater of one campaign.

    ticket    signed words that tell the routes who answers for which campaign
    scope     names this rater and campaign among others of the same browser
    remember  signed words by which the browser keeps who the rater is; None where it does already
    """
    told = {
        "ticket": ticket,
        "scope": scope,
        "sync": "label/sync",
        "sound": "label/sound",
        "remember": {"url": "people/remember", "ticket": remember} if remember else None,
        "form": asdict(campaign.form),
        "colours": vocabulary.colours(campaign.form.emotions),
        **{name: getattr(campaign, name) for name in ("autoplay", "hear_first", "same_loudness", "batch")},
    }
    _LABELLER(key=key, data=[told])  # in a dict Streamlit looks for data frames, and loads pandas for it: 0.3 s
