// What is typed wrong on the command line: the slip itself is told, before what it makes look missing, with the words that work here.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailward } from '../lab/mailward.ts';
import { type Scratch, scratch } from '../lab/scratch.ts';

let folder: Scratch;
let data: string;
beforeAll(async () => {
  folder = scratch('usage');
  data = join(folder.path, 'data');
  await mailward(['domain', 'add', 'example.com', '--route', '127.0.0.1:1', '--data', data]);
});
afterAll(() => folder[Symbol.dispose]());

describe('a slip', () => {
  it.each([
    [['domain', 'add', '--rout', 'X'], "unknown option '--rout'", '--route'],
    [['domain', 'add', 'example.com', '--rout', 'X'], "unknown option '--rout'", '--route'],
    [['queue', 'reroute', '--too', 'X'], "unknown option '--too'", '--to'],
    [['queue', 'list', '--stat', 'held'], "unknown option '--stat'", '--state'],
    [['domain', 'route', '--ls', 'verify'], "unknown option '--ls'", '--tls'],
    [['token', 'forget', '--jsn'], "unknown option '--jsn'", '--json'],
    [['log', 'export', '-output', 'x'], "unknown option '-output'", '--output'],
    [['status', '-json'], "unknown option '-json'", '--json'],
    [['stauts'], "unknown command 'stauts'", 'status'],
    [['domain', 'ad'], "unknown command 'ad'", 'add'],
  ])('in %j is told first, with what was meant', async (args, slip, meant) => {
    const { status, stdout, stderr } = await mailward(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`error: ${slip}`);
    expect(stderr).toContain(`(Did you mean ${meant}?)`);
    expect(stderr).not.toMatch(/required|missing/);
  });

  it('that is none: what is missing is told, and where help is', async () => {
    const { status, stderr } = await mailward(['queue', 'reroute', 'ABC']);
    expect(status).toBe(2);
    expect(stderr).toBe(
      "error: required option '--to <destination>' not specified\n(mailward queue reroute --help tells more)\n",
    );
  });

  it('in the order of domain and mode is told with the right order', async () => {
    const { status, stderr } = await mailward(['domain', 'mode', 'hold', 'example.com', '--data', data]);
    expect(status).toBe(2);
    expect(stderr).toContain('`mailward domain mode example.com hold`');
  });
});

describe('in a checkout, where npm runs it', () => {
  const env = {
    npm_package_name: 'mailward',
    npm_lifecycle_event: 'mailward',
    npm_package_json: '/srv/mail ward/package.json',
  };

  it('hints and help name commands as they are typed there', async () => {
    const here = { ...env, INIT_CWD: '/srv/mail ward/docs' };
    expect((await mailward(['domain', 'ad'], { env: here })).stderr).toContain(
      '(npm run -s mailward -- domain --help tells more)',
    );
    expect((await mailward(['token', '--help'], { env: here })).stdout).toMatch(
      /^Usage: npm run -s mailward -- token /,
    );
    const absent = ['status', '--data', join(folder.path, 'absent')];
    expect((await mailward(absent, { env: here })).stderr).toContain('`npm run -s mailward -- serve`');
    expect((await mailward(absent, { env: { ...env, INIT_CWD: '/home' } })).stderr).toContain(
      "`npm --prefix '/srv/mail ward' run -s mailward -- serve`",
    );
  });

  it.each([
    ['another script of ours', { ...env, npm_lifecycle_event: 'test' }],
    ['a script of another package', { ...env, npm_package_name: 'office' }],
  ])('and nowhere else: %s', async (_, other) => {
    const { stderr } = await mailward(['domain', 'ad'], { env: other });
    expect(stderr).toContain('(mailward domain --help tells more)');
  });
});

describe('a file that cannot be had', () => {
  it.each([
    [
      ['log', 'export', '--output', 'DIR/there.csv'],
      1,
      'DIR/there.csv is there already and is not overwritten',
    ],
    [['recipients', 'export', '--output', 'DIR/there.csv'], 1, 'DIR/there.csv is there already'],
    [['recipients', 'export', '--output', 'DIR/folder'], 1, 'DIR/folder is a folder; name a file in it'],
    [['log', 'export', '--output', 'DIR/none/log.csv'], 1, 'there is no folder DIR/none'],
    [['recipients', 'export', '--output', 'DIR/there.csv/x'], 1, 'leads through a file'],
    [['recipients', 'import', 'DIR/none.csv'], 2, 'there is no file DIR/none.csv'],
    [['recipients', 'import', 'DIR/folder'], 2, 'DIR/folder is a folder'],
    [['log', 'export', '--output', `DIR/${'x'.repeat(300)}`], 1, 'is too long'],
  ])('is told in plain words: %j', async (args, expected, words) => {
    const place = join(folder.path, 'files');
    mkdirSync(join(place, 'folder'), { recursive: true });
    writeFileSync(join(place, 'there.csv'), 'mine');
    const named = (text: string) => text.replaceAll('DIR', place);
    const { status, stderr } = await mailward([...args.map(named), '--data', data]);
    expect(status).toBe(expected);
    expect(stderr).toContain(named(words));
    expect(stderr).not.toMatch(/\bE[A-Z]{4,}\b/);
    expect(readdirSync(place).sort()).toEqual(['folder', 'there.csv']);
  });
});
