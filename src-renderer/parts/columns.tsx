// The columns of message lists. Ids name places in message-table.module.css, where they fold when the window is narrow.
import { Link } from '@tanstack/react-router';
import { filterWords } from '../../shared/filters.ts';
import { causeWords } from '../../shared/cause.ts';
import type { MessageSummary } from '../../shared/message.ts';
import { classesOf } from '../classes.ts';
import { counted, size } from '../format.ts';
import { causeSentence, replyLine } from '../words.ts';
import type { MessageColumn } from './message-table.tsx';
import { Due, Moment } from './moment.tsx';
import { MessageMark } from './state-mark.tsx';
import styles from './columns.module.css';

const css = classesOf(styles);

/** The null sender of bounces has no address (RFC 5321 §4.5.5). */
export function senderWords(sender: string): string {
  return sender === '' ? '<> (null sender)' : sender;
}

export function recipientWords(row: Pick<MessageSummary, 'recipients' | 'recipientCount'>): string {
  const [first = 'no recipient'] = row.recipients;
  return row.recipientCount > 1 ? `${first} and ${counted(row.recipientCount - 1, 'more', 'more')}` : first;
}

export const stateColumn: MessageColumn = {
  id: 'state',
  header: 'State',
  cell: ({ row }) => (
    <MessageMark state={row.original.state} attempts={row.original.attempts} via={row.original.via} />
  ),
};

export const senderColumn: MessageColumn = {
  id: 'sender',
  header: 'From',
  cell: ({ row }) => <span title={senderWords(row.original.sender)}>{senderWords(row.original.sender)}</span>,
};

export const recipientColumn: MessageColumn = {
  id: 'recipient',
  header: 'To',
  cell: ({ row }) => (
    <span title={row.original.recipients.join(', ') || undefined}>{recipientWords(row.original)}</span>
  ),
};

export const subjectColumn: MessageColumn = {
  id: 'subject',
  header: 'Subject',
  cell: ({ row }) => (
    <Link
      to="/message/$id"
      params={{ id: row.original.id }}
      tabIndex={-1}
      className={css('link')}
      title={row.original.subject || undefined}
    >
      {row.original.subject === '' ? '(no subject)' : row.original.subject}
    </Link>
  ),
};

export const causeColumn: MessageColumn = {
  id: 'cause',
  header: 'Why',
  cell: ({ row: { original } }) => {
    if (original.faults !== undefined && original.faults.length > 0) {
      const faults = original.faults.map((name) => filterWords[name].name).join(', ');
      return <span title={faults}>{faults}</span>;
    }
    if (original.cause === null) {
      return original.state === 'rejected' && original.lastReply !== null ? (
        <span title={replyLine(original.lastReply)}>{replyLine(original.lastReply)}</span>
      ) : null;
    }
    const answer = original.lastReply === null ? '' : ` ${replyLine(original.lastReply)}`;
    const sentence = causeSentence(original.cause, original.via === undefined ? 'Your' : 'The other');
    return <span title={sentence + answer}>{causeWords[original.cause].short}</span>;
  },
};

export const nextColumn: MessageColumn = {
  id: 'next',
  header: 'Next attempt',
  cell: ({ row: { original } }) =>
    original.nextAttemptAt === null ? null : <Due at={original.nextAttemptAt} />,
};

export const attemptsColumn: MessageColumn = {
  id: 'attempts',
  header: 'Attempts',
  cell: ({ row }) => row.original.attempts,
};

export const sizeColumn: MessageColumn = {
  id: 'size',
  header: 'Size',
  cell: ({ row }) => (row.original.size === 0 ? '–' : size(row.original.size)),
};

export const receivedColumn: MessageColumn = {
  id: 'received',
  header: 'Received',
  cell: ({ row }) => <Moment at={row.original.receivedAt} />,
};
