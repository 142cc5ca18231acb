// What services call their reasons by in codes of their own, where those are published: for replies whose words do not say.
import type { Cause } from '../cause.ts';

/**
 * First match wins. Only codes whose meaning their operator has published or spells out in the same replies; a code that a
 * service uses for several things has no place here.
 */
const codes: readonly (readonly [RegExp, Cause])[] = [
  // NetEase (163.com, 126.com, yeah.net): the letters before the colon say at which command, those after it what for.
  [/\b(?:MI|RP|DT|HL|WM):(?:SPF|DMA|IMF|SPB|BLU|SUM)\b/, 'sender-rejected'],
  [/\bDT:SPM\b/, 'content-rejected'],
  [/\b(?:HL:(?:ICC|IFC)|MI:(?:DMC|STC|SFQ)|RP:(?:DRC|QRC|RCL|TRC))\b/, 'rate-limited'],
  [/\b(?:DT:RBL|HL:(?:IHU|IPB|REP|MEP|ITC)|WM:BLI)\b/, 'blocklisted'],
  [/\bRP:FRL\b/, 'relay-denied'],
  [/\bMI:NHD\b/, 'ptr-missing'],
  // Yahoo and its hosted domains.
  [/\[BL\d{2}\]|\[IPTS\d{2}\]/, 'blocklisted'],
  [/\[TSS?\d{2}\]/, 'rate-limited'],
  // Spectrum (Charter, Time Warner) and Cox.
  [/\bAUP#(?:In-)?(?:CXBL|CDRBL|IPBL\d*)\b/i, 'blocklisted'],
  [/\bAUP#CXDNS\b/i, 'ptr-missing'],
  [/\bAUP#CXSNDR\b/i, 'sender-rejected'],
  [/\bAUP#CX(?:CNCT|MXRT)\b/i, 'rate-limited'],
  [/\bAUP#URLBL\d*\b/i, 'content-rejected'],
  // GoDaddy's mail servers.
  [/\bIB(?:007|101|504|510|605|607)\b/, 'rate-limited'],
  [/\bIB(?:10[3-6]|11[0-3])\b/, 'blocklisted'],
  [/\bIB108\b/, 'ptr-missing'],
  [/\bIB(?:212|705)\b/, 'content-rejected'],
  // Orange and La Poste.
  [/\b(?:OFR|LPN|OUK)\w{0,4}_10[1-3]\b/i, 'blocklisted'],
  [/\b(?:OFR|LPN|OUK)\w{0,4}_104\b/i, 'rate-limited'],
];

/** The cause that a service's own code names, or null. */
export function causeOfServiceCode(source: string): Cause | null {
  const text = source.slice(0, 4096);
  return codes.find(([code]) => code.test(text))?.[1] ?? null;
}
