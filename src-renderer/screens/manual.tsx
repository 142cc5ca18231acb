// The manual's page on one check: what it asks of whom, what it can find, and what to do.
import { IconArrowLeft, IconBookOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEngine } from '../engine.tsx';
import { manualPage } from '../health/manual.ts';
import { BackButton } from '../parts/back-button.tsx';
import { LinkButton } from '../parts/link-button.tsx';
import { Busy, Empty, Failure } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { Prose } from '../parts/prose.tsx';

const route = getRouteApi('/manual/checks/$check');

export function ManualScreen() {
  const { check } = route.useParams();
  const { orpc } = useEngine();
  const list = useQuery(orpc.checks.list.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  const page = useQuery({
    queryKey: ['manual', check],
    queryFn: () => manualPage(check),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const title = list.data?.find(({ name }) => name === check)?.title ?? check;
  const back = <BackButton otherwise="/health" icon={<IconArrowLeft size={16} />} />;
  if (page.data === undefined)
    return (
      <Page title="Manual" sentence={title} actions={back}>
        {page.error === null ? (
          <Busy what="Opening the manual." />
        ) : (
          <Failure
            what="The page could not be opened"
            error={page.error}
            onRetry={() => void page.refetch()}
          />
        )}
      </Page>
    );
  if (page.data === null)
    return (
      <Page title="Manual" sentence="The manual has no such page." actions={back}>
        <Empty
          icon={<IconBookOff size={32} stroke={1.4} />}
          title="There is no check of this name"
          action={<LinkButton to="/health">Go to Health</LinkButton>}
        >
          Each check’s page is linked from what the check found.
        </Empty>
      </Page>
    );
  return (
    <Page title="Manual" sentence={title} actions={back}>
      <Prose text={page.data.replace(/^# .*$/m, '')} />
    </Page>
  );
}
