// Which calls that failed are a fault of ours, to be shown and logged.
import { ORPCError } from '@orpc/server';
import { expect, it } from 'vitest';
import { isOurFault } from '../../src-main/service/calls.ts';

it.each([
  ['a full disk', Object.assign(new Error('no space left'), { code: 'ENOSPC' })],
  ['a slip in the code', new TypeError('row is undefined')],
  ['an answer that the contract does not know', new ORPCError('INTERNAL_SERVER_ERROR')],
  ['something that is no error', 'no'],
])('%s is', (_what, error) => expect(isOurFault(error)).toBe(true));

it.each([
  ['a refusal', new ORPCError('REFUSED', { message: 'not a mail address' })],
  ['a question that does not fit the contract', new ORPCError('BAD_REQUEST')],
  ['a client that went away', new DOMException('gone', 'AbortError')],
])('%s is not', (_what, error) => expect(isOurFault(error)).toBe(false));
