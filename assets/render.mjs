// Draws every picture that is shipped from the drawings in assets/source, with headless Chromium: node assets/render.mjs
// The results are kept in the repository, so that a build needs no browser.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { coloured, states, template } from './source/tray.mjs';

const here = import.meta.dirname;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});
const page = await browser.newPage();

/** A PNG of a square drawing, `size` pixels wide. */
async function draw(svg, size) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0;background:none}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  );
  return page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } });
}

const large = readFileSync(join(here, 'source/icon.svg'), 'utf8');
const small = readFileSync(join(here, 'source/icon-small.svg'), 'utf8');
const tiny = readFileSync(join(here, 'source/icon-tiny.svg'), 'utf8');
const drawing = (size) => (size <= 16 ? tiny : size <= 32 ? small : large);
const icons = new Map();
for (const size of [16, 22, 24, 32, 48, 64, 128, 256, 512, 1024]) {
  icons.set(size, await draw(drawing(size), size));
}
mkdirSync(join(here, 'icons'), { recursive: true });
for (const [size, png] of icons) {
  if (size <= 512) writeFileSync(join(here, `icons/${size}x${size}.png`), png);
}
writeFileSync(join(here, 'icon.ico'), ico([16, 24, 32, 48, 64, 128, 256]));
// Types of Apple's icon file that hold a PNG, with their size in pixels.
writeFileSync(
  join(here, 'icon.icns'),
  icns({ icp4: 16, icp5: 32, icp6: 64, ic07: 128, ic08: 256, ic09: 512, ic10: 1024 }),
);

mkdirSync(join(here, 'tray'), { recursive: true });
for (const state of states) {
  const sizes = { 16: 16, '16@1.25x': 20, '16@1.5x': 24, '16@2x': 32, 22: 22, '22@2x': 44 };
  for (const [name, size] of Object.entries(sizes)) {
    writeFileSync(join(here, `tray/${state}-${name}.png`), await draw(coloured(state), size));
  }
  writeFileSync(join(here, `tray/${state}Template.png`), await draw(template(state), 16));
  writeFileSync(join(here, `tray/${state}Template@2x.png`), await draw(template(state), 32));
}
await browser.close();

/** An .ico of PNGs (read by Windows since Vista): a header, 16 octets for each picture, the pictures. */
function ico(sizes) {
  const header = Buffer.alloc(6 + 16 * sizes.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(sizes.length, 4);
  let offset = header.length;
  sizes.forEach((size, index) => {
    const { length } = icons.get(size);
    const entry = 6 + 16 * index;
    // 0 stands for 256.
    header.writeUInt8(size % 256, entry);
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += length;
  });
  return Buffer.concat([header, ...sizes.map((size) => icons.get(size))]);
}

/** An .icns: 'icns' and the file's length, then for each picture its type, its length with these 8 octets, the PNG. */
function icns(types) {
  const parts = Object.entries(types).map(([type, size]) => chunk(type, icons.get(size)));
  return chunk('icns', Buffer.concat(parts));
}

function chunk(type, content) {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(content.length + 8, 4);
  return Buffer.concat([head, content]);
}
