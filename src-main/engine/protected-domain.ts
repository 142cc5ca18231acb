// A domain that a call names, where it has to be a protected one.
import { ORPCError } from '@orpc/server';
import type { Domain } from '../../shared/domain.ts';
import type { Directory } from '../relay/policy/directory.ts';

/** @throws NOT_FOUND of the contract. */
export function protectedDomain(directory: Directory, name: string): Domain {
  const domain = directory.get(name);
  if (domain === undefined)
    throw new ORPCError('NOT_FOUND', { message: `${name} is not a domain that Mailward protects` });
  return domain;
}
