// One check: its question, what it found with the evidence, its picture, its history, and the button to ask again.
import { Button, Loader } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { useActs } from '../actions/acts.tsx';
import { checkActions, type OnCheck } from '../actions/checks.ts';
import { classesOf } from '../classes.ts';
import { counted } from '../format.ts';
import type { CheckWithFindings, ShownFinding } from '../../shared/asked.ts';
import { readFinding } from '../../shared/facts/index.ts';
import { plainWords } from '../../shared/plain.ts';
import { healthOf, wantsAttention } from '../../shared/state.ts';
import { manualPage, remedyFor } from '../health/manual.ts';
import { ActionButton } from './action-button.tsx';
import { BlocklistTable } from './blocklists.tsx';
import { EvidenceList } from './evidence.tsx';
import { longButton } from './long-button.ts';
import { inline } from './prose.tsx';
import { HistoryChart } from './history-chart.tsx';
import { Since } from './moment.tsx';
import { Propagation } from './propagation.tsx';
import { ExpiryByHand, RegistrationLine } from './registration.tsx';
import { SelectorsForm } from './selectors-form.tsx';
import { StateMark, StateShape } from './state-mark.tsx';
import { Traceroute } from './traceroute.tsx';
import styles from './check-card.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

interface CheckCardProps {
  name: string;
  /** Its profile, where it is protected. */
  domain: Domain | null;
  asked: CheckWithFindings;
  isOpen: boolean;
  onOpen: (open: boolean) => void;
  /** Something is being asked for the domain: another question has to wait. */
  busy: boolean;
  asking: boolean;
  onAsk: () => void;
}

/** Findings in order that are listed one by one; more are counted. */
const MOST_FINE = 6;

export function CheckCard({ name, domain, asked, isOpen, onOpen, busy, asking, onAsk }: CheckCardProps) {
  const { check, findings, state, isOld } = asked;
  const [history, setHistory] = useState(false);
  const [first] = findings;
  const acts = useActs();
  const on: OnCheck = {
    check,
    running: asking,
    tested: findings.length > 0,
    start: () => {
      // Whatever it finds: the reader wants to see it.
      onOpen(true);
      onAsk();
    },
  };
  const page = useQuery({
    queryKey: ['manual', check.name],
    queryFn: () => manualPage(check.name),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: isOpen && findings.some((finding) => finding.state === 'problem'),
  });
  return (
    <details
      className={css('check')}
      id={`check-${check.name}`}
      data-state={isOld ? 'not-applicable' : (state ?? 'not-applicable')}
      data-old={isOld}
      open={isOpen}
      onToggle={(event) => {
        // It also comes when the card is drawn open: only what the reader does is remembered.
        if (event.currentTarget.open !== isOpen) onOpen(event.currentTarget.open);
      }}
    >
      <summary>
        {asking ? (
          <Loader size={18} aria-hidden="true" />
        ) : (
          <StateShape state={state ?? 'not-applicable'} size={18} />
        )}
        <span className={css('words')}>
          <span className={css('name')}>{check.title}</span>
          <span className={css('summary')}>
            {first === undefined ? check.question : isOld ? `Before: ${headline(asked)}` : headline(asked)}
          </span>
        </span>
        <StateWord asked={asked} asking={asking} />
      </summary>
      {isOpen && (
        <div className={css('body')}>
          <p className={css('soft')}>{check.question}</p>
          {isOld && findings.length > 0 && (
            <p className={css('soft', 'small')}>
              This is what was found before; the check is being repeated now.
            </p>
          )}
          <Findings findings={findings} domain={name} page={page.data ?? null} />
          <Pictures domain={domain} asked={asked} busy={busy} onAsk={onAsk} />
          <div className={css('actions')}>
            <ActionButton size="compact-sm" action={checkActions.test} on={on} acts={acts} disabled={busy} />
            {findings.length > 0 && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconHistory size={14} />}
                aria-expanded={history}
                aria-label={`When did this change: ${check.title}`}
                onClick={() => setHistory(!history)}
              >
                When did this change?
              </Button>
            )}
            <ActionButton size="compact-sm" action={checkActions.about} on={on} acts={acts} />
          </div>
          {history && <HistoryChart domain={name} check={check.name} />}
        </div>
      )}
    </details>
  );
}

function StateWord({ asked: { state, findings }, asking }: { asked: CheckWithFindings; asking: boolean }) {
  const since = findings[0]?.since;
  if (asking) return <span className={css('standing', 'soft')}>running…</span>;
  if (state === null) return <span className={css('standing', 'soft')}>not run yet</span>;
  return (
    <span className={css('standing')}>
      <StateMark state={state} />
      {since !== undefined && wantsAttention(state) && (
        <span className={css('soft', 'small')}>
          <Since at={since} />
        </span>
      )}
    </span>
  );
}

