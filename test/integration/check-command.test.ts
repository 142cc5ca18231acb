// `mailward check` and `mailward diagnose`: what they print, when they print it, and how they end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingSchema } from '../../shared/finding.ts';
import { fine, wrong } from '../../src-main/probes/check.ts';
import { Clinic, PretendedCheck } from '../lab/clinic.ts';
import { mailward } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

const findings = {
  fine: fine('All is well.'),
  differs: wrong('urgent', 'Servers differ.'),
  old: wrong('attention', 'It is getting old.'),
};
const about = (name: string, onRequest = false) => ({
  name,
  title: name,
  area: 'dns' as const,
  leg: 'inbound' as const,
  question: `Is ${name} as it should be?`,
  needs: ['domain' as const],
  deadlineMs: 3000,
  findings,
  onRequest,
});

const evidence = [
  {
    asked: 'MX example.com',
    of: 'ns1.example.com (192.0.2.1)',
    at: 1_800_000_000_000,
    answer: '10 mx.example.com\n\u001b[31mred',
  },
];
const mx = new PretendedCheck(about('mx'));
const delegation = new PretendedCheck(about('delegation'));
const rate = new PretendedCheck(about('rate-limit', true), {
  code: 'fine',
  summary: 'It takes all we send.',
});
const propagation = new PretendedCheck({
  ...about('mx-propagation', true),
  findings: { agrees: fine('All agree.'), spreading: wrong('attention', 'Some have the old set.') },
});
let clinic: Clinic;

beforeAll(async () => {
  clinic = await Clinic.open([mx, delegation, rate, propagation]);
});
afterAll(() => clinic[Symbol.asyncDispose]());

/** What the checks say from now on. */
function world(forMx: string, forDelegation = 'fine'): void {
  mx.answers = [{ code: forMx, summary: `mx says ${forMx}.`, evidence }];
  delegation.answers = [{ code: forDelegation, summary: `delegation says ${forDelegation}.` }];
}

describe('the exit status', () => {
  it.each([
    ['fine', 'fine', 0],
    ['differs', 'fine', 1],
    ['old', 'fine', 1],
    ['could-not-check', 'fine', 3],
    ['differs', 'could-not-check', 1],
  ])('of a domain where one says %s and the other %s is %i', async (forMx, forDelegation, status) => {
    world(forMx, forDelegation);
    const done = await clinic.command('diagnose', 'example.com', '--json');
    expect(done).toMatchObject({ status, stderr: '' });
    const lines = done.stdout.trim().split('\n');
    const found = lines.map((line) => findingSchema.parse(JSON.parse(line)));
    expect(found.map(({ check, code }) => [check, code]).sort()).toEqual([
      ['delegation', forDelegation],
      ['mx', forMx],
    ]);
  });
});

describe('a domain’s health', () => {
  it.each([
    ['fine', 'fine', 'Nothing is wrong with example.com.', '2 passed'],
    [
      'differs',
      'old',
      '1 thing is wrong with example.com, and 1 more to look at.',
      '1 problem, 1 to look at, 0 passed',
    ],
    [
      'could-not-check',
      'fine',
      'Nothing wrong was found with example.com, but 1 check could not be completed.',
      '1 could not be checked, 1 passed',
    ],
  ])(
    'is said in the same words by the command and to the screen: %s, %s',
    async (a, b, sentence, figures) => {
      world(a, b);
      const { stdout } = await clinic.command('diagnose', 'example.com');
      expect(stdout.trim().split('\n').slice(-2)).toEqual([
        sentence,
        expect.stringMatching(new RegExp(`^${figures} \\(\\d+\\.\\d s\\)$`)),
      ]);
      expect((await clinic.client.checks.latest({ domain: 'example.com' })).health.sentence).toBe(sentence);
    },
  );

  it('is not said twice: the one thing that is wrong stands above', async () => {
    world('differs');
    const { stdout } = await clinic.command('diagnose', 'example.com');
    expect(stdout.match(/mx says differs\./g)).toHaveLength(1);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^1 problem, 1 passed \(/);
  });

  it('is not called good when only a part of the checks was run', async () => {
    world('fine');
    await clinic.command('check', 'mx', 'partly.example');
    expect((await clinic.client.checks.latest({ domain: 'partly.example' })).health).toMatchObject({
      state: 'could-not-check',
      sentence: 'Nothing wrong was found with partly.example, but 1 check has not been run.',
    });
  });
});

