// What a destination's TLS policy comes to for one connection, once its zone was asked.
import type { Clock } from '../../clock/clock.ts';
import type { Destination, TlsPolicy } from '../../../shared/domain.ts';
import type { Transcript } from './transcript.ts';
import { demandOf, type DaneRequirement, type SecureResolver } from './dane.ts';
import { DestinationFailed } from './destination-failed.ts';

/** What a destination with the policy `dane` must show; nobody else is asked for anything. Throws `DestinationFailed`. */
export async function demandFor(
  destination: Destination,
  secure: SecureResolver | null,
  transcript: Transcript,
  clock: Clock,
): Promise<DaneRequirement> {
  if (destination.tls !== 'dane') return { kind: 'none' };
  try {
    if (secure === null)
      throw new Error('DANE needs a validating resolver: set delivery.validatingResolvers');
    const demand = await demandOf(destination.host, destination.port, secure, clock);
    transcript.add('note', demandWords[demand.kind]);
    return demand;
  } catch (error) {
    const { message } = error as Error;
    transcript.add('note', message);
    throw new DestinationFailed(message, null, 'starttls', transcript);
  }
}

const demandWords: Readonly<Record<DaneRequirement['kind'], string>> = {
  none: 'its zone demands no certificate (DANE)',
  encrypt: 'its zone demands encryption (DANE)',
  match: 'its zone says which certificate it has (DANE)',
};

export function policyUnder(demand: DaneRequirement, policy: TlsPolicy): Exclude<TlsPolicy, 'dane'> {
  if (demand.kind !== 'none') return 'require';
  return policy === 'dane' ? 'opportunistic' : policy;
}
