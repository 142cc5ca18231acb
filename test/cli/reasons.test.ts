// Checks that could not be done: each reason is told once, however many checks it kept from their answers.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fine, wrong } from '../../src-main/probes/check.ts';
import { Clinic, PretendedCheck } from '../lab/clinic.ts';

const about = (name: string, spoiledBy: string[] = []) => ({
  name,
  title: name,
  area: 'dns' as const,
  leg: 'inbound' as const,
  question: `Is ${name} as it should be?`,
  needs: ['domain' as const],
  deadlineMs: 3000,
  findings: { fine: fine('All is well.'), forged: wrong('attention', 'Something answers in between.') },
  spoiledBy,
});
const forger = new PretendedCheck(about('dns-interception'), {
  code: 'forged',
  summary: 'Something in between answers.',
});
const spoiled = ['mx', 'spf', 'dmarc'].map(
  (name) =>
    new PretendedCheck(about(name, ['dns-interception']), { code: 'fine', summary: `${name} is fine.` }),
);
const silent = ['ping', 'path', 'server-tls'].map(
  (name) =>
    new PretendedCheck(about(name), { code: 'could-not-check', summary: 'Nobody knows the servers.' }),
);
let clinic: Clinic;
beforeAll(async () => {
  clinic = await Clinic.open([forger, ...spoiled, ...silent]);
});
afterAll(() => clinic[Symbol.asyncDispose]());

const times = (text: string, words: string) => text.split(words).length - 1;

it('by diagnose: the cause at its place, and one line with the checks that it spoiled', async () => {
  const { status, stdout } = await clinic.command('diagnose', 'example.com');
  expect(status).toBe(1);
  expect(times(stdout, 'Something in between answers.')).toBe(1);
  expect(times(stdout, 'Nobody knows the servers.')).toBe(1);
  const line = (start: RegExp) => stdout.split('\n').find((one) => start.test(one)) ?? '';
  const listed = (text: string) => text.slice(text.lastIndexOf(': ') + 2).split(', ');
  expect(listed(line(/for the reason that dns-interception gives: /)).sort()).toEqual(['dmarc', 'mx', 'spf']);
  expect(listed(line(/for the reason that (ping|path|server-tls) gives: /))).toHaveLength(2);
  expect(stdout).toContain('6 could not be checked');
});

it('with the evidence, by itself, or for a program: each check says it', async () => {
  const verbose = await clinic.command('diagnose', 'example.com', '--verbose');
  expect(times(verbose.stdout, 'Something in between answers.')).toBe(4);
  expect((await clinic.command('check', 'mx', 'example.com')).stdout).toContain(
    'Something in between answers.',
  );
  const json = await clinic.command('diagnose', 'example.com', '--json');
  expect(json.stdout.trim().split('\n')).toHaveLength(7);
});
