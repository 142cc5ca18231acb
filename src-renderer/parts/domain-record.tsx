// What is kept and known of a domain: its server, whom to turn to, and what changed.
import type { Domain } from '../../shared/domain.ts';
import { ContactsPanel } from './contacts-panel.tsx';
import { JournalPanel } from './journal-panel.tsx';
import { ServerPanel } from './server-panel.tsx';

interface DomainRecordProps {
  name: string;
  /** All that Mailward protects. */
  domains: readonly Domain[];
}

export function DomainRecord({ name, domains }: DomainRecordProps) {
  const domain = domains.find((one) => one.name === name);
  if (domain === undefined) return null;
  return (
    <>
      <ServerPanel domain={domain} protectedNames={domains.map((one) => one.name)} />
      <ContactsPanel name={name} />
      <JournalPanel name={name} />
    </>
  );
}
