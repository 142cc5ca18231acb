// Servers whose replies do not keep to the rules: nobody is refused with another's answer, and nobody gets an empty message.
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../shared/settings.ts';
import { OddServer } from '../lab/odd-server.ts';
import { seededRandom } from '../lab/random.ts';
import { EngineUnderTest, to } from './engine-under-test.ts';

async function protectedBy(office: OddServer, replySeconds = 300): Promise<EngineUnderTest> {
  const { recipients, delivery } = settingsSchema.parse({});
  const mailward = await EngineUnderTest.start({
    recipients: { ...recipients, ask: false, learn: false },
    delivery: { ...delivery, concurrency: 1, replySeconds },
  });
  await mailward.protect('example.com', office.port);
  return mailward;
}

function disposing(all: readonly AsyncDisposable[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

const content = 'Subject: whole\r\n\r\nHello.\r\n';
const gone = 'gone@example.com';
const bob = 'bob@example.com';
const eve = 'eve@example.com';

describe('a refusal among other answers', () => {
  it.each<[string, string]>([
    [
      'with a line without a code inside',
      '550-Transaction failed for an unknown recipient\r\n  Server: 192.0.2.1 [office] No such user\r\n550 5.1.1 end\r\n',
    ],
    ['with an empty line inside', '550-5.1.1 No such user\r\n\r\n550 5.1.1 here\r\n'],
    [
      'with a line of digits inside',
      '550-5.1.1 No such user\r\n192 accounts were looked at\r\n550 5.1.1 here\r\n',
    ],
    [
      'with a size inside that looks like a code',
      '550-5.1.1 No such user\r\n500MB are free\r\n550 5.1.1 here\r\n',
    ],
    ['with a line without a code before it', 'DEBUG: looking up gone\r\n550 5.1.1 No such user\r\n'],
    ['with a line without a code behind it', '550 5.1.1 No such user\r\nServer: 192.0.2.1\r\n'],
    ['with two codes', '550-5.1.1 No such user\r\n553 5.1.1 really\r\n'],
    ['without a space behind its code', '550No such user, 5.1.1\r\n'],
  ])('%s is that recipient’s alone: the others get the message once, and whole', async (_, refusal) => {
    // A server for each place that the refusal may have: what is learned of one is not known of the next.
    const domains = ['first.example', 'middle.example', 'last.example'];
    const offices = domains.map(
      () => new OddServer(({ line }) => (line.startsWith('RCPT TO:<gone@') ? refusal : null)),
    );
    await using _all = disposing(offices);
    for (const office of offices) await office.start();
    await using mailward = await protectedBy(offices[0]!);
    for (const [place, domain] of domains.entries()) {
      const office = offices[place]!;
      await mailward.protect(domain, office.port);
      const [bob, eve] = [`bob@${domain}`, `eve@${domain}`];
      const all = [bob, eve];
      all.splice(place, 0, `gone@${domain}`);
      const { allRecipients, attemptList } = await mailward.tried(await mailward.send(all, content), 1);
      for (const one of allRecipients)
        expect(one, JSON.stringify(attemptList)).toMatchObject(
          one.address.startsWith('gone')
            ? { state: 'refused', cause: 'user-unknown' }
            : { state: 'delivered' },
        );
      expect([office.copies(bob, 'Hello.'), office.copies(eve, 'Hello.')], domain).toEqual([1, 1]);
      expect(
        office.arrivals.every((one) => one.content.includes('Hello.')),
        domain,
      ).toBe(true);
    }
  });

  it('said twice is one answer too many: everybody waits, for nobody can say whose the second is', async () => {
    await using office = new OddServer(({ line }) =>
      line.startsWith(`RCPT TO:<${gone}>`) ? '550 5.1.1 No such user\r\n550 5.1.1 No such user\r\n' : null,
    );
    await office.start();
    await using mailward = await protectedBy(office);
    const { allRecipients } = await mailward.tried(await mailward.send([gone, bob, eve], content), 1);
    expect(allRecipients.map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
    expect(office.arrivals).toEqual([]);
  });

  it('is not given to the next one when an answer is left out: nobody is refused until a command at a time is said', async () => {
    let left = 0;
    await using office = new OddServer(({ line, connection }) => {
      if (line.startsWith(`RCPT TO:<${bob}>`) && connection === 1) {
        left++;
        return '';
      }
      return line.startsWith(`RCPT TO:<${gone}>`) ? '550 5.1.1 No such user\r\n' : null;
    });
    await office.start();
    await using mailward = await protectedBy(office);
    const { allRecipients } = await mailward.tried(await mailward.send([bob, gone, eve], content), 1);
    expect(left).toBe(1);
    expect(allRecipients.map(({ state }) => state)).toEqual(['delivered', 'refused', 'delivered']);
    expect([office.copies(bob), office.copies(gone), office.copies(eve)]).toEqual([1, 0, 1]);
  });

  it('of the whole message is believed only when the answers are in step', async () => {
    // One answer too many in front: the last recipient's refusal stands where DATA's answer should.
    await using office = new OddServer(({ line }) =>
      line.startsWith('MAIL')
        ? '250 by the way\r\n250 ok\r\n'
        : line.startsWith(`RCPT TO:<${gone}>`)
          ? '550 5.1.1 No such user\r\n'
          : null,
    );
    await office.start();
    await using mailward = await protectedBy(office);
    const { allRecipients } = await mailward.tried(await mailward.send([bob, gone], content), 1);
    expect(allRecipients.map(({ state }) => state)).toEqual(['queued', 'queued']);
    expect(office.arrivals).toEqual([]);
  });

  it('of the whole message, in step, is final', async () => {
    await using office = new OddServer(({ line }) =>
      line === 'DATA' ? '554 5.7.1 Message refused: this content is spam\r\n' : null,
    );
    await office.start();
    await using mailward = await protectedBy(office);
    await mailward.reaches(await mailward.send([bob, eve], content), 'refused');
  });
});

it('a server that got out of step once is told a command at a time from then on', async () => {
  await using office = new OddServer(({ line, connection }) =>
    line.startsWith('RCPT') && connection === 1 ? 'Warning: odd\r\n250 ok\r\n' : null,
  );
  await office.start();
  await using mailward = await protectedBy(office);
  const first = await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  // The log shows what was answered, and that it was said anew.
  const words = first.attemptList.flatMap(({ transcript }) => transcript.map(({ text }) => text));
  expect(words.join('\n')).toMatch(
    /Warning: odd\n[\s\S]*out of step[\s\S]*once more over a fresh connection/,
  );
  office.most = 0;
  await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  expect(office.most).toBe(1);
  expect([office.copies(bob), office.copies(eve)]).toEqual([2, 2]);
});

it('a server that says "bad sequence" of commands that came together is told them one at a time, at once', async () => {
  await using office = new OddServer(({ line, connection }) =>
    connection === 1 && line.startsWith(`RCPT TO:<${eve}>`) ? '503 5.5.1 MAIL first\r\n' : null,
  );
  await office.start();
  await using mailward = await protectedBy(office);
  const detail = await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  expect(detail.attemptList).toHaveLength(1);
  expect([office.connections, office.copies(bob), office.copies(eve)]).toEqual([2, 1, 1]);
});

it('a server that hears only the first of several commands is told them one at a time, when its time is up', async () => {
  await using office = new OddServer(({ line, connection }) =>
    connection === 1 && (line.startsWith('RCPT') || line === 'DATA') ? 'silence' : null,
  );
  await office.start();
  await using mailward = await protectedBy(office, 3);
  const detail = await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  expect(detail.attemptList).toHaveLength(1);
  expect([office.copies(bob), office.copies(eve)]).toEqual([1, 1]);
});

it('a destination with pipelining switched off is told a command at a time', async () => {
  await using office = new OddServer();
  await office.start();
  await using mailward = await protectedBy(office);
  const { port } = office;
  await mailward.client.domains.setRoute({
    name: 'example.com',
    route: [{ ...to(port), pipelining: false }],
  });
  await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  expect(office.most).toBe(1);
  await mailward.client.domains.setRoute({ name: 'example.com', route: [to(port)] });
  await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  expect(office.most).toBe(4);
});

it.each<[string, string, string]>([
  ['the greeting', '', 'Welcome to our server\r\n220 odd.example\r\n'],
  ['the middle of the greeting', '', '220-odd.example\r\nWelcome\r\n\r\n220 ready\r\n'],
  ['the answer to EHLO', 'EHLO', 'Hello there\r\n250-odd.example\r\n PIPELINING?\r\n250 PIPELINING\r\n'],
])('text without a code in %s is borne, and commands are said one at a time then', async (_, at, words) => {
  await using office = new OddServer(({ line }) =>
    line.startsWith(at) && (at || line === '') ? words : null,
  );
  await office.start();
  await using mailward = await protectedBy(office);
  await mailward.reaches(await mailward.send([bob, eve], content), 'delivered');
  expect(office.most).toBe(1);
  expect([office.connections, office.copies(bob), office.copies(eve)]).toEqual([1, 1, 1]);
});

it('a "yes" before the end of a message is no answer to the message', async () => {
  await using office = new OddServer(({ line, connection }) =>
    line === '.' && connection === 1 ? '554 5.6.0 no\r\n' : null,
  );
  await office.start();
  office.onContent = (_, socket) => {
    if (office.connections === 1) socket.write('250 2.0.0 queued\r\n');
    office.onContent = null;
  };
  await using mailward = await protectedBy(office);
  const large = `${content}${'x'.repeat(70)}\r\n`.repeat(30_000);
  await mailward.reaches(await mailward.send(bob, large), 'delivered');
  expect([office.connections, office.copies(bob)]).toEqual([2, 1]);
});

it('yes and no in one answer to a whole message is none: it may have arrived, and is not sent again at once', async () => {
  await using office = new OddServer(({ line }) =>
    line === '.' ? '250-2.0.0 queued\r\n550 5.7.1 refused\r\n' : null,
  );
  await office.start();
  await using mailward = await protectedBy(office);
  const detail = await mailward.tried(await mailward.send(bob, content), 1);
  expect(detail).toMatchObject({ state: 'queued' });
  expect(detail.lastReply?.text).toMatch(/may have arrived/);
  expect(office.copies(bob)).toBe(1);
});

it('whatever a server strews among its replies, nobody is refused for another and nobody gets nothing', async () => {
  const random = seededRandom();
  const litter = ['Server: 192.0.2.1\r\n', '\r\n', 'No such user\r\n', 'DEBUG 250 ok?\r\n', '55 x\r\n'];
  const pick = () => litter[random.between(0, litter.length - 1)] ?? '';
  await using office = new OddServer();
  await office.start();
  office.says = ({ line }) => {
    if (line === '' || line.startsWith('EHLO') || random.next() < 0.7) {
      return line.startsWith('RCPT TO:<gone') ? '550 5.1.1 No such user\r\n' : null;
    }
    const ok = line === 'DATA' ? '354 go\r\n' : '250 ok\r\n';
    const own = line.startsWith('RCPT TO:<gone') ? '550-5.1.1 No such user\r\n550 5.1.1 really\r\n' : ok;
    const cut = own.indexOf('\r\n') + 2;
    return [pick() + own, own.slice(0, cut) + pick() + own.slice(cut)][random.between(0, 1)] ?? own;
  };
  await using mailward = await protectedBy(office);
  for (let round = 0; round < 12; round++) {
    office.arrivals.length = 0;
    const all = [gone, bob, eve, 'gone-too@example.com'].sort(() => random.next() - 0.5);
    const { allRecipients } = await mailward.tried(await mailward.send(all, content), 1);
    const which = `seed ${random.seed}, round ${round}: ${JSON.stringify(allRecipients)}`;
    for (const { address, state } of allRecipients)
      if (address.startsWith('gone')) expect(['refused', 'queued'], which).toContain(state);
      else {
        expect(['delivered', 'queued'], which).toContain(state);
        expect(office.copies(address, 'Hello.'), which).toBe(state === 'delivered' ? 1 : 0);
      }
    expect(
      office.arrivals.every((one) => one.content.includes('Hello.')),
      which,
    ).toBe(true);
  }
});
