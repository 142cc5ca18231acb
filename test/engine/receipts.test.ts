// What a server took just before the process was killed is not sent to it again.
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseId } from '../../src-main/storage/ids.ts';
import type { AttemptOutcome } from '../../src-main/storage/operations/spool.ts';
import { Receipts } from '../../src-main/relay/spool/receipts.ts';
import { Sink } from '../lab/sink.ts';
import { mountSmallDisk } from '../lab/small-disk.ts';
import { EngineUnderTest } from './engine-under-test.ts';

/** As a delivery to the first of a message's recipients is noted. */
function taken(id: string): AttemptOutcome {
  const reply = { code: 250, enhanced: '2.0.0', text: 'Ok: queued as Ä1' };
  return {
    messageId: parseId(id) ?? 0,
    results: [{ position: 0, state: 'delivered', nextAt: null, cause: null, reply, counted: true }],
    attempt: {
      ...{ startedAt: 1, endedAt: 2, host: 'mail.example.com', port: 25, address: null, tls: null },
      results: JSON.stringify([{ recipient: 'bob@example.com', outcome: 'delivered', cause: null, reply }]),
      transcript: '[{"offset":0,"from":"note","text":"long"}]',
    },
    whole: true,
  };
}

/** Two messages wait while their domain's mail is held; then the process is gone, and `leave` writes what it left. */
async function killedAfter(leave: (file: string, ids: string[]) => void) {
  await using office = await new Sink().start();
  await using mailward = await EngineUnderTest.start();
  await mailward.protect('example.com', office.port);
  await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
  const ids = [await mailward.send('bob@example.com'), await mailward.send('bob@example.com')];
  await mailward.engine.close();
  leave(join(mailward.dataDir, 'receipts'), ids);
  await mailward.open();
  await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
  const details = [];
  for (const id of ids) details.push(await mailward.reaches(id, 'delivered'));
  return {
    details,
    sent: office.taken,
    left: readFileSync(join(mailward.dataDir, 'receipts'), 'latin1'),
    ids,
  };
}

function note(file: string, outcome: AttemptOutcome): void {
  // Never closed, as by a process that is killed.
  Receipts.open(file).receipts.note(outcome);
}

it('a message whose receipt was noted is delivered, in the log too; the other is sent', async () => {
  const { details, sent, left, ids } = await killedAfter((file, [first = '']) => note(file, taken(first)));
  expect(sent).toBe(1);
  expect(details[0]?.attemptList).toMatchObject([{ host: 'mail.example.com', transcript: [] }]);
  expect(details[0]?.lastReply?.text).toBe('Ok: queued as Ä1');
  expect(details[0]?.hasContent).toBe(false);
  expect(left).not.toContain(String(parseId(ids[0] ?? '')));
});

it('a receipt that is torn, or nonsense, counts for nothing', async () => {
  const { sent } = await killedAfter((file, [first = '', second = '']) => {
    note(file, taken(first));
    const whole = readFileSync(file);
    appendFileSync(file, Buffer.concat([Buffer.alloc(512), Buffer.from('\n00000000 {}\nnonsense\n')]));
    // The second one's, with an octet changed, and the first one's, cut off.
    const other = whole.toString().replace(String(parseId(first)), String(parseId(second)));
    appendFileSync(file, `${other}${whole.subarray(0, whole.length / 2).toString('latin1')}`);
  });
  expect(sent).toBe(1);
});

it('a receipt that is told twice changes nothing', async () => {
  const { details, sent } = await killedAfter((file, [first = '']) => {
    note(file, taken(first));
    appendFileSync(file, readFileSync(file));
  });
  expect(sent).toBe(1);
  expect(details[0]?.attempts).toBe(1);
  expect(details[0]?.attemptList).toHaveLength(1);
});

it('a receipt of which a full disk took only a part does not spoil those that follow', async (context) => {
  using disk = mountSmallDisk(1024 * 1024);
  if (disk === null) {
    context.skip('this user may not mount a small disk');
    return;
  }
  const file = join(disk.path, 'receipts');
  const { receipts } = Receipts.open(file);
  // Whole notes until there is no room for one; what room there is takes a part of it.
  const first = taken('1');
  receipts.note(first);
  disk.fill();
  for (let id = 2; statSync(file).size % 4096 !== 0; id++) receipts.note(taken(String(id)));
  await disk.free();
  receipts.note({ ...taken('1'), messageId: 1_000_000 });
  expect(Receipts.open(file).left.map(({ messageId }) => messageId)).toContain(1_000_000);
  // All that is not on disk yet is written anew as soon as something is.
  const outstanding = taken('1');
  receipts.note({ ...outstanding, messageId: 1_000_001 });
  receipts.settled(first);
  const left = Receipts.open(file).left.map(({ messageId }) => messageId);
  expect(left).toEqual([...new Set(left)]);
  expect(left).toContain(2);
  expect(left.slice(-2)).toEqual([1_000_000, 1_000_001]);
});

it('the file does not grow with the mail', async () => {
  await using office = await new Sink().start();
  await using mailward = await EngineUnderTest.start();
  await mailward.protect('example.com', office.port);
  const file = join(mailward.dataDir, 'receipts');
  for (let count = 0; count < 20; count++)
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
  expect(statSync(file).size).toBeLessThan(66_000);
  await mailward.engine.close();
  expect(existsSync(file) && statSync(file).size).toBe(0);
});
