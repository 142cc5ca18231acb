// One check: its question, what it found with the evidence, its picture, its history, and the button to ask again.
import { Button } from '@mantine/core';
import { IconHistory, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { counted } from '../format.ts';
import { factsOf, pathFacts, propagationFacts, registrationFacts } from '../health/facts.ts';
import { type Asked, checkWords, healthOf, type Shown } from '../health/health.ts';
import { BlocklistTable } from './blocklists.tsx';
import { EvidenceList } from './evidence.tsx';
import { HistoryChart } from './history-chart.tsx';
import { SinceMoment } from './moment.tsx';
import { Propagation } from './propagation.tsx';
import { ExpiryByHand, RegistrationLine } from './registration.tsx';
import { SelectorsForm } from './selectors-form.tsx';
import { StateMark, StateShape } from './state-mark.tsx';
import { Traceroute } from './traceroute.tsx';
import '../styles/findings.css';
import '../styles/pictures.css';

interface CheckCardProps {
  name: string;
  /** Its profile, where it is protected. */
  domain: Domain | null;
  asked: Asked;
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
  const { check, findings, state } = asked;
  const [history, setHistory] = useState(false);
  const [first] = findings;
  return (
    <details
      className="check"
      id={`check-${check.name}`}
      data-state={state ?? 'not-applicable'}
      open={isOpen}
      onToggle={(event) => {
        // It also comes when the card is drawn open: only what the reader does is remembered.
        if (event.currentTarget.open !== isOpen) onOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <StateShape state={state ?? 'not-applicable'} size={18} />
        <span className="check-words">
          <span className="check-name">
            {checkWords(check.name)}
            {asking && <span className="soft"> asking…</span>}
          </span>
          <span className="check-summary">{first === undefined ? check.question : headline(asked)}</span>
        </span>
        <StateWord asked={asked} />
      </summary>
      {isOpen && (
        <div className="check-body">
          <p className="soft">{check.question}</p>
          <Findings findings={findings} domain={name} />
          <Pictures name={name} domain={domain} asked={asked} busy={busy} onAsk={onAsk} />
          <div className="check-actions">
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconRefresh size={14} />}
              disabled={busy}
              loading={asking}
              aria-label={`Test again: ${checkWords(check.name)}`}
              onClick={() => {
                // Whatever it finds: the reader wants to see it.
                onOpen(true);
                onAsk();
              }}
            >
              {findings.length === 0 ? 'Test this' : 'Test again'}
            </Button>
            {findings.length > 0 && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconHistory size={14} />}
                aria-expanded={history}
                aria-label={`When did this change: ${checkWords(check.name)}`}
                onClick={() => setHistory(!history)}
              >
                When did this change?
              </Button>
            )}
          </div>
          {history && <HistoryChart domain={name} check={check.name} />}
        </div>
      )}
    </details>
  );
}

function StateWord({ asked: { state, findings } }: { asked: Asked }) {
  const since = findings[0]?.since;
  if (state === null) return <span className="check-state soft">not asked yet</span>;
  return (
    <span className="check-state">
      <StateMark state={state} />
      {since !== undefined && (state === 'problem' || state === 'attention') && (
        <span className="soft small">
          since <SinceMoment at={since} />
        </span>
      )}
    </span>
  );
}

/** What stands for all findings of a check. */
function headline({ findings, state }: Asked): string {
  const [first] = findings;
  const like = findings.filter((one) => healthOf(one) === state);
  if (first === undefined) return '';
  if (like.length === 1 || state === 'problem' || state === 'attention') {
    return like.length === 1
      ? first.summary
      : `${first.summary} And ${counted(like.length - 1, 'more', 'more')}.`;
  }
  return `${first.summary} And ${counted(like.length - 1, 'more answer')} like it.`;
}

function Findings({ findings, domain }: { findings: readonly Shown[]; domain: string }) {
  const [all, setAll] = useState(false);
  const notable = findings.filter(({ state }) => state !== 'ok' && state !== 'not-applicable');
  const calm = findings.filter(({ state }) => state === 'ok' || state === 'not-applicable');
  // Beside what is wrong, what is in order waits to be asked for.
  const shown = [...notable, ...(all ? calm : notable.length > 0 ? [] : calm.slice(0, MOST_FINE))];
  const rest = findings.length - shown.length;
  if (findings.length === 0) return null;
  return (
    <>
      <ul className="found">
        {shown.map((finding) => (
          <li key={`${finding.code} ${finding.subject}`} data-state={healthOf(finding)}>
            <p className="found-head">
              <StateMark state={healthOf(finding)} />
              {finding.subject !== '' && <span className="mono found-subject">{finding.subject}</span>}
              {finding.since !== undefined && (
                <span className="soft small">
                  since <SinceMoment at={finding.since} />
                </span>
              )}
            </p>
            <p>{finding.summary}</p>
            <EvidenceList finding={finding} domain={domain} />
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <Button className="found-more" size="compact-sm" variant="subtle" onClick={() => setAll(true)}>
          Show {counted(rest, 'more answer')} in order
        </Button>
      )}
    </>
  );
}

/** The picture that a check's facts can be drawn as, where there is one. */
function Pictures({
  name,
  domain,
  asked: { findings, at, check },
  busy,
  onAsk,
}: {
  name: string;
  domain: Domain | null;
  asked: Asked;
  busy: boolean;
  onAsk: () => void;
}) {
  const spread = factsOf(propagationFacts, findings);
  const expiry = factsOf(registrationFacts, findings);
  // Asked for only where the registry does not tell, or where it was set before.
  const askByHand =
    domain !== null &&
    findings.length > 0 &&
    check.area === 'registration' &&
    (domain.profile.expiresAt !== null ||
      (expiry?.expiresAt ?? null) === null ||
      expiry?.source === 'by-hand');
  const ways = findings.flatMap((finding) => {
    const facts = factsOf(pathFacts, [finding]);
    return facts === null ? [] : [{ facts, address: finding.subject }];
  });
  return (
    <>
      {spread !== null && <Propagation facts={spread} at={at ?? 0} busy={busy} onAsk={onAsk} />}
      {expiry !== null && <RegistrationLine facts={expiry} />}
      {check.name === 'dkim' && domain !== null && <SelectorsForm domain={domain} onSaved={onAsk} />}
      {askByHand && <ExpiryByHand domain={domain} onSaved={onAsk} />}
      <BlocklistTable findings={findings} domain={name} check={check.name} />
      {ways.map(({ facts, address }) => (
        <Traceroute key={address} facts={facts} address={address} />
      ))}
    </>
  );
}
