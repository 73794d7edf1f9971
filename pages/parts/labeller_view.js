// What the rater sees. Drawn from the labeller's state; buttons call the same acts as keys.

const FLAG_NAMES = { bad_audio: "bad audio", not_speech: "not speech", other_language: "other language", cannot_tell: "can't tell" };
const REASONS = ["technical problem", "distressing", "somebody I know", "no reason"];
const COMPLAINT_MS = 4000;

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

// The nearest part of the page that scrolls, through the shadow root.
const scrollerOf = (node) => {
  for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.scrollingElement;
};

class View {
  constructor(labeller) {
    this.labeller = labeller;
    this.root = labeller.root;
    this.find = (selector) => this.root.querySelector(selector);
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.root.addEventListener("click", (event) => this.onClick(event), { signal });
    // A button pressed by mouse must not keep the focus: Space would press it again.
    this.root.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault(), { signal });
    this.find(".wave").addEventListener("pointerdown", (event) => this.seek(event), { signal });
    this.find(".comment textarea").addEventListener("input", (event) => this.onComment(event), { signal });
    this.find(".comment textarea").addEventListener("keydown", (event) => this.leaveComment(event), { signal });
    this.size = new ResizeObserver(() => this.drawWave());
    this.size.observe(this.find(".wave"));
    this.root.dataset.long = labeller.form.isLong;
    this.buildForm();
    this.tick = () => {
      this.drawHead();
      this.frame = requestAnimationFrame(this.tick);
    };
    this.frame = requestAnimationFrame(this.tick);
  }

  destroy() {
    this.listening.abort();
    this.size.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.complaint);
  }

  onClick(event) {
    const button = event.target.closest("[data-act]");
    if (button && this.root.contains(button)) this.labeller.act(button.dataset.act);
  }

  // ---- the whole --------------------------------------------------------------------------------------------------------

  draw({ progressOnly = false } = {}) {
    this.drawProgress();
    this.sign();
    if (progressOnly) return;
    const { labeller } = this;
    const { clip, feedback, pause, state, at } = labeller;
    const desk = Boolean(clip) && !feedback && !pause;
    this.root.dataset.state = feedback ? "feedback" : pause ? "pause" : clip ? "clip" : state;
    this.root.dataset.item = clip ? turnOf(clip) : "";
    this.find(".desk").hidden = !desk;
    this.find(".word").hidden = desk;
    if (desk) this.find(".word").replaceChildren();
    else this.drawWord();
    this.find(".role").textContent = at >= 0 ? "An earlier answer: correct it, or go on" : clip?.role === "practice" ? "Practice" : "";
    this.find("[data-act=forth]").hidden = at < 0;
    this.find("[data-act=postpone]").hidden = at >= 0;
    this.find(".words").textContent = clip?.words ?? "";
    this.find(".words").hidden = !clip?.words;
    this.find(".comment textarea").value = labeller.form.comment;
    this.drawRefused();
    this.say(desk ? `${at >= 0 ? "Earlier clip" : "Next clip"}. ${labeller.form.asked[labeller.form.active].title}` : this.find(".word").textContent);
    this.drawSound();
    this.drawForm();
  }

  drawWord() {
    const { feedback, pause, state, progress, closed, data } = this.labeller;
    const word = this.find(".word");
    const title = (text) => make("p", { class: "big" }, text);
    const onward = make("button", { type: "button", "data-act": "onward", class: "send" }, make("span", {}, "Go on"), make("kbd", {}, this.keyName("send")));
    const back = this.labeller.past.length ? make("button", { type: "button", "data-act": "back" }, make("span", {}, "Back"), make("kbd", {}, this.keyName("back"))) : null;
    const place = (...children) => word.replaceChildren(...children.filter(Boolean));
    if (feedback) return word.replaceChildren(title("Practice"), ...this.lesson(feedback), onward);
    if (pause) return place(title(`${pause} clips done. Time for a pause.`), onward, back);
    if (state === "starting") return word.replaceChildren(make("p", {}, "Fetching clips …"));
    if (this.labeller.ended) return place(title("Your part in this campaign has ended."), make("p", {}, "Your answers are kept. Thank you."));
    if (this.labeller.gone) return place(title(this.labeller.gone));
    if (closed) return place(title("This campaign is closed."), make("p", {}, "The answers that you sent before are kept. Thank you."));
    const again = make("button", { type: "button", "data-act": "again" }, "Look again");
    if (state === "over") {
      const done = progress?.done ? `You labelled ${progress.done.toLocaleString("en")} clips. Thank you.` : "There is no clip for you here yet.";
      return place(title("All done."), make("p", {}, done), again, back);
    }
    const more = this.labeller.outbox.failures ? "The server cannot be reached; your answers are kept here." : "The last clips are with other raters; some may come back.";
    place(title("Waiting for clips …"), make("p", {}, more), again, back);
  }

  lesson({ expected, answer }) {
    const heard = answer.emotion ?? null;
    const rows = Object.entries(expected)
      .sort((a, b) => b[1] - a[1])
      .map(([name, share]) => {
        const bar = make("span", { class: "bar" }, make("span", { style: `width:${100 * share}%;background:${this.colour(name)}` }));
        return make("li", {}, make("span", { class: "name" }, name), bar, make("span", { class: "share" }, `${Math.round(100 * share)} %`));
      });
    const own = Object.entries({ ...answer.shares, ...answer.grades }).filter(([, value]) => value);
    const verdict = heard === null ? (own.length ? `You said ${own.map(([name, value]) => `${name} ${value}`).join(", ")}.` : "") : expected[heard] ? `You heard ${heard}, as ${Math.round(100 * expected[heard])} % of the listeners did.` : `You heard ${heard}; none of the listeners did.`;
    return [make("p", {}, verdict), make("p", { class: "quiet" }, "What listeners heard:"), make("ul", { class: "lesson" }, ...rows)];
  }

  drawProgress() {
    const { progress, data } = this.labeller;
    if (!progress) return;
    const { done, left } = progress;
    const share = done + left ? done / (done + left) : 0;
    this.find(".done").style.width = `${100 * share}%`;
    this.find(".progress").setAttribute("aria-valuenow", Math.round(100 * share));
    const time = this.labeller.timeLeft(left);
    this.find(".count").textContent = `${done.toLocaleString("en")} done, ${left.toLocaleString("en")} to go${time}`;
  }

  sign() {
    const { outbox } = this.labeller;
    const waiting = outbox.undelivered;
    const away = outbox.failures > 0;
    const sign = this.find(".sign");
    sign.dataset.state = away ? "offline" : waiting ? "pending" : "saved";
    const text = outbox.trouble ?? (away ? `offline${waiting ? `, ${waiting} kept here` : ""}` : waiting ? `${waiting} pending` : "saved");
    sign.querySelector("span").textContent = text;
    sign.title = outbox.kept ? "Answers stay in this browser until the server has them on disk." : "This browser keeps nothing: leave the page open until it says saved.";
    if (!this.labeller.clip && this.labeller.state === "waiting") this.drawWord();
  }

  complain(text) {
    const place = this.find(".complaint");
    place.textContent = text;
    place.hidden = false;
    clearTimeout(this.complaint);
    this.complaint = setTimeout(() => (place.hidden = true), COMPLAINT_MS);
  }

  // What the server did not take stays in sight until the rater saves or discards it.
  drawRefused() {
    const { refused } = this.labeller.outbox;
    this.find(".refused").hidden = !refused.length;
    if (!refused.length) return;
    const answers = refused.filter(({ kind }) => kind === "answer").length;
    const others = refused.length - answers;
    const count = (n, one, many) => (n ? [`${n.toLocaleString("en")} ${n === 1 ? one : many}`] : []);
    const what = [...count(answers, "answer", "answers"), ...count(others, "other change", "other changes")].join(" and ");
    const whys = [...new Set(refused.map(({ why }) => why))].slice(0, 3).join(" ");
    this.find(".refused p").textContent = `${what} ${refused.length === 1 ? "was" : "were"} not taken. ${whys}`;
  }

  saveRefused() {
    const { refused } = this.labeller.outbox;
    const told = refused.map(({ at, ...event }) => ({ ...event, happened_at: at ? new Date(at).toISOString() : null }));
    const url = URL.createObjectURL(new Blob([JSON.stringify(told, null, 2)], { type: "application/json" }));
    make("a", { href: url, download: "answers-not-taken.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  say(text) {
    this.find(".said").textContent = text;
  }

  keyName(action) {
    return this.labeller.keys.name(this.labeller.keys.code(action));
  }

  colour(name) {
    const { form, colours } = this.labeller.data;
    return colours[form.emotions.indexOf(name)] ?? "currentColor";
  }

  // ---- sound ------------------------------------------------------------------------------------------------------------

  get sound() {
    const { clip, deck } = this.labeller;
    return clip && deck.of(turnOf(clip));
  }

  drawSound() {
    const { deck, heard, data } = this.labeller;
    const { sound } = this;
    const playing = Boolean(sound?.element && !sound.element.paused);
    this.root.dataset.playing = playing;
    this.root.dataset.ready = sound?.state === "ready";
    this.find("[data-act=play]").setAttribute("aria-label", playing ? "Pause" : "Play");
    this.find("[data-act=loop]").setAttribute("aria-pressed", deck.loop);
    this.find(".speed").textContent = `${deck.speed}×`;
    const failed = sound?.state === "failed" ? sound.why : "";
    const coming = !failed && sound?.state !== "ready" ? "The sound is on its way …" : "";
    const touch = this.needsTouch ? `Press ${this.keyName("play")} or touch Play to listen.` : "";
    this.find(".failure").textContent = failed || coming || touch;
    this.find(".failure").hidden = !(failed || coming || touch);
    this.find(".guard").hidden = !(data.hear_first && !heard);
    this.drawWave();
  }

  drawWave() {
    const canvas = this.find(".wave canvas");
    const { width, height } = this.find(".wave").getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const bins = this.sound?.peaks;
    if (!bins || !width) return;
    const paint = canvas.getContext("2d");
    paint.scale(scale, scale);
    paint.fillStyle = getComputedStyle(this.find(".ink")).color;
    const step = width / bins.length;
    bins.forEach((peak, bin) => {
      const tall = Math.max(1, peak * (height - 8));
      paint.fillRect(bin * step, (height - tall) / 2, Math.max(0.6, step * 0.7), tall);
    });
  }

  drawHead() {
    const element = this.sound?.element;
    const share = element?.duration ? Math.min(1, element.currentTime / element.duration) : 0;
    if (share !== this.share) this.find(".head").style.left = `${100 * (this.share = share)}%`;
  }

  seek(event) {
    const element = this.sound?.element;
    if (!element?.duration) return;
    const { left, width } = this.find(".wave").getBoundingClientRect();
    this.labeller.play({ from: Math.max(0, (event.clientX - left) / width) * element.duration });
  }

  // ---- form -------------------------------------------------------------------------------------------------------------

  buildForm() {
    const { form } = this.labeller;
    const fields = form.asked.map((question) => this.buildQuestion(question));
    const grades = fields.filter((_, place) => form.asked[place].emotion);
    const others = fields.filter((_, place) => !form.asked[place].emotion);
    this.find(".asked").replaceChildren(...(grades.length ? [this.gradeTable(grades)] : []), ...others);
    const flags = this.labeller.data.form.flags.map((name) =>
      make("button", { type: "button", "data-flag": name, "aria-pressed": "false", onclick: () => this.labeller.flag(name) }, make("span", {}, FLAG_NAMES[name]), make("kbd", {})),
    );
    this.find(".flags").replaceChildren(...flags);
    this.find(".flags").hidden = !flags.length;
    this.find(".comment").hidden = !this.labeller.data.form.comment;
  }

  // Grades of emotions stand in two columns where their buttons fit, under the question that they answer.
  gradeTable(fields) {
    const { grades } = this.labeller.data.form;
    const ends = `0 ${ENDS.grade[0]}, ${grades} ${ENDS.grade[1]}`;
    const head = make("p", { class: "ask" }, make("span", {}, ASK.graded), make("span", { class: "quiet" }, ends));
    return make("div", { class: "grades", "data-columns": grades <= 5 ? 2 : 1 }, head, ...fields);
  }

  buildQuestion(question) {
    const { id, kind, title } = question;
    const head = make("legend", {}, make("span", { class: "title" }, title), make("span", { class: "need" }));
    if (kind === "shares") head.append(make("span", { class: "rest" }));
    const body = { choice: this.buildChoice, many: this.buildChoice, points: this.buildPoints, shares: this.buildShares }[kind].call(this, question);
    return make("fieldset", { "data-question": id, "data-kind": kind, "data-look": question.look ?? "" }, head, body);
  }

  buildChoice(question) {
    const many = question.kind === "many";
    const buttons = question.options.map((name) =>
      make(
        "button",
        { type: "button", role: many ? null : "radio", "aria-checked": many ? null : "false", "aria-pressed": many ? "false" : null, "data-value": name, onclick: () => this.labeller.value(question, name) },
        make("span", { class: "swatch", style: `background:${this.colour(name)}` }),
        make("span", { class: "name" }, name),
        make("kbd", {}),
      ),
    );
    return make("div", { class: "choices", role: many ? "group" : "radiogroup", "aria-label": question.title }, ...buttons);
  }

  buildPoints(question) {
    const { low, high, ends, look } = question;
    const buttons = Array.from({ length: high - low + 1 }, (_, i) => {
      const value = low + i;
      const button = make("button", { type: "button", role: "radio", "aria-checked": "false", "data-value": value, "aria-label": `${question.title} ${value}`, onclick: () => this.labeller.value(question, value) });
      if (look) button.innerHTML = manikin(look, i / (high - low)); // our own drawing, no text of anybody's
      button.append(make("span", {}, String(value)));
      return button;
    });
    return make("div", { class: "scale" }, make("span", { class: "end" }, ends[0]), make("div", { class: "points", role: "radiogroup", "aria-label": question.title }, ...buttons), make("span", { class: "end" }, ends[1]));
  }

  buildShares(question) {
    const { listeners } = this.labeller.data.form;
    const { unit } = this.labeller.form;
    const change = (name, by) => this.labeller.value(question, [name, by], { mayEnd: false });
    const rows = question.options.map((name) => {
      const slider = make("input", { type: "range", min: 0, max: listeners, value: 0, "aria-label": `Share of ${name}` });
      slider.addEventListener("input", () => change(name, Number(slider.value) - (this.labeller.form.values.shares?.[name] ?? 0)));
      const number = make("input", { type: "number", min: 0, max: listeners, value: 0, inputmode: "numeric", "aria-label": `${name}, of ${listeners}` });
      number.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.preventDefault();
        number.blur();
        if (event.key === "Enter") this.labeller.send();
      });
      number.addEventListener("input", () => change(name, Math.round(Number(number.value) || 0) - (this.labeller.form.values.shares?.[name] ?? 0)));
      const button = (sign, label) => make("button", { type: "button", "aria-label": `${label} ${name}`, onclick: () => change(name, sign * unit) }, sign > 0 ? "+" : "−");
      return make(
        "div",
        { class: "share-row", "data-value": name, style: `--own:${this.colour(name)}` },
        make("span", { class: "swatch", style: `background:${this.colour(name)}` }),
        make("span", { class: "name" }, name, make("kbd", {})),
        button(-1, "Fewer for"), slider, button(1, "More for"), number,
      );
    });
    return make("div", { class: "shares" }, ...rows);
  }

  drawForm() {
    const { form, keys, clip, at } = this.labeller;
    if (clip && at < 0) this.labeller.draft.keep(turnOf(clip), form);
    form.asked.forEach((question, place) => this.drawQuestion(question, place === form.active));
    for (const button of this.find(".flags").children) {
      button.setAttribute("aria-pressed", form.flags.includes(button.dataset.flag));
      button.querySelector("kbd").textContent = this.keyName(button.dataset.flag);
    }
    for (const [act, kbd] of [...this.root.querySelectorAll(".desk [data-act] kbd")].map((kbd) => [kbd.parentElement.dataset.act, kbd])) {
      kbd.textContent = keys.name(keys.code(act));
    }
    this.find(".comment kbd").textContent = this.keyName("comment");
    this.follow();
    const open = form.missing.length;
    const send = this.find(".foot .send");
    send.disabled = Boolean(open) && form.missing.includes(form.asked[form.active]);
    send.querySelector("span").textContent = open && !send.disabled ? "Next" : "Send";
    send.hidden = form.sendsItself && form.asked.length === 1 && form.asked[0].kind === "choice" && !form.isTouched;
  }

  // The active question comes into sight whenever it is another one, and is said to those who do not see it.
  follow() {
    const { form, clip } = this.labeller;
    const now = clip && form.isLong ? `${turnOf(clip)} ${form.active}` : null;
    if (!now || now === this.followed || this.find(".desk").hidden) return;
    const sameClip = this.followed?.split(" ")[0] === turnOf(clip);
    this.followed = now;
    const question = form.asked[form.active];
    if (sameClip) this.say(question.title);
    this.reveal(this.find(`[data-question="${CSS.escape(question.id)}"]`));
  }

  // Scroll as little as puts a part of the form into the middle of what is free between player and Send; twice, since the
  // player may take its place at the top meanwhile.
  reveal(part) {
    const scroller = scrollerOf(this.root);
    if (!scroller) return;
    const header = document.querySelector('[data-testid="stHeader"]')?.getBoundingClientRect().bottom ?? 0;
    this.root.style.setProperty("--top", `${Math.max(0, header - scroller.getBoundingClientRect().top)}px`);
    for (let pass = 0; pass < 2; pass += 1) {
      const top = this.find(".stage").getBoundingClientRect().bottom;
      const bottom = Math.min(this.find(".foot").getBoundingClientRect().top, scroller.getBoundingClientRect().bottom);
      const there = part.getBoundingClientRect();
      if (there.top >= top + 4 && there.bottom <= bottom - 4) return;
      scroller.scrollBy({ top: (there.top + there.bottom - top - bottom) / 2, behavior: "instant" });
    }
  }

  drawQuestion(question, active) {
    const { form, keys } = this.labeller;
    const field = this.find(`[data-question="${CSS.escape(question.id)}"]`);
    field.dataset.active = active && form.asked.length > 1;
    field.dataset.open = question.required && !form.has(question) && !form.flags.length;
    field.querySelector(".need").textContent = question.required ? "" : "may be left open";
    const value = form.values[question.id];
    if (question.kind === "shares") return this.drawShares(field, value ?? {});
    for (const button of field.querySelectorAll("button[data-value]")) {
      const own = button.dataset.value;
      const chosen = question.kind === "many" ? (value ?? []).includes(own) : String(value) === own;
      if (question.kind === "many") button.setAttribute("aria-pressed", chosen);
      else button.setAttribute("aria-checked", chosen);
      if (question.kind === "many") button.disabled = form.values.emotion === own;
      const kbd = button.querySelector("kbd");
      if (kbd) kbd.textContent = keys.name(keys.code(`emotion ${own}`));
    }
  }

  drawShares(field, shares) {
    const { form, keys } = this.labeller;
    const rest = form.form.listeners - form.total();
    const whole = form.form.listeners === 100;
    field.querySelector(".rest").textContent = rest ? `${rest}${whole ? " %" : ""} left` : "complete";
    for (const row of field.querySelectorAll(".share-row")) {
      const name = row.dataset.value;
      for (const input of row.querySelectorAll("input")) if (input !== this.root.getRootNode().activeElement || Number(input.value) !== (shares[name] ?? 0)) input.value = shares[name] ?? 0;
      row.style.setProperty("--fill", `${(100 * (shares[name] ?? 0)) / form.form.listeners}%`);
      row.querySelector("kbd").textContent = keys.name(keys.code(`emotion ${name}`));
    }
  }

  focusComment() {
    if (!this.labeller.data.form.comment) return;
    this.find(".comment textarea").focus({ preventScroll: true });
    this.reveal(this.find(".comment"));
  }

  onComment(event) {
    const { form, draft, clip, at } = this.labeller;
    form.comment = event.target.value;
    if (clip && at < 0) draft.keep(turnOf(clip), form);
  }

  leaveComment(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey)) {
      event.preventDefault();
      event.target.blur();
      if (event.key === "Enter") this.labeller.send();
    }
  }

  // ---- panels: why skip, which keys ---------------------------------------------------------------------------------------

  dialogOpen(event) {
    return event.composedPath().some((node) => node instanceof Element && node.matches("[role=dialog]") && !this.root.contains(node));
  }

  openSkip() {
    const choices = REASONS.map((text, place) => make("button", { type: "button", onclick: () => this.labeller.skip(text) }, make("kbd", {}, String(place + 1)), ` ${text}`));
    this.openPanel("Why skip this clip?", make("div", { class: "reasons" }, ...choices), (event) => {
      const place = DIGITS.indexOf(event.code);
      if (place >= 0 && place < REASONS.length) this.labeller.skip(REASONS[place]);
    });
  }

  openKeys() {
    const { keys, data } = this.labeller;
    let waiting = null;
    const names = { ...Object.fromEntries(Object.entries(ACTIONS).map(([action, [, name]]) => [action, name])) };
    for (const name of Object.keys(FLAG_NAMES)) if (!data.form.flags.includes(name)) delete names[name];
    if (!data.form.comment) delete names.comment;
    const listed = [...data.form.emotions.map((name) => [`emotion ${name}`, name]), ...Object.entries(names)];
    const list = make("ul", { class: "keymap" });
    const draw = () =>
      list.replaceChildren(
        ...listed.map(([action, name]) => {
          const press = () => ((waiting = action), draw());
          const label = waiting === action ? "press a key" : keys.name(keys.code(action)) || "none";
          return make("li", {}, make("span", {}, name), make("button", { type: "button", onclick: press, "aria-label": `Key for ${name}: ${label}. Change it` }, label));
        }),
      );
    const reset = make("button", { type: "button", onclick: () => (keys.reset(), draw(), this.drawForm()) }, "Usual keys");
    draw();
    this.openPanel("Keys", make("div", {}, make("p", { class: "quiet" }, "Press a button, then the key that is to do this. Scales are always answered by digits."), list, reset), (event) => {
      if (!waiting || event.code === "Tab") return false;
      keys.change(waiting, event.code);
      waiting = null;
      draw();
      this.drawForm();
      return true;
    });
  }

  openPanel(title, content, onKey) {
    const close = make("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => this.closePanel() }, "Close");
    this.panel = onKey;
    this.find(".panel").replaceChildren(make("div", { class: "panel-head" }, make("h2", {}, title), close), content);
    this.find(".panel").hidden = false;
    this.find(".panel").focus();
  }

  closePanel() {
    this.panel = null;
    this.find(".panel").hidden = true;
  }

  panelKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const walking = event.code === "Tab" || (["Enter", "Space"].includes(event.code) && event.composedPath()[0]?.matches?.("button"));
    if (event.code === "Escape") this.closePanel();
    else if (!event.repeat && !this.panel(event) && walking) return; // Tab and buttons work as everywhere
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
