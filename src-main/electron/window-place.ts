// Where the window goes: where it was last, as long as that can be seen.
import type { Rectangle } from 'electron';

/** The least of it that must be on a display, in pixels, to be found and dragged. */
const grip = 96;

/** The size of the first start, in pixels. */
export const usualSize = { width: 1180, height: 800 };

export type WindowPlace = { width: number; height: number } & (
  | { x: number; y: number }
  | { x?: never; y?: never }
);

/**
 * Fits the remembered bounds to the work areas (the displays less their bars) that there are now. A window wholly on
 * displays stays as it was, also across two; one partly outside is moved and shrunk into the display that has most of
 * it; one on a display that is gone gets its size back, without a position, and is centred by the system.
 */
export function placeWindow(remembered: Rectangle | null, workAreas: readonly Rectangle[]): WindowPlace {
  if (remembered === null) return fitSize(usualSize, workAreas[0]);
  const shown = workAreas.map((area) => ({ area, pixels: overlap(remembered, area) }));
  const total = shown.reduce((sum, { pixels }) => sum + pixels, 0);
  if (total >= remembered.width * remembered.height) {
    const { x, y, width, height } = remembered;
    return { x, y, width, height };
  }
  const best = shown.reduce<(typeof shown)[number] | null>(
    (most, next) => (most === null || next.pixels > most.pixels ? next : most),
    null,
  );
  if (best === null || best.pixels < grip * grip) return fitSize(remembered, workAreas[0]);
  const { area } = best;
  const { width, height } = fitSize(remembered, area);
  return {
    x: Math.min(Math.max(remembered.x, area.x), area.x + area.width - width),
    y: Math.min(Math.max(remembered.y, area.y), area.y + area.height - height),
    width,
    height,
  };
}

function fitSize(size: { width: number; height: number }, area: Rectangle | undefined) {
  return {
    width: Math.min(size.width, area?.width ?? size.width),
    height: Math.min(size.height, area?.height ?? size.height),
  };
}

function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
