// The system's own network tools: started without a shell, told an address and never a name, ended when their time is up.
import { execFile } from 'node:child_process';
import { isIP } from 'node:net';

export interface ToolAnswer {
  /** What it printed, also when it was ended early. */
  output: string;
  /** The command as typed. */
  command: string;
}

export interface ToolOptions {
  signal: AbortSignal;
  /** It is ended after this time, ms. */
  timeoutMs: number;
}

/**
 * Runs a tool about one address, which is its last argument.
 * @returns null when there is no such tool here, or it may not do its work.
 */
export function runTool(
  tool: string,
  args: readonly string[],
  address: string,
  { signal, timeoutMs }: ToolOptions,
): Promise<ToolAnswer | null> {
  // An address cannot be taken for an option, nor for anything else.
  if (isIP(address) === 0) return Promise.resolve(null);
  const all = [...args, address];
  return new Promise((resolve) => {
    execFile(
      tool,
      all,
      {
        signal,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 65_536,
        windowsHide: true,
        env: { ...pathOf(process.env), LC_ALL: 'C', LANG: 'C' },
      },
      (error, stdout, stderr) => {
        const { code } = (error ?? {}) as { code?: unknown };
        const missing = code === 'ENOENT' || code === 'EACCES' || code === 'EPERM';
        const forbidden = stdout.trim() === '' && /permit|permission|denied|socket:/i.test(stderr);
        if (missing || forbidden) resolve(null);
        else resolve({ output: stdout, command: [tool, ...all].join(' ') });
      },
    );
  });
}

/** Tools of the administrator are not on every user's path. */
function pathOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (process.platform === 'win32') return env;
  const path = env['PATH'] ?? '';
  return { ...env, PATH: `${path}:/usr/sbin:/sbin:/usr/bin:/bin` };
}
