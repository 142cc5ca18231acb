// What a code means when the words do not say: enhanced codes (RFC 3463 and its registry, Microsoft's series), then reply codes.
import type { Cause } from '../cause.ts';
import type { Stage } from './reading.ts';

/** Subject and detail of an enhanced code; the class says only temporary or permanent. */
const enhancedCauses: Readonly<Record<string, Cause>> = {
  '1.0': 'other',
  '1.1': 'user-unknown',
  '1.2': 'connection-failed',
  '1.3': 'user-unknown',
  '1.6': 'user-unknown',
  '1.7': 'sender-rejected',
  '1.8': 'sender-rejected',
  '1.10': 'user-unknown',
  '2.2': 'mailbox-full',
  '2.3': 'message-too-large',
  '3.0': 'server-busy',
  '3.1': 'server-busy',
  '3.2': 'server-busy',
  '3.4': 'message-too-large',
  '3.5': 'server-busy',
  '4.0': 'connection-failed',
  '4.1': 'connection-failed',
  '4.2': 'connection-failed',
  '4.3': 'server-busy',
  '4.4': 'connection-failed',
  '4.5': 'server-busy',
  '4.6': 'loop',
  '4.7': 'connection-failed',
  '4.14': 'loop',
  '5.3': 'rate-limited',
  '7.2': 'sender-rejected',
  '7.8': 'auth-failed',
  '7.9': 'auth-failed',
  '7.10': 'tls-required',
  '7.11': 'tls-required',
  '7.20': 'sender-rejected',
  '7.21': 'sender-rejected',
  '7.22': 'sender-rejected',
  '7.23': 'sender-rejected',
  '7.24': 'sender-rejected',
  '7.25': 'ptr-missing',
  '7.26': 'sender-rejected',
  '7.27': 'sender-rejected',
  '7.28': 'rate-limited',
  '7.29': 'sender-rejected',
  '7.30': 'tls-required',
  '7.32': 'sender-rejected',
  // Exchange and Microsoft 365.
  '1.20': 'sender-rejected',
  '2.122': 'rate-limited',
  '3.190': 'server-busy',
  '4.300': 'connection-failed',
  '4.310': 'connection-failed',
  '4.312': 'connection-failed',
  '4.316': 'connection-failed',
  '7.54': 'relay-denied',
  '7.57': 'auth-required',
  '7.60': 'sender-rejected',
  '7.64': 'relay-denied',
  '7.124': 'sender-rejected',
  '7.133': 'auth-required',
  '7.134': 'auth-required',
  '7.135': 'auth-required',
  '7.136': 'auth-required',
  '7.501': 'sender-rejected',
  '7.502': 'sender-rejected',
  '7.503': 'sender-rejected',
  '7.506': 'ptr-missing',
  '7.508': 'rate-limited',
  '7.509': 'sender-rejected',
  '7.511': 'blocklisted',
  '7.512': 'content-rejected',
  '7.513': 'blocklisted',
  '7.515': 'sender-rejected',
  '7.703': 'rate-limited',
  '7.705': 'rate-limited',
  '7.708': 'blocklisted',
  '7.750': 'sender-rejected',
  '7.232': 'rate-limited',
  '7.233': 'rate-limited',
};

/** The cause an enhanced code names by itself, or null where it leaves it open (5.7.1, x.0.0, 5.5.x …). */
export function causeOfEnhanced(enhanced: string, code: number | null, stage: Stage | null): Cause | null {
  const detail = enhanced.slice(2);
  // 5.7.8 and 5.7.9 belong to AUTH; several services use them for refusals by policy as well.
  if (
    /^7\.[89]$/.test(detail) &&
    stage !== 'auth' &&
    code !== null &&
    ![432, 454, 530, 534, 535, 538].includes(code)
  )
    return null;
  if (/^7\.6[0-4]\d$/.test(detail)) return 'blocklisted';
  if (/^7\.65\d$/.test(detail)) return 'rate-limited';
  // x.6.x is about the form of the message, whatever the detail.
  if (detail.startsWith('6.')) return 'content-rejected';
  // "No answer from host" is not what a server that answers for good can mean by it.
  if (detail === '4.1' && code !== null && code >= 500) return null;
  const cause = Object.hasOwn(enhancedCauses, detail) ? enhancedCauses[detail] : undefined;
  return cause === undefined || cause === 'other' ? null : cause;
}

/** The cause a reply code names by itself (RFC 5321 §4.2.3, RFC 4954, RFC 3207), given the command it answers. */
export function causeOfCode(code: number, stage: Stage | null): Cause | null {
  if (code === 0) return 'connection-failed';
  if (stage === 'starttls' && code >= 400) return 'tls-required';
  if (stage === 'auth' && code >= 400 && code !== 421 && code < 500) return 'server-busy';
  if (stage === 'auth' && code === 550) return 'auth-failed';
  switch (code) {
    case 421:
    case 450:
    case 451:
    case 452:
    case 431:
      return 'server-busy';
    case 422:
      return 'mailbox-full';
    case 432:
    case 534:
    case 535:
      return 'auth-failed';
    case 441:
    case 442:
    case 426:
    case 521:
    case 556:
      return 'connection-failed';
    case 446:
      return 'loop';
    case 454:
    case 538:
      return 'tls-required';
    case 523:
      return 'message-too-large';
    case 530:
      return 'auth-required';
    case 552:
      return stage === 'data' || stage === 'message' || stage === 'mail'
        ? 'message-too-large'
        : 'mailbox-full';
    case 554:
      return stage === 'data' || stage === 'message' ? 'content-rejected' : null;
    case 553:
      return stage === 'mail' ? 'sender-rejected' : null;
    default:
      return null;
  }
}
