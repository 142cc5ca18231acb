// The domains that Mailward protects: where their mail goes, what happens to it now, and how it is.
import { Button, Menu, Modal } from '@mantine/core';
import { IconDots, IconWorldPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Domain } from '../../shared/domain.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { DomainOverview } from '../../shared/overview.ts';
import { type Acts, useActs } from '../actions/acts.tsx';
import { addDomain, domainActions } from '../actions/domains.ts';
import { classesOf } from '../classes.ts';
import { useEngine, useOverview } from '../engine.tsx';
import { count, counted } from '../format.ts';
import { ActionItem, AddDomainButton } from '../parts/action-button.tsx';
import { AddDomainForm } from '../parts/add-domain-form.tsx';
import { EditRouteForm, RemoveDomainForm } from '../parts/domain-forms.tsx';
import { ModeForm } from '../parts/mode-forms.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Due, Moment } from '../parts/moment.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import type { DomainsSearch } from '../router.tsx';
import { modeDeed, modeWords, tlsWords } from '../words.ts';
import styles from './domains.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

const route = getRouteApi('/domains');

type Dialog = { kind: 'add' } | { kind: 'route' | 'hold' | 'reroute' | 'remove'; name: string };

/** Each dialog has an address, so that whatever leads to it can be a link (actions/domains.ts). */
function dialogOf({ add, edit, hold, reroute, remove }: DomainsSearch): Dialog | null {
  if (add === true) return { kind: 'add' };
  if (edit !== undefined) return { kind: 'route', name: edit };
  if (hold !== undefined) return { kind: 'hold', name: hold };
  if (reroute !== undefined) return { kind: 'reroute', name: reroute };
  return remove === undefined ? null : { kind: 'remove', name: remove };
}

export function DomainsScreen() {
  const { orpc } = useEngine();
  const search = route.useSearch();
  const navigate = useNavigate();
  const overview = useOverview();
  const acts = useActs();
  const query = useQuery(orpc.domains.list.queryOptions());
  const dialog = dialogOf(search);
  const close = () => void navigate({ to: '/domains', search: {}, replace: true });
  const domains = query.data;
  const inDialog =
    dialog === null || dialog.kind === 'add' ? undefined : domains?.find(({ name }) => name === dialog.name);
  const viewOf = (name: string) => overview?.domains.find((each) => each.name === name);

  return (
    <Page title="Domains" sentence={domainsSentence(domains)} actions={<AddDomainButton first={false} />}>
      <Loaded
        query={query}
        busy="Asking Mailward for the domains."
        failed="The domains could not be read"
        empty={{ when: (all) => all.length === 0, show: <NoDomain /> }}
      >
        {(all) => (
          <ul className={css('list')}>
            {all.map((domain) => (
              <DomainCard key={domain.name} domain={domain} view={viewOf(domain.name)} acts={acts} />
            ))}
          </ul>
        )}
      </Loaded>
      <Modal
        opened={dialog?.kind === 'add'}
        onClose={close}
        title={addDomain.word({ first: false })}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <AddDomainForm onClose={close} />
      </Modal>
      <Modal
        opened={inDialog !== undefined}
        onClose={close}
        title={inDialog === undefined ? '' : dialogTitle(dialog, inDialog.name)}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {inDialog !== undefined && dialog?.kind === 'route' && (
          <EditRouteForm key={inDialog.name} domain={inDialog} onClose={close} />
        )}
        {inDialog !== undefined && (dialog?.kind === 'hold' || dialog?.kind === 'reroute') && (
          <ModeForm
            key={`${dialog.kind} ${inDialog.name}`}
            domain={inDialog}
            mode={dialog.kind}
            onClose={close}
          />
        )}
        {inDialog !== undefined && dialog?.kind === 'remove' && (
          <RemoveDomainForm
            domain={inDialog}
            waits={waitsOf(viewOf(inDialog.name))}
            onClose={close}
            onQueue={() =>
              void navigate({ to: '/queue', search: shelfOf(viewOf(inDialog.name), inDialog.name) })
            }
          />
        )}
      </Modal>
    </Page>
  );
}

function NoDomain() {
  return (
    <Empty icon={<IconWorldPlus size={32} stroke={1.4} />} title="Start with one domain">
      Enter the domain: Mailward reads which server receives its mail today. Nothing changes until the
      domain’s MX record points to this machine.
    </Empty>
  );
}

