// Texts of any length that are awkward for one kind of parser or another: what is repeated, nested, begun and never ended.
import type { Random } from '../lab/random.ts';

/** A text of about so many characters. */
export type Make = (length: number) => string;

/** Repeated to any length; divided by ¦. */
const pieces = [
  ' ¦\t¦\r\n¦\n¦\r¦a¦@¦.¦<¦>¦(¦)¦"¦\\¦;¦,¦:¦=¦?¦%¦!¦[¦-¦_¦0¦\0¦\u00fc¦\u{1f600}¦\u3042¦\ufffd¦\u0301¦\u202e',
  'a ¦a@¦@a¦a.¦a@b.¦@a:¦<a@¦<>¦()¦(a)¦(\\¦((a)¦""¦"a¦\\"¦"\\"¦" "¦;a=b¦;a="b¦a=b;¦a:¦: :¦= ¦ =¦=\r\n¦ =\r\n¦=20',
  '=?¦=?a¦=?utf-8?q?a?=¦=?utf-8?q?a?= ¦=?utf-8?b?¦=?a?q¦?=¦\r\n ¦a\r\n ¦ \r\n¦a\r\n¦\r\n\r\n¦> ¦a:b\r\n¦a:b\r\n c\r\n¦a\r\n:',
  '--b\r\n¦--b¦--b\r\n\r\n¦--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n¦Received: a\r\n¦Message-ID: <a@b>\r\n',
  'Final-Recipient: ¦Final-Recipient: rfc822;a@b.example\r\n\r\n¦From: a\r\n\r\n¦To: a\r\n\r\nSubject: b\r\n¦QUJD¦QUJD\r\n¦\u00e9=',
  '1.¦1.1.1.1¦5.1.1 ¦550 ¦550-¦550 5.1.1\r\n¦[1.2.3.4] ¦http://a¦https://a.b/?p=¦a.b.c ¦delivery ¦delivery¦warning ¦failure ',
  'return ¦returning a ¦was not ¦was not be able to ¦not be ¦the following ¦recipient ¦rejected: ¦user ¦blocked by ¦no such ',
  'host a said: ¦no-reply ¦mailer-daemon ¦v=spf1 ¦ip4:1.2.3.4 ¦include:a ¦a:%{d} ¦%{i}¦exp=a ¦v=DMARC1; ¦mailto:a@b.example,¦mailto:',
  'mx: a\n¦xn--¦xn--a-¦a <a@b.example>, ¦a: b@c.example; ¦\u00e4.¦i=1; ¦dkim=pass ¦EHLO a\r\n¦.\r\n¦..\r\n¦PROXY ¦<a>¦<a b="',
  ' 1 ms¦ 1  * * *\n¦time=1 ms ttl=1\n',
].flatMap((some) => some.split('¦'));

const of =
  (piece: string): Make =>
  (length) =>
    piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

const numbered =
  (piece: (number: number) => string): Make =>
  (length) => {
    let text = '';
    for (let number = 0; text.length < length; number++) text += piece(number);
    return text.slice(0, length);
  };

export function awkwardTexts(random: Random): Record<string, Make> {
  return {
    ...Object.fromEntries(pieces.map((piece) => [JSON.stringify(piece), of(piece)])),
    'one gap': (length) => `a${' '.repeat(length)}b`,
    'words joined by signs, and a percent': (length) =>
      `${'-a:'.repeat(length / 6)}${'?a:'.repeat(length / 6)}%x`,
    'a long word, then a return': (length) => `${'a'.repeat(length)}\rb`,
    'a long word in quotes that do not end': (length) => `"${'a""'.repeat(length / 3)}`,
    'one gap of tabs before a colon': (length) => `a${'\t'.repeat(length)}:b`,
    'a line, then a gap': (length) => `a: b\r\n${' '.repeat(length)}c`,
    'open and shut': (length) => '('.repeat(length / 2) + ')'.repeat(length / 2),
    'shut and open': (length) => ')'.repeat(length / 2) + '('.repeat(length / 2),
    'open and shut brackets': (length) => '['.repeat(length / 2) + ']'.repeat(length / 2),
    'a long word, then @': (length) => `${'a'.repeat(length)}@`,
    'a long word at a domain': (length) => `${'a'.repeat(length)}@example.org`,
    'somebody at a long domain': (length) => `a@${'b'.repeat(length)}`,
    'somebody at many labels': (length) => `a@${'b.'.repeat(length / 2)}c`,
    'many fields': numbered((number) => `X-${number}: ${number}\r\n`),
    'many names of parameters': numbered((number) => `; p${number}=v${number}`),
    'many charsets': numbered((number) => `=?c${number}?q?a?= `),
    'many boundaries': numbered((number) => `--b${number}\r\n`),
    'many letters': numbered((number) => String.fromCodePoint(0x4e00 + (number % 20_000))),
    'many addresses': numbered((number) => `user${number}@host${number}.example, `),
    'many signatures': numbered(
      (number) => `\r\nDKIM-Signature: v=1; a=rsa-sha256; d=d${number}.test; s=s; h=from; bh=x; b=y`,
    ),
    'many ARC sets': numbered(
      (number) => `\r\nARC-Seal: i=${number}; a=rsa-sha256; cv=none; d=a.test; s=s; b=y`,
    ),
    'many results': numbered((number) => `\r\nAuthentication-Results: mx${number}.example; none`),
    'parts in parts': numbered(
      (number) => `--b${number}\r\nContent-Type: multipart/mixed; boundary=b${number + 1}\r\n\r\n`,
    ),
    noise: numbered(() => String.fromCharCode(random.between(1, 127))),
    octets: numbered(() => String.fromCharCode(random.between(0, 255))),
  };
}
