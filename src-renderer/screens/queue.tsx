// The queue: mail that waits, is held, or failed, with what can be done about it.
import { Button, SegmentedControl } from '@mantine/core';
import { IconInboxOff } from '@tabler/icons-react';
import type { RowSelectionState } from '@tanstack/react-table';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Selection } from '../../shared/contract/index.ts';
import type { MessageState } from '../../shared/message.ts';
import type { Overview, Waiting } from '../../shared/overview.ts';
import { useActs } from '../actions/acts.tsx';
import { messageActions, type OnMessages } from '../actions/messages.tsx';
import { classesOf } from '../classes.ts';
import { useOverview } from '../engine.tsx';
import { count, counted, span } from '../format.ts';
import { useMessages } from '../messages.ts';
import { ActionButton } from '../parts/action-button.tsx';
import {
  attemptsColumn,
  causeColumn,
  nextColumn,
  receivedColumn,
  recipientColumn,
  senderColumn,
  sizeColumn,
  stateColumn,
  subjectColumn,
} from '../parts/columns.tsx';
import { DomainPicker, FilterLine } from '../parts/filters.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { MessageTable } from '../parts/message-table.tsx';
import { useNow } from '../parts/moment.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import type { QueueShelf } from '../router.tsx';
import styles from './queue.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, textStyles);

const route = getRouteApi('/queue');

interface Shelf {
  title: string;
  states: MessageState[];
  part: 'queued' | 'held' | 'quarantined' | 'failed';
  empty: string;
}

const shelves: Readonly<Record<QueueShelf, Shelf>> = {
  waiting: {
    title: 'Waiting',
    states: ['queued'],
    part: 'queued',
    empty: 'Mail that is being delivered or waiting for its next attempt is listed here.',
  },
  held: {
    title: 'Held',
    states: ['held'],
    part: 'held',
    empty: 'Mail that is held is listed here: by hand until you release it, or with all mail of its domain.',
  },
  quarantined: {
    title: 'Quarantine',
    states: ['quarantined'],
    part: 'quarantined',
    empty: 'Incoming mail that was stopped by a filter is listed here until you release or delete it.',
  },
  failed: {
    title: 'Failed',
    states: ['refused', 'expired'],
    part: 'failed',
    empty: 'Mail that your server refused for good, or that could not be delivered in time, is listed here.',
  },
};

const shelfNames: readonly QueueShelf[] = ['waiting', 'held', 'quarantined', 'failed'];

const { retry, hold, release, reroute, delete: remove, export: exportFile } = messageActions;
/** In this order. */
const buttons = [retry, hold, release, remove, reroute, exportFile];

const columns = [
  stateColumn,
  senderColumn,
  recipientColumn,
  subjectColumn,
  causeColumn,
  sizeColumn,
  nextColumn,
  receivedColumn,
];
const columnsWithoutNext = columns.map((column) => (column === nextColumn ? attemptsColumn : column));

export function QueueScreen() {
  const { show = 'waiting', domain } = route.useSearch();
  // Another shelf or domain is another list: nothing stays selected.
  return <ShelfScreen key={`${show} ${domain ?? ''}`} show={show} domain={domain} />;
}

