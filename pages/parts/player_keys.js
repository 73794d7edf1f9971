// What the player's buttons do, and which key presses which.

const ACTS = {
  play: (player) => (player.ws.isPlaying() ? player.ws.pause() : player.play()),
  start: (player) => player.seek(0),
  loop: (player) => player.toggleLoop(),
  clear: (player) => player.clear(),
  slower: (player) => player.setSpeed(beside(SPEEDS, player.speed, -1)),
  faster: (player) => player.setSpeed(beside(SPEEDS, player.speed, 1)),
  normal: (player) => player.setSpeed(1),
  narrower: (player) => player.setZoom(beside(ZOOMS, player.zoom, -1)),
  wider: (player) => player.setZoom(beside(ZOOMS, player.zoom, 1)),
  fit: (player) => player.setZoom(1),
  from: (player) => player.mark("start"),
  to: (player) => player.mark("end"),
};

const beside = (list, value, by) => list[list.indexOf(value) + by] ?? value;

// By place on the keyboard (`code`), so that they lie alike on every layout.
const KEYS = {
  Space: "play",
  Home: "start",
  KeyL: "loop",
  Escape: "clear",
  BracketLeft: "slower",
  BracketRight: "faster",
  KeyI: "from",
  KeyO: "to",
  KeyJ: "next",
  KeyK: "previous",
};
const ARROWS = { ArrowLeft: -1, ArrowRight: 1 };

// Where keys have a meaning of their own. The clip table says by `data-shares-keys` that it leaves ours to us.
const OWN_KEYS =
  "input, textarea, select, canvas, [contenteditable=''], [contenteditable=true], [role=textbox], [role=combobox], " +
  "[role=listbox], [role=menu], [role=menubar], [role=slider], [role=spinbutton], [role=tablist], [role=radiogroup], " +
  "[role=tree], [role=grid]:not([data-shares-keys])";
const PRESSABLE = "button, summary, [role=button], [role=checkbox], [role=switch]";

function onKey(player, event) {
  const { code, shiftKey } = event;
  const known = code in ARROWS || (code in KEYS && !shiftKey);
  if (!known || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((node) => node.matches(OWN_KEYS))) return;
  if (code === "Space" && path.some((node) => node.matches(PRESSABLE))) return;
  if (code === "Escape" && !player.region) return; // it may close something else
  event.preventDefault(); // no scrolling, and no second player on the page
  if (code in ARROWS) return player.ready && player.seek(player.now + ARROWS[code] * (shiftKey ? 0.1 : 0.5));
  if (!event.repeat) player.act(KEYS[code]);
}
