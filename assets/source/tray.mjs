// The tray's states as drawings on a 16 × 16 grid. Each has a shape of its own: disc, triangle, octagon.

const mark = {
  ok: '<path d="M4.6 8.3 7 10.7 11.5 5.8"/>',
  attention: '<path d="M8 5.5v4.5M8 11v2" stroke-width="2" stroke-linecap="butt"/>',
  problem: '<path d="M5.7 5.700l4.6 4.600M10.3 5.700l-4.6 4.6"/>',
};
const shape = {
  ok: '<circle cx="8" cy="8" r="7"/>',
  attention: '<path d="M8 1.6 15 14.200H1z" stroke-width="1.6" stroke-linejoin="round"/>',
  problem: '<path d="M5.2 1h5.600L15 5.200v5.600L10.8 15H5.200L1 10.800V5.200z"/>',
};
/** Teal, amber and red that stand out from dark and light panels alike; dark ink on amber, for contrast. */
const colour = {
  ok: { fill: '#0b8a7d', ink: '#fff' },
  attention: { fill: '#f2a516', ink: '#2b1d00' },
  problem: { fill: '#d13438', ink: '#fff' },
};
const ink = 'fill="none" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"';
const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${content}</svg>`;

export const states = ['ok', 'attention', 'problem'];

/** In colour, for Windows and Linux. */
export function coloured(state) {
  const { fill, ink: stroke } = colour[state];
  return svg(
    `<g fill="${fill}" stroke="${fill}" stroke-width="0">${shape[state]}</g><g ${ink} stroke="${stroke}">${mark[state]}</g>`,
  );
}

/** Black with the mark cut out of it: macOS takes the opacity alone and paints it itself. */
export function template(state) {
  return svg(
    `<mask id="m"><rect width="16" height="16" fill="#fff"/><g ${ink} stroke="#000">${mark[state]}</g></mask>` +
      `<g mask="url(#m)" fill="#000" stroke="#000" stroke-width="0">${shape[state]}</g>`,
  );
}
