// The message log as a table for other programs: CSV (RFC 4180) or JSON, the same from the command line and from a screen.
import { csvLine } from './csv.ts';
import type { MessageSummary, Reply } from './message.ts';

const columns: readonly (readonly [string, (row: MessageSummary) => string])[] = [
  ['id', (row) => row.id],
  ['received', (row) => new Date(row.receivedAt).toISOString()],
  ['state', (row) => row.state],
  ['cause', (row) => row.cause ?? ''],
  ['sender', (row) => row.sender],
  ['recipients', (row) => row.recipients.join(' ')],
  ['subject', (row) => row.subject],
  ['size', (row) => String(row.size)],
  ['client', (row) => row.clientAddress],
  ['attempts', (row) => String(row.attempts)],
  ['last_reply', (row) => replyText(row.lastReply)],
];

/** The first line, with the names of the columns. */
export const csvHeading = csvLine(columns.map(([name]) => name));

/** One message as a line of CSV, CRLF included. Times are ISO 8601 in UTC; sizes are in octets. */
export function csvRow(row: MessageSummary): string {
  return csvLine(columns.map(([, value]) => value(row)));
}

function replyText(reply: Reply | null): string {
  if (reply === null) return '';
  return [reply.code === 0 ? null : reply.code, reply.enhanced, reply.text]
    .filter((part) => part !== null && part !== '')
    .join(' ');
}
