// Evidence: what was asked, of whom, when, and the exact answer; to be read here, and copied to whoever must act.
import type { Evidence, Finding } from '../../shared/finding.ts';
import { useActs } from '../actions/acts.tsx';
import { copyEvidence } from '../actions/checks.ts';
import { classesOf } from '../classes.ts';
import { counted, exact } from '../format.ts';
import { ActionButton } from './action-button.tsx';
import styles from './evidence.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

/** What evidence belongs to: a finding of now, or one of the history. */
type Proven = Pick<Finding, 'check' | 'subject' | 'summary' | 'evidence'>;

export function EvidenceList({ finding, domain }: { finding: Proven; domain: string }) {
  const { evidence } = finding;
  const acts = useActs();
  if (evidence.length === 0) return null;
  return (
    <details className={css('evidence')}>
      <summary>Evidence: {counted(evidence.length, 'answer')}</summary>
      <ol>
        {evidence.map((one, index) => (
          // Evidence is a record: it does not change while it is shown.
          <li key={index}>
            <p className={css('head')}>
              <code>{one.asked}</code> <span className={css('soft')}>asked of</span>{' '}
              <span className={css('mono')}>{one.of}</span>{' '}
              <time className={css('soft', 'small')} dateTime={new Date(one.at).toISOString()}>
                {exact(one.at)}
              </time>
            </p>
            <pre className={css('quote')}>{one.answer === '' ? '(an empty answer)' : one.answer}</pre>
          </li>
        ))}
      </ol>
      <ActionButton
        size="compact-sm"
        action={copyEvidence}
        on={{ text: evidenceText(finding, domain) }}
        acts={acts}
      />
    </details>
  );
}

/** Plain text for a mail or a ticket; times in UTC, since the reader may be anywhere. */
function evidenceText({ check, subject, summary, evidence }: Proven, domain: string): string {
  const head = `${domain}, ${check}${subject === '' ? '' : ` (${subject})`}: ${summary}`;
  return [head, ...evidence.map(oneText)].join('\n\n');
}

function oneText({ asked, of, at, answer }: Evidence): string {
  return `${new Date(at).toISOString()}  ${asked}\nasked of ${of}\n${answer.replace(/^/gm, '    ')}`;
}
