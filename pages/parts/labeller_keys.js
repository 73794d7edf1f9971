// Which key does what. By place on the keyboard (`code`), so that keys lie alike on every layout; each may be changed.

const ACTIONS = {
  play: ["Space", "Play or pause"],
  replay: ["ArrowLeft", "From the start"],
  loop: ["KeyL", "Repeat"],
  slower: ["BracketLeft", "Slower"],
  faster: ["BracketRight", "Faster"],
  up: ["ArrowUp", "Question before"],
  down: ["ArrowDown", "Next question"],
  send: ["Enter", "Send"],
  back: ["Backspace", "Back"],
  postpone: ["KeyP", "Later"],
  skip: ["KeyX", "Skip"],
  comment: ["Slash", "Comment"],
  bad_audio: ["KeyB", "bad audio"],
  not_speech: ["KeyN", "not speech"],
  other_language: ["KeyO", "other language"],
  cannot_tell: ["KeyT", "can't tell"],
};
const DIGITS = ["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0"];
const SHELF = "workbench:keys";
const NEVER = /^(Shift|Control|Alt|Meta|Caps|Num|F\d|Tab|Escape)/; // keys with a meaning of their own
const TYPING = "input:not([type=range]), textarea, select, [contenteditable=''], [contenteditable=true]";
const PRESSABLE = "button, summary, a[href], [role=button], [role=menuitem], [role=radio], [role=option]";

class Keys {
  constructor(emotions) {
    this.shelf = `${SHELF}:${emotions.join(",")}`; // what a digit means depends on the emotions and their order
    this.usual = Object.fromEntries(Object.entries(ACTIONS).map(([action, [code]]) => [action, code]));
    emotions.forEach((name, place) => (this.usual[`emotion ${name}`] = DIGITS[place] ?? null));
    this.chosen = {};
    try {
      this.chosen = JSON.parse(localStorage.getItem(this.shelf)) ?? {};
    } catch {} // a browser that keeps nothing has the usual keys
    this.names = new Map();
    navigator.keyboard?.getLayoutMap?.().then((map) => {
      this.names = map;
      this.onNames?.();
    }, () => {});
  }

  code(action) {
    return action in this.chosen ? this.chosen[action] : this.usual[action]; // null: no key
  }

  action(code) {
    return Object.keys(this.usual).find((action) => this.code(action) === code);
  }

  // The key takes on the action; whatever it did before gets the action's old key.
  change(action, code) {
    if (NEVER.test(code)) return;
    const other = this.action(code);
    if (other && other !== action) this.chosen[other] = this.code(action);
    this.chosen[action] = code;
    this.keep();
  }

  reset() {
    this.chosen = {};
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(this.shelf, JSON.stringify(this.chosen));
    } catch {} // they hold for this page then
  }

  // What stands on the key, as far as the browser knows the layout.
  name(code) {
    const plain = { ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", ArrowRight: "→", Backspace: "⌫", Enter: "↵", Space: "space" };
    if (!code) return "";
    const there = plain[code] ?? this.names.get(code) ?? code.replace(/^(Key|Digit)/, "");
    return { BracketLeft: "[", BracketRight: "]", Slash: "/" }[there] ?? there;
  }

  // The action of a key press, or null where the press is not for us.
  pressed(event) {
    if (event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return null;
    const path = event.composedPath().filter((node) => node instanceof Element);
    const [target] = path;
    if (target?.matches(TYPING)) return null;
    // Somebody who walked to a button by Tab presses it with Space or Enter.
    const walked = path.some((node) => node.matches(PRESSABLE)) && target?.matches(":focus-visible");
    if (walked && ["Space", "Enter"].includes(event.code)) return null;
    if (target?.matches("[type=range]") && event.code.startsWith("Arrow")) return null;
    return event.code.replace(/^Numpad(\d)$/, "Digit$1").replace("NumpadEnter", "Enter");
  }
}
