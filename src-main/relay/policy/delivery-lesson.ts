// What the office's own server says to a delivery, and who learns of it: the learned recipients, the call-outs, and the watch for
// bounces, which knows the server by its address.
import type { Lesson } from '../spool/spool.ts';
import type { Callout } from './callout.ts';
import type { Directory } from './directory.ts';
import type { IncomingBounces } from './incoming-bounces.ts';
import type { LearnedRecipients, RecipientAnswer } from './learned.ts';

export interface DeliveryLessonParts {
  directory: Pick<Directory, 'get'>;
  learned: Pick<LearnedRecipients, 'lesson'>;
  incomingBounces: Pick<IncomingBounces, 'sawServer'>;
  callout: Pick<Callout, 'forget'>;
}

/** Makes the function that reads a delivery's answers. It gives null where they teach nothing to write down. */
export function deliveryLesson({ directory, learned, incomingBounces, callout }: DeliveryLessonParts) {
  return (
    domain: string,
    answers: readonly RecipientAnswer[],
    serverAddress: string | null,
  ): Lesson | null => {
    // Removed meanwhile.
    if (!directory.get(domain)) return null;
    if (serverAddress !== null) incomingBounces.sawServer(domain, serverAddress);
    // Who is accepted now is not asked about by what was said before.
    for (const { key, reply } of answers) if (reply.code < 300) callout.forget(key);
    return learned.lesson(domain, answers, 'delivery');
  };
}
