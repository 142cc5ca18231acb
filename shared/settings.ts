// The settings: one schema for the file, the settings screen and the manual's page (generated from it).
import { z } from 'zod';
import { filtersSettingsSchema } from './settings-filters.ts';
import { hostSchema, networkSchema, resolverAddress } from './names.ts';
import { probesSettingsSchema } from './settings-probes.ts';
import { bouncesSettingsSchema, recipientsSettingsSchema } from './settings-recipients.ts';

const seconds = (max: number) => z.number().int().min(1).max(max);

export const settingsSchema = z
  .object({
    smtp: z
      .object({
        host: hostSchema
          .default('127.0.0.1')
          .describe(
            'Address on which mail is accepted. `127.0.0.1` is this machine alone; for mail from the world `0.0.0.0` (every IPv4 address) or `::` (every address).',
          ),
        port: z
          .number()
          .int()
          .min(0)
          .max(65535)
          .default(2525)
          .describe(
            'Port on which mail is accepted. Other servers deliver to port 25; `0` takes any free port.',
          ),
        hostname: z
          .union([z.literal(''), hostSchema])
          .default('')
          .describe(
            'The name Mailward uses in its greeting, in `HELO` and in `Received:`. Empty: the machine’s own host name.',
          ),
        maxMessageBytes: z
          .number()
          .int()
          .min(65_536)
          .max(1_073_741_824)
          .default(52_428_800)
          .describe('Largest message accepted, in octets (announced as SIZE, RFC 1870).'),
        maxRecipients: z
          .number()
          .int()
          .min(1)
          .max(1000)
          .default(100)
          .describe(
            'Most recipients of one message; the sending server is asked to put further ones into another (`452 4.5.3`, RFC 5321 §4.5.3.1.8 asks for at least 100).',
          ),
        maxConnections: z
          .number()
          .int()
          .min(1)
          .max(20_000)
          .default(1000)
          .describe(
            'Most incoming connections at a time; further clients are told to try again later (`421`).',
          ),
        idleSeconds: seconds(3600)
          .default(300)
          .describe(
            'A client that says nothing for this long is disconnected (`421 4.4.2`; RFC 5321 §4.5.3.2.7 asks for 300 s).',
          ),
        maxConnectionsPerClient: z
          .number()
          .int()
          .min(1)
          .max(20_000)
          .default(50)
          .describe(
            'Most incoming connections at a time from one IPv4 address or one IPv6 /64; further ones are told to try again later. This machine itself is exempt.',
          ),
        minBytesPerSecond: z
          .number()
          .int()
          .min(1)
          .max(1_000_000)
          .default(100)
          .describe(
            'Slowest rate at which a message may come, in octets a second, over its whole length; `idleSeconds` are added once.',
          ),
        maxErrors: z
          .number()
          .int()
          .min(2)
          .max(1_000_000)
          .default(20)
          .describe(
            'Most protocol errors in one connection (wrong commands, not refused recipients); the second half are answered slowly, and the last one ends the connection (`421 4.7.0`).',
          ),
        maxReceived: z
          .number()
          .int()
          .min(2)
          .max(1000)
          .default(50)
          .describe(
            'Most `Received:` fields of a message; a message with more is going round in circles and is refused (`554 5.4.6`, RFC 5321 §6.3).',
          ),
        oldDevices: z
          .array(networkSchema)
          .max(200)
          .default([])
          .describe(
            'Addresses or networks of devices of your own (scanners, UPS cards, old programs) that end lines with a bare LF or write addresses without angle brackets. Both are understood from them, and refused from everybody else: a bare LF is how messages are smuggled through relays.',
          ),
        tlsCertificate: z
          .string()
          .max(4096)
          .default('')
          .describe(
            'File with the certificate for STARTTLS and those that lead to its root, PEM. Read again when it changes. Empty: STARTTLS is not offered.',
          ),
        tlsKey: z
          .string()
          .max(4096)
          .default('')
          .describe('File with the certificate’s private key, PEM. Empty: it is in the certificate’s file.'),
        proxies: z
          .array(networkSchema)
          .max(100)
          .default([])
          .describe(
            'Addresses or networks (`192.0.2.0/24`) of proxies that begin each connection with the PROXY protocol, version 1 or 2. They must; nobody else may.',
          ),
      })
      .prefault({})
      .describe('Where and how Mailward accepts mail from other servers.'),
    delivery: z
      .object({
        concurrency: z
          .number()
          .int()
          .min(1)
          .max(100)
          .default(20)
          .describe(
            'Most connections to one server at a time. Mailward begins with two and opens more while the server keeps up.',
          ),
        messagesPerConnection: z
          .number()
          .int()
          .min(1)
          .max(1000)
          .default(100)
          .describe('Messages sent over one connection before it is closed.'),
        connectSeconds: seconds(300)
          .default(10)
          .describe(
            'How long to wait for a server to accept a connection, all its addresses together, before the next destination is tried.',
          ),
        replySeconds: seconds(1800)
          .default(300)
          .describe(
            'How long to wait for a server’s answer to a command (RFC 5321 §4.5.3.2 asks for 5 minutes).',
          ),
        messageReplySeconds: seconds(3600)
          .default(600)
          .describe(
            'How long to wait for a server’s answer to a whole message, and never less than `replySeconds` (RFC 5321 §4.5.3.2.6 asks for 10 minutes). A server that takes longer gets the message again.',
          ),
        validatingResolvers: z
          .array(resolverAddress)
          .max(5)
          .default([])
          .describe(
            'Name servers that validate DNSSEC and are reached by a safe path, best on this machine: needed by destinations with the TLS policy `dane`.',
          ),
        retrySeconds: z
          .array(seconds(86_400))
          .min(1)
          .max(20)
          .default([60, 300, 900, 1800, 3600])
          .describe(
            'Pauses between the attempts of one message, in seconds; the last one repeats. Up to a tenth is added or taken off at random.',
          ),
        warnHours: z
          .number()
          .int()
          .min(1)
          .max(240)
          .default(4)
          .describe('Mail that has waited for its next attempt this long is pointed out on the home screen.'),
        expireDays: z
          .number()
          .int()
          .min(1)
          .max(30)
          .default(5)
          .describe(
            'Mail that could not be delivered for this many days is abandoned and shown as expired. Held mail never expires.',
          ),
      })
      .prefault({})
      .describe('How accepted mail is passed on to your server.'),
    autoHold: z
      .object({
        deniedMessages: z
          .number()
          .int()
          .min(0)
          .max(1000)
          .default(3)
          .describe(
            'Mail for a domain is held automatically after its server has refused this many messages in a row, accepting none in between, because it does not host the domain. `0`: never.',
          ),
        unreachableMinutes: z
          .number()
          .int()
          .min(0)
          .max(10_080)
          .default(0)
          .describe(
            'Mail for a domain is held automatically when none of its servers could be reached for this long. `0`: never; delivery is attempted until the mail expires.',
          ),
        testSeconds: seconds(3600)
          .default(60)
          .describe(
            'While mail is held automatically, one held message is offered to the server this often.',
          ),
        deliverAgain: z
          .boolean()
          .default(true)
          .describe(
            'Deliver again automatically when the server accepts the held message; otherwise Mailward only reports it.',
          ),
      })
      .prefault({})
      .describe(
        'When Mailward holds a domain’s mail without being told to, so that none is lost while the server is being repaired.',
      ),
    recipients: recipientsSettingsSchema,
    bounces: bouncesSettingsSchema,
    probes: probesSettingsSchema,
    filters: filtersSettingsSchema,
    log: z
      .object({
        keepDays: z
          .number()
          .int()
          .min(1)
          .max(3650)
          .default(90)
          .describe(
            'How long messages stay in the message log, from when they were received, last tried, deleted and their sender told. Waiting mail is kept regardless.',
          ),
        keepTranscripts: z
          .boolean()
          .default(true)
          .describe('Whether the SMTP dialogue of both servers is kept with each message.'),
      })
      .prefault({})
      .describe('What is kept about messages, and for how long.'),
    desktop: z
      .object({
        closeToTray: z
          .boolean()
          .default(true)
          .describe('Closing the window leaves Mailward running in the tray.'),
        openAtLogin: z.boolean().default(false).describe('Start Mailward when you log in.'),
      })
      .prefault({})
      .describe('These have no effect when Mailward runs as a service.'),
  })
  .strict();

export type Settings = z.infer<typeof settingsSchema>;

/** Settings, by their path, whose values nobody needs to see who asks what was changed. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set(['probes.blocklistKeys']);
