"""A button that copies the page's address, which holds the whole view."""

import streamlit as st

_HTML = '<button type="button">Copy link</button><span role="status"></span>'
_CSS = """
button {
  font: inherit; font-size: 0.8rem; padding: 0.2rem 0.6rem; cursor: pointer; color: var(--st-text-color);
  background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
span { font-size: 0.8rem; margin-left: 0.5rem; opacity: 0.7; }
"""
# Where the clipboard is refused (a page served without https to another machine), the address bar still has the link.
_JS = """
export default function ({ parentElement }) {
  const said = parentElement.querySelector("span");
  parentElement.querySelector("button").onclick = () =>
    navigator.clipboard.writeText(window.location.href).then(
      () => (said.textContent = "copied"),
      () => (said.textContent = "copy it from the address bar"),
    ).finally(() => setTimeout(() => (said.textContent = ""), 3000));
}
"""
_COPY_LINK = st.components.v2.component("workbench_copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link(key: str) -> None:
    """Draw the button. The link holds study, filters, sort, page, clip and region."""
    _COPY_LINK(key=key)
