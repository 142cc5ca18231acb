// The procedures of the contract that are about contacts.
import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';

export function contactProcedures() {
  const os = implement(contract).contacts;
  return {
    list: os.list.handler(() => []),
    put: os.put.handler(() => {
      throw new ORPCError('REFUSED', { message: 'not yet' });
    }),
    remove: os.remove.handler(() => ({ removed: true as const })),
  };
}
