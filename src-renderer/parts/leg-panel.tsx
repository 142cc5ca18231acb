// The drawer behind a leg of the picture: what is known about it, the last reply, and what can be done now.
import { Alert, Drawer, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { causeWords } from '../../shared/cause.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { DomainOverview, Overview } from '../../shared/overview.ts';
import { useActs } from '../actions/acts.tsx';
import { domainActions } from '../actions/domains.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { count, counted, rate } from '../format.ts';
import { replyLine, tlsWords } from '../words.ts';
import { ActionButton } from './action-button.tsx';
import { LinkButton } from './link-button.tsx';
import { longButton } from './long-button.ts';
import { Due, Moment, Since } from './moment.tsx';
import { Sentence } from './sentence.tsx';
import { StateMark } from './state-mark.tsx';
import type { LegName } from './mail-path.tsx';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(blockStyles, textStyles);

interface LegPanelProps {
  overview: Overview;
  /** Null closes the panel. */
  open: { domain: string; leg: LegName } | null;
  onClose: () => void;
}

export function LegPanel({ overview, open, onClose }: LegPanelProps) {
  const domain = overview.domains.find(({ name }) => name === open?.domain);
  return (
    <Drawer
      opened={open !== null && domain !== undefined}
      onClose={onClose}
      position="right"
      size="md"
      title={
        open?.leg === 'inbound'
          ? 'Internet ▸ Mailward'
          : `Mailward ▸ ${domain?.mode.name === 'reroute' ? 'other server' : 'your server'}`
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {domain !== undefined &&
        (open?.leg === 'inbound' ? (
          <Inbound domain={domain} overview={overview} />
        ) : (
          <Outbound domain={domain} />
        ))}
    </Drawer>
  );
}

function Inbound({ domain, overview }: { domain: DomainOverview; overview: Overview }) {
  const { inbound } = domain;
  const { listener } = overview;
  return (
    <Stack gap="lg">
      <h2>{domain.name}</h2>
      <StateMark state={inbound.state} word={inbound.words} />
      {listener.problem !== null && (
        <Alert
          color={listener.listening ? 'yellow' : 'red'}
          title={listener.listening ? 'Receiving mail needs attention' : 'Mailward cannot accept mail'}
        >
          {listener.problem}
        </Alert>
      )}
      <dl className={css('facts')}>
        <dt>Listens on</dt>
        <dd>{formatHostPort(listener.host, listener.port)}</dd>
        <dt>Accepted</dt>
        <dd>{rate(inbound.acceptedPerMinute)} a minute</dd>
        <dt>Rejected</dt>
        <dd>{rate(inbound.rejectedPerMinute)} a minute</dd>
        <dt>Last message</dt>
        <dd>{inbound.lastAt === null ? 'none so far' : <Moment at={inbound.lastAt} />}</dd>
      </dl>
      <LinkButton classNames={longButton} variant="default" to="/traffic" search={{ domain: domain.name }}>
        See the traffic of {domain.name}
      </LinkButton>
      <HealthLink name={domain.name} />
    </Stack>
  );
}

function Outbound({ domain }: { domain: DomainOverview }) {
  const { outbound, mode } = domain;
  const acts = useActs();
  const on = { name: domain.name, mode: mode.name };
  const waits = domain.queued.count + domain.held.count + domain.failed.count;
  const route = mode.name === 'reroute' && mode.reroute !== null ? mode.reroute : domain.route;
  return (
    <Stack gap="lg">
      <h2>{domain.name}</h2>
      <div>
        <StateMark
          state={outbound.state}
          word={outbound.cause === null ? outbound.words : causeWords[outbound.cause].short}
        />
        <p>
          <Sentence words={domain.sentence} />
        </p>
      </div>
      {outbound.lastReply !== null && (
        <div data-state={outbound.state}>
          <p className={css('soft', 'small')}>The server’s last answer</p>
          <blockquote className={css('quote')}>{replyLine(outbound.lastReply)}</blockquote>
        </div>
      )}
      <dl className={css('facts')}>
        {outbound.since !== null && (
          <>
            <dt>Broken since</dt>
            <dd>
              <Since word="" at={outbound.since} />
            </dd>
          </>
        )}
        <dt>Delivered</dt>
        <dd>{rate(outbound.deliveredPerMinute)} a minute</dd>
        <PaceFacts domain={domain} />
        <dt>Last delivery</dt>
        <dd>
          {outbound.lastDeliveredAt === null ? 'none so far' : <Moment at={outbound.lastDeliveredAt} />}
        </dd>
        <dt>{mode.name === 'reroute' ? 'Rerouted to' : 'Route'}</dt>
        <dd>
          {route.map((destination) => (
            <div key={formatHostPort(destination.host, destination.port)}>
              {formatHostPort(destination.host, destination.port)}
              <span className={css('soft', 'small')}> {tlsWords[destination.tls].toLowerCase()}</span>
            </div>
          ))}
        </dd>
        {mode.name !== 'deliver' && (
          <>
            <dt>{mode.name === 'hold' ? 'On hold' : 'Rerouted'}</dt>
            <dd>
              <Since at={mode.since} />
              {mode.reason !== '' && <div>“{mode.reason}”</div>}
              {mode.setBy === 'mailward' && <div>Mailward did this automatically.</div>}
              {mode.homeSince !== null && (
                <div>
                  Your server accepts the mail again <Since at={mode.homeSince} />
                </div>
              )}
            </dd>
            {mode.until !== null && (
              <>
                <dt>Ends automatically</dt>
                <dd>
                  <Due at={mode.until} />
                </dd>
              </>
            )}
          </>
        )}
        <Moves name={domain.name} />
      </dl>
      <Stack gap="xs">
        <ActionButton
          classNames={longButton}
          variant="filled"
          action={domainActions.deliver}
          on={on}
          acts={acts}
        />
        <ActionButton classNames={longButton} action={domainActions.holdNow} on={on} acts={acts} />
        <ActionButton classNames={longButton} action={domainActions.reroute} on={on} acts={acts} />
        {waits > 0 && (
          <LinkButton
            variant="default"
            to="/queue"
            search={{
              show: domain.held.count > 0 ? 'held' : domain.queued.count > 0 ? 'waiting' : 'failed',
              domain: domain.name,
            }}
          >
            See the {count(waits)} in the queue
          </LinkButton>
        )}
        <HealthLink name={domain.name} />
        <ActionButton classNames={longButton} action={domainActions.editRoute} on={on} acts={acts} />
      </Stack>
    </Stack>
  );
}

function HealthLink({ name }: { name: string }) {
  return (
    <LinkButton classNames={longButton} variant="default" to="/health/$domain" params={{ domain: name }}>
      See the health of {name}
    </LinkButton>
  );
}

/** What the server bears, where that was learned; nothing for a server that never asked for less. */
function PaceFacts({ domain }: { domain: DomainOverview }) {
  const { pace } = domain.outbound;
  if (pace === null) return null;
  const limits = [
    [pace.messagesPerMinute, 'messages'],
    [pace.recipientsPerMinute, 'recipients'],
    [pace.connectionsPerMinute, 'connections'],
  ] as const;
  const known = limits.filter(([limit]) => limit !== null);
  return (
    <>
      {(known.length > 0 || pace.stopped) && (
        <>
          <dt>Learned limit</dt>
          <dd>
            {known.map(([limit, what]) => (
              <div key={what}>
                {rate(limit ?? 0)} {what} a minute
              </div>
            ))}
            {pace.stopped && <div>It is limiting us now: Mailward sends one message at a time.</div>}
          </dd>
        </>
      )}
      {pace.drainsAt !== null && domain.queued.count > 1 && (
        <>
          <dt>Backlog</dt>
          <dd>
            {counted(domain.queued.count, 'message')}, delivered <Due at={pace.drainsAt} />
          </dd>
        </>
      )}
    </>
  );
}

/** When the server's name began to lead elsewhere: the first thing to look at when mail stopped that day. */
function Moves({ name }: { name: string }) {
  const { orpc } = useEngine();
  const moves = useQuery(orpc.domains.moves.queryOptions({ input: { name } }));
  const [last] = moves.data ?? [];
  if (!last) return null;
  return (
    <>
      <dt>Server moved</dt>
      <dd>
        <Moment at={last.at} />
        <div className={css('small')}>
          {last.host}: {last.before.join(', ')} → {last.after.join(', ')}
        </div>
      </dd>
    </>
  );
}
