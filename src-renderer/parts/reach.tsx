// How somebody can be reached: a telephone number to dial, an address to write to, a page to open, as links where they are safe to be.
import { classesOf } from '../classes.ts';
import textStyles from './text.module.css';

const css = classesOf(textStyles);

export function Phone({ number }: { number: string }) {
  const dialled = dialledOf(number);
  return dialled === null ? <span>{number}</span> : <a href={`tel:${dialled}`}>{number}</a>;
}

/** What a telephone dials of a number as people write it; null where that cannot be told. */
export function dialledOf(number: string): string | null {
  // Of two numbers the first; a zero in brackets is dialled at home alone.
  const [first = ''] = number.trim().split(/\s[/,;]\s|[,;]/, 1);
  const [, main = '', rest = ''] = /^([\d\s+()/.–-]*)(.*)$/s.exec(first.replace('(0)', '')) ?? [];
  // "1234 ext. 5" is for people; "0800-MAIL" is no number as it stands.
  if (rest !== '' && !/[\s(]$/.test(main)) return null;
  const dialled = main.replace(/[^\d+]/g, '');
  return /^\+?\d{3,15}$/.test(dialled) ? dialled : null;
}

export function MailTo({ address }: { address: string }) {
  return <a href={`mailto:${encodeURIComponent(address)}`}>{address}</a>;
}

/** A page of somebody else's. The desktop app hands no other kind of link to the browser. */
export function OutsideLink({ to, words = to }: { to: string; words?: string }) {
  if (!to.startsWith('https://')) return <span className={css('mono')}>{to}</span>;
  return (
    <a href={to} target="_blank" rel="noreferrer noopener">
      {words}
    </a>
  );
}
