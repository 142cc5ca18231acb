// What can be done with recipients: one that is listed or failing, or all of a domain as a file.
import { IconCheck, IconDownload, IconEraser, IconUpload } from '@tabler/icons-react';
import type { RecipientEntry } from '../../shared/recipients.ts';
import { count, counted } from '../format.ts';
import type { Action } from './action.ts';

type OnRecipient = Pick<RecipientEntry, 'address' | 'state'>;

const common = { kind: 'do', failed: 'Nothing was changed', changes: 'recipients' } as const;

const allow: Action<OnRecipient> = {
  id: 'recipient.allow',
  icon: IconCheck,
  word: () => 'Always allow',
  spoken: ({ address }) => `Always allow: ${address}`,
  applies: ({ state }) => state !== 'allowed',
  deed: {
    ...common,
    run: async ({ address }, { client }) => {
      await client.recipients.allow({ addresses: [address] });
      return null;
    },
  },
};

const forget: Action<OnRecipient> = {
  id: 'recipient.forget',
  icon: IconEraser,
  word: () => 'Forget',
  spoken: ({ address }) => `Forget ${address}`,
  deed: {
    ...common,
    run: async ({ address }, { client }) => {
      await client.recipients.forget({ addresses: [address] });
      return null;
    },
  },
};

const importList: Action<{ domain: string }> = {
  id: 'recipients.import',
  icon: IconUpload,
  word: () => 'Import a CSV',
  deed: {
    kind: 'do',
    failed: 'Nothing was imported',
    changes: 'recipients',
    run: async (_, { client, chooseFile }) => {
      const file = await chooseFile('.csv,text/csv');
      if (file === null) return null;
      const { listed, allowed } = await client.recipients.import({ csv: await file.text() });
      return {
        title: 'The file is imported',
        words: `${counted(listed, 'address', 'addresses')} listed, ${count(allowed)} always allowed.`,
      };
    },
  },
};

const exportList: Action<{ domain: string }> = {
  id: 'recipients.export',
  icon: IconDownload,
  word: () => 'Export as CSV',
  deed: {
    kind: 'do',
    failed: 'The list was not exported',
    run: async ({ domain }, { client, save }) => {
      const { csv } = await client.recipients.export({ domain });
      await save(`recipients-${domain}.csv`, new Blob([csv], { type: 'text/csv' }));
      return null;
    },
  },
};

export const recipientActions = { allow, forget };
export const recipientListActions = { import: importList, export: exportList };