function ShelfScreen({ show, domain }: { show: QueueShelf; domain: string | undefined }) {
  const shelf = shelves[show];
  const navigate = route.useNavigate();
  const overview = useOverview();
  const now = useNow();
  const [atTop, setAtTop] = useState(true);
  const [selected, setSelected] = useState<RowSelectionState>({});
  const [whole, setWhole] = useState(false);
  const list = useMessages({ states: shelf.states, domain }, atTop ? 'live' : 'steady');
  const clear = () => {
    setSelected({});
    setWhole(false);
  };
  const acts = useActs(clear);

  const totals = Object.fromEntries(
    shelfNames.map((name) => [name, sum(overview, shelves[name].part, domain)]),
  );
  const total = totals[show] ?? nothing;
  const present = new Set(list.rows.map((row) => row.id));
  const ids = Object.keys(selected).filter((id) => present.has(id));
  const selection: Selection =
    whole && domain !== undefined ? { domain, states: shelf.states } : { ids: ids.slice(0, 10_000) };
  const chosen = whole ? total.count : ids.length;
  const on: OnMessages = {
    selection,
    count: chosen,
    hasContent: true,
    standings: shelf.states.map((state) => ({ state, rerouted: false, withDomain: false })),
  };
  const mayChooseWhole =
    domain !== undefined && ids.length > 0 && ids.length === list.rows.length && list.hasMore;

  const table = (
    <MessageTable
      label={`Messages: ${show}`}
      list="queue"
      place={`queue ${show} ${domain ?? ''}`}
      rows={list.rows}
      columns={show === 'waiting' ? columns : columnsWithoutNext}
      hasMore={list.hasMore}
      loadingMore={list.loadingMore}
      onMore={list.loadMore}
      onTop={setAtTop}
      selection={selected}
      onSelection={(update) => {
        setSelected(update);
        setWhole(false);
      }}
      empty={
        <Empty icon={<IconInboxOff size={32} stroke={1.4} />} title={`Nothing is ${show}`}>
          {shelf.empty}
        </Empty>
      }
    />
  );

  return (
    <Page
      title="Queue"
      sentence={queueSentence(
        show,
        total,
        domain,
        now,
        show === 'waiting' ? drain(overview, domain, now) : show === 'held' ? rerouted(overview, domain) : '',
      )}
      fill
    >
      <FilterLine>
        <SegmentedControl
          aria-label="Which mail"
          value={show}
          onChange={(value) =>
            void navigate({ search: (before) => ({ ...before, show: value }), replace: true })
          }
          data={shelfNames.map((name) => ({
            value: name,
            label: `${shelves[name].title} ${count(totals[name]?.count ?? 0)}`,
          }))}
        />
        <DomainPicker
          domains={overview?.domains.map(({ name }) => name) ?? []}
          domain={domain}
          onDomain={(name) =>
            void navigate({ search: (before) => ({ ...before, domain: name }), replace: true })
          }
        />
      </FilterLine>
      <div className={css('actions')} role="group" aria-label="What to do with the selected messages">
        <p className={css('soft')} aria-live="polite">
          {chosen === 0 ? 'Select messages to act on them.' : `${counted(chosen, 'message')} selected`}
        </p>
        {chosen > 0 && (
          <>
            {buttons.map((action) => (
              <ActionButton
                key={action.id}
                size="xs"
                {...(action.danger === true ? { variant: 'subtle', color: 'red' } : {})}
                action={action}
                on={on}
                acts={acts}
              />
            ))}
            {mayChooseWhole && (
              <Button size="xs" variant="subtle" onClick={() => setWhole(!whole)}>
                {whole
                  ? `Only the ${count(ids.length)} that are loaded`
                  : `Select all ${count(total.count)} of ${domain}`}
              </Button>
            )}
          </>
        )}
      </div>
      <Loaded
        query={list.query}
        busy="Asking Mailward for the queue."
        failed="The queue could not be read"
        empty={{ when: (rows) => rows.length === 0, show: table }}
      >
        {() => table}
      </Loaded>
    </Page>
  );
}

const nothing: Waiting = { count: 0, bytes: 0, oldestAt: null };

function sum(overview: Overview | null, part: Shelf['part'], domain: string | undefined): Waiting {
  const total = { ...nothing };
  for (const each of overview?.domains ?? []) {
    if (domain !== undefined && each.name !== domain) continue;
    const { count: more, bytes, oldestAt } = each[part];
    total.count += more;
    total.bytes += bytes;
    if (oldestAt !== null) total.oldestAt = Math.min(total.oldestAt ?? oldestAt, oldestAt);
  }
  return total;
}

/** How many of the held are being sent via another server. */
function rerouted(overview: Overview | null, domain: string | undefined): string {
  const total = (overview?.domains ?? [])
    .filter(({ name }) => domain === undefined || name === domain)
    .reduce((all, one) => all + one.rerouted, 0);
  return total === 0
    ? ''
    : ` ${count(total)} of them ${total === 1 ? 'is' : 'are'} being sent via another server.`;
}

/** When the slowest of the domains shown will have no backlog, where a server's limit is what holds the mail up. */
function drain(overview: Overview | null, domain: string | undefined, now: number): string {
  const limited = (overview?.domains ?? []).filter(
    ({ name, queued, outbound: { pace } }) =>
      (domain === undefined || name === domain) &&
      queued.count > 1 &&
      pace !== null &&
      [pace.messagesPerMinute, pace.recipientsPerMinute, pace.connectionsPerMinute].some(
        (limit) => limit !== null,
      ),
  );
  const last = Math.max(0, ...limited.map(({ outbound }) => outbound.pace?.drainsAt ?? 0));
  return last > now ? ` At the rate the server allows, all will be delivered in ${span(last - now)}.` : '';
}

function queueSentence(
  show: QueueShelf,
  total: Waiting,
  domain: string | undefined,
  now: number,
  more: string,
): string {
  const whose = domain === undefined ? '' : ` for ${domain}`;
  if (total.count === 0) {
    return {
      waiting: `No mail${whose} is waiting.`,
      held: `No mail${whose} is held.`,
      quarantined: `No mail${whose} is in quarantine.`,
      failed: `No mail${whose} failed.`,
    }[show];
  }
  const amount = counted(total.count, 'message');
  const verb = total.count === 1;
  const age = total.oldestAt === null ? '' : ` The oldest came ${span(now - total.oldestAt)} ago.`;
  return (
    {
      waiting: `${amount}${whose} ${verb ? 'is' : 'are'} waiting for the next attempt.`,
      held: `${amount}${whose} ${verb ? 'is' : 'are'} held: by hand until you release ${verb ? 'it' : 'them'}, or with all mail of the domain.`,
      quarantined: `${amount}${whose} ${verb ? 'is' : 'are'} in quarantine, waiting for your decision.`,
      failed: `${amount}${whose} could not be delivered and ${verb ? 'needs' : 'need'} a decision.`,
    }[show] +
    age +
    more
  );
}
