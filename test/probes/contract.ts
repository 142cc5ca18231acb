// That findings keep their check's contract (shared/facts): every check that a test plays is held to it.
import { isDeepStrictEqual } from 'node:util';
import { isCheckName, readFinding } from '../../shared/facts/index.ts';
import { spoiledFactsSchema, type Finding } from '../../shared/finding.ts';

/**
 * The findings as they are.
 * @throws when one has facts that its contract does not know, or lacks some that it promises.
 */
export function inContract(findings: Finding[]): Finding[] {
  for (const finding of findings) {
    const { check, code, facts } = finding;
    const isBare = Object.keys(facts).length === 0;
    const mayBeBare = code === 'not-applicable' || code === 'could-not-check';
    if (!isCheckName(check) || (isBare && mayBeBare) || spoiledFactsSchema.safeParse(facts).success) continue;
    // As they are kept and sent: what JSON cannot say is lost on the way.
    const sent = { ...finding, facts: JSON.parse(JSON.stringify(facts)) as Finding['facts'] };
    if (!isDeepStrictEqual(readFinding(check, sent)?.facts, facts))
      throw new Error(`${check} found ${code} with facts out of its contract: ${JSON.stringify(facts)}`);
  }
  return findings;
}
