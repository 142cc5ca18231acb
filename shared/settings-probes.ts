// Settings of the questions asked of the world: whom to ask, and under which names the world knows this relay.
import { z } from 'zod';
import { ipAddressSchema, networkSchema, webAddressSchema } from './names.ts';

/** A list's entry that gives a name its value: `name=value`. */
const pair = (example: string, value: RegExp) =>
  z.string().refine((entry) => {
    const at = entry.indexOf('=');
    return /^[\w.-]{1,253}$/.test(entry.slice(0, Math.max(at, 0))) && value.test(entry.slice(at + 1));
  }, `expected an entry such as ${example}`);
const port = z.number().int().min(1).max(65_535);

export const probesSettingsSchema = z
  .object({
    relayAddresses: z
      .array(ipAddressSchema)
      .max(20)
      .default([])
      .describe(
        'Addresses at which other servers reach Mailward. Empty: those that DNS gives for `smtp.hostname`.',
      ),
    alsoPublic: z
      .array(networkSchema)
      .max(20)
      .default([])
      .describe(
        'Networks that count as part of the public Internet although they are not, such as those of a test network. Leave it empty: otherwise an MX record that leads to a private or reserved address may go unnoticed.',
      ),
    rootServers: z
      .array(ipAddressSchema)
      .max(26)
      .default([])
      .describe('Addresses of the DNS root servers. Empty: the thirteen of the Internet.'),
    dnsPort: port.default(53).describe('Port on which name servers are asked.'),
    publicResolvers: z
      .array(ipAddressSchema)
      .max(50)
      .default([])
      .describe(
        'Public resolvers whose view of a change is followed. Empty: the list that comes with Mailward.',
      ),
    rdapServers: z
      .array(pair('example=https://rdap.example/', /^https?:\/\/\S+$/))
      .max(200)
      .default([])
      .describe(
        'RDAP servers of top-level domains, in place of those in IANA’s list, each as `example=https://rdap.example/`.',
      ),
    rdapBootstrap: webAddressSchema
      .default('https://data.iana.org/rdap/dns.json')
      .describe(
        'Where the list of RDAP servers (RFC 9224) is refreshed from. Empty: the list that comes with Mailward is not refreshed.',
      ),
    whoisServers: z
      .array(pair('example=whois.example', /^[\w.-]+(:\d{1,5})?$/))
      .max(200)
      .default([])
      .describe(
        'WHOIS servers of top-level domains, in place of those that `whois.iana.org` names, each as `example=whois.example` or `example=whois.example:43`; `.=…` stands in for `whois.iana.org` itself.',
      ),
    blocklistKeys: z
      .array(pair('zen.example.net=KEY', /^[\w-]{1,63}$/))
      .max(100)
      .default([])
      .describe('Keys for blocklists that require one, each as `zone=key`.'),
    reachabilityTargets: z
      .array(
        z
          .string()
          .regex(
            /^(\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/i,
            'expected a host and a port such as mail.example.com:25',
          ),
      )
      .max(20)
      .default([])
      .describe(
        'Well-known servers by which Mailward sees whether it has a network, what time it is (by HTTP; by HTTPS on port 443), and, with those on port 25, whether that port is open on the way out. Several, of operators that have nothing to do with one another. Empty: the list that comes with Mailward.',
      ),
    historyDays: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .default(365)
      .describe('How long findings and the journal are kept, in days.'),
  })
  .prefault({})
  .describe('How the Health screen’s checks look at the Internet.');
export type ProbesSettings = z.infer<typeof probesSettingsSchema>;
