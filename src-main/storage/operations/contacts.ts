// Contacts in the database. One whose domain is no longer protected stays: it is a person whom somebody wrote down.
import type { DatabaseSync } from 'node:sqlite';
import type { Contact, ContactInput } from '../../../shared/contacts.ts';

interface Row {
  id: number;
  domain: string;
  name: string;
  role: string;
  phone: string;
  mail: string;
  note: string;
  changed_at: number;
}

function contactOf({ domain, changed_at, ...rest }: Row): Contact {
  return { ...rest, domain: domain === '' ? null : domain, changedAt: changed_at };
}

export function contactReads(db: DatabaseSync) {
  const all = db.prepare('SELECT * FROM contact ORDER BY name COLLATE NOCASE, id');
  const one = db.prepare('SELECT * FROM contact WHERE id = ?');
  return {
    /** By name. */
    contacts(): Contact[] {
      return (all.all() as unknown as Row[]).map(contactOf);
    },
    contact(id: number): Contact | null {
      const row = one.get(id) as unknown as Row | undefined;
      return row === undefined ? null : contactOf(row);
    },
  };
}

export function contactWrites(db: DatabaseSync) {
  const add = db.prepare(
    `INSERT INTO contact (domain, name, role, phone, mail, note, changed_at)
     VALUES (:domain, :name, :role, :phone, :mail, :note, :at) RETURNING *`,
  );
  const change = db.prepare(
    `UPDATE contact SET domain = :domain, name = :name, role = :role, phone = :phone, mail = :mail, note = :note,
       changed_at = :at WHERE id = :id RETURNING *`,
  );
  const drop = db.prepare('DELETE FROM contact WHERE id = ? RETURNING *');
  return {
    /** Adds a contact, or changes the one with this id. Null: there is none. @param at UTC ms. */
    putContact({
      id,
      contact,
      at,
    }: {
      id: number | null;
      contact: ContactInput;
      at: number;
    }): Contact | null {
      const { domain, name, role, phone, mail, note } = contact;
      const values = { domain: domain ?? '', name, role, phone, mail, note, at };
      const row = (id === null ? add.get(values) : change.get({ ...values, id })) as unknown as
        | Row
        | undefined;
      return row === undefined ? null : contactOf(row);
    },
    /** Returns what was there; null: nothing. */
    dropContact(id: number): Contact | null {
      const row = drop.get(id) as unknown as Row | undefined;
      return row === undefined ? null : contactOf(row);
    },
  };
}
