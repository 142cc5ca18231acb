// Scenarios of the network checks: networks made for the question, clocks and disks.
import { scenarios } from '../scenario.ts';

export interface NetworkWorld {
  /** The network that there is: none, loopback alone, or 10.0.1.1 here, a router, and 10.0.2.1 behind it. */
  network?: 'none' | 'loopback' | 'router';
  /** No machine answers to ping. */
  noPing?: boolean;
  /** Round trips in place of real ones, ms; null: an answer that is lost. Lines like that cannot be made here. */
  trips?: (number | null)[];
  /** Servers that answer, each with what it says first. */
  servers?: Record<string, string>;
  /** Well-known servers, in place of the four that the others know. */
  targets?: string[];
  /** The office's server. */
  host?: string;
  /** How far ahead of ours the clocks of web servers are, ms; null: one that does not tell. `[]`: nobody is there. */
  clocks?: (number | null)[];
  /** How long their answers lay in a cache on the way, s. */
  cached?: number;
  /** Size of the disk with the data folder, MiB; null: it is gone. */
  disk?: number | null;
}

export const wellKnown = ['127.1.0.1:443', '127.2.0.1:443', '127.1.0.1:25', '127.2.0.1:25'];
const online = { '127.1.0.1:443': '', '127.2.0.1:443': '' };
const mail = {
  '127.1.0.1:25': '220 mx.one.example ESMTP\r\n',
  '127.2.0.1:25': '220 mail.two.example ESMTP\r\n',
};
const isp = '220 mx.isp.example ESMTP\r\n';
const HOUR = 3_600_000;

export default [
  ...scenarios<NetworkWorld>('connectivity', [
    { name: 'servers out there answer', finds: ['online'], world: { servers: online } },
    { name: 'one of them answers', finds: ['online'], world: { servers: { '127.2.0.1:443': '' } } },
    { name: 'none of them answers', finds: ['offline'], world: {} },
    { name: 'there is no network at all', finds: ['offline'], world: { network: 'none' } },
    {
      name: 'the servers’ names cannot be looked up',
      finds: ['could-not-check'],
      world: { targets: ['www.one.example:443', 'www.two.test:443'] },
    },
    {
      name: 'only one server is known, and it does not answer',
      finds: ['could-not-check'],
      world: { targets: ['127.1.0.1:443'] },
    },
  ]),
  ...scenarios<NetworkWorld>('port-25', [
    { name: 'mail servers answer', finds: ['open'], world: { servers: { ...online, ...mail } } },
    {
      name: 'one of them answers',
      finds: ['open'],
      world: { servers: { ...online, '127.1.0.1:25': '220 mx.one.example ESMTP\r\n' } },
    },
    {
      name: 'none answers, and the office’s server is out there',
      finds: ['blocked'],
      world: { servers: online, host: '93.184.215.14' },
    },
    {
      name: 'none answers, and the office’s server is at home',
      finds: ['blocked-not-needed'],
      world: { servers: online, host: '192.168.1.10' },
    },
    {
      name: 'something answers in the place of others',
      finds: ['intercepted'],
      world: { servers: { ...online, '127.1.0.1:25': isp, '127.2.0.1:25': isp } },
    },
    { name: 'there is no network', finds: ['could-not-check'], world: {} },
    {
      name: 'only one mail server is known',
      finds: ['could-not-check'],
      world: { servers: online, targets: [...wellKnown.slice(0, 2), '127.1.0.1:25'] },
    },
    {
      name: 'the names of the mail servers cannot be looked up',
      finds: ['could-not-check'],
      world: { servers: online, targets: [...wellKnown.slice(0, 2), 'mx.one.example:25', 'mx.two.test:25'] },
    },
    { name: 'no mail server is known', finds: ['not-applicable'], world: { targets: wellKnown.slice(0, 2) } },
  ]),
  ...scenarios<NetworkWorld>('ping', [
    {
      name: 'the server answers',
      finds: ['answers'],
      world: { network: 'router', servers: online, host: '10.0.2.1' },
    },
    {
      name: 'it does not answer ping, but connections',
      finds: ['answers'],
      world: { noPing: true, servers: { ...online, '127.9.0.1:25': '220 here\r\n' }, host: '127.9.0.1' },
    },
    {
      name: 'its line is slow',
      finds: ['slow'],
      world: { trips: [700, 900, 800, 750], servers: online, host: '127.9.0.1' },
    },
    {
      name: 'half of what is sent gets lost',
      finds: ['lossy'],
      world: { trips: [20, null, null, 21], servers: online, host: '127.9.0.1' },
    },
    {
      name: 'it answers nothing',
      finds: ['unreachable'],
      world: { network: 'router', servers: online, host: '10.0.2.77' },
    },
    {
      name: 'there is no network',
      finds: ['could-not-check'],
      world: { network: 'none', host: '93.184.215.14' },
    },
    {
      name: 'its name cannot be looked up',
      finds: ['could-not-check'],
      world: { servers: online, host: 'mail.office.example' },
    },
  ]),
  ...scenarios<NetworkWorld>('path', [
    {
      name: 'the server is behind a router',
      finds: ['reaches'],
      world: { network: 'router', servers: online, host: '10.0.2.1' },
    },
    {
      name: 'nobody answers on the way, but the server does',
      finds: ['reaches'],
      world: { noPing: true, servers: { ...online, '127.9.0.1:25': '220 here\r\n' }, host: '127.9.0.1' },
    },
    {
      name: 'the way ends behind a router',
      finds: ['ends'],
      world: { network: 'router', servers: online, host: '10.0.2.77' },
    },
    {
      name: 'there is no network',
      finds: ['could-not-check'],
      world: { network: 'none', host: '93.184.215.14' },
    },
  ]),
  ...scenarios<NetworkWorld>('clock', [
    { name: 'it is right', finds: ['right'], world: { clocks: [0, 0, 0] } },
    { name: 'one server has another time', finds: ['right'], world: { clocks: [0, 24 * HOUR, 0] } },
    { name: 'one server does not tell', finds: ['right'], world: { clocks: [0, 1_000, null] } },
    {
      name: 'answers come from a cache on the way',
      finds: ['right'],
      world: { clocks: [0, 0], cached: 900 },
    },
    { name: 'it is a minute slow', finds: ['off'], world: { clocks: [60_000, 61_000, 60_000] } },
    { name: 'it is 20 seconds fast', finds: ['off'], world: { clocks: [-20_000, -20_000, -20_000] } },
    { name: 'it is an hour slow', finds: ['far-off'], world: { clocks: [HOUR, HOUR, HOUR] } },
    {
      name: 'the servers do not agree',
      finds: ['could-not-check'],
      world: { clocks: [0, HOUR, 2 * HOUR, 3 * HOUR] },
    },
    { name: 'no server tells', finds: ['could-not-check'], world: { clocks: [null, null] } },
    { name: 'only one server tells', finds: ['could-not-check'], world: { clocks: [0, null] } },
    { name: 'no server answers', finds: ['could-not-check'], world: { clocks: [] } },
  ]),
  ...scenarios<NetworkWorld>('spool-space', [
    { name: '3 GiB are free', finds: ['enough'], world: { disk: 3_072 } },
    { name: '1 GiB is free', finds: ['low'], world: { disk: 1_024 } },
    { name: '100 MiB are free', finds: ['full'], world: { disk: 100 } },
    { name: 'the data folder is gone', finds: ['could-not-check'], world: { disk: null } },
    { name: 'there is no data folder', finds: ['not-applicable'], world: {} },
  ]),
];
