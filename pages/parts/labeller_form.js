// The questions about one clip. One of them is active: keys answer it, and an answer moves on to the next that is open.

const ASK = {
  one: "Which emotion do you hear?",
  several: "Which emotion do you hear most?",
  soft: "How would listeners hear it?",
  graded: "How strongly do you hear …",
};
const ENDS = {
  valence: ["unpleasant", "pleasant"],
  arousal: ["calm", "excited"],
  dominance: ["submissive", "dominant"],
  confidence: ["guessing", "sure"],
  grade: ["not at all", "very"],
};

// [{id, kind, title, options | low, high, required}]
function questions(form) {
  const asked = [];
  if (form.question === "one" || form.question === "several") {
    asked.push({ id: "emotion", kind: "choice", title: ASK[form.question], options: form.emotions, required: true });
  }
  if (form.question === "several") {
    asked.push({ id: "secondary", kind: "many", title: "Others beside it", options: form.emotions, required: false });
  }
  if (form.question === "soft") {
    const whole = form.listeners === 100 ? "Share out 100 %." : `Share out ${form.listeners} listeners.`;
    asked.push({ id: "shares", kind: "shares", title: `${ASK.soft} ${whole}`, options: form.emotions, required: true });
  }
  if (form.question === "graded") {
    for (const name of form.emotions) {
      asked.push({ id: `grade ${name}`, kind: "points", title: name, low: 0, high: form.grades, ends: ENDS.grade, emotion: name, required: true });
    }
  }
  const scalesRequired = !form.optional.includes("scales");
  for (const name of form.scales) {
    const look = form.look === "manikins" ? name : null;
    asked.push({ id: name, kind: "points", title: name, low: 1, high: form.points, ends: ENDS[name], look, required: scalesRequired });
  }
  if (form.confidence) {
    asked.push({ id: "confidence", kind: "points", title: "confidence", low: 1, high: form.confidence, ends: ENDS.confidence, required: !form.optional.includes("confidence") });
  }
  return asked;
}

class Form {
  constructor(form, keys) {
    Object.assign(this, { form, keys, asked: questions(form) });
    this.isLong = this.asked.length > 1;
    this.sendsItself = !form.confirm && !form.comment && form.question !== "several"; // a comment comes after the last key
    this.clear();
  }

  clear() {
    this.values = {};
    this.flags = [];
    this.comment = "";
    this.active = 0;
  }

  // Take up an answer given before.
  fill(answer) {
    this.clear();
    if (!answer) return;
    this.flags = [...(answer.flags ?? [])];
    this.comment = answer.comment ?? "";
    for (const { id, emotion } of this.asked) {
      const value = emotion ? answer.grades?.[emotion] : answer[id];
      if (value !== undefined && value !== null) this.values[id] = structuredClone(value);
    }
  }

  has({ id, kind }) {
    const value = this.values[id];
    if (kind === "shares") return this.total() === this.form.listeners;
    return kind === "many" ? Boolean(value?.length) : value !== undefined;
  }

  total() {
    return Object.values(this.values.shares ?? {}).reduce((a, b) => a + b, 0);
  }

  get missing() {
    return this.flags.length ? [] : this.asked.filter((question) => question.required && !this.has(question));
  }

  get isTouched() {
    return Boolean(this.asked.some((question) => question.id in this.values) || this.flags.length || this.comment);
  }

  // Give a value to a question. True where the answer ended itself by it.
  set(question, value) {
    const { id, kind } = question;
    if (kind === "many") {
      const now = this.values[id] ?? [];
      this.values[id] = now.includes(value) ? now.filter((name) => name !== value) : [...now, value];
      return false;
    }
    if (kind === "shares") return this.share(value);
    this.values[id] = value;
    if (id === "emotion") this.values.secondary = (this.values.secondary ?? []).filter((name) => name !== value);
    this.moveOn(this.asked.indexOf(question));
    return this.sendsItself && !this.missing.length;
  }

  share([name, change]) {
    const shares = (this.values.shares ??= {});
    const rest = this.form.listeners - this.total();
    const value = Math.max(0, Math.min((shares[name] ?? 0) + change, (shares[name] ?? 0) + rest));
    if (value) shares[name] = value;
    else delete shares[name];
    return this.sendsItself && this.asked.length === 1 && change > 0 && !this.missing.length;
  }

  get unit() {
    return this.form.listeners === 100 ? 10 : 1;
  }

  moveOn(from) {
    const open = (question) => !this.has(question);
    const later = this.asked.findIndex((question, place) => place > from && open(question));
    const earlier = this.asked.findIndex((question) => question.required && open(question));
    this.active = later >= 0 ? later : earlier >= 0 ? earlier : from;
  }

  step(by) {
    this.active = (this.active + by + this.asked.length) % this.asked.length;
  }

  flag(name) {
    this.flags = this.flags.includes(name) ? this.flags.filter((other) => other !== name) : [...this.flags, name];
    return this.sendsItself && name === "cannot_tell" && this.flags.includes(name);
  }

  // A key press: undefined where it is no answer, else whether the answer ended itself.
  press(code, shift) {
    const action = this.keys.action(code);
    const emotion = action?.startsWith("emotion ") ? action.slice(8) : null;
    const digit = DIGITS.indexOf(code);
    let question = this.asked[this.active];
    if (question.kind === "points" && digit >= 0) {
      const value = (digit + 1) % 10;
      return value >= question.low && value <= question.high ? this.set(question, value) : undefined;
    }
    if (question.kind === "points") question = this.asked.find(({ options }) => options);
    if (!emotion || !question?.options?.includes(emotion)) return undefined;
    if (question.kind === "many" && this.values.emotion === emotion) return undefined;
    return this.set(question, question.kind === "shares" ? [emotion, shift ? -this.unit : this.unit] : emotion);
  }

  answer({ whole = false } = {}) {
    const given = { flags: this.flags };
    if (this.comment) given.comment = this.comment;
    for (const { id, emotion } of this.asked) {
      const value = this.values[id];
      if (value === undefined) continue;
      if (emotion) (given.grades ??= {})[emotion] = value;
      else given[id] = value;
    }
    if (!whole && given.shares && this.total() !== this.form.listeners) delete given.shares; // only a flagged clip may have half of it
    return given;
  }
}
