// The home screen: the state in a sentence, the mail's way by domain, what waits, and the last hour.
import { Alert, Code } from '@mantine/core';
import { IconMailForward } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import {
  type DomainOverview,
  type FaultSummary,
  type Overview,
  type UnknownSetting,
  type Waiting,
  unknownSettingWords,
} from '../../shared/overview.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { useLostSince, useOverview } from '../engine.tsx';
import { count, counted, size, span } from '../format.ts';
import { FilterTroubles } from '../parts/filter-list.tsx';
import { LegPanel } from '../parts/leg-panel.tsx';
import { AddDomainButton } from '../parts/action-button.tsx';
import { live, Loaded } from '../parts/loaded.tsx';
import { type LegName, MailPath } from '../parts/mail-path.tsx';
import { MinutesChart } from '../parts/minutes-chart.tsx';
import { Moment, useNow } from '../parts/moment.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { StateShape } from '../parts/state-mark.tsx';
import { StorageNote } from '../parts/storage-note.tsx';
import styles from './home.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

export function HomeScreen() {
  const overview = useOverview();
  const lostSince = useLostSince();
  return (
    <Page
      title="Home"
      sentence={
        overview === null ? (
          'Checking the mail…'
        ) : (
          <span className={css('sentence')}>
            <StateShape state={lostSince === null ? overview.state : 'could-not-check'} size={22} />
            <span>
              {lostSince === null
                ? overview.sentence
                : 'Mailward is not running, or cannot be reached: the current state of your mail is unknown.'}
            </span>
          </span>
        )
      }
    >
      <Loaded
        query={live(overview)}
        busy="Asking Mailward for its state."
        failed="Mailward’s state could not be read"
      >
        {(known) => <Known overview={known} />}
      </Loaded>
    </Page>
  );
}

function Known({ overview }: { overview: Overview }) {
  const { listener } = overview;
  return (
    <>
      <StorageNote storage={overview.storage} />
      {listener.problem !== null && (
        <Alert
          color={listener.listening ? 'yellow' : 'red'}
          title={listener.listening ? 'Receiving mail needs attention' : 'Mailward cannot accept mail'}
        >
          {listener.problem}
        </Alert>
      )}
      {overview.fault !== null && <FaultNote fault={overview.fault} />}
      {overview.settingsTrouble !== null && (
        <Alert color="yellow" title="The settings cannot be used as they are in the file">
          Mailward goes on with those it had, but would not start with these: {overview.settingsTrouble}.
        </Alert>
      )}
      <FilterTroubles troubles={overview.filterTroubles} />
      <UnknownSettings unknown={overview.unknownSettings} />
      <QuarantineNote domains={overview.domains} />
      {overview.domains.length === 0 ? <FirstDomain /> : <Flow overview={overview} />}
    </>
  );
}

/** Exceptions that nobody foresaw: mail goes on, but something may stand still until the next start. */
function FaultNote({ fault }: { fault: FaultSummary }) {
  return (
    <Alert
      color="yellow"
      title={
        fault.count === 1
          ? 'Something inside Mailward went wrong'
          : `Something inside Mailward went wrong, ${count(fault.count)} times`
      }
    >
      <p>
        Last <Moment at={fault.lastAt} />. Mail continues, and everything accepted is on disk; but some
        function may have stopped, so restart Mailward when convenient. Please report this text, and what the
        log says at that time:
      </p>
      <Code block className={css('report')}>
        {fault.words}
      </Code>
    </Alert>
  );
}

/** What the settings file says in vain: a slip of the keyboard leaves the default in effect. */
function UnknownSettings({ unknown }: { unknown: readonly UnknownSetting[] }) {
  if (unknown.length === 0) return null;
  return (
    <Alert color="yellow" title="The settings file has keys that are not settings">
      <p>They have no effect. Correct settings.json in the data folder; Mailward reads it again by itself.</p>
      <ul>
        {unknown.map((one) => (
          <li key={one.key}>{unknownSettingWords(one)}</li>
        ))}
      </ul>
    </Alert>
  );
}

/** Mail that nobody gets unless somebody looks: said before anything that has to be scrolled to. */
function QuarantineNote({ domains }: { domains: readonly DomainOverview[] }) {
  const total = domains.reduce((all, { quarantined }) => all + quarantined.count, 0);
  if (total === 0) return null;
  return (
    <p className={css('note')}>
      <StateShape state="attention" size={14} />
      <Link to="/queue" search={{ show: 'quarantined' }}>
        {counted(total, 'message')} in quarantine
      </Link>
      <span className={css('soft')}>
        Filters stopped {total === 1 ? 'it' : 'them'}. Check for wanted mail.
      </span>
    </p>
  );
}

function FirstDomain() {
  return (
    <Empty
      icon={<IconMailForward size={32} stroke={1.4} />}
      title="Protect your first domain"
      action={<AddDomainButton first />}
    >
      Enter the domain and the server that receives its mail today. Mailward works in front of that server: it
      passes mail on, and keeps it safe whenever the server cannot accept it.
    </Empty>
  );
}

function Flow({ overview }: { overview: Overview }) {
  const [leg, setLeg] = useState<{ domain: string; leg: LegName } | null>(null);
  return (
    <>
      <MailPath domains={overview.domains} onLeg={(domain, name) => setLeg({ domain, leg: name })} />
      <Figures domains={overview.domains} />
      <MinutesChart minutes={overview.minutes} />
      <LegPanel overview={overview} open={leg} onClose={() => setLeg(null)} />
    </>
  );
}

function Figures({ domains }: { domains: readonly DomainOverview[] }) {
  return (
    <section className={css('figures')} aria-label="Mail that waits">
      <Figure
        show="waiting"
        name="Waiting"
        calm="no mail is waiting"
        parts={domains.map((each) => each.queued)}
      />
      <Figure
        show="held"
        name="Held"
        calm="no mail is held"
        state="attention"
        parts={domains.map((each) => each.held)}
      />
      <Figure
        show="quarantined"
        name="Quarantined"
        calm="filters stopped nothing"
        parts={domains.map((each) => each.quarantined)}
      />
      <Figure
        show="failed"
        name="Failed"
        calm="no mail has failed"
        state="problem"
        parts={domains.map((each) => each.failed)}
      />
    </section>
  );
}

interface FigureProps {
  show: 'waiting' | 'held' | 'quarantined' | 'failed';
  name: string;
  /** What to say when there is none. */
  calm: string;
  /** The state when there is some. */
  state?: HealthState;
  parts: readonly Waiting[];
}

function Figure({ show, name, calm, state = 'not-applicable', parts }: FigureProps) {
  const now = useNow();
  let total = 0;
  let bytes = 0;
  let oldest: number | null = null;
  for (const part of parts) {
    total += part.count;
    bytes += part.bytes;
    if (part.oldestAt !== null) oldest = Math.min(oldest ?? part.oldestAt, part.oldestAt);
  }
  return (
    <Link to="/queue" search={{ show }} className={css('figure')}>
      <span className={css('name')}>
        <StateShape state={total === 0 ? 'ok' : state} />
        {name}
      </span>
      <span className={css('value')}>{count(total)}</span>
      <span className={css('more')}>
        {total === 0 ? calm : `${size(bytes)}${oldest === null ? '' : `, oldest ${span(now - oldest)}`}`}
      </span>
    </Link>
  );
}
