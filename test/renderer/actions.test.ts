// The action registry: what can be done with what, what is asked first, and what is told afterwards.
import { describe, expect, it, test, vi } from 'vitest';
import { contactInputSchema } from '../../shared/contacts.ts';
import type { Client } from '../../shared/contract/index.ts';
import { domainSchema } from '../../shared/domain.ts';
import { messageStateSchema, type MessageState } from '../../shared/message.ts';
import { type Action, actionOfKey, appliesTo, type Tools } from '../../src-renderer/actions/action.ts';
import { checkActions, copyEvidence, testAll } from '../../src-renderer/actions/checks.ts';
import { addContact, contactActions } from '../../src-renderer/actions/contacts.tsx';
import { addDomain, domainActions } from '../../src-renderer/actions/domains.ts';
import { logActions } from '../../src-renderer/actions/log.ts';
import {
  messageActions,
  type OnMessages,
  openMessage,
  rowActions,
  type Standing,
} from '../../src-renderer/actions/messages.tsx';
import { editProfile } from '../../src-renderer/actions/profile.tsx';
import { recipientActions, recipientListActions } from '../../src-renderer/actions/recipients.ts';

function messages(...standings: (MessageState | Standing)[]): OnMessages {
  return {
    selection: { ids: ['one'] },
    count: 1,
    hasContent: true,
    standings: standings.map((one) =>
      typeof one === 'string' ? { state: one, rerouted: false, withDomain: false } : one,
    ),
  };
}

const run = { running: false, tested: true, start: () => undefined };
const check = {
  name: 'mx',
  title: 'MX records',
  question: 'Where does mail go?',
  area: 'dns',
  leg: 'inbound',
} as unknown as Parameters<typeof checkActions.about.word>[0]['check'];

const contact = { ...contactInputSchema.parse({ name: 'Ann Smith' }), id: 1, changedAt: 0 };
const domain = domainSchema.parse({
  name: 'example.com',
  createdAt: 0,
  route: [{ host: 'mail.example.com' }],
  mode: { name: 'deliver', since: 0, reason: '', reroute: null },
});

/** Every action there is, with something that it can be about. */
function withOn<On>(on: On, ...actions: Action<On>[]) {
  return actions.map((action) => ({ id: action.id, word: action.word(on), action }));
}
const all = [
  ...withOn(messages('queued', 'held'), ...Object.values(messageActions)),
  ...withOn({ id: 'one' }, openMessage),
  ...withOn({ name: 'example.com', mode: 'deliver' as const }, ...Object.values(domainActions)),
  ...withOn({ first: false }, addDomain),
  ...withOn({ domain, known: null }, editProfile),
  ...withOn({ domain: 'example.com' }, addContact),
  ...withOn({ domain: 'example.com', contact }, ...Object.values(contactActions)),
  ...withOn({ address: 'a@example.com', state: 'listed' as const }, ...Object.values(recipientActions)),
  ...withOn({ domain: 'example.com' }, ...Object.values(recipientListActions)),
  ...withOn({ ...run, check }, checkActions.test),
  ...withOn({ check }, checkActions.about),
  ...withOn(run, testAll),
  ...withOn({ text: 'evidence' }, copyEvidence),
  ...withOn({ filter: {} }, ...Object.values(logActions)),
];

describe('every action', () => {
  it('is known by a name that no other has', () => {
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+\.[a-z-]+$/.test(id))).toEqual([]);
  });

  it('says with an ellipsis that something is asked first, and only then', () => {
    for (const { id, word, action } of all) {
      const { deed } = action;
      const asks =
        deed.kind === 'ask' || (deed.kind === 'do' && deed.asks !== undefined) || leadsToDialog.includes(id);
      expect(word.endsWith('…'), `${id}: ${word}`).toBe(asks);
    }
  });

  it('that takes away for good asks first', () => {
    const dangerous = all.filter(({ action }) => action.danger === true);
    expect(dangerous.map(({ id }) => id)).toEqual(['message.delete', 'domain.remove', 'contact.remove']);
    for (const { id, action } of dangerous)
      expect(action.deed.kind === 'do' ? action.deed.asks : leadsToDialog.includes(id)).toBeTruthy();
  });

  it('has its words in the registry alone', () => {
    const sources = import.meta.glob<string>('../../src-renderer/{parts,screens}/**/*.tsx', {
      query: '?raw',
      import: 'default',
      eager: true,
    });
    for (const [path, text] of Object.entries(sources))
      for (const { word } of all) {
        const found = [`> ${word} <`, `>${word}<`, `'${word}'`, `"${word}"`].filter((one) =>
          text.replaceAll(/\s+/g, ' ').includes(one),
        );
        expect(found, path).toEqual([]);
      }
  });
});

const leadsToDialog = ['domain.hold', 'domain.reroute', 'domain.edit-route', 'domain.remove'];

