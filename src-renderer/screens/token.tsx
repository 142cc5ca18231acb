// Asks for the access token, and says where it is to be found.
import { Button, Code, TextInput } from '@mantine/core';
import { type SubmitEvent, useEffect, useState } from 'react';
import type { Connection } from '../connection.ts';
import { BrandMark } from '../parts/shell.tsx';
import { readToken, tokenFrom } from '../token.ts';

export function TokenScreen({ connection }: { connection: Connection }) {
  const [pasted, setPasted] = useState('');
  const [error, setError] = useState<string | null>(null);
  const refused = readToken() !== null;
  useEffect(() => {
    document.title = 'Access · Mailward';
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = tokenFrom(pasted);
    if (token === null) {
      setError('There is no token in this text; expected the whole address, or what stands after “#token=”.');
      return;
    }
    connection.useToken(token);
  };
  return (
    <main className="gate">
      <BrandMark size={44} />
      <h1>
        {refused
          ? 'This browser’s access token is not accepted.'
          : 'Mailward needs to know that you may come in.'}
      </h1>
      <p>
        {refused
          ? 'The token may have been renewed, or belong to another Mailward. '
          : 'Whoever sees the mail traffic needs an access token. '}
        Mailward prints the address with the token in it each time it starts. Open that address, or paste it
        here.
      </p>
      <form onSubmit={submit} noValidate>
        <TextInput
          label="Address or token"
          placeholder="http://127.0.0.1:8025/#token=…"
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
        On the machine that runs it, look at the output of <Code>mailward serve</Code> or of the system’s log
        for it.
      </p>
    </main>
  );
}
