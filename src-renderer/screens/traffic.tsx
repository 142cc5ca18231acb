// The traffic: every message as it comes and goes, newest first.
import { Button, Menu } from '@mantine/core';
import { IconDownload, IconMailSearch, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { causeSchema, causeWords } from '../../shared/cause.ts';
import { messageStateSchema } from '../../shared/message.ts';
import type { Overview } from '../../shared/overview.ts';
import { searchNotice } from '../../shared/search.ts';
import { useActs } from '../actions/acts.tsx';
import { logActions } from '../actions/log.ts';
import { classesOf } from '../classes.ts';
import { useOverview } from '../engine.tsx';
import { counted, rate } from '../format.ts';
import type { RowFilter } from '../live-rows.ts';
import { cleaned, useMessages } from '../messages.ts';
import {
  causeColumn,
  receivedColumn,
  recipientColumn,
  senderColumn,
  sizeColumn,
  stateColumn,
  subjectColumn,
} from '../parts/columns.tsx';
import { ActionItem } from '../parts/action-button.tsx';
import { DomainPicker, FilterLine, FilterPick } from '../parts/filters.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { MessageTable } from '../parts/message-table.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { TextFilter } from '../parts/text-filter.tsx';
import { sinceSchema, sinceWords } from '../since.ts';
import { stateWords } from '../words.ts';
import styles from './traffic.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, textStyles);

const route = getRouteApi('/traffic');
const columns = [
  stateColumn,
  senderColumn,
  recipientColumn,
  subjectColumn,
  causeColumn,
  sizeColumn,
  receivedColumn,
];

export function TrafficScreen() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const overview = useOverview();
  const [paused, setPaused] = useState(false);
  const [atTop, setAtTop] = useState(true);
  const [resets, setResets] = useState(0);
  const acts = useActs();
  // Counted from when the screen was opened: a list whose beginning moved would be asked for anew all the time.
  const [openedAt] = useState(() => Date.now());
  const from = search.since === undefined ? undefined : openedAt - sinceWords[search.since].length;
  const filter: RowFilter = {
    text: search.text,
    domain: search.domain,
    states: search.state === undefined ? undefined : [search.state],
    cause: search.cause,
    from,
  };
  const list = useMessages(filter, paused ? 'paused' : atTop ? 'live' : 'steady');
  const notice = searchNotice(search.text ?? '');
  const filtered = Object.values(search).some((value) => value !== undefined);
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (present) => ({ ...present, ...part }), replace: true });

  const table = (
    <MessageTable
      label="Messages, newest first"
      list="traffic"
      news={{
        count: list.waiting,
        onShow: () => {
          setPaused(false);
          setAtTop(true);
        },
      }}
      place={`traffic ${JSON.stringify(search)}`}
      rows={list.rows}
      columns={columns}
      hasMore={list.hasMore}
      loadingMore={list.loadingMore}
      onMore={list.loadMore}
      onTop={setAtTop}
      empty={
        <Empty
          icon={<IconMailSearch size={32} stroke={1.4} />}
          title={filtered ? 'No messages match' : 'No mail has come yet'}
          action={
            filtered ? (
              <Button
                variant="default"
                onClick={() => {
                  setResets(resets + 1);
                  void navigate({ search: {}, replace: true });
                }}
              >
                Show every message
              </Button>
            ) : undefined
          }
        >
          {filtered
            ? 'No message in the log matches all the filters. New matching messages appear here automatically.'
            : 'Messages appear here the moment they reach Mailward, with the SMTP dialogue of both servers.'}
        </Empty>
      }
    />
  );

  return (
    <Page
      title="Traffic"
      sentence={trafficSentence(overview, paused)}
      fill
      actions={
        <>
          <Menu>
            <Menu.Target>
              <Button
                variant="default"
                loading={acts.running !== null}
                leftSection={<IconDownload size={16} aria-hidden="true" />}
              >
                Export
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{filtered ? 'Messages that match the filters' : 'The whole log'}</Menu.Label>
              <ActionItem action={logActions.csv} on={{ filter: cleaned(filter) }} acts={acts} />
              <ActionItem action={logActions.json} on={{ filter: cleaned(filter) }} acts={acts} />
            </Menu.Dropdown>
          </Menu>
          <Button
            className={css('pause')}
            variant="default"
            aria-pressed={paused}
            onClick={() => setPaused(!paused)}
          >
            {paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
            <span className={css('pauseWord')}>{paused ? 'Resume' : 'Pause the list'}</span>
          </Button>
        </>
      }
    >
      <FilterLine search>
        <TextFilter
          key={resets}
          label="Text in sender, recipient or subject"
          placeholder="Sender, recipient, subject, reply"
          text={search.text ?? ''}
          onText={(text) => change({ text: text === '' ? undefined : text })}
        />
        <DomainPicker
          domains={overview?.domains.map(({ name }) => name) ?? []}
          domain={search.domain}
          onDomain={(domain) => change({ domain })}
        />
        <FilterPick
          label="State"
          every="Every state"
          options={messageStateSchema.options.map((state) => ({ value: state, label: stateWords[state] }))}
          value={search.state}
          onPick={(state) => change({ state: messageStateSchema.safeParse(state).data })}
        />
        <FilterPick
          label="Cause"
          every="Every cause"
          options={causeSchema.options.map((cause) => ({ value: cause, label: causeWords[cause].short }))}
          value={search.cause}
          onPick={(cause) => change({ cause: causeSchema.safeParse(cause).data })}
          many
        />
        <FilterPick
          label="Time"
          every="Any time"
          options={sinceSchema.options.map((since) => ({ value: since, label: sinceWords[since].words }))}
          value={search.since}
          onPick={(since) => change({ since: sinceSchema.safeParse(since).data })}
        />
      </FilterLine>
      {notice !== null && (
        <p className={css('soft', 'small')} role="status">
          {notice}
        </p>
      )}
      <Loaded
        query={list.query}
        busy="Asking the message log for the latest messages."
        failed="The message log could not be read"
        empty={{ when: (rows) => rows.length === 0, show: table }}
      >
        {() => table}
      </Loaded>
    </Page>
  );
}

function trafficSentence(overview: Overview | null, paused: boolean): string {
  if (paused) return 'List paused. Mail keeps flowing.';
  if (overview === null) return 'Looking at the traffic…';
  let incoming = 0;
  let outgoing = 0;
  for (const domain of overview.domains) {
    incoming += domain.inbound.acceptedPerMinute;
    outgoing += domain.outbound.deliveredPerMinute;
  }
  if (incoming + outgoing === 0) return 'No mail in the last minute.';
  return `In the last minute ${counted(incoming, 'message')} came in and ${rate(outgoing)} went out.`;
}
