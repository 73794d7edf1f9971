// Labelling. Player, keys and answers live here, in the browser: a key answers the clip on the screen and the next one plays,
// whether or not the server is there. Everything that people wrote reaches the page through textContent, never as HTML.
//
// The wrapper joins six files into one module: this one, labeller_outbox.js that delivers, labeller_sound.js that plays,
// labeller_form.js and labeller_keys.js that answer, labeller_figures.js and labeller_view.js that draw.

const AHEAD = 24; // clips asked for in advance
const LOW = 12; // ask for more below
const PAST = 30; // clips that Back can reach
const LOOK_AGAIN_MS = 5000;
const HEARD = 0.9; // of a clip; browsers tell where they are four times a second only
const PAUSE_MS = 120000; // a longer gap between answers is a pause
const labellers = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const [data] = component.data;
  const there = labellers.get(parentElement);
  if (there && there.data.ticket !== data.ticket) there.destroy();
  if (!there || there.data.ticket !== data.ticket) labellers.set(parentElement, new Labeller(parentElement, data));
  return () => {
    labellers.get(parentElement)?.destroy();
    labellers.delete(parentElement);
  };
}

// Streamlit covers the page when the server is away, and when it knows no page of the address; the page hides both.
// Labelling goes on without the server, and says so by its own sign.
function closeDialogs() {
  for (const dialog of document.querySelectorAll('[data-testid="stDialog"]')) {
    dialog.querySelector("button[aria-label=Close]")?.click();
  }
}

const turnOf = ({ item, turn }) => `${item}/${turn}`;

// What is said of the clip on the screen and not sent yet: a reload must not lose it.
class Draft {
  constructor(scope) {
    this.shelf = `workbench:draft:${scope}`;
  }

  keep(turn, form) {
    try {
      if (form.isTouched) sessionStorage.setItem(this.shelf, JSON.stringify({ turn, answer: form.answer({ whole: true }) }));
      else sessionStorage.removeItem(this.shelf);
    } catch {} // a browser that keeps nothing
  }

  of(turn) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.shelf));
      return kept?.turn === turn ? kept.answer : null;
    } catch {
      return null;
    }
  }
}

class Labeller {
  constructor(parent, data) {
    Object.assign(this, { parent, data, queue: [], past: [], at: -1, progress: null, answered: 0, state: "starting", moments: [] });
    this.root = parent.querySelector(".labeller");
    this.keys = new Keys(data.form.emotions);
    this.form = new Form(data.form, this.keys);
    this.deck = new Deck({ urlOf: (turn) => this.urlOf(turn), onChange: (turn) => this.onSound(turn) });
    this.deck.sameLoudness = data.same_loudness;
    this.deck.wants = (turn) => this.held().includes(turn);
    this.outbox = new Outbox({
      url: data.sync,
      ticket: data.ticket,
      scope: data.scope,
      listen: {
        answer: (answer, asked) => this.onAnswer(answer, asked),
        state: () => this.view.sign(),
        hungry: () => this.hungry(),
        gone: (why) => this.end(why),
      },
    });
    this.draft = new Draft(data.scope);
    this.view = new View(this);
    this.tabs = new BroadcastChannel(`workbench:label:${data.scope}`);
    this.tabs.onmessage = ({ data: word }) => {
      this.view.complain("Another tab labels here too. Close one: both get the same clips.");
      if (word === "here") this.tabs.postMessage("too");
    };
    this.tabs.postMessage("here");
    this.keys.onNames = () => this.view.draw();
    this.listening = new AbortController();
    // On window and first of all: Streamlit has keys of its own.
    window.addEventListener("keydown", (event) => this.onKey(event), { capture: true, signal: this.listening.signal });
    this.calm = new MutationObserver(() => closeDialogs());
    this.calm.observe(document.body, { childList: true });
    closeDialogs();
    this.remember(data.remember);
    this.view.draw();
    this.outbox.talk(() => this.ask());
  }

  destroy() {
    this.listening.abort();
    this.calm.disconnect();
    this.tabs.close();
    this.outbox.destroy();
    this.deck.destroy();
    this.view.destroy();
    clearTimeout(this.looking);
  }

  // Let the browser keep who is labelling, as the server signed it.
  remember(remember) {
    if (!remember) return;
    const body = JSON.stringify({ ticket: remember.ticket });
    fetch(new URL(remember.url, document.baseURI), { method: "POST", body, headers: { "Content-Type": "application/json" } }).catch(() => {});
  }

