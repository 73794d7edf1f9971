// Manikins for valence, arousal and dominance: line drawings whose face, chest or size changes from point to point.

function manikin(scale, share) {
  const draw = { valence: face, arousal: stirred, dominance: grown }[scale];
  return `<svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">${draw(share)}</svg>`;
}

const figure = (head, chest, eyes, mouth) =>
  `<path d="M10 46v-9a7 7 0 0 1 7-7h14a7 7 0 0 1 7 7v9" class="body"/>${chest}` +
  `<circle cx="24" cy="17" r="12" class="body"/>${head}${eyes}${mouth}`;
const dots = (size) => `<circle cx="19.5" cy="15" r="${size}" class="ink"/><circle cx="28.5" cy="15" r="${size}" class="ink"/>`;
const level = '<path d="M19 22.5h10" class="line"/>';

// share 0: unhappy, 1: happy
function face(share) {
  const bend = 22 + (share - 0.5) * 11;
  const edge = 22 - (share - 0.5) * 4;
  const brow = (0.5 - share) * 3;
  const brows = `<path d="M16.5 ${11 + brow}l5 ${-brow}M31.5 ${11 + brow}l-5 ${-brow}" class="line thin"/>`;
  return figure(brows, "", dots(1.4), `<path d="M18 ${edge}Q24 ${bend} 30 ${edge}" class="line"/>`);
}

// share 0: calm, 1: stirred
function stirred(share) {
  const points = Array.from({ length: 16 }, (_, i) => {
    const reach = i % 2 ? 0.6 + share * 2.2 : 1.2 + share * 6;
    const angle = (i * Math.PI) / 8;
    return `${(24 + reach * Math.cos(angle)).toFixed(1)},${(39 + reach * 0.95 * Math.sin(angle)).toFixed(1)}`;
  });
  const eyes =
    share < 0.2
      ? '<path d="M17.5 15.5h4M26.5 15.5h4" class="line thin"/>'
      : dots((0.9 + share * 1.6).toFixed(1));
  return figure("", `<polygon points="${points.join(" ")}" class="burst"/>`, eyes, level);
}

// share 0: small, 1: large
function grown(share) {
  const size = (0.34 + share * 0.66).toFixed(2);
  return `<g transform="translate(24 47) scale(${size}) translate(-24 -47)">${figure("", "", dots(1.4), level)}</g>`;
}
