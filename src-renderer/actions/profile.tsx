// What can be done with what an admin says of a domain's server and the companies behind it.
import { IconPencil } from '@tabler/icons-react';
import { shownName } from '../../shared/idn.ts';
import type { Domain } from '../../shared/domain.ts';
import type { Known } from '../../shared/known.ts';
import { ProfileForm } from '../parts/profile-form.tsx';
import type { Action } from './action.ts';

export const editProfile: Action<{ domain: Domain; known: Known | null }> = {
  id: 'domain.edit-profile',
  icon: IconPencil,
  word: () => 'Edit…',
  spoken: () => 'Edit what is said of your server',
  deed: {
    kind: 'ask',
    title: ({ domain }) => `The server of ${shownName(domain.name)}`,
    form: ({ domain, known }, { done, close }) => (
      <ProfileForm domain={domain} known={known} onDone={done} onCancel={close} />
    ),
  },
};
