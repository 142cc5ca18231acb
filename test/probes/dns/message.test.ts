// DNS messages whose lengths lie: a record is read within its own octets and no further, or the whole message is garbled.
import { describe, expect, it } from 'vitest';
import { canonical, isAskable, isWithin, parentOf, readReply } from '../../../src-main/probes/dns/message.ts';
import type { DataOf, RecordType, DnsResponse } from '../../../src-main/probes/dns/message.ts';
import { exchange } from '../../../src-main/probes/dns/transport.ts';
import { Malformed, readMessage, writeName } from '../../../src-main/probes/dns/wire.ts';
import { Forger } from '../../lab/internet/forger.ts';

const asked = 'example.net';
const id = 0x4711;
const numbers: Record<RecordType, number> = {
  ...{ A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, DNAME: 39 },
  ...{ DS: 43, RRSIG: 46, DNSKEY: 48, TLSA: 52, CAA: 257 },
};
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const u16 = (number: number) => Buffer.from([number >> 8, number & 255]);
const wire = (name: string) => writeName(name) ?? Buffer.alloc(0);
/** The question's name, as a pointer to it. */
const pointer = hex('c00c');

interface Sent {
  type: number;
  data: Buffer;
  /** What the record says of its length, where that is not so. */
  length?: number;
  owner?: Buffer;
  class?: number;
}

function record({ type, data, length = data.length, owner = pointer, class: of = 1 }: Sent): Buffer {
  return Buffer.concat([owner, u16(type), u16(of), hex('0000003c'), u16(length), data]);
}

/** An authoritative answer to a question for `example.net`. */
function message(type: number, answers: readonly Sent[], flags = 0x8400): Buffer {
  const head = [u16(id), u16(flags), u16(1), u16(answers.length), u16(0), u16(0)];
  return Buffer.concat([...head, wire(asked), u16(type), u16(1), ...answers.map(record)]);
}

function read(type: RecordType, answers: readonly Sent[]): DnsResponse | 'foreign' | 'doubtful' {
  return readReply(message(numbers[type], answers), id, asked, { name: asked, type });
}

