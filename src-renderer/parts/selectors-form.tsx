// The DKIM selectors with which a domain signs its mail: DNS cannot list them, so the admin names them.
import { Button, Group, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { type Domain, profileSchema } from '../../shared/domain.ts';
import { useEngine } from '../engine.tsx';
import { errorWords } from '../words.ts';

export function SelectorsForm({ domain, onSaved }: { domain: Domain; onSaved: () => void }) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const [text, setText] = useState(domain.profile.selectors.join(' '));
  const [error, setError] = useState<string | null>(null);
  const save = useMutation(
    orpc.domains.setProfile.mutationOptions({
      onSuccess: async () => {
        notifications.show({
          title: 'The selectors are saved',
          message: 'Their keys are being checked now.',
        });
        await queries.invalidateQueries({ queryKey: orpc.domains.key() });
        onSaved();
      },
      onError: (reason) => setError(errorWords(reason)),
    }),
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const read = profileSchema.safeParse({
      ...domain.profile,
      selectors: text.split(/[\s,;]+/).filter((selector) => selector !== ''),
    });
    if (read.success) save.mutate({ name: domain.name, profile: read.data });
    else setError(read.error.issues[0]?.message ?? 'expected DKIM selectors');
  };
  return (
    <form noValidate onSubmit={submit}>
      <Group gap="xs" align="flex-end">
        <TextInput
          label="DKIM selectors"
          description="s= in the DKIM-Signature of a message that the domain sent; several with spaces between"
          placeholder="default"
          value={text}
          error={error}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setError(null);
          }}
        />
        <Button type="submit" variant="default" loading={save.isPending}>
          Save the selectors
        </Button>
      </Group>
    </form>
  );
}
