// The clip player. One instance per place in the page; a new clip reuses it.
//
// The wrapper joins four files into one module: this one, player_sound.js that fetches, player_keys.js that says what
// buttons and keys do, and player_drawing.js that draws what stands beside the waveform.

const SHORTEST_S = 0.02; // a shorter region is a slip of the hand
const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
const ZOOMS = [1, 2, 4, 8, 16];

const players = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  if (!players.has(parentElement)) players.set(parentElement, new Player(parentElement));
  const player = players.get(parentElement);
  player.update(data, component);
  return () => {
    player.destroy();
    players.delete(parentElement);
  };
}

class Player {
  constructor(parent) {
    this.find = (selector) => parent.querySelector(selector);
    this.root = this.find(".player");
    this.id = Math.random().toString(36).slice(2);
    Object.assign(this, { load: 0, steps: 0, now: 0, duration: 0, speed: 1, zoom: 1, ready: false, region: null });
    this.loops = { region: true, clip: false }; // a region repeats unless told otherwise, a whole clip does not
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("keydown", (event) => onKey(this, event), { capture: true, signal });
    this.root.addEventListener("click", (event) => this.onButton(event), { signal });
    // A button clicked by mouse must not keep the focus: Space would press it again instead of playing.
    this.root.querySelector(".controls").addEventListener("mousedown", (event) => event.preventDefault(), { signal });
  }

  destroy() {
    this.load += 1;
    this.fetching?.abort();
    this.listening.abort();
    this.ws?.destroy();
  }

  // Runs on every change of data, and when the theme changes.
  update(data, { setStateValue, setTriggerValue }) {
    this.data = data;
    this.tell = setStateValue;
    this.trigger = setTriggerValue;
    this.paint();
    this.find(".problems").textContent = (data.problems || []).join(" · ");
    this.find(".problems").hidden = !data.problems?.length;
    this.find(".wave").style.minHeight = `${WAVE_PX + (data.mel ? MEL_GAP_PX + MEL_PX : 0) + AXIS_PX}px`; // no jump
    if (data.clip !== this.clip || data.url !== this.url) this.open();
    else if (this.ready) this.adopt(data.region), this.drawMel();
  }

  async open() {
    const load = ++this.load; // only the newest may draw
    const { clip, url, assets, region, autoplay } = this.data;
    this.fetching?.abort();
    this.fetching = new AbortController();
    Object.assign(this, { clip, url, region: null, known: new Set([word(region)]) });
    this.setReady(false);
    this.ws?.pause();
    try {
      const [, sound] = await Promise.all([loadLibrary(assets), fetchSound(url, this.fetching.signal)]);
      if (load !== this.load) return;
      this.ws ??= this.build();
      this.regions.clearRegions();
      this.setZoom(1);
      this.duration = sound.duration;
      await this.ws.loadBlob(sound.blob, sound.channels, sound.duration);
      if (load === this.load) this.begin(sound, autoplay);
    } catch (error) {
      if (load === this.load) this.fail(error);
    }
  }

