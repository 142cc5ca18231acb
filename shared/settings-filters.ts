// The settings of the filters on the way in: a part of the one schema in settings.ts.
import { z } from 'zod';
import { filterActionSchema } from './filters.ts';
import { networkSchema, resolverAddress, webAddressSchema } from './names.ts';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

const zone = z
  .string()
  .max(260)
  .regex(
    /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+=\d{1,3}$/,
    'expected a zone and its weight, such as zen.spamhaus.org=3',
  );
export const filtersSettingsSchema = z
  .object({
    exempt: z
      .array(networkSchema)
      .max(200)
      .default([
        '127.0.0.0/8',
        '10.0.0.0/8',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '169.254.0.0/16',
        '::1/128',
        'fc00::/7',
        'fe80::/10',
      ])
      .describe(
        'Clients that are not checked and have no limits: your own networks. Public lists and SPF know nothing of private addresses.',
      ),
    resolvers: z
      .array(resolverAddress)
      .max(5)
      .default([])
      .describe(
        'Name servers that the filters ask, instead of the system’s. Blocklists often refuse big public resolvers: a resolver of your own is best.',
      ),
    blocklists: filterActionSchema
      .default('quarantine')
      .describe(
        'What to do with mail from a machine on public blocklists: `reject`, `quarantine`, `tag` or `off`.',
      ),
    blocklistZones: z
      .array(zone)
      .max(30)
      .default(['zen.spamhaus.org=3', 'bl.spamcop.net=2', 'psbl.surriel.com=2'])
      .describe(
        'The lists that are asked, each with its weight. A list that fails its own test points (RFC 5782) is ignored. Look at each list’s terms of use.',
      ),
    blocklistScore: whole(1, 1000)
      .default(4)
      .describe(
        'A machine counts as listed when the weights of the lists it is on add up to this. With the default weights no single list decides.',
      ),
    reverseName: filterActionSchema
      .default('tag')
      .describe('What to do with mail from a machine whose address has no name that leads back to it.'),
    spf: filterActionSchema
      .default('tag')
      .describe(
        'What to do with mail that SPF says the machine may not send. Legitimate forwarders fail this too.',
      ),
    dkim: filterActionSchema
      .default('tag')
      .describe(
        'What to do with mail whose signature is broken. It is never more than tagged (RFC 6376 §6.1).',
      ),
    dmarc: filterActionSchema
      .default('quarantine')
      .describe(
        'The most to do with mail that fails DMARC; the policy of the domain in `From:` decides up to that. `reject` follows it to the letter, and refuses some mail from mailing lists.',
      ),
    arc: filterActionSchema
      .default('tag')
      .describe('What to do with mail whose ARC chain is broken. It is never more than tagged.'),
    rspamd: filterActionSchema
      .default('quarantine')
      .describe('The most to do with mail that Rspamd would reject; what it would only mark is tagged.'),
    rspamdUrl: webAddressSchema
      .default('')
      .describe(
        'Where Rspamd’s normal worker listens, such as `http://127.0.0.1:11333`. Empty: it is not asked.',
      ),
    clamav: filterActionSchema
      .default('reject')
      .describe(
        'What to do with mail in which ClamAV finds malware; for its guesses (`Heuristics.`, `PUA.`) at most `quarantine`.',
      ),
    clamavAddress: z
      .union([
        z.literal(''),
        z
          .string()
          .max(200)
          .regex(
            /^(\/.+|(\[[0-9A-Fa-f:]+\]|[^\s:/]+):\d{1,5})$/,
            'expected HOST:PORT or the path of a socket',
          ),
      ])
      .default('')
      .describe('Where clamd listens: `127.0.0.1:3310`, or the path of its socket. Empty: it is not asked.'),
    contentBytes: whole(65_536, 67_108_864)
      .default(10_485_760)
      .describe('Larger messages are not scanned by content filters; their page says so.'),
    messagesPerMinute: whole(0, 100_000)
      .default(300)
      .describe(
        'Most messages of one client in a minute; the client is told to send further ones later (`450`). `0`: no limit.',
      ),
    tarpitAfter: whole(0, 1000)
      .default(5)
      .describe(
        'Refused recipients in one connection after which further refusals are given slowly. `0`: never.',
      ),
    tarpitSeconds: whole(1, 60).default(5).describe('How long such a refusal takes.'),
  })
  .prefault({})
  .describe('What is done with incoming mail that looks bad.');

export type FiltersSettings = z.infer<typeof filtersSettingsSchema>;
