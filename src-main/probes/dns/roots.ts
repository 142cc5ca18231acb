// The root servers that come with Mailward.
import hints from '../../../assets/root-servers.json' with { type: 'json' };

export const rootServers: readonly { name: string; addresses: readonly string[] }[] = hints.servers;