describe('one check', () => {
  it('is asked by name, also when it is never asked unasked', async () => {
    const done = await clinic.command('check', 'rate-limit', 'Example.COM.', '--json');
    expect(done.status).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      check: 'rate-limit',
      state: 'ok',
      summary: 'It takes all we send.',
    });
  });

  it('says in words what it found, and shows the evidence when asked to', async () => {
    world('differs');
    const brief = await clinic.command('check', 'mx', 'elsewhere.example');
    expect(brief.stdout).toContain('✗ problem');
    expect(brief.stdout).toContain('mx: mx says differs.');
    // One check says nothing of the whole domain.
    expect(brief.stdout).toMatch(/^Done in \d+\.\d s\.$/m);
    expect(brief.stdout).not.toMatch(/(wrong|tested|run)\b.*elsewhere\.example/i);
    expect(brief.stdout).not.toContain('192.0.2.1');
    const verbose = await clinic.command('check', 'mx', 'elsewhere.example', '--verbose');
    expect(verbose.stdout).toContain('MX example.com  of ns1.example.com (192.0.2.1)');
    expect(verbose.stdout).toContain('10 mx.example.com');
    // What a server said does not drive the reader's terminal.
    expect(verbose.stdout).not.toContain('\u001b');
    expect(verbose.stdout).toMatch(/mx: differs since \d{4}-/);
  });

  it('is listed with its question', async () => {
    const listed = await clinic.command('check', '--list');
    expect(listed.status).toBe(0);
    expect(listed.stdout).toContain('Is mx as it should be?');
    expect(listed.stdout).toContain('only when asked by name');
    const json = await clinic.command('check', '--list', '--json');
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).toEqual(['mx', 'delegation', 'rate-limit', 'mx-propagation']);
  });
});

describe('a change of MX records that is followed', () => {
  const set = (exchange: string) => [{ preference: 10, exchange }];
  const item = (address: string, state: string, exchange: string, until: number | null) => ({
    ...{ name: null, address, kind: 'resolver', place: '', ttl: 60, state, mx: set(exchange), until },
  });
  const spreading = (until: number) => ({
    code: 'spreading',
    summary: '1 of 2 public resolvers still has the old MX records.',
    facts: {
      ...{ mx: set('new.example.com'), until },
      items: [
        item('192.0.2.53', 'differs', 'old.example.com', until),
        item('198.51.100.53', 'agrees', 'new.example.com', null),
      ],
    },
  });
  const done = {
    code: 'agrees',
    summary: 'All name servers and 2 public resolvers give the same MX records.',
    facts: {
      ...{ mx: set('new.example.com'), until: null },
      items: ['192.0.2.53', '198.51.100.53'].map((one) => item(one, 'agrees', 'new.example.com', null)),
    },
  };

  it('is told change by change, with the time by which all must agree, until they do', async () => {
    const domain = 'followed.example';
    propagation.answers = [spreading(Date.now() + 600_000)];
    const command = clinic.command('check', 'mx-propagation', domain, '--follow', '--every', '3');
    await until('it was not asked a second time', async () => {
      const { findings: found } = await clinic.client.checks.latest({ domain });
      return found.some(({ runs }) => runs >= 2);
    });
    propagation.answers = [done];
    const { status, stdout, stderr } = await command;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const said = stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME').trim();
    expect(said.split('\n')).toEqual([
      'TIME  The MX records of followed.example are 10 new.example.com.',
      'TIME  192.0.2.53 still has 10 old.example.com, until TIME.',
      'TIME  All must agree by TIME.',
      'TIME  192.0.2.53 agrees.',
      'TIME  All name servers and 2 public resolvers give the same MX records.',
    ]);
  });

  it('is not waited for when all agree already, and each answer is an object for programs', async () => {
    propagation.answers = [done];
    const json = await clinic.command('check', 'mx-propagation', 'followed.example', '--follow', '--json');
    expect(json.status).toBe(0);
    expect(findingSchema.parse(JSON.parse(json.stdout)).code).toBe('agrees');
  });

  it('is the only check that can be followed', async () => {
    const refused = await clinic.command('check', 'mx', 'example.com', '--follow');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('only mx-propagation can be followed');
    const every = await clinic.command('check', 'mx-propagation', 'example.com', '--follow', '--every', '1');
    expect(every.status).toBe(2);
    expect(every.stderr).toContain('--every takes whole seconds from 3');
  });
});

