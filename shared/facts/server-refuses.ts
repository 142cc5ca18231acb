// What `server-refuses` finds: why a server turns Mailward away.
import { z } from 'zod';
import { causeSchema } from '../cause.ts';
import { each, nothing } from './form.ts';

const refusalSchema = z.object({
  cause: causeSchema,
  /** The command that it refused; of the greeting, what was done. */
  at: z.string(),
  answer: z.string(),
});

export const serverRefusesFacts = {
  welcome: nothing,
  ...each(
    ['blocklisted', 'ptr-missing', 'login-wanted', 'encryption-wanted', 'refuses', 'busy'],
    refusalSchema,
  ),
};