function possible(on: OnMessages): string[] {
  return Object.values(messageActions)
    .filter((action) => appliesTo(action, on))
    .map(({ id }) => id.replace('message.', ''));
}

describe('what can be done with a message', () => {
  const expected: Readonly<Record<MessageState, string[]>> = {
    queued: ['retry', 'hold', 'reroute', 'delete', 'export'],
    held: ['release', 'reroute', 'delete', 'export'],
    quarantined: ['release', 'reroute', 'delete', 'export'],
    refused: ['retry', 'reroute', 'delete', 'export'],
    expired: ['retry', 'reroute', 'delete', 'export'],
    delivered: ['export'],
    deleted: ['export'],
    rejected: ['export'],
  };

  it.each(messageStateSchema.options)('that is %s', (state) => {
    expect(possible(messages(state))).toEqual(expected[state]);
  });

  it('that is held with all mail of its domain: it goes out with that, and may be held by hand besides', () => {
    expect(possible(messages({ state: 'held', rerouted: false, withDomain: true }))).toEqual([
      'hold',
      'reroute',
      'delete',
      'export',
    ]);
  });

  it('that is being sent via another server: it can come back', () => {
    const on = messages({ state: 'held', rerouted: true, withDomain: false });
    expect(possible(on)).toEqual(['retry', 'hold', 'release', 'reroute', 'delete', 'export']);
    expect(messageActions.release.word(on)).toBe('Back to your server');
  });

  it('whose recipients stand differently: whatever makes sense for one of them', () => {
    expect(possible(messages('delivered', 'refused', 'held'))).toEqual([
      'retry',
      'release',
      'reroute',
      'delete',
      'export',
    ]);
  });

  it('whose content is not here: nothing that needs it', () => {
    expect(possible({ ...messages('refused'), hasContent: false })).toEqual(['retry', 'delete']);
  });
});

describe('what comes of it', () => {
  function tools(client: object): Tools & { saved: string[] } {
    const saved: string[] = [];
    return {
      client: client as Client,
      saved,
      save: (name) => Promise.resolve(void saved.push(name)),
      chooseFile: () => Promise.resolve(null),
    };
  }

  async function outcomeOf<On>(action: Action<On>, on: On, given: Tools) {
    if (action.deed.kind !== 'do') throw new Error(`${action.id} does nothing by itself`);
    return action.deed.run(on, given);
  }

  it('is told with the number that it happened to, not the number that was asked for', async () => {
    const retry = vi.fn(() => Promise.resolve({ count: 2 }));
    const on = { ...messages('queued'), count: 3, selection: { ids: ['a', 'b', 'c'] } };
    const outcome = await outcomeOf(messageActions.retry, on, tools({ queue: { retry } }));
    expect(retry).toHaveBeenCalledWith({ ids: ['a', 'b', 'c'] });
    expect(outcome?.title).toBe('2 messages tried again now');
  });

  it('is not said to have happened when nothing did', async () => {
    const none = () => Promise.resolve({ count: 0 });
    const given = tools({ queue: { delete: none, release: none } });
    expect((await outcomeOf(messageActions.delete, messages('held'), given))?.title).toBe(
      'Nothing was changed',
    );
    const released = await outcomeOf(messageActions.release, messages('held'), given);
    expect(released?.title).toBe('Nothing was changed');
    expect(released?.words).toContain('set the domain to deliver instead');
  });

  it('is a file with a name of its own for one message, and for several', async () => {
    const given = tools({
      messages: {
        export: () => Promise.resolve(new File(['x'], 'blob')),
        exportAll: () => Promise.resolve(new File(['x'], 'mail.zip')),
      },
    });
    await outcomeOf(messageActions.export, messages('held'), given);
    await outcomeOf(messageActions.export, { ...messages('held'), selection: { ids: ['a', 'b'] } }, given);
    expect(given.saved).toEqual(['message-one.eml', 'mail.zip']);
  });

  it('is nothing when no file is chosen', async () => {
    const on = { domain: 'example.com' };
    expect(await outcomeOf(recipientListActions.import, on, tools({}))).toBeNull();
  });
});

test('a key does what belongs to it where it has the focus, and no other key does', () => {
  expect(actionOfKey(rowActions, 'Enter', { id: 'one' })).toBe(openMessage);
  expect(actionOfKey(rowActions, 'x', { id: 'one' })).toBeUndefined();
});

test('a domain is held at once only while its mail is delivered, and delivered again only while it is not', () => {
  const can = (mode: 'deliver' | 'hold' | 'reroute') =>
    [domainActions.deliver, domainActions.holdNow]
      .filter((action) => appliesTo(action, { name: 'example.com', mode }))
      .map(({ id }) => id);
  expect(can('deliver')).toEqual(['domain.hold-now']);
  expect(can('hold')).toEqual(['domain.deliver']);
  expect(can('reroute')).toEqual(['domain.deliver']);
});