/** Of each type a record as it should be: its octets, and what they say. */
const samples: { [T in RecordType]: [octets: Buffer, data: DataOf[T]] } = {
  A: [hex('c0000201'), '192.0.2.1'],
  AAAA: [hex('20010db8 00000000 00000000 00000001'), '2001:db8::1'],
  NS: [wire('ns.example.net'), 'ns.example.net'],
  CNAME: [wire('other.example.net'), 'other.example.net'],
  DNAME: [wire('other.example.net'), 'other.example.net'],
  PTR: [wire('host.example.net'), 'host.example.net'],
  MX: [Buffer.concat([u16(10), hex('026d78'), pointer]), { preference: 10, exchange: 'mx.example.net' }],
  TXT: [hex('0161 00 0262 63'), [Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc')]],
  SOA: [
    Buffer.concat([
      wire('ns.example.net'),
      wire('h.example.net'),
      hex('0000000100000002000000030000000400000005'),
    ]),
    {
      ...{ mname: 'ns.example.net', rname: 'h.example.net', serial: 1, refresh: 2 },
      ...{ retry: 3, expire: 4, minimum: 5 },
    },
  ],
  DS: [hex('1267 0d 02 aabb'), { keyTag: 0x1267, algorithm: 13, digestType: 2, digest: hex('aabb') }],
  DNSKEY: [hex('0101 03 0d aabb'), { flags: 257, protocol: 3, algorithm: 13, key: hex('aabb') }],
  RRSIG: [
    Buffer.concat([hex('000f 0d 02 0000003c 00000002 00000001 1267'), wire(asked), hex('aabb')]),
    {
      ...{ typeCovered: 'MX', algorithm: 13, labels: 2, originalTTL: 60, expiration: 2, inception: 1 },
      ...{ keyTag: 0x1267, signersName: asked, signature: hex('aabb') },
    },
  ],
  TLSA: [hex('03 01 01 aabb'), { usage: 3, selector: 1, matchingType: 1, certificate: hex('aabb') }],
  CAA: [hex('80 05 6973737565 6361'), { flags: 128, tag: 'issue', value: 'ca' }],
  SRV: [
    Buffer.concat([hex('000100020019'), wire('mail.example.net')]),
    { priority: 1, weight: 2, port: 25, target: 'mail.example.net' },
  ],
};
/** How many octets at the end may be anything, or missing: a digest's, a key's, a text's. */
const open: Partial<Record<RecordType, number>> = {
  ...{ DS: 1, DNSKEY: 1, RRSIG: 1, TLSA: 2, CAA: 2 },
};
const types = Object.keys(samples) as RecordType[];
const neighbour: Sent = { type: numbers.A, data: hex('01020304') };

describe('a record', () => {
  it.each(types)('of type %s is read as it is', (type) => {
    const [data, said] = samples[type];
    const reply = read(type, [{ type: numbers[type], data }, neighbour]);
    expect(reply).toMatchObject({
      answers: [
        { name: asked, type, ttl: 60, data: said },
        { type: 'A', data: '1.2.3.4' },
      ],
    });
  });

  it.each(types)('of type %s that claims fewer octets than it needs, or more, is garbled', (type) => {
    const [data] = samples[type];
    const number = numbers[type];
    const mandatory = data.length - (open[type] ?? 0);
    for (let length = 0; length < mandatory; length += 1) {
      // The text that ends where a part of it ends is a text.
      if (type === 'TXT' && [2, 3].includes(length)) continue;
      const cut = data.subarray(0, length);
      // Alone; followed by another; and with its own octets still there, but beyond its length.
      expect(read(type, [{ type: number, data: cut }]), `${type} of ${length} octets`).toBe('doubtful');
      expect(read(type, [{ type: number, data: cut }, neighbour])).toBe('doubtful');
      expect(read(type, [{ type: number, data, length }])).toBe('doubtful');
    }
    if (open[type] === undefined) {
      // A text's next part says how long it is, and is cut off.
      const more = Buffer.concat([data, hex('07')]);
      expect(read(type, [{ type: number, data: more }, neighbour])).toBe('doubtful');
    }
    // Beyond the message's end.
    for (const length of [data.length + 1, 0xffff]) {
      expect(read(type, [{ type: number, data, length }])).toBe('doubtful');
    }
  });

  it('of an unknown type, or of another class, may be of any length', () => {
    const reply = read('A', [
      { type: 65_280, data: hex('00ff') },
      { type: numbers.A, data: hex('0a'), class: 3 },
      neighbour,
    ]);
    expect(reply).toMatchObject({
      answers: [
        { type: 'TYPE65280', data: hex('00ff') },
        { type: 'A', data: '1.2.3.4' },
      ],
    });
  });

  it('that is garbled spoils the message wherever it stands, as for every resolver', () => {
    const good = { type: numbers.MX, data: samples.MX[0] };
    expect(read('MX', [good, { type: numbers.A, data: hex('0102') }])).toBe('doubtful');
  });
});

describe('a name', () => {
  const named = (data: Buffer, length?: number) =>
    read('NS', [{ type: numbers.NS, data, ...(length === undefined ? {} : { length }) }]);
  /** Where the data of the first record begins. */
  const start = 12 + wire(asked).length + 4 + 2 + 10;

  it('goes on at an earlier place, and only there', () => {
    expect(named(hex('026e73 c00c'))).toMatchObject({ answers: [{ data: 'ns.example.net' }] });
    expect(named(u16(0xc000 | start)), 'itself').toBe('doubtful');
    expect(named(Buffer.concat([hex('016e'), u16(0xc000 | start)])), 'a circle').toBe('doubtful');
    expect(named(u16(0xc000 | (start + 2))), 'onward').toBe('doubtful');
    expect(named(hex('c002')), 'into the header').toBe('doubtful');
    expect(named(hex('ffff')), 'beyond the end').toBe('doubtful');
    expect(named(hex('c0')), 'cut off').toBe('doubtful');
    expect(named(hex('026e73 c00c 00')), 'with something after it').toBe('doubtful');
  });

  it('that jumps from pointer to pointer without an end costs no time', () => {
    const good = Buffer.concat([
      wire('a'),
      ...Array.from({ length: 200 }, (_, index) =>
        u16(0xc000 | (start + (index === 0 ? 0 : 3 + 2 * (index - 1)))),
      ),
    ]);
    const at = (jumps: number) =>
      read('NS', [
        { type: 65_280, data: good },
        { type: numbers.NS, data: u16(0xc000 | (start + 3 + 2 * (jumps - 2))) },
      ]);
    expect(at(100)).toMatchObject({ answers: [{}, { data: 'a' }] });
    expect(at(201)).toBe('doubtful');
  });

  it('does not go on by itself beyond its record', () => {
    expect(named(wire('ns.example.net'), 4)).toBe('doubtful');
    expect(named(hex('3f6e73'))).toBe('doubtful');
    expect(named(Buffer.alloc(0))).toBe('doubtful');
  });

  it('has labels of 63 octets and 255 in all, and no other kinds of label', () => {
    const label = Buffer.concat([hex('3f'), Buffer.alloc(63, 'a')]);
    const labels = (count: number, rest: Buffer) =>
      Buffer.concat([...Array.from({ length: count }, () => label), rest, hex('00')]);
    const last = Buffer.concat([hex('3d'), Buffer.alloc(61, 'a')]);
    expect(named(labels(3, last))).toMatchObject({ answers: [{ type: 'NS' }] });
    expect(named(labels(4, Buffer.alloc(0)))).toBe('doubtful');
    expect(named(hex('41ff00'))).toBe('doubtful');
    expect(named(hex('8061 00'))).toBe('doubtful');
  });

  it('is shown so that it can be asked for again, whatever is in it', () => {
    const odd = Buffer.concat([hex('05 612e622063'), hex('03 ff005c'), wire(asked)]);
    const reply = named(odd);
    const shown = typeof reply === 'object' ? (reply.answers[0]?.data as string) : reply;
    expect(shown).toBe('a\\.b\\032c.\\255\\000\\\\.example.net');
    expect(writeName(shown)).toEqual(odd);
    expect(parentOf(shown)).toBe('\\255\\000\\\\.example.net');
    expect(isWithin('x\\.example.net', 'example.net')).toBe(false);
    expect(isWithin('x.example.net', 'example.net')).toBe(true);
    const umlaut = wire('bücher.example');
    expect(named(umlaut)).toMatchObject({ answers: [{ data: 'bücher.example' }] });
    expect(['a..b', '.a', `${'a'.repeat(64)}.b`, ''].map(isAskable)).toEqual([false, false, false, false]);
    expect(canonical('A\\.')).toBe('a\\.');
  });
});

describe('a message', () => {
  it('says how it was answered: extended codes, and what the server knows of EDNS', () => {
    const opt = (ttl: string, data = '', of = 1232) => ({
      ...{ type: 41, owner: hex('00'), class: of, data: hex(data) },
      ttl,
    });
    const answer = (records: ReturnType<typeof opt>[], flags = 0x8400) => {
      const octets = records.map((one) =>
        Buffer.concat([one.owner, u16(41), u16(one.class), hex(one.ttl), u16(one.data.length), one.data]),
      );
      const plain = message(numbers.A, [], flags);
      plain.writeUInt16BE(records.length, 10);
      return readReply(Buffer.concat([plain, ...octets]), id, asked, { name: asked, type: 'A' });
    };
    expect(answer([])).toMatchObject({ rcode: 'NOERROR', edns: null });
    expect(answer([opt('00008000', '000a0002abcd')])).toMatchObject({
      edns: { version: 0, udpSize: 1232, dnssec: true },
      additionals: [],
    });
    expect(answer([opt('01000000')])).toMatchObject({ rcode: 'BADVERS' });
    expect(answer([opt('00000000'), opt('00000000')])).toBe('doubtful');
    expect(answer([opt('00000000', '000a0005abcd')])).toBe('doubtful');
  });

  it('that is cut off anywhere is cut off, and nothing of it is believed', () => {
    const whole = message(numbers.MX, [
      { type: numbers.MX, data: samples.MX[0] },
      { type: numbers.SOA, data: samples.SOA[0] },
    ]);
    for (let length = 12; length < whole.length; length += 1) {
      const part = whole.subarray(0, length);
      expect(readReply(part, id, asked, { name: asked, type: 'MX' })).toBe('doubtful');
      const flagged = Buffer.from(part);
      flagged.writeUInt16BE(0x8600, 2);
      expect(readReply(flagged, id, asked, { name: asked, type: 'MX' })).toMatchObject({
        tc: true,
        answers: [],
      });
    }
  });

  it('made of anything at all is read or refused, and that soon', () => {
    const seed = (Math.random() * 2 ** 32) >>> 0;
    let state = seed;
    const next = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const whole = message(
      numbers.MX,
      types.map((type) => ({ type: numbers[type], data: samples[type][0] })),
    );
    for (let times = 0; times < 20_000; times += 1) {
      const octets = Buffer.from(whole);
      for (let changes = 1 + next(4); changes > 0; changes -= 1) octets[next(octets.length)] = next(256);
      try {
        readMessage(octets);
      } catch (error) {
        expect(error, `seed ${seed}, ${octets.toString('hex')}`).toBeInstanceOf(Malformed);
      }
    }
  });
});

describe('a name server that sends such records', () => {
  it.each([
    ['an address of no octets', { type: 1, data: Buffer.alloc(0) }],
    ['an address of three', { type: 1, data: hex('010203') }],
    ['an IPv6 address of four', { type: 28, data: hex('01020304') }],
  ])('%s: gave no answer that could be read', async (_, odd) => {
    await using server = await Forger.start(({ id: own, name, type }) => [
      Buffer.concat([
        ...[u16(own), u16(0x8400), u16(1), u16(1), u16(0), u16(0), wire(name)],
        ...[u16(type === 'AAAA' ? 28 : 1), u16(1), record(odd)],
      ]),
    ]);
    const type = odd.type === 28 ? 'AAAA' : 'A';
    const { reply, failure } = await exchange(
      { name: null, address: server.address, port: server.port },
      { name: asked, type },
      { giveUpMs: 500 },
    );
    expect({ reply, failure }).toEqual({ reply: null, failure: 'garbled' });
  });
});
