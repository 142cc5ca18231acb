// The check list of a domain that is not live yet: what has to be so until its first mail comes through, and how far it is.
import { Button, VisuallyHidden } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Preflight, PreflightItemName } from '../../shared/preflight.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { usePreflight } from '../preflight.ts';
import { errorWords } from '../words.ts';
import { Moment } from './moment.tsx';
import { StateShape } from './state-mark.tsx';
import styles from './arrival.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

/** In the order in which they come true. */
const steps: readonly { name: PreflightItemName; todo: string }[] = [
  { name: 'way-back', todo: 'The way back is kept' },
  { name: 'server-answers', todo: 'Your server answers' },
  { name: 'takes-domain', todo: 'It takes the domain’s mail from Mailward' },
  { name: 'door', todo: 'The world reaches Mailward' },
  { name: 'mx', todo: 'The MX records name Mailward' },
];

export function Arrival({ domain }: { domain: string }) {
  const { report, isAsking, error, ask } = usePreflight(domain);
  return (
    <section className={css('arrival')} aria-label={`Steps until mail for ${domain} comes through`}>
      <ol className={css('steps')}>
        {steps.map(({ name, todo }) => {
          const found = report?.items.find((item) => item.name === name);
          // What has not come true yet is not wrong.
          const state = found?.state ?? 'not-applicable';
          return (
            <li key={name} className={css('step')}>
              <StateShape state={state} />
              <span>
                {todo}
                <VisuallyHidden>: {spoken[state]}</VisuallyHidden>
                {found !== undefined && found.state !== 'ok' && (
                  <span className={css('soft', 'small', 'why')}>{found.summary}</span>
                )}
              </span>
            </li>
          );
        })}
        <li className={css('step')}>
          <StateShape state="not-applicable" />
          <span>The first mail comes through</span>
        </li>
      </ol>
      <p className={css('ask')}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconListCheck size={16} />}
          loading={isAsking}
          onClick={ask}
        >
          {report === null ? 'Check what is ready' : 'Check again'}
        </Button>
        <span className={css('soft', 'small')} role="status">
          {isAsking ? (
            'Asking your server, the name servers and Mailward’s own door: 15 seconds at most.'
          ) : error !== null ? (
            errorWords(error)
          ) : report === null ? (
            'Nothing has been checked yet. Checking changes nothing.'
          ) : (
            <Asked report={report} />
          )}
        </span>
      </p>
    </section>
  );
}

function Asked({ report }: { report: Preflight }) {
  return (
    <>
      {report.summary} Checked <Moment at={report.at} />.{' '}
      <Link to="/domains/$domain" params={{ domain: report.domain }}>
        All of it
      </Link>
    </>
  );
}

const spoken: Readonly<Record<HealthState, string>> = {
  ok: 'done',
  problem: 'a problem',
  attention: 'done, but look at it',
  'could-not-check': 'could not be checked',
  'not-applicable': 'not yet',
};
