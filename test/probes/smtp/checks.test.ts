// The checks that ask the office's server over SMTP, in every world of their table, with each make that can be it.
import { afterAll, describe, expect, it } from 'vitest';
import { hasOffice } from '../../lab/office.ts';
import { makes } from '../../lab/office-server.ts';
import type { Make } from '../../lab/office-server.ts';
import { codesOf } from '../scenario.ts';
import { makesOf, Stage } from './play.ts';
import type { SmtpWorld } from './play.ts';
import table from './smtp.scenarios.ts';

for (const make of makes) {
  describe.skipIf(!hasOffice(make))(`with ${make}`, () => {
    const rows = table.filter((row) => makesOf(row.world).includes(make));
    const stages: SharedStage[] = [];
    // Rows that were left out of a run have not been counted down.
    afterAll(async () => {
      await Promise.all(stages.map((stage) => stage.end()));
    });
    // Rows of the same world are asked on one stage.
    for (const alike of Map.groupBy(rows, worldKey).values()) {
      const stage = new SharedStage(alike[0]!.world, make, alike.length);
      stages.push(stage);
      for (const { check, name, finds, world } of alike) {
        it.concurrent(`${check}: ${name}`, async () => {
          const found = await stage.ask(check);
          const said = found.map(({ code, summary }) => `${code}: ${summary}`).join('\n');
          expect(codesOf(found), said).toEqual(finds);
          for (const { evidence, summary, code } of found) {
            // Where the question does not arise, or our own log fails, nobody was asked.
            if (code !== 'not-applicable' && world.attempts !== 'broken')
              expect(evidence.length, `no evidence for: ${summary}`).toBeGreaterThan(0);
            expect(summary).not.toContain('\n');
          }
        });
      }
    }
  });
}

/** Which makes a row is for makes no other world; a server that greylists remembers who asked before. */
function worldKey({ check, world: { makes: _, ...world } }: { check: string; world: SmtpWorld }): string {
  return JSON.stringify(world.setup?.greylist === undefined ? world : { ...world, check });
}

/** Built when the first asks, taken down when the last has asked. */
class SharedStage {
  readonly #build: () => Promise<Stage>;
  #stage: Promise<Stage> | null = null;
  #left: number;

  constructor(world: SmtpWorld, make: Make, users: number) {
    this.#build = () => Stage.build(world, make);
    this.#left = users;
  }

  async ask(check: string): Promise<Awaited<ReturnType<Stage['ask']>>> {
    this.#stage ??= this.#build();
    try {
      return await (await this.#stage).ask(check);
    } finally {
      this.#left -= 1;
      if (this.#left === 0) await this.end();
    }
  }

  async end(): Promise<void> {
    const stage = this.#stage;
    this.#stage = null;
    if (stage !== null) await (await stage)[Symbol.asyncDispose]();
  }
}
