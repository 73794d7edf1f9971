// The ear test's keys that play: 1 and 3 a parent, 2 the mixture. Keys for verdicts belong to their buttons.

const SOUNDS = ".st-key-ear_sounds audio"; // parent i, mixture, parent j, in this order on the page
const ORDER = ["1", "2", "3"];
// Where digits have a meaning of their own.
const OWN_KEYS = "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=combobox], [role=spinbutton]";

export default function ({ parentElement }) {
  const listening = new AbortController();
  const options = { capture: true, signal: listening.signal };
  document.addEventListener("keydown", onKey, options);
  document.addEventListener("play", (event) => alone(event.target), options); // does not bubble, but is captured
  parentElement.querySelector(".keys").dataset.ready = "true";
  return () => listening.abort();
}

// A key plays its sound from the start; while it plays, the same key ends it.
function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!ORDER.includes(event.key) || event.composedPath()[0].matches?.(OWN_KEYS)) return;
  const sound = document.querySelectorAll(SOUNDS)[ORDER.indexOf(event.key)];
  if (!sound) return;
  event.preventDefault();
  if (!sound.paused) return sound.pause();
  sound.currentTime = 0;
  sound.play().catch(() => {}); // the player itself shows that a sound cannot be played
}

// Two sounds at once would be a mixture that nobody made.
function alone(playing) {
  const sounds = [...document.querySelectorAll(SOUNDS)];
  if (sounds.includes(playing)) sounds.filter((sound) => sound !== playing).forEach((sound) => sound.pause());
}
