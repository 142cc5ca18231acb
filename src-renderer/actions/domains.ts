// What can be done with a protected domain: what happens to its mail, its route, and to leave it.
import {
  IconPlayerPause,
  IconPlayerPlay,
  IconPlus,
  IconRoute,
  IconRouteAltLeft,
  IconTrash,
} from '@tabler/icons-react';
import type { ModeName } from '../../shared/domain.ts';
import { modeDeed } from '../words.ts';
import type { Action } from './action.ts';

export interface OnDomain {
  name: string;
  mode: ModeName;
}

const mode = { kind: 'do', failed: 'The mode was not changed', changes: 'domains' } as const;

const deliver: Action<OnDomain> = {
  id: 'domain.deliver',
  icon: IconPlayerPlay,
  word: ({ name }) => `Deliver mail for ${name} again`,
  applies: (on) => on.mode !== 'deliver',
  deed: {
    ...mode,
    run: async ({ name }, { client }) => {
      await client.domains.setMode({ name, mode: 'deliver' });
      return {
        title: `Mail for ${name} is delivered again`,
        words: 'Mail held because of the domain goes out now.',
      };
    },
  },
};

/** At once, without a reason and an end. */
const holdNow: Action<OnDomain> = {
  id: 'domain.hold-now',
  icon: IconPlayerPause,
  word: ({ name }) => modeDeed('hold', name),
  applies: (on) => on.mode === 'deliver',
  deed: {
    ...mode,
    run: async ({ name }, { client }) => {
      await client.domains.setMode({ name, mode: 'hold' });
      return {
        title: `Mail for ${name} is being held`,
        words: 'New mail is stored until you end the hold. Nothing expires meanwhile.',
      };
    },
  },
};

const hold: Action<OnDomain> = {
  id: 'domain.hold',
  icon: IconPlayerPause,
  word: (on) => (on.mode === 'hold' ? 'Change reason or end of the hold…' : `${modeDeed('hold', on.name)}…`),
  deed: { kind: 'go', to: ({ name }) => ({ to: '/domains', search: { hold: name } }) },
};

const reroute: Action<OnDomain> = {
  id: 'domain.reroute',
  icon: IconRouteAltLeft,
  word: (on) =>
    on.mode === 'reroute' ? `Change where mail for ${on.name} goes…` : `${modeDeed('reroute', on.name)}…`,
  deed: { kind: 'go', to: ({ name }) => ({ to: '/domains', search: { reroute: name } }) },
};

const editRoute: Action<OnDomain> = {
  id: 'domain.edit-route',
  icon: IconRoute,
  word: () => 'Edit the route…',
  deed: { kind: 'go', to: ({ name }) => ({ to: '/domains', search: { edit: name } }) },
};

const remove: Action<OnDomain> = {
  id: 'domain.remove',
  icon: IconTrash,
  word: () => 'Remove…',
  danger: true,
  deed: { kind: 'go', to: ({ name }) => ({ to: '/domains', search: { remove: name } }) },
};

export const domainActions = { deliver, holdNow, hold, reroute, editRoute, remove };

/** `first`: there is none yet. */
export const addDomain: Action<{ first: boolean }> = {
  id: 'domain.add',
  icon: IconPlus,
  word: ({ first }) => (first ? 'Add the first domain' : 'Add a domain'),
  deed: { kind: 'go', to: () => ({ to: '/domains', search: { add: true } }) },
};
