// Splits a finding's sentence into our words, for a heading, and the server's own, which stand below it.

/** A reply's code, perhaps with its enhanced code (RFC 5321 §4.2, RFC 3463). */
const reply = (codes: string) => String.raw`${codes}(?:[ -]+[245]\.\d{1,3}\.\d{1,3})?\b`;
/** "… (greylisting): it said “450 4.2.0 later”, and takes it now." */
const between = new RegExp(
  String.raw`[:,]?\s*(?:(?:and )?(?:it |the server )?(?:said|says):?\s*)?[“"](${reply(String.raw`[245]\d\d`)}[^”"]*)[”"]`,
  'u',
);
/** "… refuses its mail: 550 5.7.1 no": to the end, for nobody knows where a server's words end. */
const last = new RegExp(String.raw`:\s*(${reply(String.raw`[45]\d\d`)}[\s\S]*)$`, 'u');

/** A sentence without the server's reply in it, and the reply; null where there is none. */
export function plainWords(sentence: string): { words: string; said: string | null } {
  const found = between.exec(sentence) ?? last.exec(sentence);
  if (found === null) return { words: sentence, said: null };
  const { 0: whole, 1: said = '', index } = found;
  const words = `${sentence.slice(0, index)}${sentence.slice(index + whole.length)}`.trim();
  return { words: /[.!?…]$/u.test(words) ? words : `${words}.`, said: said.trim() };
}
