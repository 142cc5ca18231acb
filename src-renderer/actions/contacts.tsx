// What can be done with the people to turn to: another one, changed, or taken off the list.
import { IconPencil, IconTrash, IconUserPlus } from '@tabler/icons-react';
import type { Contact } from '../../shared/contacts.ts';
import { ContactForm } from '../parts/contact-form.tsx';
import type { Action } from './action.ts';

/** A domain by its name; whoever is added can be for it alone, or for every domain. */
interface OnPeople {
  domain: string;
}

interface OnPerson extends OnPeople {
  contact: Contact;
}

export const addContact: Action<OnPeople> = {
  id: 'contact.add',
  icon: IconUserPlus,
  word: () => 'Add a person…',
  deed: {
    kind: 'ask',
    title: () => 'A person to turn to',
    form: ({ domain }, { done, close }) => (
      <ContactForm domain={domain} contact={null} onDone={done} onCancel={close} />
    ),
  },
};

const edit: Action<OnPerson> = {
  id: 'contact.edit',
  icon: IconPencil,
  word: () => 'Edit…',
  spoken: ({ contact }) => `Edit ${contact.name}`,
  deed: {
    kind: 'ask',
    title: ({ contact }) => contact.name,
    form: ({ domain, contact }, { done, close }) => (
      <ContactForm domain={domain} contact={contact} onDone={done} onCancel={close} />
    ),
  },
};

const remove: Action<OnPerson> = {
  id: 'contact.remove',
  icon: IconTrash,
  word: () => 'Remove…',
  spoken: ({ contact }) => `Remove ${contact.name}`,
  danger: true,
  deed: {
    kind: 'do',
    failed: 'Nothing was changed',
    changes: 'contacts',
    asks: ({ contact }) => ({
      title: `Remove ${contact.name}?`,
      words: `${contact.domain === null ? 'The entry is on the list of every domain, and goes from all of them.' : 'The entry goes from the list.'} Telephone number and address are not kept anywhere else, so this cannot be undone.`,
      yes: `Remove ${contact.name}`,
      no: 'Keep',
    }),
    run: async ({ contact }, { client }) => {
      await client.contacts.remove({ id: contact.id });
      return { title: `${contact.name} is removed`, words: 'The list has the others as before.' };
    },
  },
};

export const contactActions = { edit, remove };
