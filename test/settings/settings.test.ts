// The settings file: defaults, refusals that name the key, and never a lost file.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokenSettings, openSettings } from '../../src-main/settings/settings.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailward-settings-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = () => join(dir, 'settings.json');

describe('the settings', () => {
  it('are the defaults when there is no file, and opening makes none', () => {
    expect(openSettings(dir).get().delivery.expireDays).toBe(5);
    expect(existsSync(file())).toBe(false);
  });

  it('keep the defaults for what a file does not say', () => {
    writeFileSync(file(), '{"smtp": {"port": 2600}}');
    const { smtp } = openSettings(dir).get();
    expect(smtp.port).toBe(2600);
    expect(smtp.host).toBe('127.0.0.1');
  });

  it.each([
    ['{"smtp": {"port": 70000}}', /smtp\.port/],
    ['{"smtp": {"port": "25"}}', /smtp\.port: expected number/],
    ['{"smtp": {"colour": "red"}, "extra": 1}', /extra: there is no such setting/],
    ['{"delivery": {"retrySeconds": [60, -1]}}', /delivery\.retrySeconds\.1/],
    ['{"probes": {"relayAddresses": ["mail"]}}', /probes\.relayAddresses\.0: expected an IP address/],
    ['{"filters": {"rspamdUrl": "localhost"}}', /filters\.rspamdUrl: expected a web address/],
    ['[]', /expected object/],
    ['{"smtp":', /not valid JSON/],
  ])('in %s are refused with the key and what was expected, and the file is kept', (text, words) => {
    writeFileSync(file(), text);
    expect(() => openSettings(dir)).toThrow(BrokenSettings);
    expect(() => openSettings(dir)).toThrow(words);
    // Which file, what is safe, what helps; in one line.
    expect(() => openSettings(dir)).toThrow(
      /^the settings \/.*settings\.json.*nothing was changed, and mail and domains are not in it\. Mend the file, or move it away/,
    );
    expect(readFileSync(file(), 'utf8')).toBe(text);
  });

  it('are read from a file that an editor began with a byte order mark', () => {
    writeFileSync(file(), '\u{feff}{"smtp": {"port": 2600}}');
    expect(openSettings(dir).get().smtp.port).toBe(2600);
  });

  it('that are no text at all are told without what is in them', () => {
    writeFileSync(file(), '{\u001b[31m\r\n"a": \u0007}');
    expect(() => openSettings(dir)).toThrow(/^[^\p{Cc}]+$/u);
  });

  it('are stored for this user alone, and told to whoever listens', () => {
    const store = openSettings(dir);
    const heard: number[] = [];
    store.onChange((next, before) => heard.push(before.log.keepDays, next.log.keepDays));
    store.set({ ...store.get(), log: { keepDays: 7, keepTranscripts: true } });
    expect(heard).toEqual([90, 7]);
    expect(openSettings(dir).get().log.keepDays).toBe(7);
    expect(statSync(file()).mode & 0o077).toBe(0);
  });

  it('stay as they were when a new value is wrong', () => {
    const store = openSettings(dir);
    store.set({ ...store.get(), log: { keepDays: 7, keepTranscripts: true } });
    expect(() => store.set({ log: { keepDays: 0 } })).toThrow(/log\.keepDays/);
    expect(store.get().log.keepDays).toBe(7);
    expect(openSettings(dir).get().log.keepDays).toBe(7);
  });
});
