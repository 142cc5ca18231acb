// The contract's part about checks: which there are, running them, and what they found before (src-main/engine/health-procedures.ts).
import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { checkEventSchema, historySchema, latestSchema, sinceSchema } from '../check-run.ts';
import { checkSchema } from '../finding.ts';
import { domainNameSchema } from '../names.ts';

const errors = { NOT_FOUND: { status: 404 }, CONFLICT: { status: 409 }, REFUSED: { status: 422 } } as const;
const call = oc.errors(errors);

const checkName = z.string().min(1).max(64);
const ofDomain = z.object({ domain: domainNameSchema });

/** Any domain may be checked; for one that is not protected its MX says which servers take its mail. */
export const checksContract = {
  /** Every check there is, in the order of the mail's way. */
  list: call.output(z.array(checkSchema)),
  /**
   * Asks one check now and follows it. One run for a domain at a time: where it is being asked already, the caller
   * joins. The run goes on to its end (its deadline at the latest) when the caller stops listening.
   */
  run: call.input(ofDomain.extend({ check: checkName })).output(eventIterator(checkEventSchema)),
  /** As `run`, for all checks but those that run only when asked for by name. */
  runAll: call.input(ofDomain).output(eventIterator(checkEventSchema)),
  /** What the latest run of each check found. */
  latest: call.input(ofDomain).output(latestSchema),
  /** How a check's answers changed; without a subject, the worst of all its subjects. Times in UTC ms, `from` before `to`. */
  history: call
    .input(
      ofDomain.extend({
        check: checkName,
        subject: z.string().max(1000).optional(),
        from: z.number().int().min(0),
        to: z.number().int().min(0),
      }),
    )
    .output(historySchema),
  /** Since when a check's present findings have been so; empty when it was never asked. */
  since: call
    .input(ofDomain.extend({ check: checkName, subject: z.string().max(1000).optional() }))
    .output(z.array(sinceSchema)),
};
