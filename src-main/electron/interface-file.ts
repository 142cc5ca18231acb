// From the path in an app:// URL to a file of the user interface, and to nothing else.
import { isAbsolute, join, relative, sep } from 'node:path';

/**
 * The file a URL path stands for, or null when it would lie outside `folder` or cannot be read one way only
 * (broken escapes, NUL, backslashes, drive letters and streams, which Windows reads as part of a path).
 */
export function fileFor(folder: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  // A percent sign that is left was encoded twice.
  if (decoded.includes('\0') || /[\\:%]/.test(decoded)) return null;
  if (decoded.split('/').includes('..')) return null;
  const path = join(folder, decoded.endsWith('/') ? `${decoded}index.html` : decoded);
  const inside = relative(folder, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return null;
  return path;
}
