// The settings file: defaults, refusals that name the key, and never a lost file.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokenSettings, openSettings, SettingsChanged } from '../../src-main/settings/settings.ts';

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

  it.each([
    ['{"smtp": {"prot": 2526}}', [['smtp.prot', 'smtp.port']]],
    ['{"smtp": {"max_message_bytes": 1}}', [['smtp.max_message_bytes', 'smtp.maxMessageBytes']]],
    ['{"SMTP": {"port": 25}}', [['SMTP', 'smtp']]],
    ['{"smpt": {"port": 25}}', [['smpt', 'smtp']]],
    ['{"port": 25}', [['port', 'smtp.port']]],
    ['{"smtp.port": 25}', [['smtp.port', 'smtp.port']]],
    ['{"smtp": {"expireDays": 7}}', [['smtp.expireDays', 'delivery.expireDays']]],
    ['{"filters": {"clamav": "off"}, "quantum": {"leap": 1}}', [['quantum', null]]],
    [
      '{"log": {"keepDay": 7, "__proto__": 1}, "constructor": 2}',
      [
        ['log.keepDay', 'log.keepDays'],
        ['log.__proto__', null],
        ['constructor', null],
      ],
    ],
  ])('in %s that are none are told with what was meant, and no ground not to start', (text, expected) => {
    writeFileSync(file(), text);
    const { unknown } = openSettings(dir);
    expect(unknown.map(({ key, meant }) => [key, meant])).toEqual(expected);
  });

  it('that are none are told a few at a time, in one line each', () => {
    const odd = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`odd\n${'x'.repeat(at)}`, at]));
    writeFileSync(file(), JSON.stringify({ smtp: odd }));
    const { unknown } = openSettings(dir);
    expect(unknown.length).toBe(20);
    for (const { key } of unknown) expect(key).toMatch(/^[^\n]{1,101}$/);
  });

  it('are written where they differ from the defaults, and what the file had stays as and where it was', () => {
    writeFileSync(
      file(),
      '{"quantum": {"leap": [1]}, "log": {"keepDays": 90, "colour": "red"}, "smtp": {"host": "MAIL.example.com."}}',
    );
    const store = openSettings(dir);
    const { delivery, smtp } = store.get();
    store.set({ ...store.get(), delivery: { ...delivery, expireDays: 7 }, smtp: { ...smtp, port: 25 } });
    expect(readFileSync(file(), 'utf8')).toBe(
      `${JSON.stringify(
        {
          quantum: { leap: [1] },
          log: { keepDays: 90, colour: 'red' },
          smtp: { host: 'MAIL.example.com.', port: 25 },
          delivery: { expireDays: 7 },
        },
        null,
        2,
      )}\n`,
    );
    expect(store.unknown.map(({ key }) => key)).toEqual(['quantum', 'log.colour']);
    // Back to the default: it was in the file, and so it stays there.
    store.set({ ...store.get(), smtp: { ...store.get().smtp, port: 2525 } });
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toHaveProperty('smtp.port', 2525);
    expect(openSettings(dir).get()).toEqual(store.get());
  });

  it('that are all the defaults leave nothing to write down', () => {
    const store = openSettings(dir);
    store.set(store.get());
    expect(readFileSync(file(), 'utf8')).toBe('{}\n');
  });

  it('stay as they were when a new value is wrong', () => {
    const store = openSettings(dir);
    store.set({ ...store.get(), log: { keepDays: 7, keepTranscripts: true } });
    expect(() => store.set({ log: { keepDays: 0 } })).toThrow(/log\.keepDays/);
    expect(store.get().log.keepDays).toBe(7);
    expect(openSettings(dir).get().log.keepDays).toBe(7);
  });
});

