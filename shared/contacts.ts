// People to turn to on the day that mail stops: reached by telephone, or at an address that does not depend on the office's mail.
import { z } from 'zod';
import { domainNameSchema } from './names.ts';

const line = (most: number) => z.string().trim().max(most);

/** What an admin writes down of a person. */
export const contactInputSchema = z.object({
  /** Whose contact it is; null: of every domain. */
  domain: domainNameSchema.nullable().default(null),
  name: line(200).min(1, 'a contact needs a name'),
  /** What the person is for: "mail admin", "managing director". */
  role: line(200).default(''),
  phone: line(100).default(''),
  /** A mail address outside the protected domains; empty: none. */
  mail: line(320).default(''),
  note: line(1000).default(''),
});
export type ContactInput = z.infer<typeof contactInputSchema>;

export const contactSchema = contactInputSchema.extend({
  id: z.number().int(),
  /** UTC ms. */
  changedAt: z.number().int(),
});
export type Contact = z.infer<typeof contactSchema>;

/** A contact as it is listed. */
export const listedContactSchema = contactSchema.extend({
  /** Why its address does not work on the day it is needed, in a sentence; empty: nothing is known against it. */
  trouble: z.string(),
});
export type ListedContact = z.infer<typeof listedContactSchema>;

/**
 * Which of the protected domains an address lies in, or beneath; null: none.
 * @param address as it is stored: its domain in lower-case A-labels.
 */
export function protectedHome(address: string, protectedNames: readonly string[]): string | null {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return protectedNames.find((name) => domain === name || domain.endsWith(`.${name}`)) ?? null;
}

/** What is wrong with an address in a protected domain that was taken before it was one; empty: nothing. */
export function troubleOf(address: string, protectedNames: readonly string[]): string {
  const home = address === '' ? null : protectedHome(address, protectedNames);
  return home === null
    ? ''
    : `${address} is in ${home}, whose mail stops when it is needed: give another one.`;
}
