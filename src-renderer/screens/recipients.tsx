// One domain's recipients: who is refused at the door and why, who is about to be, and who never will be.
import { Button, SegmentedControl } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import {
  recipientEntryStateSchema,
  type RecipientEntryState,
  type RecipientsOverview,
} from '../../shared/recipients.ts';
import { useActs } from '../actions/acts.tsx';
import { recipientListActions } from '../actions/recipients.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { count, counted } from '../format.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { FilterLine, OneDomainPicker } from '../parts/filters.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { RecipientTable } from '../parts/recipient-table.tsx';
import { TextFilter } from '../parts/text-filter.tsx';
import styles from './recipients.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

const route = getRouteApi('/recipients');
/** Figures move while somebody looks, ms. */
const LOOK_AGAIN = 10_000;

const empties: Readonly<Record<RecipientEntryState, { title: string; words: string }>> = {
  listed: {
    title: 'Nobody is on the list',
    words:
      'An address that your server keeps refusing as unknown is listed automatically, and removed after some days.',
  },
  failing: {
    title: 'No address is failing',
    words: 'Addresses that your server refused as unknown appear here from their first failure on.',
  },
  allowed: {
    title: 'No address is always allowed',
    words: 'Allow an address that Mailward must never refuse, whatever your server says about it.',
  },
};

export function RecipientsScreen() {
  const { orpc } = useEngine();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const views = useQuery(orpc.recipients.overview.queryOptions({ refetchInterval: LOOK_AGAIN }));
  const view = views.data?.find(({ domain }) => domain === search.domain) ?? views.data?.[0];
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (present) => ({ ...present, ...part }), replace: true });

  return (
    <Page
      title="Recipients"
      sentence={view === undefined ? sentenceWithout(views.data) : sentenceFor(view)}
      actions={view !== undefined && <Files domain={view.domain} />}
    >
      <Loaded
        query={views}
        busy="Asking Mailward about the recipients."
        failed="The recipients could not be read"
        empty={{ when: (all) => all.length === 0, show: <NoDomain /> }}
      >
        {(all) =>
          view !== undefined && (
            <>
              <FilterLine search>
                {all.length > 1 && (
                  <OneDomainPicker
                    domains={all.map(({ domain }) => domain)}
                    domain={view.domain}
                    onDomain={(domain) => change({ domain })}
                  />
                )}
                <TextFilter
                  key={view.domain}
                  label="Text in the address"
                  placeholder="Part of an address"
                  text={search.text ?? ''}
                  onText={(text) => change({ text: text === '' ? undefined : text })}
                />
                <SegmentedControl
                  className={css('states')}
                  aria-label="Which recipients"
                  value={search.show ?? 'listed'}
                  onChange={(show) => change({ show: recipientEntryStateSchema.safeParse(show).data })}
                  data={[
                    { value: 'listed', label: `Listed ${count(view.listed)}` },
                    { value: 'failing', label: `Failing ${count(view.failing)}` },
                    { value: 'allowed', label: `Allowed ${count(view.allowed)}` },
                  ]}
                />
              </FilterLine>
              <Entries domain={view.domain} state={search.show ?? 'listed'} text={search.text} />
              <Figures view={view} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoDomain() {
  return (
    <Empty icon={<IconUserCheck size={32} stroke={1.4} />} title="Add a domain first">
      Mailward learns about recipients from the mail of a protected domain.
    </Empty>
  );
}

function sentenceWithout(views: readonly RecipientsOverview[] | undefined): string {
  return views === undefined ? 'Looking at the recipients…' : 'No domain is protected yet.';
}

function sentenceFor(view: RecipientsOverview): string {
  if (view.paused !== null) return view.paused;
  if (view.listed === 0) return `No recipient of ${view.domain} is being refused.`;
  return `${counted(view.listed, 'recipient')} of ${view.domain} ${view.listed === 1 ? 'is' : 'are'} listed, and refused on arrival.`;
}

interface EntriesProps {
  domain: string;
  state: RecipientEntryState;
  text: string | undefined;
}

function Entries({ domain, state, text }: EntriesProps) {
  const { orpc } = useEngine();
  const list = useInfiniteQuery(
    orpc.recipients.list.infiniteOptions({
      input: (after: string | undefined) => ({ domain, state, text, after, limit: 100 }),
      initialPageParam: undefined,
      getNextPageParam: (last) => (last.more ? last.rows.at(-1)?.address : undefined),
    }),
  );
  return (
    <Loaded
      query={list}
      busy="Asking Mailward for the list."
      failed="The list could not be read"
      empty={{
        when: ({ pages }) => pages.every(({ rows }) => rows.length === 0),
        show: (
          <Empty
            icon={<IconUserCheck size={32} stroke={1.4} />}
            title={text === undefined ? empties[state].title : 'No addresses match'}
          >
            {text === undefined ? empties[state].words : 'No address here contains this text.'}
          </Empty>
        ),
      }}
    >
      {({ pages }) => (
        <>
          <RecipientTable rows={pages.flatMap(({ rows }) => rows)} />
          {list.hasNextPage && (
            <Button
              className={css('more')}
              variant="default"
              loading={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              Show more
            </Button>
          )}
        </>
      )}
    </Loaded>
  );
}

const serverWords: Readonly<Record<RecipientsOverview['callout']['server'], string>> = {
  selective: 'It reports unknown recipients at once, so mail to them is refused on arrival.',
  'takes-all': 'It accepts every address at first (at RCPT), so it is not asked.',
  unknown: 'Not asked yet.',
};

/** What is behind the list. */
function Figures({ view }: { view: RecipientsOverview }) {
  const { callout, bounces, backscatter } = view;
  return (
    <section className={css('figures')} aria-labelledby="figures">
      <h2 id="figures">Since Mailward was started</h2>
      <dl className={css('facts')}>
        <dt>Your server</dt>
        <dd>{serverWords[callout.server]}</dd>
        <dt>Asked about</dt>
        <dd>
          {counted(callout.asked, 'recipient')}
          {callout.unclear > 0 && (
            <span className={css('soft')}>, {count(callout.unclear)} without a clear answer</span>
          )}
        </dd>
        <dt>Refused</dt>
        <dd>
          {count(callout.unknown)} as unknown, {count(view.refused)} as listed
        </dd>
        <dt>Incoming bounces</dt>
        <dd>
          {count(backscatter.lastHour)} in the last hour
          {backscatter.flood && ', which is a flood'}
          {backscatter.foreign > 0 && (
            <span className={css('soft')}>
              ; {count(backscatter.foreign)} for mail you did not send, {count(backscatter.rejected)} rejected
            </span>
          )}
        </dd>
        <dt>Senders notified</dt>
        <dd>
          {count(bounces.sent)}
          <span className={css('soft')}>
            {' '}
            in the message log; {count(bounces.suppressed)} not notified, because nothing showed that they
            were genuine
          </span>
        </dd>
      </dl>
    </section>
  );
}

function Files({ domain }: { domain: string }) {
  const acts = useActs();
  return (
    <>
      <ActionButton action={recipientListActions.import} on={{ domain }} acts={acts} />
      <ActionButton action={recipientListActions.export} on={{ domain }} acts={acts} />
    </>
  );
}
