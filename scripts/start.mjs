// Starts Mailward: the desktop app where there is an Electron binary and a display, else the service in the foreground.
// `--demo` starts the service with a pretend office; everything else is passed on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asksForHelp,
  cacheDir,
  ensureDependencies,
  main,
  node24,
  root,
  say,
  toolEnvironment,
} from './bootstrap.mjs';
import { ensureBuilt } from './build.mjs';
import { runInForeground } from './child.mjs';

const electronDir = join(root, 'node_modules', 'electron');
/** After a vain try to fetch Electron, how long (ms) until the next: a start must not wait for it every time. */
const fetchAgainAfter = 3600 * 1000;
/** Longest time (ms) to find out whether Electron's download can be reached, and for the download itself. */
const probeLimit = 3000;
const downloadLimit = 120_000;
/** An app that ends with an error this soon (ms) could not start at all: no X server, missing libraries, run as root. */
const couldNotStart = 5000;

await main(async (args) => {
  await ensureDependencies();
  await ensureBuilt();
  // npm runs scripts in the package's folder; `--data mail` is meant from where the user stands.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const env = toolEnvironment();

  const service = [join(root, 'out', 'main', 'mailward.js'), 'serve', ...args];
  if (asksForHelp(args)) return (await runInForeground(node24(), service, { cwd, env })).status;
  const { binary, why } = args.includes('--demo')
    ? { binary: null, why: 'The demonstration is shown in a browser' }
    : await findElectron();
  if (binary !== null) {
    const started = Date.now();
    const { status, asked } = await runInForeground(binary, [root, ...args], { cwd, env });
    if (status === 0 || asked || Date.now() - started > couldNotStart) return status;
    say(`The desktop app could not start (exit status ${status}); running the service instead.`);
  } else {
    say(`${why}; running the service instead of the desktop app.`);
  }
  const { status, asked } = await runInForeground(node24(), service, { cwd, env });
  // A stop that was asked for is not a failure, even when it came before the service could say goodbye.
  return asked && status > 128 ? 0 : status;
});

async function findElectron() {
  const onLinux = process.platform === 'linux';
  if (onLinux && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return { binary: null, why: 'No display here' };
  }
  const present = electronBinary();
  if (present !== null) return { binary: present };
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH) {
    return {
      binary: null,
      why: `No Electron in ELECTRON_OVERRIDE_DIST_PATH (${process.env.ELECTRON_OVERRIDE_DIST_PATH})`,
    };
  }
  await fetchElectron();
  const fetched = electronBinary();
  return fetched === null ? { binary: null, why: 'Electron cannot be downloaded here' } : { binary: fetched };
}

/** The Electron to run, or null. Follows electron's own rules (its index.js), without its download. */
function electronBinary() {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const name = names[process.platform] ?? 'electron';
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH || join(electronDir, 'dist'), name);
  return existsSync(path) ? path : null;
}

async function fetchElectron() {
  const failed = join(cacheDir, 'electron-not-fetched');
  if (existsSync(failed) && Date.now() - statSync(failed).mtimeMs < fetchAgainAfter) return;
  const { version } = JSON.parse(readFileSync(join(electronDir, 'package.json'), 'utf8'));
  if (await reachable(downloadAddress(version))) {
    say(`Fetching Electron ${version} for the desktop app (about 110 MB, two minutes at most) …`);
    spawnSync(node24(), [join(electronDir, 'install.js')], {
      cwd: root,
      env: toolEnvironment(),
      stdio: 'ignore',
      timeout: downloadLimit,
      killSignal: 'SIGKILL',
    });
    if (electronBinary() !== null) return;
  }
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(failed, '');
}

function downloadAddress(version) {
  const mirror =
    process.env.ELECTRON_MIRROR ||
    process.env.npm_config_electron_mirror ||
    'https://github.com/electron/electron/releases/download/';
  return `${mirror.replace(/\/?$/, '/')}v${version}/electron-v${version}-${process.platform}-${process.arch}.zip`;
}

async function reachable(address) {
  try {
    const answer = await fetch(address, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(probeLimit),
    });
    return answer.status < 400;
  } catch {
    // No network, a blocked host, a bad address: whatever it is, there is no Electron to be had now.
    return false;
  }
}
