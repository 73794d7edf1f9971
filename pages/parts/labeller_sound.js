// Sounds fetched and decoded before they are needed, so that the next clip plays at once.

const AT_A_TIME = 3; // sounds being fetched
const AGAIN_MS = 1500;
const BINS = 480; // of the waveform
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5];

class Deck {
  constructor({ urlOf, onChange }) {
    Object.assign(this, { urlOf, onChange, sounds: new Map(), queue: [], fetching: 0, speed: 1, loop: false });
  }

  // Hold these turns, the first needed first, and let go of all others.
  hold(turns) {
    const wanted = new Set(turns);
    for (const [turn, sound] of this.sounds) if (!wanted.has(turn)) this.drop(turn, sound);
    this.queue = turns.filter((turn) => !this.sounds.has(turn));
    this.next();
  }

  next() {
    while (this.fetching < AT_A_TIME && this.queue.length) {
      const turn = this.queue.shift();
      if (this.sounds.has(turn)) continue;
      this.fetching += 1;
      this.sounds.set(turn, { turn, state: "coming" });
      this.fetch(turn).finally(() => {
        this.fetching -= 1;
        this.next();
      });
    }
  }

  async fetch(turn) {
    const sound = this.sounds.get(turn);
    try {
      const response = await fetch(new URL(this.urlOf(turn), document.baseURI), { cache: "force-cache" });
      if (!response.ok) throw new Unplayable(await response.text());
      const blob = await response.blob();
      const gain = Number(response.headers.get("X-Gain")) || 1;
      if (this.sounds.get(turn) !== sound) return;
      Object.assign(sound, { gain, element: await this.element(blob), peaks: null });
      sound.state = "ready";
      this.onChange(turn);
      sound.peaks = await peaks(blob).catch(() => null);
    } catch (failure) {
      if (this.sounds.get(turn) !== sound) return;
      if (failure instanceof Unplayable) {
        Object.assign(sound, { state: "failed", why: failure.message });
      } else {
        this.sounds.delete(turn); // the network is away: try again for as long as somebody wants it
        setTimeout(() => {
          if (!this.sounds.has(turn) && this.wants?.(turn)) this.queue.unshift(turn), this.next();
        }, AGAIN_MS);
      }
    }
    this.onChange(turn);
  }

  element(blob) {
    const element = new Audio();
    element.preload = "auto";
    element.preservesPitch = true;
    return new Promise((resolve, reject) => {
      element.addEventListener("canplaythrough", () => resolve(element), { once: true });
      element.addEventListener("error", () => reject(new Unplayable("The browser cannot play this file.")), { once: true });
      element.src = URL.createObjectURL(blob);
    });
  }

  drop(turn, sound) {
    this.sounds.delete(turn);
    if (!sound.element) return;
    sound.element.pause();
    URL.revokeObjectURL(sound.element.src);
  }

  of(turn) {
    return this.sounds.get(turn);
  }

  // Loudness through Web Audio, which may boost; where the browser does not let it run yet, as loud as an element goes.
  amplify(sound) {
    const wanted = this.sameLoudness ? sound.gain : 1;
    if (Math.abs(wanted - 1) < 0.01) return;
    this.context ??= new AudioContext({ latencyHint: "interactive" });
    if (this.context.state === "suspended") this.context.resume().catch(() => {});
    if (!sound.node && this.context.state === "running") {
      sound.node = new GainNode(this.context, { gain: wanted });
      this.context.createMediaElementSource(sound.element).connect(sound.node).connect(this.context.destination);
      sound.element.volume = 1;
    } else if (!sound.node) sound.element.volume = Math.min(1, wanted);
  }

  async play(turn, { from } = {}) {
    const sound = this.of(turn);
    if (sound?.state !== "ready") return false;
    for (const other of this.sounds.values()) if (other !== sound) other.element?.pause();
    const { element } = sound;
    this.amplify(sound);
    element.playbackRate = this.speed;
    element.loop = this.loop;
    if (from !== undefined) element.currentTime = from;
    try {
      await element.play();
      return true;
    } catch {
      return false; // the browser wants a key or a touch first
    }
  }

  silence() {
    for (const { element } of this.sounds.values()) element?.pause();
  }

  destroy() {
    for (const [turn, sound] of [...this.sounds]) this.drop(turn, sound);
    this.context?.close();
  }
}

class Unplayable extends Error {} // its message is a sentence for the listener

// Largest magnitude in each of BINS stretches, the loudest scaled to 1.
async function peaks(blob) {
  const buffer = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(await blob.arrayBuffer());
  const samples = buffer.getChannelData(0);
  const width = samples.length / BINS;
  const found = new Float32Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    for (let i = Math.floor(bin * width); i < (bin + 1) * width && i < samples.length; i++) {
      found[bin] = Math.max(found[bin], Math.abs(samples[i]));
    }
  }
  const top = found.reduce((a, b) => Math.max(a, b), 0) || 1;
  return found.map((value) => value / top);
}
