// Check: does the office's server take connections, at each of its addresses?
import { connectivityOf } from '../network/connectivity.check.ts';
import { defineCheck, fine, wrong } from '../check.ts';
import type { FactsOf } from '../../../shared/facts/index.ts';
import type { RunningCheck } from '../check.ts';
import { evidenceOf, subjectOf, visitEach } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  answers: fine('The server takes connections at this address.'),
  refused: wrong('urgent', 'The machine is there, but no mail server listens, or a firewall turns us away.'),
  silent: wrong(
    'urgent',
    'Nothing answers at this address: the machine is off, or a firewall drops what we send.',
  ),
  partly: wrong('attention', 'Nothing answers at this address; another address of the server does.'),
} as const;

export const reachable = defineCheck({
  name: 'server-reachable',
  title: 'Server can be reached',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server accept connections at each of its addresses?',
  needs: ['server'],
  deadlineMs: 15_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'server-reachable'>): Promise<void> {
  const visits: ServerVisit[] = [];
  await visitEach(asking, (visit) => {
    visits.push(visit);
    if (visit.connection.failure === null) answers(visit, asking);
  });
  // What one address that does not answer means depends on the others.
  await Promise.all(
    visits
      .filter(({ connection }) => connection.failure !== null)
      .map((visit) => missing(visit, someoneAnswers(visit, visits), asking)),
  );
}

function answers(visit: ServerVisit, { report }: RunningCheck<'server-reachable'>): void {
  report('answers', {
    subject: subjectOf(visit),
    summary: `${visit.name} took the connection after ${Math.round(visit.connection.ms)} ms.`,
    evidence: evidenceOf(visit.connection, visit.greeting),
    facts: { ...factsOf(visit), ms: visit.connection.ms },
  });
}

async function missing(
  visit: ServerVisit,
  partly: boolean,
  { world, report, couldNotCheck }: RunningCheck<'server-reachable'>,
): Promise<void> {
  const { failure } = visit.connection;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(visit.connection), facts: factsOf(visit) };
  const another = partly ? ' Another address of the server does.' : '';
  if (failure === 'refused') {
    const summary = `${visit.name} refuses connections: no mail server listens there, or a firewall turns us away.${another}`;
    report(partly ? 'partly' : 'refused', { ...found, summary });
    return;
  }
  if (failure === 'no-way') {
    const six = visit.place.address.includes(':');
    const why = six ? 'this machine has no way to it (no IPv6, perhaps)' : 'this machine has no way to it';
    couldNotCheck({ ...found, summary: `Whether ${visit.name} answers is not known: ${why}.` });
    return;
  }
  // A server that answers elsewhere shows that there is a network; else something well known must.
  const { online, evidence } = partly ? { online: true, evidence: [] } : await connectivityOf(world);
  if (online === true) {
    const summary = `${visit.name} does not answer: it is off, or a firewall drops what we send.${another}`;
    report(partly ? 'partly' : 'silent', { ...found, summary });
  } else {
    couldNotCheck({
      ...found,
      summary: `${visit.name} does not answer, but whether this machine has any network is not known.`,
      evidence: [...found.evidence, ...evidence],
    });
  }
}

function someoneAnswers({ place }: ServerVisit, visits: readonly ServerVisit[]): boolean {
  return visits.some(
    ({ place: other, connection }) => other.host === place.host && connection.failure === null,
  );
}

function factsOf({ place }: ServerVisit): FactsOf<'server-reachable', 'refused'> {
  return {
    host: place.host,
    address: place.address,
    port: place.port,
    family: place.address.includes(':') ? 6 : 4,
  };
}
