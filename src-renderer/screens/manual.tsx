// The manual's page on one check: what it asks of whom, what it can find, and what to do.
import { IconArrowLeft, IconBookOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEngine } from '../engine.tsx';
import { manualPage } from '../health/manual.ts';
import { BackButton } from '../parts/back-button.tsx';
import { LinkButton } from '../parts/link-button.tsx';
import { Empty } from '../parts/notes.tsx';
import { Loaded } from '../parts/loaded.tsx';
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
  return (
    <Page
      title="Manual"
      sentence={page.data === null ? 'The manual has no such page.' : title}
      actions={back}
    >
      <Loaded
        query={page}
        busy="Opening the manual."
        failed="The page could not be opened"
        empty={{ when: (text) => text === null, show: <NoPage /> }}
      >
        {(text) => <Prose text={(text ?? '').replace(/^# .*$/m, '')} />}
      </Loaded>
    </Page>
  );
}

function NoPage() {
  return (
    <Empty
      icon={<IconBookOff size={32} stroke={1.4} />}
      title="There is no check of this name"
      action={<LinkButton to="/health">Go to Health</LinkButton>}
    >
      Each check’s page is linked from what the check found.
    </Empty>
  );
}