describe('settings that are changed by hand while Mailward runs', () => {
  const days = (keepDays: number) => JSON.stringify({ log: { keepDays } });
  const open = () => {
    const troubles: string[] = [];
    const store = openSettings(dir, (words) => troubles.push(words));
    const heard: number[] = [];
    store.onChange(({ log }) => heard.push(log.keepDays));
    // Whoever is in the middle of writing gets until the second look.
    const look = () => {
      store.look();
      store.look();
    };
    const keep = (keepDays: number) => ({ ...store.get(), log: { ...store.get().log, keepDays } });
    return { store, troubles, heard, look, keep };
  };
  /** As editors do it. */
  const replace = (text: string) => {
    writeFileSync(`${file()}~`, text);
    renameSync(`${file()}~`, file());
  };

  it.each([
    ['written over', (text: string) => writeFileSync(file(), text)],
    ['replaced by another file', replace],
  ])('are taken over when the file is %s, and the log says so', (_how, write) => {
    writeFileSync(file(), days(7));
    const { store, troubles, heard, look } = open();
    write(days(8));
    look();
    expect([store.get().log.keepDays, heard]).toEqual([8, [8]]);
    expect(troubles).toEqual([
      expect.stringMatching(/settings\.json were changed by hand, and are in force$/),
    ]);
    look();
    expect(troubles).toHaveLength(1);
    write(JSON.stringify({ log: { keepDays: 8 }, smtp: { port: 2600 } }));
    look();
    expect(troubles[1]).toMatch(/in smtp, from the next start on$/);
  });

  it('are not judged while somebody is in the middle of writing', () => {
    writeFileSync(file(), days(7));
    const { store, troubles } = open();
    writeFileSync(file(), '');
    store.look();
    writeFileSync(file(), days(8));
    store.look();
    store.look();
    expect([store.get().log.keepDays, store.problem, troubles.length]).toEqual([8, null, 1]);
  });

  it.each([
    ['no JSON', () => writeFileSync(file(), '{')],
    ['a wrong value', () => replace(days(0))],
    [
      'a folder',
      () => {
        rmSync(file());
        mkdirSync(file());
      },
    ],
    [
      'a link that leads to itself',
      () => {
        rmSync(file());
        symlinkSync('settings.json', file());
      },
    ],
  ])(
    'into %s leave the settings as they were; that is told once, and nothing is saved over it',
    (_what, spoil) => {
      writeFileSync(file(), days(7));
      const { store, troubles, look, keep } = open();
      spoil();
      look();
      look();
      expect(store.get().log.keepDays).toBe(7);
      expect(store.problem).toMatch(/settings\.json/);
      expect(troubles).toEqual([
        expect.stringMatching(
          /settings\.json.*Mailward goes on with the settings it had; it would not start/,
        ),
      ]);
      expect(() => store.set(keep(9))).toThrow(/^nothing was saved: .*settings\.json/);
      expect(store.get().log.keepDays).toBe(7);
      rmSync(file(), { recursive: true });
      writeFileSync(file(), days(7));
      look();
      expect([store.problem, troubles[1]]).toEqual([null, expect.stringMatching(/can be used again$/)]);
      store.set(keep(9));
      expect(openSettings(dir).get().log.keepDays).toBe(9);
    },
  );

  it('by removing the file: they go on, the log says what comes next, and saving puts them back', () => {
    writeFileSync(file(), days(7));
    const { store, troubles, look, keep } = open();
    rmSync(file());
    look();
    expect([store.get().log.keepDays, store.problem]).toEqual([7, null]);
    expect(troubles).toEqual([expect.stringMatching(/were removed\. .* begins with the defaults/)]);
    store.set(keep(9));
    expect(openSettings(dir).get().log.keepDays).toBe(9);
    expect(troubles).toHaveLength(1);
  });

  it('are never saved over: whoever does not know them yet is told, and nothing is saved', () => {
    const { store, keep } = open();
    const before = store.get();
    replace(days(8));
    // Nobody has looked yet.
    expect(() => store.set(keep(9))).toThrow(SettingsChanged);
    expect(() => store.set(keep(9), before)).toThrow(/changed meanwhile.*Nothing was saved/);
    expect(readFileSync(file(), 'utf8')).toBe(days(8));
    expect(store.set(keep(9), store.get()).log.keepDays).toBe(9);
  });

  it('in one window are not saved over from another', () => {
    const { store, keep } = open();
    const before = store.get();
    store.set(keep(8), before);
    expect(() => store.set({ ...before, log: { ...before.log, keepDays: 9 } }, before)).toThrow(
      SettingsChanged,
    );
    expect(store.get().log.keepDays).toBe(8);
  });

  it('where a link leads to are taken over, and the link is not made a file', () => {
    writeFileSync(join(dir, 'elsewhere'), days(7));
    symlinkSync('elsewhere', file());
    const { store, look, keep } = open();
    writeFileSync(join(dir, 'elsewhere'), days(8));
    look();
    expect(store.get().log.keepDays).toBe(8);
    expect(() => store.set(keep(9))).toThrow(
      /settings\.json is a link to elsewhere: change the settings there/,
    );
    expect(readFileSync(join(dir, 'elsewhere'), 'utf8')).toBe(days(8));
  });

  it('in a folder that lies in the place of ours are not read, nor written', () => {
    const own = join(dir, 'data');
    mkdirSync(own);
    const store = openSettings(own);
    renameSync(own, `${own}.away`);
    mkdirSync(own);
    writeFileSync(join(own, 'settings.json'), days(8));
    store.look();
    store.look();
    expect(store.get().log.keepDays).toBe(90);
    expect(() => store.set(store.get())).toThrow(/nothing was saved: the data folder .* put it back/);
    expect(readFileSync(join(own, 'settings.json'), 'utf8')).toBe(days(8));
  });
});
