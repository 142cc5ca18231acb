// Evidence: what was asked, of whom, when, and the exact answer; to be read here, and copied to whoever must act.
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCopy } from '@tabler/icons-react';
import type { Evidence, Finding } from '../../shared/finding.ts';
import { classesOf } from '../classes.ts';
import { counted, exact } from '../format.ts';
import styles from './evidence.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

/** What evidence belongs to: a finding of now, or one of the history. */
type Proven = Pick<Finding, 'check' | 'subject' | 'summary' | 'evidence'>;

export function EvidenceList({ finding, domain }: { finding: Proven; domain: string }) {
  const { evidence } = finding;
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
      <CopyButton text={evidenceText(finding, domain)} />
    </details>
  );
}

function CopyButton({ text }: { text: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notifications.show({
        title: 'The evidence is copied',
        message: 'Paste it into your message to whoever can fix it.',
      });
    } catch {
      notifications.show({
        color: 'red',
        title: 'The browser does not allow copying here',
        message: 'Select the text and copy it by hand.',
      });
    }
  };
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconCopy size={14} />}
      onClick={() => void copy()}
    >
      Copy the evidence
    </Button>
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
