// Forward-confirmed reverse DNS: the address has a name, and that name has the address (RFC 8601 §2.7.3 calls it iprev).
import { isAbsent, type Resolve } from '../../resolver.ts';
import { readAddress, reverseName, sameAddress } from './ip-addresses.ts';
import type { FilterReport, FilterContext, Filter, ClientSubject } from './filter.ts';

/** Names looked at; an address with more proves nothing by the others. */
const MOST_NAMES = 5;

export class ReverseName implements Filter<ClientSubject> {
  readonly names = ['reverse-name'] as const;
  readonly when = 'connect';
  readonly deadline = 6_000;
  readonly server = false;

  wanted({ reverseName: action }: FilterContext['settings']): boolean {
    return action !== 'off';
  }

  async ask({ address }: ClientSubject, { resolve }: FilterContext): Promise<FilterReport[]> {
    const name = reverseName(address);
    if (name === null) return [];
    const answer = (result: FilterReport['result'], word: string, evidence: string): FilterReport[] => [
      {
        filter: 'reverse-name',
        result,
        evidence: [evidence],
        resinfo: [`iprev=${word} policy.iprev=${quoted(address)}`],
      },
    ];
    const names = await look(name, 'PTR', resolve);
    if (names.length === 0) return answer('fail', 'permerror', `${address} has no name (${name} has no PTR)`);
    const type = readAddress(address)?.kind() === 'ipv4' ? 'A' : 'AAAA';
    let unclear: Error | null = null;
    for (const each of names.slice(0, MOST_NAMES)) {
      try {
        const back = await look(each, type, resolve);
        if (back.some((one) => sameAddress(one, address)))
          return answer('pass', 'pass', `${address} is ${each}, which leads back to it`);
      } catch (error) {
        unclear = error as Error;
      }
    }
    if (unclear !== null) throw unclear;
    return answer(
      'fail',
      'fail',
      `${address} calls itself ${names.slice(0, 3).join(', ')}, which does not lead back to it`,
    );
  }
}

async function look(name: string, type: string, resolve: Resolve): Promise<string[]> {
  try {
    return (await resolve(name, type)) as string[];
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** RFC 8601 pvalue: an IPv6 address has colons, which only a quoted string may have. */
function quoted(address: string): string {
  return address.includes(':') ? `"${address}"` : address;
}
