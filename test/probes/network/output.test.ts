// What ping and traceroute print, on each system.
import { describe, expect, it } from 'vitest';
import { readHops, withoutTail } from '../../../src-main/probes/network/hops.ts';
import { readPings } from '../../../src-main/probes/network/ping-output.ts';

describe('ping', () => {
  it.each([
    [
      'Linux',
      'PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n64 bytes from 192.0.2.1: icmp_seq=1 ttl=57 time=12.3 ms\n64 bytes from 192.0.2.1: icmp_seq=3 ttl=57 time=11 ms\n\n--- 192.0.2.1 ping statistics ---\n4 packets transmitted, 2 received, 50% packet loss, time 603ms\nrtt min/avg/max/mdev = 11.000/11.650/12.300/0.650 ms\n',
      [12.3, 11],
    ],
    [
      'busybox',
      'PING 192.0.2.1 (192.0.2.1): 56 data bytes\n64 bytes from 192.0.2.1: seq=0 ttl=57 time=12.345 ms\n\n--- 192.0.2.1 ping statistics ---\n4 packets transmitted, 1 packets received, 75% packet loss\nround-trip min/avg/max = 12.345/12.345/12.345 ms\n',
      [12.345],
    ],
    [
      'macOS, IPv6',
      '16 bytes from 2001:db8::1, icmp_seq=0 hlim=57 time=12.345 ms\n\n4 packets transmitted, 1 packets received, 75.0% packet loss\n',
      [12.345],
    ],
    [
      'Windows',
      'Pinging 192.0.2.1 with 32 bytes of data:\r\nReply from 192.0.2.1: bytes=32 time=12ms TTL=57\r\nReply from 192.0.2.1: bytes=32 time<1ms TTL=57\r\nRequest timed out.\r\n\r\nPing statistics for 192.0.2.1:\r\n    Packets: Sent = 4, Received = 2, Lost = 2 (50% loss),\r\n    Minimum = 0ms, Maximum = 12ms, Average = 6ms\r\n',
      [12, 1],
    ],
    [
      'Windows in German',
      'Antwort von 192.0.2.1: Bytes=32 Zeit=12ms TTL=57\r\n\r\nPing-Statistik für 192.0.2.1:\r\n    Pakete: Gesendet = 4, Empfangen = 1, Verloren = 3\r\n    Minimum = 12ms, Maximum = 12ms, Mittelwert = 12ms\r\n',
      [12],
    ],
  ])('%s', (_, output, times) => {
    expect(readPings(output, 4)).toEqual({ sent: 4, times });
  });

  it('without any answer', () => {
    expect(readPings('4 packets transmitted, 0 received, 100% packet loss, time 3005ms\n', 4)).toEqual({
      sent: 4,
      times: [],
    });
    expect(readPings('ping: unknown option', 4)).toBeNull();
  });
});

describe('traceroute', () => {
  const here = { number: 1, address: '192.0.2.254', ms: 0.5 };
  it.each([
    [
      'Linux',
      'traceroute to 198.51.100.1 (198.51.100.1), 24 hops max\n 1  192.0.2.254  0.5 ms\n 2  *\n 3  198.51.100.1  12.3 ms\n 4  *\n 5  *\n',
    ],
    [
      'with names',
      ' 1  router.lan (192.0.2.254)  0.5 ms\n 2  *\n 3  host.example (198.51.100.1)  12.3 ms !X\n',
    ],
    [
      'tracepath',
      ' 1?: [LOCALHOST]                      pmtu 1500\n 1:  192.0.2.254       0.5ms \n 2:  no reply\n 3:  198.51.100.1     12.3ms reached\n     Resume: pmtu 1500 hops 3 back 3 \n',
    ],
    [
      'Windows',
      'Tracing route to 198.51.100.1 over a maximum of 24 hops\r\n\r\n  1    0.5 ms    <1 ms    <1 ms  192.0.2.254 \r\n  2     *        *        *     Request timed out.\r\n  3    12.3 ms    12 ms    12 ms  198.51.100.1 \r\n\r\nTrace complete.\r\n',
    ],
  ])('%s', (_, output) => {
    expect(withoutTail(readHops(output))).toEqual([
      here,
      { number: 2, address: null, ms: null },
      { number: 3, address: '198.51.100.1', ms: 12.3 },
    ]);
  });

  it('of no way at all', () => {
    expect(withoutTail(readHops(' 1  *\n 2  *\n'))).toEqual([]);
    expect(readHops('traceroute: unknown host\n')).toEqual([]);
  });
});
