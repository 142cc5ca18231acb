// The scripts behind `npm start`, `npm run build` and `npm run mailward`, in a pretend checkout with nothing installed.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../lab/wait.ts';
import { Checkout, ended, product } from './checkout.ts';
import type { Ended } from './checkout.ts';

describe('dependencies', () => {
  it('are installed when there are none, and again only when the lock file has changed', async () => {
    using checkout = new Checkout();
    const first = await checkout.run('mailward.mjs', ['hello']);
    expect(first.stderr).toMatch(/^Installing dependencies .*\nBuilding Mailward …\n$/);
    expect(checkout.read('npm-calls')).toMatch(/^ci [^\n]*\n$/);
    expect((await checkout.run('mailward.mjs', ['hello'])).stderr).toBe('');
    checkout.lock('1.0.1');
    await checkout.run('mailward.mjs', ['hello']);
    expect(checkout.read('npm-calls').match(/^ci /gm)).toHaveLength(2);
  });

  it('that npm itself put there, as the lock file says, are left alone', async () => {
    using checkout = new Checkout();
    await checkout.run('tool.mjs', ['electron-vite', '--outDir', 'nowhere']);
    rmSync(checkout.path('node_modules/.mailward-lock'));
    await checkout.run('tool.mjs', ['electron-vite', '--outDir', 'nowhere']);
    expect(checkout.read('npm-calls').match(/^ci /gm)).toHaveLength(1);
  });

  it('that cannot be had: npm’s own words and what to do, no stack trace, exit status 1', async () => {
    using checkout = new Checkout();
    checkout.write('npm-fails', '');
    const { status, stdout, stderr } = await checkout.run('mailward.mjs', ['hello']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/network is down\nThe dependencies could not be installed/);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });

  it('being installed by somebody else: says so; a lock whose owner died is taken over', async () => {
    using checkout = new Checkout();
    checkout.write('.cache/install.lock', String(process.pid));
    const busy = await checkout.run('mailward.mjs', ['hello']);
    expect(busy).toMatchObject({ status: 1, stdout: '' });
    expect(busy.stderr).toMatch(/^Another install is under way/);
    // A process id that no system gives out.
    checkout.write('.cache/install.lock', '999999999');
    expect((await checkout.run('mailward.mjs', ['hello'])).status).toBe(0);
  });
});

describe('the build', () => {
  it('is made when sources change in content, not when they are merely touched', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    const later = new Date(Date.now() + 60_000);
    utimesSync(checkout.path('src-main/cli/main.js'), later, later);
    expect((await checkout.run('build.mjs')).stderr).toBe('The build is up to date.\n');
    checkout.write('shared/new.ts', 'export {};');
    await checkout.run('build.mjs');
    expect(checkout.read('builds').match(/built/g)).toHaveLength(2);
    await checkout.run('build.mjs', ['--force']);
    expect(checkout.read('builds').match(/built/g)).toHaveLength(3);
  });

  it('is made once when two want it at the same time, and both get it', async () => {
    using checkout = new Checkout();
    await checkout.run('tool.mjs', ['electron-vite', '--outDir', 'nowhere']);
    checkout.write('builds', '');
    const both = await Promise.all([
      checkout.run('mailward.mjs', ['one']),
      checkout.run('mailward.mjs', ['two']),
    ]);
    expect(both.map(({ stdout, status }) => [stdout, status])).toEqual([
      ['["one"]\n', 0],
      ['["two"]\n', 0],
    ]);
    expect(checkout.read('builds')).toBe('built\n');
  });

  it('that fails says where, and leaves the one before as it was', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    const before = checkout.read('out/main/mailward.js');
    checkout.write('build-fails', '');
    checkout.write('src-main/cli/main.js', 'broken');
    const { status, stdout, stderr } = await checkout.run('mailward.mjs', ['hello']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/main\.js:1:1 oh no\nThe build failed/);
    expect(checkout.read('out/main/mailward.js')).toBe(before);
  });

  it('keeps what a service that runs from the one before may still ask for', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    const chunk = /chunk-[\w-]+\.js/.exec(checkout.read('out/main/mailward.js'))![0];
    checkout.write('src-main/cli/main.js', `${product}\n// newer`);
    await checkout.run('build.mjs');
    expect(checkout.read('out/main/mailward.js')).not.toContain(chunk);
    expect(checkout.has(`out/main/${chunk}`)).toBe(true);
    await checkout.run('build.mjs', ['--force']);
    expect(checkout.has(`out/main/${chunk}`)).toBe(false);
  });
});

