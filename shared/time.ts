// Times as mail writes them.

/** A date and time as RFC 5322 §3.3 has it, in UTC. @param time UTC ms. */
export function rfc5322Date(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}
