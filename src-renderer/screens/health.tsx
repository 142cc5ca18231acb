// One domain's health: the sentence, the mail's way with each check on its leg, and what each check found.
import { Alert, Loader } from '@mantine/core';
import { IconArrowLeft, IconStethoscope } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { formatHostPort } from '../../shared/names.ts';
import { shownName, toUnicodeName } from '../../shared/idn.ts';
import { type CheckWithFindings, gather } from '../../shared/asked.ts';
import { byGravity, type HealthState } from '../../shared/state.ts';
import { useActs } from '../actions/acts.tsx';
import { testAll } from '../actions/checks.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { counted } from '../format.ts';
import { useCheckRun } from '../health/run.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { CheckCard } from '../parts/check-card.tsx';
import { HealthPath } from '../parts/health-path.tsx';
import { LinkButton } from '../parts/link-button.tsx';
import { Loaded, together } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { RunProgress } from '../parts/run-progress.tsx';
import { StateShape } from '../parts/state-mark.tsx';
import styles from './health.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

const route = getRouteApi('/health/$domain');
/** A run that somebody else began is looked at again this often, ms. */
const LOOK_AGAIN = 2000;

export function HealthScreen() {
  const { domain } = route.useParams();
  // What is shown of one domain is not carried over to the next.
  return <DomainHealthPage key={domain} name={domain} />;
}

function DomainHealthPage({ name }: { name: string }) {
  const { orpc } = useEngine();
  const list = useQuery(orpc.checks.list.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  const domains = useQuery(orpc.domains.list.queryOptions());
  const latest = useQuery(
    orpc.checks.latest.queryOptions({
      input: { domain: name },
      // A test may have begun or ended since this screen was left.
      staleTime: 0,
      refetchInterval: ({ state }) => (state.data?.running === true ? LOOK_AGAIN : false),
    }),
  );
  const { view, start } = useCheckRun(name);
  const acts = useActs();
  const lastAsked = useRef<string | null>(null);
  const isResting = view.going === null;
  useEffect(() => {
    // A card that moved to another group was drawn anew: the keyboard goes along.
    if (!isResting || lastAsked.current === null || document.activeElement !== document.body) return;
    const card = document.getElementById(`check-${lastAsked.current}`);
    card?.querySelector('summary')?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: 'nearest' });
  }, [isResting]);
  const domain = domains.data?.find((one) => one.name === name) ?? null;
  const query = together({ checks: list, domains, latest });
  const shown = toUnicodeName(name);
  const title = `Health of ${shownName(name)}`;
  if (list.data === undefined || latest.data === undefined || domains.data === undefined) {
    return (
      <Page
        title={title}
        sentence={query.error === null ? `Looking at ${shown}…` : `${shown} could not be looked at.`}
        actions={<Back />}
      >
        <Loaded query={query} busy="Asking Mailward what was found before." failed="No answer">
          {() => null}
        </Loaded>
      </Page>
    );
  }
  const going = view.going;
  const asking = new Set(going?.asked.flatMap((one) => (going.done.has(one.name) ? [] : [one.name])));
  const all = gather(list.data, latest.data.findings, view.found, asking);
  const isBusy = going !== null || latest.data.running;
  const testedAt = latest.data.checks.reduce<number | null>((last, { at }) => Math.max(last ?? at, at), null);
  const { health } = latest.data;
  const server = domain?.route[0];
  return (
    <Page
      title={title}
      sentence={
        <span className={css('sentence')}>
          {isBusy ? <Loader size={22} aria-hidden="true" /> : <StateShape state={health.state} size={22} />}
          <span>{isBusy ? `Testing ${shown}…` : health.sentence}</span>
        </span>
      }
      actions={
        <>
          <Back />
          <ActionButton
            variant="filled"
            action={testAll}
            on={{
              running: isBusy,
              tested: testedAt !== null,
              start: () => {
                lastAsked.current = null;
                void start(null);
              },
            }}
            acts={acts}
            disabled={isBusy}
          />
        </>
      }
    >
      {view.broken !== null && (
        <Alert color="red" title="The test was interrupted" role="alert">
          {view.broken}
        </Alert>
      )}
      <p className={css('soft', 'small', 'note')}>
        {testedAt === null ? (
          'Checks run only when you start them. They query name servers, registries and mail servers, and never send a message.'
        ) : (
          <>
            Last tested <Moment at={testedAt} />.
          </>
        )}
        {domain === null && ' Mailward does not protect this domain; checks of Mailward itself do not apply.'}
      </p>
      {going !== null && <RunProgress going={going} />}
      {list.data.length === 0 ? (
        <Empty icon={<IconStethoscope size={32} stroke={1.4} />} title="There is no check">
          This version of Mailward has no checks.
        </Empty>
      ) : (
        <Found
          name={name}
          all={all}
          asking={asking}
          busy={isBusy}
          server={
            server === undefined
              ? ''
              : server.port === 25
                ? server.host
                : formatHostPort(server.host, server.port)
          }
          card={(asked, isOpen, onOpen) => (
            <CheckCard
              key={asked.check.name}
              name={name}
              domain={domain}
              asked={asked}
              isOpen={isOpen}
              onOpen={onOpen}
              busy={isBusy}
              asking={asking.has(asked.check.name)}
              onAsk={() => {
                lastAsked.current = asked.check.name;
                void start(asked.check.name);
              }}
            />
          )}
        />
      )}
    </Page>
  );
}

