// What the player draws beside the waveform: spectrogram, its frequency axis, and the time axis.

const WAVE_PX = 84; // these four stand in player.css as well
const MEL_GAP_PX = 4;
const MEL_PX = 128;
const AXIS_PX = 20;
const LABEL_PX = 13; // frequency labels closer than this would overlap
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

// Ten colours of matplotlib's magma (van der Walt & Smith 2015), evenly spaced from quiet to loud.
const MAGMA = "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf"
  .split(" ")
  .map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
const COLOURS = [...Array(256).keys()].map(colour);

function colour(level) {
  const place = (level / 255) * (MAGMA.length - 1);
  const below = Math.min(Math.floor(place), MAGMA.length - 2);
  return MAGMA[below].map((from, i) => Math.round(from + (place - below) * (MAGMA[below + 1][i] - from)));
}

// An element that player.css can style by its part, though it stands inside wavesurfer's shadow tree.
function part(tag, name) {
  const element = document.createElement(tag);
  element.setAttribute("part", name);
  return element;
}

// One canvas pixel a cell; the browser stretches the canvas over the time that its frames cover.
function drawMel(box, mel, duration) {
  const canvas = part("canvas", "image");
  canvas.width = mel.frames;
  canvas.height = mel.bands;
  canvas.getContext("2d").putImageData(melPixels(mel), 0, 0);
  const percent = (seconds) => `${(100 * seconds) / duration}%`;
  const [left, width] = [percent(mel.start_s ?? 0), percent(mel.duration_s)];
  Object.assign(canvas.style, { position: "absolute", left, width, height: "100%", imageRendering: "auto" });
  box.style.height = `${MEL_PX}px`;
  box.replaceChildren(canvas);
}

function melPixels({ image, bands, frames }) {
  const levels = atob(image);
  const pixels = new ImageData(frames, bands);
  for (let band = 0; band < bands; band += 1) {
    const row = (bands - 1 - band) * frames; // the lowest band comes first, a canvas begins at the top
    for (let frame = 0; frame < frames; frame += 1) {
      const level = levels.charCodeAt(band * frames + frame);
      pixels.data.set([...COLOURS[level], 255], 4 * (row + frame));
    }
  }
  return pixels;
}

function drawGutter(gutter, peak, mel) {
  const labels = [peakLabel(peak)];
  let free = -Infinity;
  for (const [hz, height] of mel?.ticks ?? []) {
    const at = height * MEL_PX;
    if (at < free) continue;
    labels.push(frequencyLabel(hz, WAVE_PX + MEL_GAP_PX + MEL_PX - at));
    free = at + LABEL_PX;
  }
  gutter.replaceChildren(...labels);
}

// The waveform is scaled to its peak; this says how loud that is.
function peakLabel(peak) {
  const label = document.createElement("span");
  label.style.top = "0";
  label.textContent = peak > 0 ? `${(20 * Math.log10(peak)).toFixed(1).replace("-", "−")} dB` : "silent";
  label.title = "Peak of the waveform, dB re. full scale. The waveform is drawn scaled to its peak.";
  return label;
}

function frequencyLabel(hz, top) {
  const label = document.createElement("span");
  label.className = "tick";
  label.style.top = `${top}px`;
  label.textContent = hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`;
  return label;
}

function drawAxis(axis, duration) {
  const width = axis.clientWidth;
  if (!width || !duration) return;
  const step = SECONDS.find((seconds) => (seconds / duration) * width >= 52) ?? SECONDS.at(-1);
  const last = duration * (1 - 34 / width); // a later label would be cut off
  const labels = [];
  for (let i = 0; i * step <= last; i += 1) {
    const label = part("span", "second");
    label.style.left = `${(100 * i * step) / duration}%`;
    label.textContent = axisLabel(i * step, step);
    labels.push(label);
  }
  axis.replaceChildren(...labels);
}

function axisLabel(seconds, step) {
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  if (seconds < 60) return `${seconds.toFixed(digits)} s`;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

// 62.345 is 1:02.34; time is cut, not rounded, so that it never shows a moment that has not come.
function clock(seconds) {
  const hundredths = Math.floor(seconds * 100 + 1e-6);
  const pad = (number) => String(number).padStart(2, "0");
  return `${Math.floor(hundredths / 6000)}:${pad(Math.floor(hundredths / 100) % 60)}.${pad(hundredths % 100)}`;
}