/** What stands for all findings of a check. */
function headline({ findings, state }: CheckWithFindings): string {
  const [first] = findings;
  const like = findings.filter((one) => healthOf(one) === state);
  if (first === undefined) return '';
  const { words } = plainWords(first.summary);
  if (like.length === 1 || wantsAttention(state)) {
    return like.length === 1 ? words : `${words} And ${counted(like.length - 1, 'more', 'more')}.`;
  }
  return `${words} And ${counted(like.length - 1, 'more answer')} like it.`;
}

interface FindingsProps {
  findings: readonly ShownFinding[];
  domain: string;
  /** The check's page in the manual, once it is there. */
  page: string | null;
}

function Findings({ findings, domain, page }: FindingsProps) {
  const [all, setAll] = useState(false);
  const notable = findings.filter(({ state }) => state !== 'ok' && state !== 'not-applicable');
  const calm = findings.filter(({ state }) => state === 'ok' || state === 'not-applicable');
  // Beside what is wrong, what is in order waits to be asked for.
  const shown = [...notable, ...(all ? calm : notable.length > 0 ? [] : calm.slice(0, MOST_FINE))];
  const rest = findings.length - shown.length;
  if (findings.length === 0) return null;
  return (
    <>
      <ul className={css('found')}>
        {shown.map((finding) => (
          <li key={`${finding.code} ${finding.subject}`} data-state={healthOf(finding)}>
            <p className={css('foundHead')}>
              <StateMark state={healthOf(finding)} />
              {finding.subject !== '' && <span className={css('mono', 'subject')}>{finding.subject}</span>}
              {finding.since !== undefined && (
                <span className={css('soft', 'small')}>
                  <Since at={finding.since} />
                </span>
              )}
            </p>
            <Words summary={finding.summary} />
            <Remedy page={page} finding={finding} />
            <EvidenceList finding={finding} domain={domain} />
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <Button
          className={css('more')}
          classNames={longButton}
          size="compact-sm"
          variant="subtle"
          onClick={() => setAll(true)}
        >
          Show {counted(rest, 'more answer')} without problems
        </Button>
      )}
    </>
  );
}

/** What was found in plain words, and below it what the server said, where it did. */
function Words({ summary }: { summary: string }) {
  const { words, said } = plainWords(summary);
  return (
    <>
      <p>{words}</p>
      {said !== null && (
        <>
          <p className={css('soft', 'small')}>The server’s reply</p>
          <blockquote className={css('quote')}>{said}</blockquote>
        </>
      )}
    </>
  );
}

function Remedy({ page, finding: { code, state } }: { page: string | null; finding: ShownFinding }) {
  const remedy = page === null || state !== 'problem' ? null : remedyFor(page, code);
  if (remedy === null) return null;
  return (
    <p className={css('remedy')}>
      <b>What to do:</b> {inline(remedy)}
    </p>
  );
}

/** The picture that a check's facts can be drawn as, where there is one. */
function Pictures({
  domain,
  asked: { findings, at, check },
  busy,
  onAsk,
}: {
  domain: Domain | null;
  asked: CheckWithFindings;
  busy: boolean;
  onAsk: () => void;
}) {
  const [spread] = findings.flatMap((one) => readFinding('mx-propagation', one) ?? []);
  const [registered] = findings.flatMap((one) => readFinding('registration', one) ?? []);
  // Asked for only where the registry does not tell, or where it was set before.
  const askByHand =
    domain !== null &&
    findings.length > 0 &&
    check.area === 'registration' &&
    (domain.profile.expiresAt !== null ||
      (registered?.facts.expiresAt ?? null) === null ||
      registered?.facts.source === 'by-hand');
  const ways = findings.flatMap((one) => readFinding('path', one) ?? []);
  return (
    <>
      {spread !== undefined && <Propagation facts={spread.facts} at={at ?? 0} busy={busy} onAsk={onAsk} />}
      {registered !== undefined && <RegistrationLine facts={registered.facts} />}
      {check.name === 'dkim' && domain !== null && <SelectorsForm domain={domain} onSaved={onAsk} />}
      {askByHand && <ExpiryByHand domain={domain} onSaved={onAsk} />}
      <BlocklistTable findings={findings} />
      {ways.map(({ facts, subject: address }) => (
        <Traceroute key={address} facts={facts} address={address} />
      ))}
    </>
  );
}
