// Reads SMTP replies off the wire.
import type { Reply } from '../reply.ts';

/** Reads a reply, of one line or several (RFC 5321 §4.2.1), into code, enhanced code (RFC 3463) and text. */
export function parseReply(raw: string): Reply {
  let code = 0;
  let enhanced: string | null = null;
  const words = raw.split(/\r?\n/).map((line) => {
    const match = /^(\d{3})(?:[ -]|$)(?:([245]\.\d{1,3}\.\d{1,3})(?:\s+|$))?(.*)$/s.exec(line);
    if (!match) return line;
    code = Number(match[1]);
    enhanced ??= match[2] ?? null;
    return match[3] ?? '';
  });
  return { code, enhanced, text: words.join(' ').trim().slice(0, 1000) };
}

/** Stands for a reply that never came. */
export function noReply(words: string): Reply {
  return { code: 0, enhanced: null, text: words };
}

/**
 * Words that mean either of two things: OpenSMTPD says them of a domain that none of its rules matches and, when its mailboxes
 * are the system's users, of a user it does not know as well. Only asking for somebody who must be there tells.
 */
export function saysEither({ code, enhanced, text }: Reply): boolean {
  return code === 550 && enhanced === null && /^Invalid recipient: <[^<>]*>$/.test(text);
}
