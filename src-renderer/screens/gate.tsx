// Where there is no way in: says why, in plain words, and what to do; takes a link where a link helps.
import { Button, Code, TextInput } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useEffect, useState } from 'react';
import type { Obstacle } from '../channel.ts';
import type { Connection } from '../connection.ts';
import { BrandMark } from '../parts/shell.tsx';
import { secretFrom } from '../secret.ts';

interface Words {
  title: string;
  body: ReactNode;
  /** Whether a link opens the way. */
  takesLink: boolean;
}

export function GateScreen({ connection, obstacle }: { connection: Connection; obstacle: Obstacle }) {
  const { title, body, takesLink } = wordsFor(obstacle, window.location.host);
  useEffect(() => {
    document.title = 'Access · Mailward';
  }, []);
  return (
    <main className="gate">
      <BrandMark size={44} />
      <h1>{title}</h1>
      {body}
      {takesLink && <LinkForm connection={connection} />}
    </main>
  );
}

function LinkForm({ connection }: { connection: Connection }) {
  const [pasted, setPasted] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const secret = secretFrom(pasted);
    if (secret === null) {
      setError('There is no link in this text; expected the whole address, or what stands after “#token=”.');
      return;
    }
    setPasted('');
    connection.useSecret(secret);
  };
  return (
    <>
      <Command>mailward token link</Command>
      <form onSubmit={submit} noValidate>
        <TextInput
          label="Link"
          placeholder={`${window.location.origin}/#token=…`}
          value={pasted}
          onChange={(event) => {
            setPasted(event.currentTarget.value);
            setError(null);
          }}
          error={error}
          autoComplete="off"
          spellCheck={false}
          size="md"
          data-autofocus
        />
        <Button type="submit" size="md" fullWidth mt="md">
          Open Mailward
        </Button>
      </form>
      <p className="gate-hint">
        The link works once, within ten minutes. This browser then has a key of its own, and needs no link the
        next time.
      </p>
    </>
  );
}

function Command({ children }: { children: string }) {
  return (
    <Code block className="gate-command">
      {children}
    </Code>
  );
}

function wordsFor(obstacle: Obstacle, host: string): Words {
  switch (obstacle) {
    case 'no-key':
      return {
        title: 'Mailward needs to know that you may come in.',
        body: (
          <p>
            A link lets this browser in. Ask for one on the machine that runs Mailward, as the user who runs
            it, and open it in this browser or paste it here.
          </p>
        ),
        takesLink: true,
      };
    case 'link-unknown':
      return {
        title: 'This link does not let you in.',
        body: (
          <>
            <p>
              It has been used, it is older than ten minutes, Mailward was started anew since, or it is not
              your Mailward that answers at {host}. If somebody else has used it, shut everybody out first:{' '}
              <Code>mailward token renew</Code>
            </p>
            <p>Then make a new one, and paste it here.</p>
          </>
        ),
        takesLink: true,
      };
    case 'key-unknown':
      return {
        title: 'This browser is not let in any more.',
        body: (
          <p>
            Access was renewed, this browser was shut out, it has not been here for 30 days, or it is not your
            Mailward that answers at {host}. Nothing was given away. A new link lets the browser in again.
          </p>
        ),
        takesLink: true,
      };
    case 'not-mailward':
      return {
        title: `What answers at ${host} is not your Mailward.`,
        body: (
          <>
            <p>
              It could not prove that it knows this browser. Another program may have taken Mailward’s place
              while Mailward was stopped. It was told nothing: no token, no key, nothing of what you do here.
            </p>
            <ol>
              <li>
                Find out which program it is. On Linux:
                <Command>{`ss -ltnp 'sport = :${window.location.port === '' ? '443' : window.location.port}'`}</Command>
              </li>
              <li>Stop that program, and start Mailward.</li>
              <li>
                This page tries again every few seconds, and goes on by itself. Close other pages of this
                address: they may only look like Mailward.
              </li>
            </ol>
            <p className="gate-hint">
              A proxy that Mailward was not told of looks the same: start it with{' '}
              <Code>mailward serve --public https://…</Code>
            </p>
          </>
        ),
        takesLink: false,
      };
    case 'insecure':
      return {
        title: 'Mailward cannot be used safely at this address.',
        body: (
          <>
            <p>
              What goes to {host} can be read and changed on its way, and browsers keep keys only for pages
              from https: or from the machine itself. So Mailward lets nobody in here.
            </p>
            <p>Reach it through a tunnel, and open http://127.0.0.1:8025/ on this machine:</p>
            <Command>{`ssh -N -L 8025:127.0.0.1:8025 ${window.location.hostname}`}</Command>
            <p>
              Or put a proxy with a certificate in front of it, and tell Mailward:{' '}
              <Code>mailward serve --public https://…</Code>
            </p>
          </>
        ),
        takesLink: false,
      };
  }
}
