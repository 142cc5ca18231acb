// One message's page: its envelope, what became of each recipient, and the words both servers said.
import { IconArrowLeft, IconMailOff } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { causeWords } from '../../shared/cause.ts';
import type { Client } from '../../shared/contract/index.ts';
import type { Route } from '../../shared/domain.ts';
import type { Attempt, MessageDetail, Recipient } from '../../shared/message.ts';
import { formatHostPort } from '../../shared/names.ts';
import { useActs } from '../actions/acts.tsx';
import { messageActions, type OnMessages } from '../actions/messages.tsx';
import { classesOf } from '../classes.ts';
import { useEngine, useLive, useOverview } from '../engine.tsx';
import { counted, exact, size, took } from '../format.ts';
import { FilterList } from '../parts/filter-list.tsx';
import { senderWords } from '../parts/columns.tsx';
import { ActionButton } from '../parts/action-button.tsx';
import { BackButton } from '../parts/back-button.tsx';
import { BounceWords } from '../parts/bounce-words.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Due, Moment, Since } from '../parts/moment.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { MessageMark, StateMark, StateShape } from '../parts/state-mark.tsx';
import { Transcript } from '../parts/transcript.tsx';
import { replyLine, stateHealth } from '../words.ts';
import styles from './message.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

const route = getRouteApi('/message/$id');
const startTraffic = (client: Client, signal: AbortSignal) => client.live.traffic(undefined, { signal });

export function MessageScreen() {
  const { id } = route.useParams();
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const query = useQuery(orpc.messages.get.queryOptions({ input: { id } }));
  useLive(startTraffic, ({ rows }) => {
    if (rows.some((row) => row.id === id)) {
      void queries.invalidateQueries({ queryKey: orpc.messages.get.key({ input: { id } }) });
    }
  });

  if (query.data !== undefined) return <MessagePage message={query.data} />;
  const isUnknown = query.error !== null && 'code' in query.error && query.error.code === 'NOT_FOUND';
  return (
    <Page
      title="Message"
      sentence={
        isUnknown
          ? 'The message log has no such message.'
          : query.error === null
            ? 'Looking for the message…'
            : 'The message could not be read.'
      }
      actions={<Back />}
    >
      {isUnknown ? (
        <Empty icon={<IconMailOff size={32} stroke={1.4} />} title="It may have left the log">
          Finished messages are kept for the time set under Settings, Message log. Waiting mail is always
          kept.
        </Empty>
      ) : (
        <Loaded query={query} busy="Asking the message log for this message." failed="No answer">
          {() => null}
        </Loaded>
      )}
    </Page>
  );
}

function Back() {
  return <BackButton otherwise="/traffic" icon={<IconArrowLeft size={16} />} />;
}

const { retry, hold, release, reroute, delete: remove, export: exportFile } = messageActions;
/** In this order. */
const buttons = [retry, hold, release, reroute, remove, exportFile];

function MessagePage({ message }: { message: MessageDetail }) {
  const acts = useActs();
  const overview = useOverview();
  const domainSentence =
    overview?.domains.find(({ name }) => message.domains.includes(name))?.sentence ?? null;
  const health = stateHealth(message.state, message.attempts);
  const on: OnMessages = {
    selection: { ids: [message.id] },
    count: 1,
    hasContent: message.hasContent,
    standings: message.allRecipients.map(({ state, reroute, hold }) => ({
      state,
      rerouted: reroute !== null,
      withDomain: hold?.by === 'domain',
    })),
  };
  return (
    <Page
      title={message.subject === '' ? 'Message' : message.subject}
      sentence={
        <span className={css('sentence')}>
          <StateShape state={health} size={22} />
          <span>{messageSentence(message, domainSentence)}</span>
        </span>
      }
      actions={
        <>
          <Back />
          {buttons.map((action) => (
            <ActionButton key={action.id} action={action} on={on} acts={acts} />
          ))}
        </>
      }
    >
      <section className={css('section')} aria-labelledby="envelope">
        <h2 id="envelope">Envelope</h2>
        <dl className={css('facts')}>
          <dt>From</dt>
          <dd>{senderWords(message.sender)}</dd>
          <dt>Subject</dt>
          <dd>{message.subject === '' ? '(none)' : message.subject}</dd>
          <dt>Received</dt>
          <dd>
            {exact(message.receivedAt)}, <Moment at={message.receivedAt} />
          </dd>
          <dt>Sent by</dt>
          <dd>
            {message.clientAddress === '' ? 'Mailward itself' : message.clientAddress}
            {message.helo !== '' && `, introducing itself as ${message.helo}`}
            {message.clientAddress !== '' && `, ${message.tls ?? 'not encrypted'}`}
          </dd>
          <dt>Size</dt>
          <dd>{message.size === 0 ? 'refused before the content was sent' : size(message.size)}</dd>
          <dt>Mailward’s reply</dt>
          <dd className={css('mono')}>{replyLine(message.reply)}</dd>
          {message.bounce !== null && (
            <>
              <dt>Notification</dt>
              <dd>
                <BounceWords bounce={message.bounce} />
              </dd>
            </>
          )}
        </dl>
      </section>
      <section className={css('section')} aria-labelledby="recipients">
        <h2 id="recipients">{counted(message.allRecipients.length, 'recipient')}</h2>
        <ul className={css('recipients')}>
          {message.allRecipients.map((recipient) => (
            <RecipientRow key={recipient.address} recipient={recipient} />
          ))}
        </ul>
      </section>
      {message.filters.length > 0 && <FilterList filters={message.filters} />}
      <section className={css('section')} aria-labelledby="incoming">
        <h2 id="incoming">How it came in</h2>
        <Transcript
          label="What the sending server and Mailward said to each other"
          lines={message.incoming}
          client="sender"
          server="Mailward"
        />
      </section>
      <section className={css('section')} aria-labelledby="attempts">
        <h2 id="attempts">
          {message.attemptList.length === 0 ? 'No attempt to deliver it yet' : 'How it went out'}
        </h2>
        <div>
          {message.attemptList.map((attempt, index) => (
            <AttemptPart key={attempt.id} attempt={attempt} number={index + 1} />
          ))}
        </div>
      </section>
      {message.header !== '' && (
        <section className={css('section')} aria-labelledby="header">
          <h2 id="header">Header as received</h2>
          <pre className={css('header')} tabIndex={0} aria-labelledby="header">
            {message.header}
          </pre>
        </section>
      )}
    </Page>
  );
}

