// A change of MX records that is watched: begun, kept over a restart, and in the way of a removal until it is over.
import { expect, it } from 'vitest';
import type { MxRead } from '../../shared/mx-reading.ts';
import type { MxSpread } from '../../src-main/probes/dns/mx-spread.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const name = 'office.example';
const old = [{ preference: 10, exchange: 'mail.office.example' }];
const read: MxRead = {
  status: 'read',
  own: [],
  reading: {
    ...{ at: 1, records: old, ttl: 0, alias: null, dnssec: 'unsigned' },
    from: [{ name: 'ns.office.example', address: '192.0.2.53' }],
    exchanges: [{ host: 'mail.office.example', v4: ['192.0.2.1'], v6: [], trouble: '' }],
  },
};

it('is looked at again after a restart, and lets the domain go when nobody can have the old records', async () => {
  let mx = [{ preference: 10, exchange: 'relay.example.net' }];
  const mxSpread = (): Promise<MxSpread> =>
    Promise.resolve({
      status: 'seen',
      at: Date.now(),
      items: [
        {
          ...{ name: 'ns.office.example', address: '192.0.2.53', kind: 'authoritative', place: '' },
          ...{ state: 'agrees', mx, ttl: 0, until: null },
        },
      ],
    });
  await using mailward = await EngineUnderTest.start({}, { readMx: () => Promise.resolve(read), mxSpread });
  await mailward.client.domains.add({ name });
  const { change } = await mailward.client.changes.begin({ name, direction: 'back' });
  expect(change).toMatchObject({ stage: 'to-do', wanted: old });
  await expect(mailward.client.domains.remove({ name })).rejects.toThrow('on their way back');

  await mailward.engine.close();
  mx = old;
  await mailward.open();
  await until('the change to be over', async () => {
    const progress = await mailward.client.changes.progress({ name });
    return progress.change?.stage === 'done';
  });
  await mailward.client.domains.remove({ name });
  expect(await mailward.client.domains.list()).toEqual([]);
});

it('to Mailward is not begun while Mailward has no name', async () => {
  await using mailward = await EngineUnderTest.start({}, { readMx: () => Promise.resolve(read) });
  await mailward.client.domains.add({ name });
  await expect(mailward.client.changes.begin({ name, direction: 'in' })).rejects.toThrow('smtp.hostname');
});
