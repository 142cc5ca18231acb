// Destinations as they are written on the command line.
import { describe, expect, it } from 'vitest';
import { destinationWords, readRoute } from '../../src-main/cli/destinations.ts';
import { EXIT } from '../../src-main/cli/context.ts';

describe('a destination', () => {
  it('says after its host and port what is special about it', () => {
    const route = readRoute(
      [
        'mail.example.com:2525,tls=verify,source=192.0.2.7,helo=relay.example.com,priority=10',
        'spare.example.com',
        '[2001:db8::25], source=[2001:db8::1]',
      ],
      'require',
    );
    const usual = { port: 25, tls: 'require', sourceAddress: null, helo: null, priority: null };
    expect(route).toEqual([
      {
        host: 'mail.example.com',
        port: 2525,
        tls: 'verify',
        sourceAddress: '192.0.2.7',
        helo: 'relay.example.com',
        priority: 10,
      },
      { ...usual, host: 'spare.example.com' },
      { ...usual, host: '2001:db8::25', sourceAddress: '2001:db8::1' },
    ]);
    expect(route.map(destinationWords)).toEqual([
      'mail.example.com:2525 (TLS verify, from 192.0.2.7, HELO relay.example.com, priority 10)',
      'spare.example.com:25 (TLS require)',
      '[2001:db8::25]:25 (TLS require, from 2001:db8::1)',
    ]);
  });

  it('may have pipelining switched off', () => {
    const [off, on] = readRoute(['mail,pipelining=no', 'spare,pipelining=yes'], 'opportunistic');
    expect([off?.pipelining, on?.pipelining]).toEqual([false, true]);
    expect(off && destinationWords(off)).toBe('mail:25 (TLS opportunistic, no pipelining)');
    expect(on && destinationWords(on)).toBe('spare:25 (TLS opportunistic)');
  });

  it.each([
    ['mail,pipelining=maybe', /"maybe".*no value for pipelining; expected yes or no/],
    ['mail,tls=maybe', /"maybe" in "mail,tls=maybe" is no value for tls; expected none, opportunistic/],
    ['mail,port=26', /"port".*expected tls, source, helo, priority/],
    ['mail,__proto__=1', /"__proto__" .* is not an option/],
    ['mail,source=here', /"here".*IP addresses/],
    ['mail,helo=not a name', /"not a name".*host name/],
    ['mail,priority=first', /"first".*whole number from 0 to 65535/],
    ['mail,priority=65536', /"65536".*whole number from 0 to 65535/],
    ['mail,priority=', /"" in .*priority/],
    ['mail,helo', /"" in .*helo/],
    ['mail,', /"" in .* is not an option/],
    ['mail,tls=none,tls=verify', /says tls twice/],
    ['mail:99999,tls=none', /valid port/],
    [',tls=none', /is not an address/],
  ])('%s is refused with what was expected', (text, words) => {
    expect(() => readRoute([text], 'opportunistic')).toThrow(
      expect.objectContaining({ exit: EXIT.usage, message: expect.stringMatching(words) as string }) as Error,
    );
  });

  it('comes with ten others at most, and a policy that exists', () => {
    expect(() => readRoute(Array<string>(11).fill('mail'), 'none')).toThrow(/10 destinations at most/);
    expect(() => readRoute(['mail'], 'sometimes')).toThrow(/"sometimes" is not a TLS policy/);
  });
});
