// The DNS checks in every world of their table: what must be found is found, and nothing else.
import { describe, expect, it } from 'vitest';
import { hasInternet } from '../../lab/packages.ts';
import { codesOf } from '../scenario.ts';
import table from './dns.scenarios.ts';
import { play } from './play.ts';

for (const check of new Set(table.map((row) => row.check))) {
  describe.skipIf(!hasInternet)(check, () => {
    for (const { name, finds, world } of table.filter((row) => row.check === check)) {
      it.concurrent(name, async () => {
        const found = await play(check, world);
        const said = found.map(({ code, summary }) => `${code}: ${summary}`).join('\n');
        expect(codesOf(found), said).toEqual(finds);
        for (const { evidence, summary } of found) {
          expect(evidence.length, `no evidence for: ${summary}`).toBeGreaterThan(0);
        }
      });
    }
  });
}
