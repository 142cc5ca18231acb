// Where the window goes when it comes back: for any remembered place and any displays, somewhere it can be used.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeWindow, usualSize } from '../../src-main/electron/window-place.ts';

const laptop = { x: 0, y: 25, width: 1440, height: 850 };
const desk = { x: 1440, y: 0, width: 2560, height: 1400 };

describe('placeWindow', () => {
  test('the first time it has its usual size and no place, so that the system centres it', () => {
    expect(placeWindow(null, [laptop])).toEqual(usualSize);
    expect(placeWindow(null, [{ x: 0, y: 0, width: 800, height: 600 }])).toEqual({ width: 800, height: 600 });
  });

  test('a window across two displays stays there', () => {
    const across = { x: 1000, y: 100, width: 1000, height: 700 };
    expect(placeWindow(across, [laptop, desk])).toEqual(across);
  });

  test('a window half below the edge is moved up, and is not made smaller without need', () => {
    const low = { x: 300, y: 700, width: 900, height: 600 };
    expect(placeWindow(low, [laptop])).toEqual({ x: 300, y: 275, width: 900, height: 600 });
  });

  test('a window of which too little is left to take hold of is centred by the system', () => {
    const gone = { x: 1435, y: 300, width: 900, height: 600 };
    expect(placeWindow(gone, [laptop])).toEqual({ width: 900, height: 600 });
  });

  test('wherever it was, it lies wholly on the displays, and no larger than it was', () => {
    const area = fc.record({
      x: fc.integer({ min: -5000, max: 5000 }),
      y: fc.integer({ min: -5000, max: 5000 }),
      width: fc.integer({ min: 640, max: 5000 }),
      height: fc.integer({ min: 480, max: 3000 }),
    });
    fc.assert(
      fc.property(area, area, (remembered, display) => {
        const placed = placeWindow(remembered, [display]);
        expect(placed.width).toBeLessThanOrEqual(Math.min(remembered.width, display.width));
        expect(placed.height).toBeLessThanOrEqual(Math.min(remembered.height, display.height));
        if (placed.x === undefined) return;
        expect(placed.x).toBeGreaterThanOrEqual(display.x);
        expect(placed.y).toBeGreaterThanOrEqual(display.y);
        expect(placed.x + placed.width).toBeLessThanOrEqual(display.x + display.width);
        expect(placed.y + placed.height).toBeLessThanOrEqual(display.y + display.height);
      }),
    );
  });
});