  urlOf(turn) {
    const [item, time] = turn.split("/");
    return `${this.data.sound}?${new URLSearchParams({ item, turn: time, ticket: this.data.ticket })}`;
  }

  // ---- clips ------------------------------------------------------------------------------------------------------------

  // The clip on the screen: an earlier one while the listener has gone back, else the first in the queue.
  get clip() {
    return this.at >= 0 ? this.past[this.at].clip : this.queue[0];
  }

  held() {
    const back = this.past.slice(-3).map(({ clip }) => turnOf(clip));
    const shown = this.clip ? [turnOf(this.clip)] : [];
    return [...new Set([...shown, ...this.queue.map(turnOf), ...back])];
  }

  ask() {
    const room = this.queue.length < LOW && this.state !== "over" ? AHEAD - this.queue.length : 0;
    return { have: this.queue.map(({ item, turn }) => [item, turn]), want: room };
  }

  // Whether to ask again at once: clips were answered meanwhile and more may be had.
  hungry() {
    return this.queue.length < LOW && this.gaveAll === false;
  }

  onAnswer({ clips, progress, closed, ended, waiting }, { want }) {
    const answered = this.outbox.turnsPending;
    const known = new Set(this.queue.map(turnOf));
    const fresh = clips.filter((clip) => !known.has(turnOf(clip)) && !answered.has(turnOf(clip)));
    const before = this.clip && turnOf(this.clip);
    this.queue.push(...fresh);
    if (closed || ended) this.leave(); // what was not heard yet is not asked for any more
    if (want) this.gaveAll = clips.length < Math.min(want, 3) || !fresh.length;
    Object.assign(this, { progress, closed, ended });
    this.state = this.queue.length ? "on" : closed || ended ? "closed" : waiting || clips.length ? "waiting" : want ? "over" : this.state;
    if (this.state === "waiting" || this.state === "closed") this.lookAgain();
    this.deck.hold(this.held());
    if (this.clip && turnOf(this.clip) !== before) this.show();
    else this.view.draw({ progressOnly: this.queue.length > 0 });
    if ((closed || ended) && !this.clip) this.deck.silence();
    this.view.drawRefused();
  }

  // No clip stays on the screen; an answer that was not sent yet is kept beside those that were not taken.
  leave() {
    if (this.clip && !this.feedback && !this.pause && this.at < 0 && this.form.isTouched) {
      const { item, turn } = this.clip;
      const content = { answer: this.form.answer({ whole: true }) };
      this.outbox.keepRefused([{ kind: "answer", item, turn, content, at: Date.now(), why: "The campaign ended before it was sent." }]);
      this.form.clear();
    }
    Object.assign(this, { queue: [], at: -1, feedback: null, pause: null });
  }

  // The campaign was removed: nothing is asked of the server any more.
  end(why) {
    this.leave();
    Object.assign(this, { closed: true, ended: false, gone: why, state: "closed" });
    this.deck.silence();
    this.deck.hold([]);
    this.view.draw();
    this.view.drawRefused();
  }

