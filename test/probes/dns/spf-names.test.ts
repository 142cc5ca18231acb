// Which names a receiver is led to by an SPF record (RFC 7208).
import { expect, it } from 'vitest';
import { spfNames } from '../../../src-main/probes/dns/spf-names.ts';

it.each([
  ['v=spf1 include:Spf.Example.org. -all', ['include spf.example.org']],
  [
    'v=spf1 a mx/24 +a:a.example//64 ?mx:b.example/24//64 ~all',
    ['a example.com', 'mx example.com', 'a a.example', 'mx b.example'],
  ],
  ['v=spf1 exists:%{i}.example exists:c.example ptr:d.example -all', ['exists c.example', 'ptr d.example']],
  // Nothing after "all" is looked at, nor "redirect" beside it (§5.1, §6.1).
  ['v=spf1 -all include:never.example redirect=never.example', []],
  ['v=spf1 redirect=e.example a:f.example', ['a f.example', 'redirect e.example']],
  // What is no term, or names nothing.
  ['v=spf1 x-a=no.example a=no.example include include: a:. foo:bar ip4:192.0.2.1 exp=no.example', []],
])('%s', (record, names) => {
  expect(spfNames(record, 'example.com').map(({ term, name }) => `${term} ${name}`)).toEqual(names);
});
