// One domain: whether its MX may be changed, the records to go back to, and all that is kept and known of it.
import { Button } from '@mantine/core';
import { IconArrowLeft, IconListCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { shownName, toUnicodeName } from '../../shared/idn.ts';
import type { Preflight, PreflightResult } from '../../shared/preflight.ts';
import { byGravity, type HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { useEngine, useOverview } from '../engine.tsx';
import { ChangePanel } from '../parts/change-panel.tsx';
import { DomainLinks } from '../parts/domain-links.tsx';
import { DomainRecord } from '../parts/domain-record.tsx';
import { LinkButton } from '../parts/link-button.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { Page } from '../parts/page.tsx';
import { PreflightList } from '../parts/preflight-list.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { StateMark, StateShape } from '../parts/state-mark.tsx';
import { WayBackPanel } from '../parts/way-back-panel.tsx';
import { usePreflight } from '../preflight.ts';
import { errorWords } from '../words.ts';
import styles from './domain.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

const route = getRouteApi('/domains/$domain');

export function DomainScreen() {
  const { domain } = route.useParams();
  // What is shown of one domain is not carried over to the next.
  return <DomainPage key={domain} name={domain} />;
}

function DomainPage({ name }: { name: string }) {
  const { orpc } = useEngine();
  const domains = useQuery(orpc.domains.list.queryOptions());
  const view = useOverview()?.domains.find((each) => each.name === name);
  return (
    <Page
      title={shownName(name)}
      sentence={
        view === undefined ? (
          `Looking at ${toUnicodeName(name)}…`
        ) : (
          <span className={css('sentence')}>
            <StateShape state={view.state} size={22} />
            <Sentence words={view.sentence} />
          </span>
        )
      }
      actions={
        <LinkButton to="/domains" variant="default" leftSection={<IconArrowLeft size={16} />}>
          All domains
        </LinkButton>
      }
    >
      <Loaded
        query={domains}
        busy="Asking Mailward for the domain."
        failed="The domain could not be read"
        empty={{
          when: (all) => !all.some((one) => one.name === name),
          show: <p>Mailward does not protect {toUnicodeName(name)}.</p>,
        }}
      >
        {(all) => (
          <Sections
            key={view === undefined ? 'unknown' : 'known'}
            name={name}
            domains={all}
            isLive={view !== undefined && view.liveSince !== null}
          />
        )}
      </Loaded>
    </Page>
  );
}

interface SectionsProps {
  name: string;
  /** All that Mailward protects. */
  domains: readonly Domain[];
  isLive: boolean;
}

/** Once mail comes through, the record is asked for more often than what had to be ready for the change. */
function Sections({ name, domains, isLive }: SectionsProps) {
  // The first mail comes while somebody follows the change: nothing moves under their eyes.
  const [isRecordFirst] = useState(isLive);
  const record = <DomainRecord name={name} domains={domains} />;
  return (
    <div className={css('sections')}>
      <DomainLinks name={name} domains={domains} />
      {isRecordFirst && record}
      <PreflightPanel name={name} isLive={isLive} />
      <ChangePanel name={name} isLive={isLive} />
      <WayBackPanel name={name} />
      {!isRecordFirst && record}
    </div>
  );
}

const resultStates: Readonly<Record<PreflightResult, { state: HealthState; word: string }>> = {
  ready: { state: 'ok', word: 'Ready' },
  'not-ready': { state: 'problem', word: 'Not ready' },
  'could-not-check': { state: 'could-not-check', word: 'Could not check' },
};

/** All that has to be so before the MX may be changed. */
function PreflightPanel({ name, isLive }: { name: string; isLive: boolean }) {
  const { report, isAsking, error, ask } = usePreflight(name);
  return (
    <section className={css('panel', 'section')} aria-labelledby="preflight">
      <div className={css('panelHead')}>
        <h2 id="preflight">{isLive ? 'Was everything ready for the change?' : 'May the MX be changed?'}</h2>
        <Button
          size="xs"
          variant={isLive ? 'default' : 'filled'}
          leftSection={<IconListCheck size={16} />}
          loading={isAsking}
          onClick={ask}
        >
          {report === null ? 'Check what is ready' : 'Check again'}
        </Button>
      </div>
      <p role="status" className={css(isAsking && 'soft')}>
        {isAsking
          ? 'Asking your server, the name servers and Mailward’s own door: 15 seconds at most. Nothing is changed.'
          : error !== null
            ? errorWords(error)
            : report === null
              ? 'Nothing has been checked yet. Checking asks your server and DNS, and changes nothing.'
              : null}
      </p>
      {report !== null && !isAsking && <Report report={report} />}
    </section>
  );
}

function Report({ report }: { report: Preflight }) {
  const { state, word } = resultStates[report.result];
  return (
    <>
      <p className={css('result')}>
        <StateMark state={state} word={word} />
        <span>
          {report.summary}{' '}
          <span className={css('soft', 'small')}>
            Checked <Moment at={report.at} />.
          </span>
        </span>
      </p>
      <PreflightList domain={report.domain} items={byGravity(report.items, (item) => item.state)} />
    </>
  );
}
