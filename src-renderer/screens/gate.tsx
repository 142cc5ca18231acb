// Where there is no way in: says why, in plain words, and what to do; takes a link where a link helps.
import { Button, Code, TextInput } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useEffect, useState } from 'react';
import type { Obstacle } from '../channel.ts';
import { classesOf } from '../classes.ts';
import type { Connection } from '../connection.ts';
import { BrandMark } from '../parts/shell.tsx';
import { secretFrom } from '../secret.ts';
import styles from './gate.module.css';

const css = classesOf(styles);

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
    <main className={css('gate')}>
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
      setError(
        'There is no sign-in link in this text. Paste the whole address, or the part after “#token=”.',
      );
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
      <p className={css('hint')}>
        The link works once, within ten minutes. After that this browser has a key of its own and needs no
        link.
      </p>
    </>
  );
}

function Command({ children }: { children: string }) {
  return (
    <Code block className={css('command')}>
      {children}
    </Code>
  );
}

function wordsFor(obstacle: Obstacle, host: string): Words {
  switch (obstacle) {
    case 'no-key':
      return {
        title: 'Sign in to Mailward',
        body: (
          <p>
            This browser needs a sign-in link once. Create one with this command on the machine that runs
            Mailward, as the user who runs it, then open it in this browser or paste it here.
          </p>
        ),
        takesLink: true,
      };
    case 'link-unknown':
      return {
        title: 'This sign-in link does not work.',
        body: (
          <>
            <p>
              It has been used, it is older than ten minutes, Mailward has been restarted since, or something
              other than your Mailward answers at {host}. If somebody else may have used it, first end
              everybody’s access: <Code>mailward token renew</Code>
            </p>
            <p>Then create a new one and paste it here.</p>
          </>
        ),
        takesLink: true,
      };
    case 'key-unknown':
      return {
        title: 'This browser no longer has access.',
        body: (
          <p>
            Access was reset, this browser was removed, it has not connected for 30 days, or something other
            than your Mailward answers at {host}. No secret was revealed. A new sign-in link restores access.
          </p>
        ),
        takesLink: true,
      };
    case 'not-mailward':
      return {
        title: `The program answering at ${host} is not your Mailward.`,
        body: (
          <>
            <p>
              It could not prove that it knows this browser. Another program may have taken Mailward’s place
              while Mailward was stopped. It was sent nothing: no token, no key, and nothing of what you do
              here.
            </p>
            <ol>
              <li>
                Find out which program it is. On Linux:
                <Command>{`ss -ltnp 'sport = :${window.location.port === '' ? '443' : window.location.port}'`}</Command>
              </li>
              <li>Stop that program, and start Mailward.</li>
              <li>
                This page tries again every few seconds and continues automatically. Close other pages from
                this address: they may only look like Mailward.
              </li>
            </ol>
            <p className={css('hint')}>
              A proxy that Mailward does not know about causes the same message. In that case start Mailward
              with <Code>mailward serve --public https://…</Code>
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
              from https: or from the machine itself. So Mailward gives nobody access here.
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