function dialogTitle(dialog: Dialog | null, name: string): string {
  if (dialog?.kind === 'route') return `Route of ${name}`;
  return dialog?.kind === 'hold' || dialog?.kind === 'reroute'
    ? modeDeed(dialog.kind, name)
    : `Remove ${name}?`;
}

function waitsOf(view: DomainOverview | undefined): number {
  return view === undefined ? 0 : view.queued.count + view.held.count + view.failed.count;
}

function shelfOf(view: DomainOverview | undefined, domain: string) {
  const show = (view?.held.count ?? 0) > 0 ? 'held' : (view?.queued.count ?? 0) > 0 ? 'waiting' : 'failed';
  return { show, domain } as const;
}

function domainsSentence(domains: readonly Domain[] | undefined): string {
  if (domains === undefined) return 'Looking at the domains…';
  if (domains.length === 0) return 'No domain is protected yet.';
  const odd = domains.filter((domain) => domain.mode.name !== 'deliver').length;
  const which =
    domains.length === 1
      ? 'its mail'
      : odd < domains.length
        ? `mail for ${odd === 1 ? 'one' : count(odd)} of them`
        : domains.length === 2
          ? 'mail for both of them'
          : 'mail for all of them';
  const rest = odd === 0 ? '' : `; ${which} is not delivered as usual`;
  return `Mailward protects ${counted(domains.length, 'domain')}${rest}.`;
}

interface DomainCardProps {
  domain: Domain;
  view: DomainOverview | undefined;
  acts: Acts;
}

function DomainCard({ domain, view, acts }: DomainCardProps) {
  const { name, mode } = domain;
  const target = mode.name === 'reroute' && mode.reroute !== null ? mode.reroute : domain.route;
  const waits = waitsOf(view);
  const on = { name, mode: mode.name };
  return (
    <li className={css('panel', 'card')}>
      <div className={css('head')}>
        <div className={css('name')}>
          <h2>
            <Link to="/domains/$domain" params={{ domain: name }}>
              {name}
            </Link>
          </h2>
          {view !== undefined && <StateMark state={view.state} />}
        </div>
        <Menu position="bottom-end" width={300} classNames={{ itemLabel: css('choice') }}>
          <Menu.Target>
            <Button
              className={css('menu')}
              variant="default"
              size="xs"
              rightSection={<IconDots size={16} />}
              aria-label={`Change ${name}`}
            >
              Change
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <ActionItem action={domainActions.deliver} on={on} acts={acts} />
            <ActionItem action={domainActions.hold} on={on} acts={acts} />
            <ActionItem action={domainActions.reroute} on={on} acts={acts} />
            <ActionItem action={domainActions.editRoute} on={on} acts={acts} />
            <Menu.Divider />
            <ActionItem action={domainActions.remove} on={on} acts={acts} />
          </Menu.Dropdown>
        </Menu>
      </div>
      {view !== undefined && (
        <p className={css('about')}>
          <Sentence words={view.sentence} />
        </p>
      )}
      <dl className={css('facts')}>
        <dt>Mode</dt>
        <dd>
          {modeWords[mode.name]}
          {mode.name !== 'deliver' && (
            <span className={css('soft')}>
              , set <Moment at={mode.since} />
              {mode.reason !== '' && `: “${mode.reason}”`}
              {mode.until !== null && (
                <>
                  , ends automatically <Due at={mode.until} />
                </>
              )}
            </span>
          )}
        </dd>
        <dt>{mode.name === 'reroute' ? 'Goes to' : 'Route'}</dt>
        <dd>
          <ol className={css('route')}>
            {target.map((destination) => (
              <li key={formatHostPort(destination.host, destination.port)}>
                {formatHostPort(destination.host, destination.port)}{' '}
                <span className={css('soft', 'small')}>{tlsWords[destination.tls].toLowerCase()}</span>
              </li>
            ))}
          </ol>
        </dd>
        <dt>Health</dt>
        <dd>
          <Link to="/health/$domain" params={{ domain: name }}>
            Check results
          </Link>
        </dd>
        <dt>Recipients</dt>
        <dd>
          <Link to="/recipients" search={{ domain: name }}>
            Unknown recipients
          </Link>
        </dd>
        <dt>In the queue</dt>
        <dd>
          {waits === 0 ? (
            'nothing'
          ) : (
            <Link to="/queue" search={shelfOf(view, name)}>
              {counted(waits, 'message')}
            </Link>
          )}
        </dd>
      </dl>
    </li>
  );
}
