// What two servers said to each other: who speaks, when, and the decisive words marked.
import type { TranscriptLine } from '../../shared/message.ts';
import { classesOf } from '../classes.ts';
import styles from './transcript.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

interface TranscriptProps {
  label: string;
  lines: readonly TranscriptLine[];
  /** Who the client and the server are in this dialogue. */
  client: string;
  server: string;
}

type Weight = 'good' | 'deferred' | 'bad' | 'plain';

export function Transcript({ label, lines, client, server }: TranscriptProps) {
  if (lines.length === 0) {
    return <p className={css('soft')}>No transcript of this dialogue was kept.</p>;
  }
  const contentFrom = lines.findIndex((line) => line.from === 'server' && line.text.startsWith('354'));
  return (
    <div className={css('transcript')} role="region" aria-label={label} tabIndex={0}>
      <ol>
        {lines.map((line, index) => {
          const weight = weigh(line, index, contentFrom);
          return (
            // A transcript only ever grows at its end.
            <li key={index} data-from={line.from} data-weight={weight}>
              <span className={css('at')}>{(line.offset / 1000).toFixed(2)}</span>
              <span className={css('by')}>
                {line.from === 'client' ? client : line.from === 'server' ? server : 'note'}
              </span>
              <span className={css('said')}>{mark(line, weight)}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Whether a reply settles something (RFC 5321 §4.2.1: 4yz is for now, 5yz for good; 2yz after the content is the yes). */
function weigh(line: TranscriptLine, index: number, contentFrom: number): Weight {
  if (line.from !== 'server') return 'plain';
  // A 503 only answers what was sent ahead of a refusal (pipelining, RFC 2920): it decides nothing.
  if (line.text.startsWith('5')) return line.text.startsWith('503') ? 'plain' : 'bad';
  if (line.text.startsWith('4')) return 'deferred';
  return contentFrom >= 0 && index > contentFrom && line.text.startsWith('250') ? 'good' : 'plain';
}

function mark(line: TranscriptLine, weight: Weight) {
  if (line.from === 'client') {
    const verb = /^(EHLO|HELO|MAIL FROM|RCPT TO|DATA|BDAT|STARTTLS|RSET|QUIT|AUTH|NOOP|VRFY)\b/i.exec(
      line.text,
    )?.[0];
    if (verb === undefined) return line.text;
    return (
      <>
        <b>{verb}</b>
        {line.text.slice(verb.length)}
      </>
    );
  }
  if (weight !== 'plain') return <mark>{line.text}</mark>;
  return line.text;
}