describe('what is typed wrong', () => {
  it.each([
    [
      ['diagnose', 'not a domain'],
      '"not a domain" is not a domain name; expected something like example.com',
    ],
    [['diagnose', 'localhost'], 'is a single label'],
    [['diagnose', '192.0.2.1'], 'is an IP address'],
    [['diagnose', '2001:db8::1'], 'is an IP address'],
    [['check', 'mx', '[192.0.2.1]'], 'is an IP address'],
    [['diagnose', `${'a'.repeat(49)}.`.repeat(6)], 'is too long'],
    [['diagnose', 'post@example.com'], 'is an address'],
    [['diagnose', '\u202eexample.com'], '"\ufffdexample.com" is not a domain name'],
    [['check', 'm', 'example.com'], 'Did you mean mx'],
    [['check', 'mx'], 'of which domain? Expected `mailward check mx example.com`'],
    [['check', 'example.com'], '"example.com" is no check; to ask all that bears on it: `mailward diagnose'],
    [['check', 'example.com', 'mx'], 'did you mean `mailward check mx example.com`?'],
    [['check', 'mx', 'https://example.com/x?y'], 'did you mean example.com?'],
    [['check', 'mx', 'Example.COM:25'], 'did you mean example.com?'],
    [['check', 'mx', '*.example.com'], 'did you mean example.com?'],
    [['diagnose', '<post@example.com>'], 'did you mean example.com?'],
    [['diagnose', 'mx', 'example.com'], 'did you mean `mailward check mx example.com`?'],
    [['diagnose', 'example.com', 'mx'], 'did you mean `mailward check mx example.com`?'],
    [['diagnose', 'example.com', 'example.net'], 'one domain at a time'],
    [['check'], 'mailward check --list'],
    [['diagnose'], 'missing required argument'],
  ])('%j is refused with what was expected', async (args, words) => {
    const done = await clinic.command(...args);
    expect(done.status).toBe(2);
    expect(done.stdout).toBe('');
    expect(done.stderr).toContain(words);
  });

  it('takes a name in another script, asks for it on the wire’s terms and shows it as typed', async () => {
    world('fine');
    const done = await clinic.command('diagnose', 'münchen.example');
    expect(done.status).toBe(0);
    expect(done.stdout).toContain('münchen.example (xn--mnchen-3ya.example)');
    expect((await clinic.client.checks.latest({ domain: 'xn--mnchen-3ya.example' })).findings).toHaveLength(
      2,
    );
  });
});

it('answers when nobody has the data folder, too', async () => {
  using folder = scratch('nobody');
  const done = await mailward(['check', '--list', '--json', '--data', folder.path]);
  expect(done).toMatchObject({ status: 0, stderr: '' });
});

it('keeps what only the admin can say of a domain', async () => {
  await clinic.protect('example.com');
  const set = await clinic.command(
    'domain',
    'profile',
    'example.com',
    '--expires',
    '2027-03-01',
    '--selectors',
    'default',
    's2026',
  );
  expect(set).toMatchObject({ status: 0, stderr: '' });
  expect(set.stdout).toContain('Expires: 2027-03-01 (set by hand)');
  await clinic.command('domain', 'profile', 'example.com', '--selectors', 'none');
  const [domain] = await clinic.client.domains.list();
  expect(domain?.profile).toMatchObject({ expiresAt: Date.UTC(2027, 2, 1, 23, 59, 59), selectors: [] });
  expect((await clinic.command('domain', 'profile', 'example.com', '--expires', 'soon')).status).toBe(2);
});
