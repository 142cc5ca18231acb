// `mailward journal`: what changed about a domain, with a service running and without, for people and for programs.
import { userInfo } from 'node:os';
import { expect, it } from 'vitest';
import { journalEntrySchema } from '../../shared/journal.ts';
import { journalCommand } from '../../src-main/cli/commands/journal.ts';
import { Ended } from '../../src-main/cli/context.ts';
import { Service } from '../lab/mailward.ts';

const ME = userInfo().username;

it('tells what changed and who did it, newest first, while Mailward runs and when it does not', async () => {
  await using service = await Service.start();
  await service.addDomain('example.com', '127.0.0.1:1');
  const { client, close } = await service.client();
  await client.domains.setRoute({ name: 'example.com', route: [{ host: '127.0.0.2', port: 2 }] });
  close();
  const heading = String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  `;
  const first = await service.command('journal', 'Example.COM.');
  expect(first).toMatchObject({ status: 0, stderr: '' });
  const [route, was, is, added, to, ...more] = first.stdout.trimEnd().split('\n');
  expect(route).toMatch(new RegExp(`${heading}Route changed, by ${ME} on the command line$`));
  expect([was?.trim(), is?.trim()]).toEqual(['was  127.0.0.1:1', 'is   127.0.0.2:2']);
  expect(added).toMatch(new RegExp(`${heading}Domain added, by ${ME} on the command line$`));
  expect([to?.trim(), ...more]).toEqual(['is   127.0.0.1:1']);

  await service.stop();
  expect((await service.command('domain', 'mode', 'example.com', 'hold', '--reason', 'a move')).status).toBe(
    0,
  );
  const entries = (await service.json('journal', 'example.com')).map((line) =>
    journalEntrySchema.parse(line),
  );
  expect(entries.map(({ kind, after, by }) => [kind, after, by.via, by.name])).toEqual([
    ['mode', 'hold: a move', 'command', ME],
    ['route', '127.0.0.2:2', 'command', ME],
    ['added', '127.0.0.1:1', 'command', ME],
  ]);
  const kinds = async (...options: string[]) =>
    (await service.json<{ kind: string }>('journal', 'example.com', ...options)).map(({ kind }) => kind);
  const last = await service.command(
    'journal',
    'example.com',
    '--limit',
    '1',
    '--since',
    '1h',
    '--kind',
    'mode',
    'added',
  );
  expect(last.stdout).toMatch(/^[^\n]*Mail is on hold[^]*There are older changes: --limit/);

  // What was written of a domain is there when it is not protected any more.
  await service.json('domain', 'remove', 'example.com');
  expect(await kinds('--since', '2026-01-01', '--limit', '1')).toEqual(['removed']);
  const unknown = await service.command('journal', 'example.org');
  expect(unknown).toMatchObject({ status: 1, stdout: '' });
  expect(unknown.stderr).toContain('example.org is not a domain that Mailward protects');
});

it.each([
  [['not a domain'], 'not a domain'],
  [['example.com', '--since', 'yesterday'], '"yesterday" is not a time; write 90m, 4h, 2d, '],
  [['example.com', '--since', '2026-02-31'], '"2026-02-31" is not a time'],
  [['example.com', '--kind', 'mx', 'weather'], '"weather" is not a kind; expected one of mx, '],
  [['example.com', '--limit', '0'], '"0" is not a number'],
])('%o is wrong usage, and says what is wrong', async (args, words) => {
  const error = await journalCommand()
    .parseAsync(args, { from: 'user' })
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(Ended);
  expect(error).toMatchObject({ exit: 2, message: expect.stringContaining(words) as string });
});
