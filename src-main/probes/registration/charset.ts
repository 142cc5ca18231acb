// Tells in which character set a WHOIS answer is written: the protocol has none (RFC 3912 §4).

/** Beside UTF-8, what registries under an ending write in. Everybody else: Latin-1, in which every octet is something. */
const local: Readonly<Record<string, string>> = {
  ...{
    kr: 'euc-kr',
    'xn--3e0b707e': 'euc-kr',
    cn: 'gb18030',
    'xn--fiqs8s': 'gb18030',
    tw: 'big5',
    hk: 'big5',
    mo: 'big5',
  },
  ...{
    ru: 'koi8-r',
    su: 'koi8-r',
    'xn--p1ai': 'koi8-r',
    ua: 'koi8-u',
    by: 'windows-1251',
    bg: 'windows-1251',
    kz: 'windows-1251',
  },
  ...{
    rs: 'windows-1251',
    mk: 'windows-1251',
    tr: 'windows-1254',
    gr: 'iso-8859-7',
    il: 'windows-1255',
    th: 'windows-874',
  },
  ...{
    pl: 'iso-8859-2',
    cz: 'iso-8859-2',
    sk: 'iso-8859-2',
    hu: 'iso-8859-2',
    ro: 'iso-8859-2',
    hr: 'iso-8859-2',
    si: 'iso-8859-2',
  },
  ...{ lt: 'windows-1257', lv: 'windows-1257', ee: 'windows-1257' },
};
/** ESC $ @, ESC $ B: Japanese in seven bits (RFC 1468). */
const japanese = /\x1b\$[@B]/;

/** @param name the domain that was asked for: its ending says what to expect. */
export function decode(bytes: Buffer, name: string): string {
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const text = bytes.toString('utf8');
  if (japanese.test(text)) return new TextDecoder('iso-2022-jp').decode(bytes);
  if (!text.includes('\uFFFD')) return text;
  if (ending === 'jp') {
    const unix = new TextDecoder('euc-jp').decode(bytes);
    return unix.includes('\uFFFD') ? new TextDecoder('shift_jis').decode(bytes) : unix;
  }
  return new TextDecoder(local[ending] ?? 'latin1').decode(bytes);
}
