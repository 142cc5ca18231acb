// The catalogue of companies is sound, and nobody passes for one of them by a name that only looks like theirs.
import { describe, expect, it } from 'vitest';
import { toDomainName } from '../../shared/names.ts';
import {
  providerCatalogue,
  providerOfMx,
  providerOfNs,
  providerOfRegistrar,
  providerTradeSchema,
} from '../../shared/providers.ts';

const { providers, date } = providerCatalogue;

describe('the catalogue', () => {
  it('says when it was gone through', () => {
    expect(Number.isNaN(Date.parse(date))).toBe(false);
  });

  it.each(['name', 'mx', 'ns', 'registrar'] as const)('has no %s twice', (part) => {
    const all = providers
      .flatMap((one) => one[part])
      .map((each) => (part === 'registrar' ? each.replace(/[.,]/g, '') : each).toLowerCase());
    expect(all.filter((each, at) => all.indexOf(each) !== at)).toEqual([]);
  });

  it.each(providers.map((one) => [one.name, one] as const))(
    '%s: patterns, pages and trades fit',
    (_, one) => {
      for (const pattern of [...one.mx, ...one.ns]) {
        const example = pattern.replaceAll('*', 'x').replaceAll('#', '1');
        expect(toDomainName(example), pattern).toBe(example);
        expect(pattern.split('.').length, pattern).toBeGreaterThan(1);
      }
      for (const page of [one.support, ...one.sources, ...(one.form ? [one.form.source] : [])])
        expect(page).toMatch(/^https:\/\//);
      // A pattern without its trade, or a trade that nothing tells, is of no use.
      const mail = one.does.includes('mail-host') || one.does.includes('mail-filter');
      expect(one.mx.length > 0).toBe(mail);
      expect(one.ns.length > 0).toBe(one.does.includes('dns-host'));
      expect(one.registrar.length > 0).toBe(one.does.includes('registrar'));
      if (one.form) expect(one.does).toContain('dns-host');
    },
  );

  it('has companies of every trade', () => {
    for (const trade of providerTradeSchema.options)
      expect(providers.filter(({ does }) => does.includes(trade)).length, trade).toBeGreaterThan(14);
  });
});

describe('an MX record’s host', () => {
  it.each([
    ['example-com.mail.protection.outlook.com', 'Microsoft 365'],
    ['EXAMPLE-COM.Mail.Protection.Outlook.com.', 'Microsoft 365'],
    ['aspmx.l.google.com', 'Google Workspace'],
    ['eu-smtp-inbound-1.mimecast.com', 'Mimecast'],
    ['mxa-00123401.gslb.pphosted.com', 'Proofpoint'],
    ['mx1-eu1.ppe-hosted.com', 'Proofpoint'],
    ['esa1.hc123-45.iphmx.com', 'Cisco Secure Email'],
    ['cluster5.eu.messagelabs.com', 'Symantec Email Security.cloud (Broadcom)'],
    ['mx.antispamcloud.com', 'N-able Mail Assure (SpamExperts)'],
    ['inbound-smtp.eu-west-1.amazonaws.com', 'Amazon WorkMail or SES'],
    ['mx00.ionos.de', 'IONOS'],
    ['smtpin.rzone.de', 'Strato'],
  ])('%s is of %s', (host, name) => {
    expect(providerOfMx(host)?.name).toBe(name);
  });

  it.each([
    'evil-google.com',
    'google.com.evil.example',
    'notmimecast.com',
    'mail.protection.outlook.com.example.org',
    'outlook.com',
    'inbound-smtp.amazonaws.com',
    'inbound-smtp.a.b.amazonaws.com',
    'mail.office.example',
    // A rented machine, which its tenant looks after.
    'static.1.2.0.192.clients.your-server.de',
    '.',
    '',
    'com',
  ])('%s is nobody’s', (host) => {
    expect(providerOfMx(host)).toBeNull();
  });
});

describe('name servers', () => {
  it.each([
    [
      ['ns-1.awsdns-00.com', 'ns-1024.awsdns-12.org', 'ns-512.awsdns-63.net', 'ns-2000.awsdns-5.co.uk'],
      'Amazon Route 53',
    ],
    [['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'], 'Cloudflare'],
    [['dns10.ovh.net', 'ns10.ovh.net'], 'OVHcloud'],
    [['hydrogen.ns.hetzner.com.', 'oxygen.ns.hetzner.com.', 'helium.ns.hetzner.de.'], 'Hetzner'],
    // One more elsewhere does not make it another's.
    [['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com', 'ns1.office.example'], 'Cloudflare'],
  ])('%s are of %s', (names, name) => {
    expect(providerOfNs(names)?.name).toBe(name);
  });

  it.each([
    [[]],
    [['ns1.office.example', 'ns2.office.example']],
    [['ada.ns.cloudflare.com', 'ns1.p01.nsone.net']],
    [['ada.ns.cloudflare.com', 'ns1.office.example']],
    [['ns.cloudflare.com.evil.example', 'evil-ns.cloudflare.com']],
    [['ns-1.awsdns-x1.com', 'ns-2.awsdns-123456.net', 'ns-3.evilawsdns-1.org']],
    // A rented machine, which its tenant looks after.
    [['ns3012345.ovh.net']],
  ])('%s are of nobody that can be named', (names) => {
    expect(providerOfNs(names)).toBeNull();
  });
});

describe('a registrar’s name', () => {
  it.each([
    ['GoDaddy.com, LLC', 'GoDaddy'],
    ['NAMECHEAP INC', 'Namecheap'],
    ['  Gandi   SAS ', 'Gandi'],
    ['Tucows Domains Inc.', 'Tucows (OpenSRS)'],
  ])('%s is %s', (written, name) => {
    expect(providerOfRegistrar(written)?.name).toBe(name);
  });

  it.each(['Not GoDaddy.com, LLC', 'GoDaddy.com, LLC of Nowhere', '', 'A registrar that nobody knows'])(
    '“%s” is nobody’s',
    (written) => {
      expect(providerOfRegistrar(written)).toBeNull();
    },
  );
});
