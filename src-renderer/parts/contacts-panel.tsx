// Whom to turn to when mail has stopped: a domain's contacts, and those of every domain.
import { IconPhone } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ListedContact } from '../../shared/contacts.ts';
import { type Acts, useActs } from '../actions/acts.tsx';
import { addContact, contactActions } from '../actions/contacts.tsx';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { ActionButton } from './action-button.tsx';
import { Loaded } from './loaded.tsx';
import { MailTo, Phone } from './reach.tsx';
import { StateMark } from './state-mark.tsx';
import styles from './contacts-panel.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

export function ContactsPanel({ name }: { name: string }) {
  const { orpc } = useEngine();
  const query = useQuery(orpc.contacts.list.queryOptions({ input: { domain: name } }));
  const acts = useActs();
  const add = (
    <ActionButton
      size="xs"
      variant={query.data?.length === 0 ? 'filled' : 'default'}
      action={addContact}
      on={{ domain: name }}
      acts={acts}
    />
  );
  return (
    <section className={css('panel', 'section')} aria-labelledby="people">
      <div className={css('panelHead')}>
        <h2 id="people">People to turn to</h2>
        {add}
      </div>
      <Loaded
        query={query}
        busy="Asking Mailward for the contacts."
        failed="The contacts could not be read"
        empty={{ when: (all) => all.length === 0, show: <Nobody /> }}
      >
        {(all) => (
          <ul className={css('people')}>
            {all.map((contact) => (
              <Person key={contact.id} domain={name} contact={contact} acts={acts} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}

function Nobody() {
  return (
    <div className={css('nobody')}>
      <IconPhone size={24} stroke={1.4} aria-hidden="true" />
      <p>
        <strong>Nobody is on the list yet.</strong> On the day mail stops you need a phone number, not an
        address at your own domain. Write down who looks after the server, who decides, and how they are
        reached then.
      </p>
    </div>
  );
}

function Person({ domain, contact, acts }: { domain: string; contact: ListedContact; acts: Acts }) {
  const { name, role, phone, mail, note, trouble } = contact;
  const on = { domain, contact };
  return (
    <li className={css('person')}>
      <div className={css('who')}>
        <h3>{name}</h3>
        {role !== '' && <p className={css('soft')}>{role}</p>}
        {contact.domain === null && <p className={css('soft', 'small')}>For every domain</p>}
      </div>
      <div className={css('how')}>
        {phone !== '' && (
          <p className={css('phone')}>
            <Phone number={phone} />
          </p>
        )}
        {mail !== '' && (
          <p>
            <MailTo address={mail} />
          </p>
        )}
        {phone === '' && mail === '' && (
          <p className={css('soft')}>Neither telephone number nor address yet.</p>
        )}
        {trouble !== '' && (
          <div className={css('trouble')}>
            <StateMark state="attention" word="Will not work then" />
            <p className={css('small')}>{trouble}</p>
          </div>
        )}
        {note !== '' && <p className={css('note', 'soft', 'small')}>{note}</p>}
      </div>
      <div className={css('deeds')}>
        <ActionButton size="compact-sm" action={contactActions.edit} on={on} acts={acts} />
        <ActionButton size="compact-sm" action={contactActions.remove} on={on} acts={acts} />
      </div>
    </li>
  );
}