  build() {
    const ws = WaveSurfer.create({
      container: this.find(".wave"),
      height: WAVE_PX,
      interact: false, // all seeking goes through `seek`, which the loop relies on
      dragToSeek: false,
      cursorWidth: 2,
      ...this.inks(),
    });
    ws.getDuration = () => this.duration; // one time axis, that of the samples drawn, whatever a broken header claims
    this.regions = ws.registerPlugin(WaveSurfer.Regions.create());
    this.regions.enableDragSelection({});
    this.regions.on("region-initialized", () => this.regions.clearRegions()); // there is one region at most
    this.regions.on("region-created", (region) => this.onRegion(region));
    this.regions.on("region-updated", (region) => this.onRegion(region));
    const wrapper = ws.getWrapper();
    // In here the spectrogram and the axis scroll and zoom with the waveform, under the same cursor and region.
    this.melBox = wrapper.appendChild(part("div", "mel"));
    this.axis = wrapper.appendChild(part("div", "axis"));
    wrapper.addEventListener("click", (event) => {
      const box = wrapper.getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.duration);
    });
    ws.on("timeupdate", (now) => this.onTime(now));
    ws.on("play", () => this.show("Playing"));
    ws.on("pause", () => this.show("Paused"));
    ws.on("finish", () => this.onFinish());
    ws.on("redrawcomplete", () => drawAxis(this.axis, this.duration));
    ws.on("error", (error) => this.ready && this.fail(error));
    return ws;
  }

  begin(sound, autoplay) {
    this.peak = sound.peak;
    this.setSpeed(this.speed);
    this.setReady(true);
    this.drawMel();
    drawAxis(this.axis, this.duration);
    this.place(this.data.region);
    this.seek(this.region?.start ?? 0);
    if (autoplay) this.play();
    else this.show(`Clip ${this.clip}, ${this.duration.toFixed(1)} seconds`);
  }

  fail(error) {
    this.setReady(false);
    this.ws?.pause();
    this.find(".failure").textContent = error instanceof Failure ? error.message : UNDECODABLE;
    this.find(".failure").hidden = false;
  }

  setReady(ready) {
    this.ready = ready;
    if (!ready) Object.assign(this, { now: 0, duration: this.data.duration_s || 0 });
    this.find(".failure").hidden = true;
    for (const button of this.root.querySelectorAll("[data-act]")) {
      button.disabled = !ready && !["previous", "next"].includes(button.dataset.act);
    }
    this.show();
  }

  // -- time

  play() {
    if (this.region && Math.abs(this.now - this.region.end) < 0.01) this.seek(this.region.start);
    else if (this.now > this.duration - 0.01) this.seek(0);
    this.ws.play().catch(() => this.say("The browser waits for a click or a key before it plays."));
  }

  seek(to) {
    this.now = Math.max(0, Math.min(to, this.duration));
    this.ws.setTime(this.now);
  }

  // Seeking sets `now` first, so that an end lies between `before` and `now` only when playing has crossed it.
  onTime(now) {
    if (!this.ready) return;
    const before = this.now;
    this.now = now;
    const { region } = this;
    if (region && this.ws.isPlaying() && before < region.end && now >= region.end) {
      if (!this.loops.region) this.ws.pause();
      this.seek(this.loops.region ? region.start : region.end);
    }
    this.showTime();
  }

  onFinish() {
    if (!this.looping()) return this.show("Paused");
    this.seek(this.region?.start ?? 0);
    this.play();
  }

  looping() {
    return this.region ? this.loops.region : this.loops.clip;
  }

  setSpeed(speed) {
    this.speed = speed;
    // A new source starts at the element's default rate.
    this.ws.getMediaElement().defaultPlaybackRate = speed;
    this.ws.setPlaybackRate(speed, true);
    this.show(`Speed ${speed}`);
  }

  toggleLoop() {
    const what = this.region ? "region" : "clip";
    this.loops[what] = !this.loops[what];
    this.show(this.loops[what] ? `The ${what} repeats` : `The ${what} plays once`);
  }

  setZoom(zoom) {
    if (zoom === this.zoom) return;
    this.zoom = zoom;
    this.ws.zoom(zoom === 1 ? 0 : (zoom * this.find(".wave").clientWidth) / this.duration);
    this.show();
  }

  // -- region

  // The listener has drawn, moved or resized it; or `place` has put it there.
  onRegion({ start, end }) {
    if (end - start < SHORTEST_S) return this.clear();
    this.region = { clip: this.clip, start: round(start), end: round(end) };
    if (this.placing) return this.show();
    if (this.now < start || this.now >= end) this.seek(this.region.start);
    this.tellRegion(this.region);
    this.show(`Region ${ends(this.region, 2).join(" to ")} seconds`);
  }

  place(region) {
    const end = Math.min(region?.end, this.duration);
    this.placing = true;
    if (region && region.start >= 0 && end - region.start >= SHORTEST_S) {
      this.regions.addRegion({ start: region.start, end });
    }
    this.placing = false;
  }

  // The page's region, unless it only repeats what this player has told it, perhaps a while ago.
  adopt(region) {
    if (this.known.has(word(region))) return;
    this.known.add(word(region));
    this.regions.clearRegions();
    this.region = null;
    this.place(region);
    this.show();
  }

  clear() {
    this.regions.clearRegions();
    if (!this.region) return;
    this.region = null;
    this.tellRegion(null);
    this.show("Region cleared");
  }

  mark(side) {
    const { start, end } = { start: 0, end: this.duration, ...this.region, [side]: this.now };
    if (end - start < SHORTEST_S) return this.say("The region would be empty.");
    this.regions.addRegion({ start, end });
  }

  tellRegion(region) {
    this.known.add(word(region));
    this.tell("region", region ?? { clip: this.clip, start: null, end: null });
  }

  // A running total rather than +1: two presses that reach the server as one event still count as two.
  step(by) {
    this.steps += by;
    this.trigger("step", { player: this.id, total: this.steps });
  }

  // -- showing

  onButton(event) {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act) this.act(act);
  }

  act(name) {
    if (name === "next" || name === "previous") return this.step(name === "next" ? 1 : -1);
    if (this.ready) ACTS[name](this);
  }

  show(status) {
    const { dataset } = this.root;
    const playing = this.ready && this.ws.isPlaying();
    dataset.clip = this.clip;
    dataset.ready = this.ready;
    dataset.playing = playing;
    dataset.loop = this.looping();
    dataset.speed = this.speed;
    dataset.region = this.region ? ends(this.region, 3).join("-") : "";
    this.find("[data-act=play]").setAttribute("aria-label", playing ? "Pause" : "Play");
    this.find("[data-act=loop]").setAttribute("aria-pressed", this.looping());
    this.find(".hint").hidden = Boolean(this.region);
    this.find(".region").hidden = !this.region;
    this.find(".region span").textContent = this.region ? ends(this.region, 2).join("–") + " s" : "";
    this.find(".speed").textContent = `${this.speed}×`;
    this.find(".zoom").textContent = this.zoom === 1 ? "Fit" : `${this.zoom}×`;
    this.showTime();
    if (status) this.say(status);
  }

  showTime() {
    this.root.dataset.time = this.now.toFixed(3);
    this.find(".now").textContent = clock(this.now);
    this.find(".end").textContent = clock(this.duration);
  }

  say(status) {
    this.find(".said").textContent = status;
  }

  inks() {
    const ink = (name) => getComputedStyle(this.find(name)).color;
    return { waveColor: ink(".ink-wave"), progressColor: ink(".ink-played"), cursorColor: ink(".ink-played") };
  }

  // A canvas knows no CSS variables: when the theme changes, the waveform is drawn again.
  paint() {
    const inks = this.inks();
    if (this.ws && word(inks) !== this.painted) this.ws.setOptions(inks);
    this.painted = word(inks);
  }

  drawMel() {
    const { mel } = this.data;
    this.melBox.hidden = !mel;
    drawGutter(this.find(".gutter"), this.peak, mel);
    if (mel && mel.image !== this.drawn) drawMel(this.melBox, mel, this.duration);
    this.drawn = mel?.image;
  }
}

const round = (seconds) => Math.round(seconds * 1000) / 1000;
const ends = ({ start, end }, digits) => [start.toFixed(digits), end.toFixed(digits)];
const word = (value) => JSON.stringify(value ?? null);
