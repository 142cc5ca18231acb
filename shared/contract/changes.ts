// The contract's part about changes of MX records: what to enter at the DNS host, and how far it is (src-main/engine/mx-changes.ts).
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { changeDirectionSchema, changePlanSchema, mxChangeSchema, stillComesSchema } from '../mx-change.ts';
import { domainNameSchema } from '../names.ts';

const errors = { NOT_FOUND: { status: 404 }, REFUSED: { status: 422 } } as const;
const call = oc.errors(errors);

const named = z.object({ name: domainNameSchema });
const directed = named.extend({ direction: changeDirectionSchema });
const progressSchema = z.object({ change: mxChangeSchema.nullable(), stillComes: stillComesSchema });
export type ChangeProgress = z.infer<typeof progressSchema>;

export const changesContract = {
  /** What is to be entered at the DNS host; changes nothing. REFUSED where Mailward has no name, or no way back is known. */
  plan: call.input(directed).output(changePlanSchema),
  /** Watches from now on that the records become as planned, in place of what was watched before. REFUSED as `plan`. */
  begin: call.input(directed).output(progressSchema),
  /** How far it is; `change` is null where none is watched. */
  progress: call.input(named).output(progressSchema),
  /** Looks now, and says how far it is. */
  look: call.input(named).output(progressSchema),
  /** Is not watched any more; what the records are stays as it is. */
  end: call.input(named).output(z.object({ ended: z.boolean() })),
};
