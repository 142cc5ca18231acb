// What strangers wrote reaches every screen without what would turn or hide the text around it.
import { expect, it } from 'vitest';
import { shown } from '../../src-renderer/shown.ts';

it('shows what turns the direction of writing, or cannot be seen, in every text at any depth', () => {
  const reply = '550 \u202ekcehc\u202c of \u2066pay\u200bpal\u2069 failed\u0007';
  const safe = '550 \u{fffd}kcehc\u{fffd} of \u{fffd}pay\u{fffd}pal\u{fffd} failed\u{fffd}';
  expect(
    shown({ rows: [{ id: 'x', lastReply: { code: 550, text: reply } }], more: false, none: null }),
  ).toEqual({
    rows: [{ id: 'x', lastReply: { code: 550, text: safe } }],
    more: false,
    none: null,
  });
});

it('leaves letters of every script, line ends and files as they are', () => {
  const text = 'Grüße, שלום, 你好, 👍\nsecond line\twith a tab';
  expect(shown(text)).toBe(text);
  const file = new File(['\u202e'], 'message.eml');
  expect(shown({ file }).file).toBe(file);
});

it('does the same to what comes bit by bit, and ends with whoever listens', async () => {
  let ended = false;
  async function* source() {
    try {
      for (let at = 0; ; at += 1) {
        await Promise.resolve();
        yield { words: `\u202e${at}` };
      }
    } finally {
      ended = true;
    }
  }
  const seen: string[] = [];
  for await (const { words } of shown(source())) {
    seen.push(words);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual(['\u{fffd}0', '\u{fffd}1']);
  expect(ended).toBe(true);
});