  lookAgain() {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.outbox.talk(), LOOK_AGAIN_MS);
  }

  // Put the clip on the screen, note so in the ledger, and play it.
  show({ silent = false } = {}) {
    const { clip } = this;
    this.pause = null;
    this.deck.silence();
    this.root.getRootNode().activeElement?.matches("input, textarea") && this.root.getRootNode().activeElement.blur();
    if (!clip) return this.view.draw();
    this.form.fill(this.at >= 0 ? this.past[this.at].answer : this.draft.of(turnOf(clip)));
    this.since = performance.now();
    Object.assign(this, { plays: 0, heard: false, listened: 0, feedback: null, speeds: new Set() });
    const seen = ["sound", ...(clip.words ? ["words"] : []), ...(clip.expected ? ["listeners' votes, after the answer"] : [])];
    this.outbox.put({ kind: "shown", item: clip.item, turn: clip.turn, content: { what: seen, back: this.at >= 0 } });
    this.view.draw();
    this.root.dispatchEvent(new CustomEvent("workbench:shown", { bubbles: true, composed: true, detail: turnOf(clip) }));
    if (this.data.autoplay && !silent) this.play({ from: 0 });
  }

  onSound(turn) {
    if (!this.clip || turn !== turnOf(this.clip)) return;
    this.attach(this.deck.of(turn));
    this.view.drawSound();
    if (this.data.autoplay && !this.plays) this.play({ from: 0 });
  }

  // Follow one sound's playing; each sound is followed once.
  attach(sound) {
    if (!sound?.element || sound.followed) return;
    sound.followed = true;
    const current = () => this.clip && turnOf(this.clip) === sound.turn;
    sound.element.addEventListener("playing", () => {
      if (!current()) return;
      this.root.dispatchEvent(new CustomEvent("workbench:playing", { bubbles: true, composed: true, detail: sound.turn }));
      this.view.drawSound();
    });
    sound.element.addEventListener("pause", () => current() && this.view.drawSound());
    // Heard is what was listened to, not what was jumped over, and in a loop too.
    let last = null;
    const listen = (at) => {
      if (current() && last !== null && at > last && at - last < 1) this.listened += at - last;
      last = at;
      if (!current() || this.heard || this.listened < HEARD * sound.element.duration) return;
      this.heard = true;
      this.view.drawSound();
    };
    sound.element.addEventListener("timeupdate", () => listen(sound.element.currentTime));
    sound.element.addEventListener("seeking", () => (last = sound.element.currentTime));
    sound.element.addEventListener("ended", () => {
      listen(sound.element.duration);
      if (current()) this.view.drawSound();
    });
  }

  async play(options = {}) {
    if (!this.clip) return;
    const turn = turnOf(this.clip);
    const sound = this.deck.of(turn);
    this.attach(sound);
    const began = await this.deck.play(turn, options);
    if (began && this.clip && turnOf(this.clip) === turn) {
      this.plays += 1;
      this.speeds.add(this.deck.speed);
    }
    this.view.needsTouch = !began && sound?.state === "ready";
    this.view.drawSound();
  }

  // ---- answers ----------------------------------------------------------------------------------------------------------

  // Send what the form says of the clip on the screen, and go on.
  send() {
    if (!this.clip || this.feedback) return;
    const { missing } = this.form;
    if (missing.length && !missing.includes(this.form.asked[this.form.active])) {
      this.form.active = this.form.asked.indexOf(missing[0]); // done with this question, not with all
      return this.view.drawForm();
    }
    if (missing.length) return this.view.complain(`Still open: ${missing.map(({ title }) => title).join(", ")}`);
    if (this.data.hear_first && !this.heard && !this.form.flags.length) return this.view.complain("Listen to the end first.");
    const answer = this.form.answer();
    this.put("answer", { answer });
    this.moments = [...this.moments, performance.now()].slice(-21);
    const { clip } = this;
    if (clip.expected && this.at < 0) {
      this.feedback = { expected: clip.expected, answer };
      this.outbox.talk();
      return this.view.draw();
    }
    this.goOn(clip, answer);
  }

  put(kind, content) {
    const { item, turn } = this.clip;
    const seconds = (performance.now() - this.since) / 1000;
    const shown = { plays: this.plays, to_the_end: this.heard, speeds: [...this.speeds] };
    this.outbox.put({ kind, item, turn, seconds, content: { ...content, shown } });
  }

  // Leave the clip on the screen: back to the front of the queue, or on to the next clip.
  goOn(clip, answer, skipped = false) {
    if (this.at >= 0) {
      this.past[this.at] = { clip, answer };
      this.at = -1;
    } else {
      this.queue.shift();
      if (answer || skipped) this.past = [...this.past, { clip, answer }].slice(-PAST);
      if (answer) this.answered += clip.role === "practice" ? 0 : 1;
      if (this.progress && clip.role !== "practice") this.progress.done += answer ? 1 : 0;
    }
    const rest = this.data.batch && answer && this.answered && this.answered % this.data.batch === 0 && this.at < 0;
    this.state = this.queue.length ? "on" : "waiting";
    this.deck.hold(this.held());
    if (rest && this.pausedAt !== this.answered) {
      this.pausedAt = this.answered;
      this.deck.silence();
      this.pause = this.answered;
      this.view.draw();
    } else this.show();
    this.outbox.talk(); // what was answered and what is shown now, in one message
  }

  back() {
    if (this.closed || this.ended) return this.view.complain("Answers cannot be changed any more.");
    const place = this.at >= 0 ? this.at - 1 : this.past.length - 1;
    if (place < 0) return this.view.complain("There is nothing before this. Older answers stand under My answers.");
    this.at = place;
    this.deck.hold(this.held());
    this.show();
  }

  forth() {
    this.at = this.at < this.past.length - 1 ? this.at + 1 : -1;
    this.show();
  }

  // At the median pace of the last answers, pauses aside; nothing before there are five gaps to judge by.
  timeLeft(clips) {
    const gaps = this.moments.slice(1).map((moment, i) => moment - this.moments[i]).filter((gap) => gap < PAUSE_MS);
    if (gaps.length < 5 || !clips) return "";
    const minutes = (gaps.sort((a, b) => a - b)[gaps.length >> 1] * clips) / 60000;
    return minutes < 1 ? ", under a minute" : minutes < 90 ? `, about ${Math.round(minutes)} min` : `, about ${(minutes / 60).toFixed(1)} h`;
  }

  postpone() {
    if (!this.clip || this.at >= 0 || this.feedback) return;
    this.put("postpone", {});
    this.goOn(this.clip, null);
  }

  skip(reason) {
    if (!this.clip || this.feedback) return;
    this.view.closePanel();
    this.put("skip", { reason });
    const { clip } = this;
    this.goOn(clip, null, true);
  }

  value(question, value, { mayEnd = true } = {}) {
    const ended = this.form.set(question, value);
    if (ended && mayEnd && !this.blocked()) return this.send();
    this.view.drawForm();
  }

  flag(name) {
    if (this.form.flag(name)) return this.send();
    this.view.drawForm();
  }

  // An answer that ends itself is refused, not half taken, while the clip must be heard first.
  blocked() {
    if (!this.data.hear_first || this.heard || this.form.flags.length) return false;
    this.view.complain("Listen to the end first.");
    return true;
  }

  // ---- keys -------------------------------------------------------------------------------------------------------------

  onKey(event) {
    if (!this.root.isConnected || this.view.dialogOpen(event)) return;
    if (this.view.panel) return this.view.panelKey(event);
    const code = this.keys.pressed(event);
    const taken = code && this.press(code, event.shiftKey);
    // Streamlit's own plain keys (R, C) must not act where a rater types answers.
    const plain = /^Key[RC]$/.test(event.code) && !event.ctrlKey && !event.metaKey && !event.composedPath()[0]?.matches?.(TYPING);
    if (taken || plain) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }

  press(code, shift) {
    const action = this.keys.action(code);
    if (action === "back" && !this.feedback && (this.pause || !this.clip)) return this.back(), true;
    if (this.feedback || this.pause) {
      if (action === "replay" && this.feedback) return this.play({ from: 0 }), true;
      if (!["send", "play"].includes(action)) return Boolean(action);
      return this.carryOn(), true;
    }
    if (!this.clip) return false;
    const ended = this.form.press(code, shift);
    if (ended !== undefined) {
      if (ended && !this.blocked()) this.send();
      else this.view.drawForm();
      return true;
    }
    if (!action || action.startsWith("emotion ")) return false;
    if (action in FLAG_NAMES) return this.data.form.flags.includes(action) && (this.flag(action), true);
    this.act(action);
    return true;
  }

  carryOn() {
    if (this.feedback) {
      const { answer } = this.feedback;
      this.feedback = null;
      return this.goOn(this.clip, answer);
    }
    this.pause = null;
    this.show();
  }

  act(name) {
    const sound = this.clip && this.deck.of(turnOf(this.clip))?.element;
    const speed = (by) => {
      this.deck.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(this.deck.speed) + by))];
      if (sound) sound.playbackRate = this.deck.speed;
      this.speeds.add(this.deck.speed);
      this.view.drawSound();
    };
    const acts = {
      play: () => (sound && !sound.paused ? sound.pause() : this.play()),
      replay: () => this.play({ from: 0 }),
      loop: () => {
        this.deck.loop = !this.deck.loop;
        if (sound) sound.loop = this.deck.loop;
        this.view.drawSound();
      },
      slower: () => speed(-1),
      faster: () => speed(1),
      up: () => (this.form.step(-1), this.view.drawForm()),
      down: () => (this.form.step(1), this.view.drawForm()),
      send: () => this.send(),
      back: () => this.back(),
      forth: () => this.forth(),
      postpone: () => this.postpone(),
      skip: () => this.view.openSkip(),
      comment: () => this.view.focusComment(),
      keys: () => this.view.openKeys(),
      again: () => ((this.state = "waiting"), this.outbox.talk()),
      onward: () => this.carryOn(),
      save: () => this.view.saveRefused(),
      discard: () => (this.outbox.discardRefused(), this.view.drawRefused()),
    };
    acts[name]?.();
  }
}
