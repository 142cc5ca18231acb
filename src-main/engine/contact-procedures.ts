// The procedures of the contract that are about contacts.
import { implement, ORPCError } from '@orpc/server';
import { type Contact, type ListedContact, troubleOf } from '../../shared/contacts.ts';
import { contract } from '../../shared/contract/index.ts';
import type { Clock } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';
import { actorOf, type Asking } from './asking.ts';
import type { EngineEvents } from './events.ts';
import type { OutsideAddresses } from './outside-address.ts';
import { protectedDomain } from './protected-domain.ts';

export interface ContactProceduresParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  outside: OutsideAddresses;
  events: Publisher<EngineEvents>;
}

export function contactProcedures({ clock, db, directory, outside, events }: ContactProceduresParts) {
  const os = implement(contract).$context<Asking>().contacts;

  const listed = (contact: Contact): ListedContact => ({
    ...contact,
    trouble: troubleOf(
      contact.mail,
      directory.all().map(({ name }) => name),
    ),
  });

  function absent(id: number): ORPCError<'NOT_FOUND', unknown> {
    return new ORPCError('NOT_FOUND', {
      message: `there is no contact ${id}; \`mailward contacts list\` has them all`,
    });
  }

  return {
    list: os.list.handler(async ({ input }) => {
      const all = (await db.read('contacts')).map(listed);
      return input.domain === null
        ? all
        : all.filter(({ domain }) => domain === null || domain === input.domain);
    }),
    put: os.put.handler(async ({ input, context }) => {
      const { id, ...contact } = input;
      const before = id === null ? null : await db.read('contact', id);
      if (id !== null && before === null) throw absent(id);
      const { domain } = contact;
      if (domain !== null && domain !== before?.domain) protectedDomain(directory, domain);
      // Looked at again at every change: what it leads to may have changed too.
      const verdict = contact.mail === '' ? null : await outside.look(contact.mail);
      if (verdict?.refused) throw new ORPCError('REFUSED', { message: verdict.refused });
      const mail = verdict?.refused === null ? verdict.address : '';
      const after = await db.write('putContact', { id, contact: { ...contact, mail }, at: clock.now() });
      if (after === null) throw absent(id ?? 0);
      events.emit('contactChanged', { before, after, by: actorOf(context) });
      return { contact: listed(after), doubt: verdict?.refused === null ? verdict.doubt : '' };
    }),
    remove: os.remove.handler(async ({ input, context }) => {
      const before = await db.write('dropContact', input.id);
      if (before === null) throw absent(input.id);
      events.emit('contactChanged', { before, after: null, by: actorOf(context) });
      return { removed: true as const };
    }),
  };
}