function RecipientRow({ recipient }: { recipient: Recipient }) {
  const { reroute } = recipient;
  return (
    <li>
      <span className={css('address')}>{recipient.address}</span>
      <MessageMark
        state={recipient.state}
        attempts={recipient.attempts}
        via={reroute === null ? undefined : routeWords(reroute.route)}
      />
      <span className={css('why')}>
        {recipient.cause !== null && <span>{causeWords[recipient.cause].short}</span>}
        {recipient.lastReply !== null && (
          <span className={css('mono')}> {replyLine(recipient.lastReply)}</span>
        )}
      </span>
      <span className={css('next')}>
        {recipient.nextAttemptAt !== null && (
          <>
            next attempt <Due at={recipient.nextAttemptAt} />
          </>
        )}
        {reroute !== null && (
          <>
            {reroute.attempts === 0 ? 'first attempt there' : 'next attempt there'}{' '}
            <Due at={reroute.nextAttemptAt} />
          </>
        )}
      </span>
      {reroute !== null && (
        <span className={css('way')}>
          Being sent via <span className={css('mono')}>{routeWords(reroute.route)}</span>{' '}
          <Since at={reroute.since} />
          {reroute.reason !== '' && <>: “{reroute.reason}”</>}
        </span>
      )}
    </li>
  );
}

const outcomeHealth = { delivered: 'ok', deferred: 'attention', refused: 'problem' } as const;
const outcomeWords = { delivered: 'delivered', deferred: 'deferred', refused: 'refused' } as const;

function AttemptPart({ attempt, number }: { attempt: Attempt; number: number }) {
  const where = formatHostPort(attempt.host, attempt.port);
  return (
    <article className={css('attempt')}>
      <div className={css('attemptHead')}>
        <h3>
          Attempt {number} to {where}
        </h3>
        <span className={css('soft', 'small')}>
          <Moment at={attempt.startedAt} />, took {took(attempt.endedAt - attempt.startedAt)},{' '}
          {attempt.tls ?? 'not encrypted'}
          {attempt.address !== null && attempt.address !== attempt.host && `, at ${attempt.address}`}
        </span>
      </div>
      <ul className={css('results')}>
        {attempt.results.map((result) => (
          <li key={result.recipient} className={css('small')}>
            <StateMark state={outcomeHealth[result.outcome]} word={outcomeWords[result.outcome]} />{' '}
            <span className={css('soft')}>
              {result.recipient}
              {result.cause !== null && `: ${causeWords[result.cause].short}`}
            </span>
          </li>
        ))}
      </ul>
      <Transcript
        label={`What Mailward and ${where} said to each other in attempt ${number}`}
        lines={attempt.transcript}
        client="Mailward"
        server="server"
      />
    </article>
  );
}

function routeWords(route: Route): string {
  return route.map(({ host, port }) => formatHostPort(host, port)).join(', then ');
}

/** `ofDomain`: what is said of the message's domain; null while that is not known. */
function messageSentence(message: MessageDetail, ofDomain: string | null): string {
  const why = message.cause === null ? '' : `: it ${causeWords[message.cause].server}`;
  const many = message.allRecipients.length > 1;
  switch (message.state) {
    case 'delivered':
      return many ? 'Your server accepted it for all recipients.' : 'Your server accepted it.';
    case 'queued':
      return message.attempts === 0
        ? 'It is safe here and is about to be delivered.'
        : `It is safe here and waiting for its next attempt${message.cause === null ? '' : `: your server ${causeWords[message.cause].server}`}.`;
    case 'held':
      if (message.via !== undefined)
        return `It is safe here and is being sent via ${message.via} instead of your server.`;
      // What ends a domain's hold is said with the domain.
      if (message.heldBy === 'domain')
        return `It is safe here and held with all mail of its domain. ${ofDomain ?? ''}`.trim();
      if (message.heldBy === 'repair')
        return 'Part of its content was lost with a damaged database. What is left is held until you release it.';
      return 'It is safe here and stays until you release it.';
    case 'quarantined':
      return 'It is in quarantine because a filter stopped it, and will not be delivered until you release it.';
    case 'refused':
      return `${many ? 'Your server refused it for at least one recipient' : 'Your server refused it for good'}${why}.`;
    case 'expired':
      return `Your server did not accept it in time${why}.`;
    case 'deleted':
      return 'It was deleted here; only this entry is left.';
    case 'rejected':
      return 'Mailward rejected it on arrival, so nothing was stored.';
  }
}