describe('the command line', () => {
  it('has standard output to itself, and its exit status is passed on', async () => {
    using checkout = new Checkout();
    const args = ['fail', '3', '--json', 'a b', '$HOME', '*'];
    const { status, stdout } = await checkout.run('mailward.mjs', args);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toEqual(args);
  });
});

describe('a script', () => {
  it.each([
    ['bench.mjs', ['--help']],
    ['bench.mjs', ['checks', '--help']],
    ['bench.mjs', ['filters', '-h']],
    ['bench.mjs', ['--log', '--help']],
    ['bench.mjs', ['queue', '--help']],
    ['build.mjs', ['--help']],
    ['docs.mjs', ['--help']],
    ['test.mjs', ['--help']],
    ['test.mjs', ['--long', '-h']],
    ['tool.mjs', ['--help']],
    ['lab-servers.mjs', ['--help']],
    ['system-packages.mjs', ['--help']],
  ])('%s %j says how it is used, and does nothing', async (script, args) => {
    using checkout = new Checkout();
    const { status, stdout, stderr } = await checkout.run(script, args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: (npm|node) /);
    expect([checkout.has('npm-calls'), checkout.has('out')]).toEqual([false, false]);
  });

  it.each([
    ['bench.mjs', ['nonsense'], '"nonsense" is not known here'],
    ['bench.mjs', ['checks', 'filters'], '"filters" is not known here'],
    ['bench.mjs', ['--rouns', '3'], 'no option --rouns'],
    ['bench.mjs', ['checks', '--messages', '3'], 'no option --messages'],
    ['bench.mjs', ['log', '--messages', 'many'], '--messages takes whole numbers from 1 upwards, not "many"'],
    ['bench.mjs', ['--sessions', '10,0'], '--sessions takes whole numbers'],
    ['bench.mjs', ['--rounds'], '--rounds takes whole numbers'],
    ['bench.mjs', ['--json=yes'], '--json takes no value'],
    ['build.mjs', ['--froce'], '"--froce" is not known here'],
    ['docs.mjs', ['settings'], '"settings" is not known here'],
    ['tool.mjs', [], 'PROGRAM'],
    ['system-packages.mjs', ['x'], '"x" is not known here'],
  ])('%s %j is wrong usage, and says what is right', async (script, args, words) => {
    using checkout = new Checkout();
    const { status, stdout, stderr } = await checkout.run(script, args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toContain('Usage: ');
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect(checkout.has('npm-calls')).toBe(false);
  });
});

describe('the bench', () => {
  it.each(['main', 'checks', 'filters', 'log', 'queue'])(
    'of %s knows the options that its script names',
    async (kind) => {
      const source = readFileSync(join(import.meta.dirname, '..', 'bench', `${kind}.ts`), 'utf8');
      const parsed = /parseArgs\(\{\s*options: \{([^]*?)\n?\s*\},?\s*\}\);/.exec(source)?.[1] ?? '';
      // What it sets itself is nobody's to type.
      const own = [...parsed.matchAll(/'?([a-z-]+)'?: \{ type/g)]
        .map(([, name]) => name)
        .filter((name) => name !== 'apart');
      using checkout = new Checkout();
      const { stdout } = await checkout.run('bench.mjs', ['--help']);
      const lines = stdout.split('\n');
      const at = kind === 'main' ? 2 : lines.findIndex((line) => line.startsWith(`  ${kind}`));
      const told = [...(lines[at + 1] ?? '').matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
      expect([...told, 'json'].sort()).toEqual(own.sort());
    },
  );
});

describe('start', () => {
  it('says how it is used instead of opening an app', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    checkout.write('src-main/cli/main.js', 'console.log(JSON.stringify(process.argv.slice(2)));');
    const { status, stdout, stderr } = await checkout.run('start.mjs', ['--help'], { DISPLAY: ':9' });
    expect(status).toBe(0);
    expect(stdout).toBe('["serve","--help"]\n');
    expect(stderr).not.toContain('desktop app');
    expect(checkout.has('electron-install-ran')).toBe(false);
  });

  it('without a display says so in one line and runs the service; Ctrl-C stops it once and cleanly', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    const { child, result, output } = await startedService(checkout, ['--data', 'here', '--json']);
    // The terminal sends one, npm passes on another.
    child.kill('SIGINT');
    await until('the service is not asked to stop', () => output().includes('stopping'));
    child.kill('SIGINT');
    const { status, stdout, stderr } = await result;
    expect(status).toBe(0);
    expect(stderr).toBe('No display here; running the service instead of the desktop app.\n');
    expect(stdout).toBe('["serve","--data","here","--json"]\nstopping on SIGINT\n');
    expect(checkout.has('electron-install-ran')).toBe(false);
  });

  it('a terminal that closes stops the service too', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    const { child, result } = await startedService(checkout);
    child.kill('SIGHUP');
    expect((await result).stdout).toBe('["serve"]\nstopping on SIGTERM\n');
  });

  it('an npm that is killed takes the service with it', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    // The shell stands for npm: it waits for the script, and dies without a word.
    const shell = spawn('sh', ['-c', `"${process.execPath}" scripts/start.mjs; true`], {
      cwd: checkout.root,
      env: { PATH: process.env['PATH'], npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const result = ended(shell);
    let stdout = '';
    shell.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    await until('the service does not start', () => stdout.includes('["serve"'));
    shell.kill('SIGKILL');
    // The pipe closes when the last of them has ended.
    expect((await result).stdout).toBe('["serve"]\nstopping on SIGTERM\n');
  });

  it('with a display and an Electron runs the desktop app and passes its end on', async () => {
    using checkout = new Checkout();
    const electron = fakeElectron(checkout, 'echo "desktop $@"; exit 0');
    const { status, stdout } = await checkout.run('start.mjs', ['--data', 'd'], {
      DISPLAY: ':99',
      ELECTRON_OVERRIDE_DIST_PATH: electron,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `desktop ${checkout.root} --data d\n` });
  });

  it('shows the demonstration in a browser, also where the desktop app could run', async () => {
    using checkout = new Checkout();
    const electron = fakeElectron(checkout, 'echo "desktop $@"; exit 0');
    const env = { DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: electron };
    const { child, result } = await startedService(checkout, ['--demo'], env);
    child.kill('SIGINT');
    const { stdout } = await result;
    expect(stdout).toContain('["serve","--demo"]');
  });

  it('falls back to the service when the desktop app cannot start', async () => {
    using checkout = new Checkout();
    const electron = fakeElectron(checkout, 'exit 127');
    const env = { DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: electron };
    const { child, result } = await startedService(checkout, [], env);
    child.kill('SIGTERM');
    expect((await result).stderr).toMatch(/could not start \(exit status 127\); running the service instead/);
  });

  it('with a display and no Electron to be had decides at once, and does not ask again the next time', async () => {
    using checkout = new Checkout();
    await checkout.run('build.mjs');
    let asked = 0;
    const mirror = createServer((_, answer) => {
      asked += 1;
      answer.writeHead(403).end();
    });
    await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
    const env = {
      DISPLAY: ':99',
      ELECTRON_MIRROR: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/`,
    };
    for (let start = 0; start < 2; start += 1) {
      const { child, result } = await startedService(checkout, [], env);
      child.kill('SIGTERM');
      expect((await result).stderr).toBe(
        'Electron cannot be downloaded here; running the service instead of the desktop app.\n',
      );
    }
    mirror.close();
    expect(asked).toBe(1);
    expect(checkout.has('electron-install-ran')).toBe(false);
  });
});

/** Starts `npm start`'s script and waits until the stand-in for the product says that it serves. */
async function startedService(
  checkout: Checkout,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; result: Promise<Ended>; output: () => string }> {
  const child = checkout.launch('start.mjs', args, env);
  const result = ended(child);
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  await until('the service does not start', () => stdout.includes('["serve"'));
  return { child, result, output: () => stdout };
}

function fakeElectron(checkout: Checkout, body: string): string {
  mkdirSync(checkout.path('dist'), { recursive: true });
  checkout.write('dist/electron', `#!/bin/sh\n${body}\n`);
  chmodSync(checkout.path('dist/electron'), 0o755);
  return checkout.path('dist');
}
