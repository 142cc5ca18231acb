// Check: do reports about failed encryption (TLS-RPT, RFC 8460) have somewhere to go?
import { defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import { ofAuthentication, reportAddresses, tagsOf, textsOf } from './txt-records.ts';

export const tlsRpt = defineCheck({
  ...ofAuthentication,
  name: 'tls-rpt',
  title: 'TLS reporting (TLS-RPT)',
  leg: 'inbound',
  question: 'Is there an address for reports about failed encryption?',
  needs: ['domain'],
  deadlineMs: 8_000,
  findings: {
    fine: fine('The record says where reports go.'),
    broken: wrong('attention', 'The record cannot be read, or there is more than one: no reports are sent.'),
  },
  async run({ target: { domain }, world, report }) {
    const { texts, evidence } = await textsOf(`_smtp._tls.${domain}`, world);
    const records = texts.filter((text) => /^v\s*=\s*TLSRPTv1\s*(;|$)/.test(text));
    const [record] = records;
    if (record === undefined)
      throw new NotApplicable(`${domain} does not ask for reports about encryption.`, evidence);
    const rua = tagsOf(record)?.get('rua');
    const to = rua === undefined ? null : reportAddresses(rua);
    if (records.length > 1 || to === null)
      report('broken', {
        summary:
          records.length > 1
            ? `${domain} has ${records.length} TLS-RPT records; only one may be there.`
            : `The TLS-RPT record of ${domain} does not say where reports go (rua=mailto:… or https://…).`,
        evidence,
        facts: { records },
      });
    else
      report('fine', {
        summary: `Reports about encryption go to ${[...to.mailboxes, ...to.webs].join(' and ')}.`,
        evidence,
        facts: { record },
      });
  },
});
