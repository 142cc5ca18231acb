// The one-click modes of a domain: hold its mail, or deliver it again; and the way to the dialog that reroutes it.
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlayerPause, IconPlayerPlay, IconRouteAltLeft } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ModeName } from '../../shared/domain.ts';
import { useEngine } from '../engine.tsx';
import { errorWords } from '../words.ts';
import { LinkButton } from './link-button.tsx';
import { longButton } from './long-button.ts';
import { modeDeed } from './mode-forms.tsx';

/** Sets a mode that needs no more words, and says what came of it. */
export function useModeChange(name: string) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  return useMutation(
    orpc.domains.setMode.mutationOptions({
      onSuccess: (domain) => {
        notifications.show({
          title:
            domain.mode.name === 'hold'
              ? `Mail for ${name} is being held`
              : `Mail for ${name} is delivered again`,
          message:
            domain.mode.name === 'hold'
              ? 'New mail is stored until you end the hold. Nothing expires meanwhile.'
              : 'Mail held because of the domain goes out now.',
        });
        return queries.invalidateQueries({ queryKey: orpc.domains.key() });
      },
      onError: (error) => {
        notifications.show({ color: 'red', title: 'The mode was not changed', message: errorWords(error) });
      },
    }),
  );
}

export function ModeButtons({ name, mode }: { name: string; mode: ModeName }) {
  const change = useModeChange(name);
  return (
    <>
      {mode === 'deliver' ? (
        <Button
          classNames={longButton}
          variant="default"
          leftSection={<IconPlayerPause size={16} />}
          loading={change.isPending}
          onClick={() => change.mutate({ name, mode: 'hold' })}
        >
          {modeDeed('hold', name)}
        </Button>
      ) : (
        <Button
          classNames={longButton}
          leftSection={<IconPlayerPlay size={16} />}
          loading={change.isPending}
          onClick={() => change.mutate({ name, mode: 'deliver' })}
        >
          Deliver mail for {name} again
        </Button>
      )}
      <LinkButton
        classNames={longButton}
        variant="default"
        leftSection={<IconRouteAltLeft size={16} />}
        to="/domains"
        search={{ reroute: name }}
      >
        {mode === 'reroute' ? `Change where mail for ${name} goes…` : `${modeDeed('reroute', name)}…`}
      </LinkButton>
    </>
  );
}
