// Events on their way to the store. Each is kept in the browser until the server says that it is on disk; a number and the
// session's name make one that is sent twice arrive once.

const RETRY_MS = [400, 800, 1500, 3000, 5000];
const AT_ONCE = 200; // events in one message
const TIMEOUT_MS = 15000;

class Outbox {
  constructor({ url, ticket, scope, listen }) {
    Object.assign(this, { url, ticket, listen, seq: 0, pending: [], failures: 0, talking: false, trouble: null });
    this.session = crypto.randomUUID();
    this.shelf = `workbench:answers:${scope}:`;
    this.kept = true; // whether the browser lets us keep anything
    this.orphans = this.adopt();
    this.refusedShelf = `workbench:refused:${scope}`;
    this.refused = this.readRefused();
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    window.addEventListener("online", () => this.soon(0), { signal });
    window.addEventListener("pagehide", () => this.farewell(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.soon(0), { signal });
  }

  // What earlier pages of this browser could not deliver any more.
  adopt() {
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(this.shelf)) continue;
        const events = JSON.parse(localStorage.getItem(key));
        found.push({ session: key.slice(this.shelf.length), events });
      }
    } catch {
      this.kept = false;
    }
    return found.filter(({ events }) => Array.isArray(events) && events.length);
  }

  // What the server did not take is kept until the rater has seen to it: [{…event, why}].
  readRefused() {
    try {
      const found = JSON.parse(localStorage.getItem(this.refusedShelf));
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  keepRefused(events) {
    this.refused = [...this.refused, ...events.filter(({ kind }) => kind !== "shown")];
    try {
      if (this.refused.length) localStorage.setItem(this.refusedShelf, JSON.stringify(this.refused));
      else localStorage.removeItem(this.refusedShelf);
    } catch {} // they stay on this page then
  }

  discardRefused() {
    this.refused = [];
    this.keepRefused([]);
  }

  // Nothing will ever be taken again: what is pending is kept beside what was refused.
  giveUp(why) {
    const waiting = [{ session: this.session, events: this.pending }, ...this.orphans];
    for (const { session, events } of waiting) {
      this.keepRefused(events.map((event) => ({ ...event, why })));
      this.store(session, []);
    }
    Object.assign(this, { pending: [], orphans: [], failures: 0, trouble: null });
    this.listen.gone(why);
  }

  get undelivered() {
    return this.orphans.reduce((sum, { events }) => sum + events.length, this.answersPending);
  }

  get answersPending() {
    return this.pending.filter((event) => event.kind !== "shown").length;
  }

  // Turns that are answered already, as far as this browser knows and the server does not yet.
  get turnsPending() {
    const events = [...this.pending, ...this.orphans.flatMap((orphan) => orphan.events)];
    return new Set(events.filter((event) => event.kind !== "shown").map((event) => `${event.item}/${event.turn}`));
  }

  put(event) {
    this.pending.push({ ...event, seq: ++this.seq, at: Date.now() });
    this.store(this.session, this.pending);
    return this.seq;
  }

  store(session, events) {
    try {
      if (events.length) localStorage.setItem(this.shelf + session, JSON.stringify(events));
      else localStorage.removeItem(this.shelf + session);
      this.kept = true;
    } catch {
      this.kept = false;
    }
  }

  // Talk to the server now, unless a word is on its way; what came meanwhile goes with the next one.
  async talk(ask) {
    this.ask = ask ?? this.ask;
    if (this.talking || this.stopped) return;
    this.talking = true;
    clearTimeout(this.timer);
    try {
      while (this.orphans.length) await this.deliverOrphan();
      await this.exchange();
      this.failures = 0;
      this.trouble = null;
    } catch (failure) {
      if (failure instanceof Gone) return (this.talking = false), this.giveUp(failure.message);
      this.failures += 1;
      this.trouble = failure instanceof Refusal ? failure.message : null;
      this.soon(RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]);
    }
    this.talking = false;
    this.listen.state();
    if (!this.failures && (this.pending.length || this.listen.hungry())) this.soon(0);
  }

  soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.talk(), ms);
  }

  async deliverOrphan() {
    const orphan = this.orphans[0];
    const answer = await this.post(orphan.session, orphan.events.slice(0, AT_ONCE), { have: [], want: 0 });
    this.keepRefused(refusedOf(orphan.events, answer));
    orphan.events = without(orphan.events, answer);
    this.store(orphan.session, orphan.events);
    if (!orphan.events.length) this.orphans.shift();
  }

  async exchange() {
    const asked = this.ask();
    const answer = await this.post(this.session, this.pending.slice(0, AT_ONCE), asked);
    this.keepRefused(refusedOf(this.pending, answer));
    this.pending = without(this.pending, answer);
    this.store(this.session, this.pending);
    this.listen.answer(answer, asked);
  }

  async post(session, events, { have, want }) {
    const now = Date.now();
    const body = {
      ticket: this.ticket,
      session,
      events: events.map(({ at, ...event }) => ({ ...event, age_ms: Math.max(0, now - at) })),
      have,
      want,
    };
    const response = await fetch(new URL(this.url, document.baseURI), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 410) throw new Gone(await reason(response));
    if (response.status >= 400 && response.status < 500) throw new Refusal(await reason(response));
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  }

  // A page that goes away tries once more without waiting; what stays undelivered the next page delivers.
  farewell() {
    if (!this.pending.length) return;
    const now = Date.now();
    const events = this.pending.slice(0, AT_ONCE).map(({ at, ...event }) => ({ ...event, age_ms: Math.max(0, now - at) }));
    const body = { ticket: this.ticket, session: this.session, events, have: [], want: 0 };
    navigator.sendBeacon?.(new URL(this.url, document.baseURI), JSON.stringify(body));
  }

  destroy() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.leaving.abort();
  }
}

class Gone extends Error {} // the campaign is not there any more
class Refusal extends Error {} // the server understood and said no; its message is a sentence

const refusedOf = (events, { refused }) => {
  const whys = new Map(refused.map(({ seq, why }) => [seq, why]));
  return events.filter(({ seq }) => whys.has(seq)).map((event) => ({ ...event, why: whys.get(event.seq) }));
};

const without = (events, { acked, refused }) => {
  const gone = new Set([...acked, ...refused.map(({ seq }) => seq)]);
  return events.filter(({ seq }) => !gone.has(seq));
};

async function reason(response) {
  try {
    return (await response.json()).error || `The server said ${response.status}.`;
  } catch {
    return `The server said ${response.status}.`;
  }
}
