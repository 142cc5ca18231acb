// The two screens nobody asks for: a place that does not exist, and a screen that broke.
import { Button, Code, Group } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { classesOf } from '../classes.ts';
import { LinkButton } from '../parts/link-button.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { errorWords } from '../words.ts';
import blockStyles from '../parts/blocks.module.css';
import noteStyles from '../parts/notes.module.css';

const css = classesOf(blockStyles, noteStyles);

export function NotFoundScreen() {
  return (
    <Page title="Not found" sentence="There is no such page in Mailward.">
      <Empty
        icon={<IconMapOff size={32} stroke={1.4} />}
        title="The address may be old or mistyped"
        action={<LinkButton to="/">Go to Home</LinkButton>}
      >
        Your mail is not affected.
      </Empty>
    </Page>
  );
}

export function BrokenScreen({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <Page title="Screen error" sentence="This screen failed to load. Your mail is not affected.">
      <div className={css('note')} role="alert">
        <p>
          The part of Mailward that handles mail runs separately from this page, so no mail is lost. Try the
          screen again; if it fails again, reload the page, and report this text:
        </p>
        <Code block className={css('report')}>
          {errorWords(error)}
        </Code>
        <Group justify="center">
          <Button onClick={reset}>Try this screen again</Button>
          <Button variant="default" onClick={() => window.location.reload()}>
            Reload the page
          </Button>
        </Group>
      </div>
    </Page>
  );
}