function Back() {
  return (
    <LinkButton to="/health" variant="default" leftSection={<IconArrowLeft size={16} />}>
      All domains
    </LinkButton>
  );
}

const groups: readonly {
  title: (count: number) => string;
  states: readonly (HealthState | null)[];
  open: boolean;
}[] = [
  {
    title: (count) => `${counted(count, 'check')} found something`,
    states: ['problem', 'attention'],
    open: true,
  },
  {
    title: (count) => `${counted(count, 'check')} could not be completed`,
    states: ['could-not-check'],
    open: false,
  },
  { title: (count) => `${counted(count, 'check')} passed`, states: ['ok'], open: false },
  {
    title: (count) => `${counted(count, 'check')} not run, or not applicable`,
    states: ['not-applicable', null],
    open: false,
  },
];

/** While its checks are asked again, what a group says is from before, and is said to be. */
function titleOf(title: (count: number) => string, own: readonly CheckWithFindings[]): string {
  const old = own.filter(({ isOld }) => isOld).length;
  if (old === 0) return title(own.length);
  const asking = `${counted(old, 'check')} being repeated`;
  return old === own.length ? `${asking}; before: ${title(own.length)}` : `${title(own.length)}, ${asking}`;
}

interface FoundProps {
  name: string;
  all: readonly CheckWithFindings[];
  asking: ReadonlySet<string>;
  busy: boolean;
  server: string;
  card: (asked: CheckWithFindings, isOpen: boolean, onOpen: (open: boolean) => void) => ReactNode;
}

function Found({ all, asking, server, card }: FoundProps) {
  /** What the reader opened or closed; problems are open unless closed. */
  const [open, setOpen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const set = (check: string, isOpen: boolean) => setOpen((before) => new Map(before).set(check, isOpen));
  const show = (check: string) => {
    set(check, true);
    const card = document.getElementById(`check-${check}`);
    card?.scrollIntoView({ block: 'start' });
    card?.querySelector('summary')?.focus({ preventScroll: true });
  };
  return (
    <>
      <HealthPath all={all} asking={asking} server={server} onCheck={show} />
      {groups.map(({ title, states, open: isUsuallyOpen }) => {
        const own = byGravity(
          all.filter(({ state }) => states.includes(state)),
          ({ state }) => state,
        );
        if (own.length === 0) return null;
        return (
          <section key={states.join()} className={css('section')}>
            <h2>{titleOf(title, own)}</h2>
            <div className={css('checks')}>
              {own.map((asked) =>
                card(asked, open.get(asked.check.name) ?? isUsuallyOpen, (isOpen) =>
                  set(asked.check.name, isOpen),
                ),
              )}
            </div>
          </section>
        );
      })}
    </>
  );
}
