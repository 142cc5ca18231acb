// A domain's name as it is typed on the command line.
import { domainNameSchema } from '../../shared/names.ts';
import { Ended, EXIT } from './context.ts';

/** In the one form that Mailward stores. Ends the command when it is none. */
export function readName(text: string): string {
  const result = domainNameSchema.safeParse(text);
  if (!result.success) throw new Ended(EXIT.usage, result.error.issues[0]?.message ?? 'not a domain name');
  return result.data;
}
