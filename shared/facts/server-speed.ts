// What `server-speed` finds: how long each answer took.
import { z } from 'zod';
import { duration, each } from './form.ts';

export const serverSpeedFacts = each(
  ['prompt', 'slow-greeting', 'slow', 'could-not-check'],
  z.object({ times: z.array(z.object({ asked: z.string(), ms: duration })) }),
);
