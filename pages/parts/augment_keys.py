"""The keys of the ear test: those that play, and a line that says which key does what.

Playing happens in the browser alone, so that hearing never waits for the server.
"""

from pathlib import Path

import streamlit as st

_HTML = """
<p class="keys" data-ready="false">
  <span><kbd>1</kbd> parent i</span>
  <span><kbd>2</kbd> mixture</span>
  <span><kbd>3</kbd> parent j</span>
  <span>the same again: stop</span>
  <span><kbd>J</kbd> keep, next</span>
  <span><kbd>X</kbd> reject, next</span>
  <span><kbd>U</kbd> undo</span>
</p>
"""
_CSS = """
.keys { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0; font-size: 0.8rem; color: var(--st-text-color); }
.keys span { opacity: 0.85; }
kbd {
  display: inline-block; min-width: 10px; padding: 0 5px; font: 0.75rem / 1.3 var(--st-font); text-align: center;
  border: 1px solid var(--st-border-color); border-radius: 3px;
}
@media (hover: none) { .keys { display: none; } }
"""
_JS = (Path(__file__).parent / "augment_keys.js").read_text(encoding="utf-8")
_KEYS = st.components.v2.component("workbench_ear_keys", html=_HTML, css=_CSS, js=_JS)

SOUNDS = "ear_sounds"  # key of the container whose three players the keys play


def keys() -> None:
    """Draw the line, and listen to the keys while it is there."""
    _KEYS(key="ear_keys")
