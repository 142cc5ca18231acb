// The settings about recipients and bounces: a part of the one schema in settings.ts.
import { z } from 'zod';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

export const recipientsSettingsSchema = z
  .object({
    learn: z
      .boolean()
      .default(true)
      .describe(
        'Whether recipients that your server keeps refusing as unknown are learned, and then refused at once.',
      ),
    failures: whole(1, 10_000)
      .default(10)
      .describe('A recipient with this many “unknown user” refusals in the window is listed.'),
    windowDays: whole(1, 60).default(5).describe('The window: failures older than this do not count.'),
    listingDays: whole(1, 365)
      .default(5)
      .describe(
        'A listed recipient is taken off the list after this time; failures that follow may list it again.',
      ),
    ask: z
      .boolean()
      .default(true)
      .describe(
        'Whether your server is asked about a recipient while the sending server waits, so that mail to unknown recipients is refused instead of bounced.',
      ),
    askAtOnce: whole(1, 50)
      .default(4)
      .describe(
        'Most questions about recipients to one server at a time; a recipient that cannot be verified is accepted.',
      ),
    knownHours: whole(1, 720)
      .default(24)
      .describe('How long your server’s answer that a recipient exists is relied on without asking again.'),
    unknownSeconds: whole(1, 86_400)
      .default(300)
      .describe(
        'How long your server’s answer that a recipient does not exist is relied on without asking again. A mailbox created in the meantime receives mail only after this time.',
      ),
  })
  .prefault({})
  .describe('How Mailward knows which addresses exist, and which your server keeps refusing.');

export const bouncesSettingsSchema = z
  .object({
    send: z
      .boolean()
      .default(true)
      .describe(
        'Whether the sender is told when accepted mail cannot be delivered. Only senders known to be genuine are ever told.',
      ),
    gatherSeconds: whole(0, 3600)
      .default(60)
      .describe('How long further refusals of a message are waited for, so that one bounce names them all.'),
    backscatter: z
      .enum(['off', 'count', 'reject'])
      .default('count')
      .describe(
        'What to do while a flood of bounces comes in for mail that your domain did not send: nothing, `count` them, or `reject` those that quote somebody else’s mail.',
      ),
    floodPerHour: whole(1, 100_000)
      .default(60)
      .describe('More bounces than this in an hour to one domain are a flood.'),
  })
  .prefault({})
  .describe('Telling senders that mail could not be delivered, and handling bounces that come in.');
