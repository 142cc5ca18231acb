// `mailward queue show`: one message's page, in words for whoever meets mail's terms for the first time, with the exact terms beside.
import { filterOutcome, filterWords } from '../../../shared/filters.ts';
import type { MessageDetail, Recipient, Reply, TranscriptLine } from '../../../shared/message.ts';
import { formatHostPort } from '../../../shared/names.ts';
import { destinationWords } from '../destinations.ts';
import type { Holds } from '../holds.ts';
import { typed } from '../invocation.ts';
import { formatSize, formatTime, print } from '../terminal.ts';

export function showMessage(detail: MessageDetail, holds: Holds): void {
  print(`Message:  ${detail.id} (${detail.state})`);
  print(
    `Received: ${formatTime(detail.receivedAt)} from ${detail.clientAddress} (${detail.helo}), ${formatSize(detail.size)}`,
  );
  print(`From:     <${detail.sender}>`);
  for (const one of detail.allRecipients) showRecipient(one, detail, holds);
  if (detail.subject !== '') print(`Subject:  ${detail.subject}`);
  if (detail.filters.length > 0) {
    print('');
    print('What the filters on the way in found:');
    for (const one of detail.filters) {
      const { name, question } = filterWords[one.filter];
      print(`  ${name}: ${filterOutcome(one)} (${one.result})`);
      print(`    asked: ${question}`);
      for (const line of one.evidence) print(`    ${line}`);
    }
  }
  print('');
  print('What the sending server and Mailward said (> the sending server, < Mailward):');
  detail.incoming.forEach(printLine);
  for (const attempt of detail.attemptList) {
    const tls = attempt.tls ?? 'not encrypted';
    print('');
    print(
      `Attempt ${formatTime(attempt.startedAt)} at ${attempt.host} port ${attempt.port}, ${tls} (> Mailward, < ${formatHostPort(attempt.host, attempt.port)}):`,
    );
    attempt.transcript.forEach(printLine);
  }
}

function showRecipient(one: Recipient, { id }: MessageDetail, holds: Holds): void {
  const next = one.nextAttemptAt === null ? '' : `, next attempt ${formatTime(one.nextAttemptAt)}`;
  print(`To:       <${one.address}> ${one.state}${next}`);
  const { reroute, hold } = one;
  if (hold && !reroute) {
    const { why, ends } = holds.ofMessage(hold.by, one.domain, id);
    print(`          since ${formatTime(hold.since)}: ${why}`);
    print(`          ${ends}`);
  }
  if (one.state === 'quarantined')
    print(
      `          until you release or delete it: ${typed(`queue release ${id}`)}, ${typed(`queue delete ${id}`)}`,
    );
  if (one.lastReply) print(`          last reply: ${replyWords(one.lastReply)}`);
  if (!reroute) return;
  reroute.route.forEach((destination, index) => {
    print(`          ${index === 0 ? 'being sent by way of' : 'then'} ${destinationWords(destination)}`);
  });
  print(`          since ${formatTime(reroute.since)}${reroute.reason === '' ? '' : `: ${reroute.reason}`}`);
  print(`          next attempt there ${formatTime(reroute.nextAttemptAt)}, ${reroute.attempts} so far`);
  print(`          ${holds.ofMessage('reroute', one.domain, id).ends}`);
}

/** A reply on one short line. */
export function replyWords(reply: Reply | null): string {
  if (reply === null) return '-';
  const code = reply.code === 0 ? '' : `${reply.code} `;
  const enhanced = reply.enhanced === null ? '' : `${reply.enhanced} `;
  return `${code}${enhanced}${reply.text}`.slice(0, 80);
}

function printLine(line: TranscriptLine): void {
  const mark = line.from === 'client' ? '>' : line.from === 'server' ? '<' : ' ';
  print(`  ${String(line.offset).padStart(6)} ms ${mark} ${line.text}`);
}
