// The fields of a route: ordered destinations that can be added, moved and removed.
import { ActionIcon, Button, Checkbox, Group, Select, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import {
  type Destination,
  destinationSchema,
  type Route,
  type TlsPolicy,
  tlsPolicySchema,
} from '../../shared/domain.ts';
import { formatHostPort, parseHostPort } from '../../shared/names.ts';
import { classesOf } from '../classes.ts';
import { tlsWords } from '../words.ts';
import styles from './route-fields.module.css';

const css = classesOf(styles);

/** A destination as typed; `key` names it while its place changes. */
export interface DestinationDraft {
  key: number;
  address: string;
  tls: TlsPolicy;
  sourceAddress: string;
  helo: string;
  priority: string;
  pipelining: boolean;
}

export interface DestinationErrors {
  address?: string;
  sourceAddress?: string;
  helo?: string;
  priority?: string;
}

let nextKey = 0;

export function emptyDraft(): DestinationDraft {
  nextKey += 1;
  return {
    key: nextKey,
    address: '',
    tls: 'opportunistic',
    sourceAddress: '',
    helo: '',
    priority: '',
    pipelining: true,
  };
}

export function draftsOf(route: Route): DestinationDraft[] {
  return route.map((destination) => ({
    ...emptyDraft(),
    address: destination.port === 25 ? destination.host : formatHostPort(destination.host, destination.port),
    tls: destination.tls,
    sourceAddress: destination.sourceAddress ?? '',
    helo: destination.helo ?? '',
    priority: destination.priority === null ? '' : String(destination.priority),
    pipelining: destination.pipelining !== false,
  }));
}

/** Reads the drafts; errors are by draft key. The route is null when there is any. */
export function readRoute(drafts: readonly DestinationDraft[]): {
  route: Route | null;
  errors: Map<number, DestinationErrors>;
} {
  const route: Destination[] = [];
  const errors = new Map<number, DestinationErrors>();
  for (const draft of drafts) {
    let target: { host: string; port: number };
    try {
      target = parseHostPort(draft.address, 25);
    } catch (error) {
      errors.set(draft.key, { address: error instanceof Error ? error.message : String(error) });
      continue;
    }
    const source = draft.sourceAddress.trim();
    const parsed = destinationSchema.safeParse({
      ...target,
      tls: draft.tls,
      sourceAddress: source === '' ? null : source,
      helo: draft.helo.trim() === '' ? null : draft.helo.trim(),
      priority: draft.priority.trim() === '' ? null : Number(draft.priority),
      ...(draft.pipelining ? {} : { pipelining: false }),
    });
    const wrong = parsed.error?.issues[0]?.path[0];
    if (parsed.success) route.push(parsed.data);
    else if (parsed.error.issues.some((issue) => issue.path[0] === 'sourceAddress')) {
      errors.set(draft.key, {
        sourceAddress: `"${source}" is not an IP address; expected one of this machine's, or nothing`,
      });
    } else if (wrong === 'helo') {
      errors.set(draft.key, { helo: `"${draft.helo.trim()}" is not a host name` });
    } else if (wrong === 'priority') {
      errors.set(draft.key, { priority: 'expected a whole number, 0 or more, or nothing' });
    } else
      errors.set(draft.key, { address: parsed.error.issues[0]?.message ?? 'expected HOST or HOST:PORT' });
  }
  return { route: errors.size === 0 ? route : null, errors };
}

interface RouteFieldsProps {
  drafts: DestinationDraft[];
  errors: ReadonlyMap<number, DestinationErrors>;
  onChange: (drafts: DestinationDraft[]) => void;
}

const mostDestinations = 10;

export function RouteFields({ drafts, errors, onChange }: RouteFieldsProps) {
  const set = (key: number, part: Partial<DestinationDraft>) =>
    onChange(drafts.map((draft) => (draft.key === key ? { ...draft, ...part } : draft)));
  const move = (index: number, by: number) => {
    const moved = [...drafts];
    const [draft] = moved.splice(index, 1);
    if (draft !== undefined) moved.splice(index + by, 0, draft);
    onChange(moved);
  };
  return (
    <div className={css('fields')}>
      {drafts.map((draft, index) => {
        const several = drafts.length > 1;
        const rank = several ? ` ${index + 1}` : '';
        return (
          <fieldset key={draft.key} className={css('destination')} data-several={several}>
            <legend className={css(!several && 'unseen')}>
              {index === 0 ? 'First choice' : `If that cannot be reached (${index + 1})`}
            </legend>
            <TextInput
              label={several ? `Server${rank}` : 'Server that receives the mail'}
              description="Host name or address; a port only when it is not 25"
              placeholder="mail.example.com"
              value={draft.address}
              error={errors.get(draft.key)?.address}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => set(draft.key, { address: event.currentTarget.value })}
            />
            <div className={css('more')}>
              <Select
                label={`Encryption (TLS)${rank}`}
                data={tlsPolicySchema.options.map((policy) => ({ value: policy, label: tlsWords[policy] }))}
                value={draft.tls}
                allowDeselect={false}
                onChange={(value) =>
                  set(draft.key, { tls: tlsPolicySchema.catch('opportunistic').parse(value) })
                }
              />
              <TextInput
                label={`Connect from${rank}`}
                placeholder="chosen by the system"
                value={draft.sourceAddress}
                error={errors.get(draft.key)?.sourceAddress}
                autoComplete="off"
                onChange={(event) => set(draft.key, { sourceAddress: event.currentTarget.value })}
              />
              <TextInput
                label={`Greet as (HELO)${rank}`}
                {...(several ? { description: 'A name that this server expects' } : {})}
                placeholder="the usual name"
                value={draft.helo}
                error={errors.get(draft.key)?.helo}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => set(draft.key, { helo: event.currentTarget.value })}
              />
              {several && (
                <TextInput
                  label={`Priority${rank}`}
                  description="Lower is first; equal ones share the mail"
                  placeholder="as listed"
                  inputMode="numeric"
                  value={draft.priority}
                  error={errors.get(draft.key)?.priority}
                  autoComplete="off"
                  onChange={(event) => set(draft.key, { priority: event.currentTarget.value })}
                />
              )}
              <Checkbox
                label={`Send commands together${rank}`}
                description="Off for a server that gets confused by it (PIPELINING)"
                checked={draft.pipelining}
                onChange={(event) => set(draft.key, { pipelining: event.currentTarget.checked })}
              />
            </div>
            {several && (
              <Group gap="xs" justify="flex-end">
                <ActionIcon
                  variant="default"
                  aria-label={`Move server ${index + 1} up`}
                  disabled={index === 0}
                  onClick={() => move(index, -1)}
                >
                  <IconArrowUp size={16} />
                </ActionIcon>
                <ActionIcon
                  variant="default"
                  aria-label={`Move server ${index + 1} down`}
                  disabled={index === drafts.length - 1}
                  onClick={() => move(index, 1)}
                >
                  <IconArrowDown size={16} />
                </ActionIcon>
                <ActionIcon
                  variant="default"
                  aria-label={`Remove server ${index + 1}`}
                  onClick={() => onChange(drafts.filter(({ key }) => key !== draft.key))}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
            )}
          </fieldset>
        );
      })}
      <Button
        className={css('add')}
        variant="subtle"
        size="compact-md"
        leftSection={<IconPlus size={16} />}
        disabled={drafts.length >= mostDestinations}
        onClick={() => onChange([...drafts, emptyDraft()])}
      >
        Add a fallback server
      </Button>
    </div>
  );
}
