// The frame around every screen: name, navigation (a bar at the side, or at the bottom of a narrow window), connection, light and dark.
import { SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import {
  IconActivity,
  IconDeviceDesktop,
  IconHome2,
  IconMoon,
  IconPlugConnectedX,
  IconSettings,
  IconStack2,
  IconStethoscope,
  IconSun,
  IconWorld,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatHostPort } from '../../shared/names.ts';
import type { Overview } from '../../shared/overview.ts';
import { classesOf } from '../classes.ts';
import { useEngine, useLostSince, useOverview } from '../engine.tsx';
import { count, counted } from '../format.ts';
import { Banner } from './banner.tsx';
import { Since } from './moment.tsx';
import { StateShape } from './state-mark.tsx';
import { StorageBanner } from './storage-note.tsx';
import styles from './shell.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

const places = [
  { to: '/', label: 'Home', icon: <IconHome2 size={20} stroke={1.7} /> },
  { to: '/traffic', label: 'Traffic', icon: <IconActivity size={20} stroke={1.7} /> },
  { to: '/queue', label: 'Queue', icon: <IconStack2 size={20} stroke={1.7} /> },
  { to: '/domains', label: 'Domains', icon: <IconWorld size={20} stroke={1.7} /> },
  { to: '/health', label: 'Health', icon: <IconStethoscope size={20} stroke={1.7} /> },
  { to: '/settings', label: 'Settings', icon: <IconSettings size={20} stroke={1.7} /> },
] as const;

export function Shell() {
  const overview = useOverview();
  const isLost = useLostSince() !== null;
  return (
    <div className={css('shell')} data-lost={isLost}>
      <a
        className={css('skip')}
        href="#content"
        onClick={(event) => {
          // The fragment belongs to the router, so the jump is made by hand.
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        Skip to the content
      </a>
      <header className={css('head')}>
        <Link to="/" className={css('brand')} aria-label="Mailward, home">
          <BrandMark />
          <span>Mailward</span>
        </Link>
      </header>
      <div className={css('tools')}>
        <SchemeSwitch />
      </div>
      <nav className={css('nav')} aria-label="Screens">
        {places.map((place) => (
          <Link
            key={place.to}
            to={place.to}
            className={css('link')}
            activeOptions={{ exact: place.to === '/', includeSearch: false }}
          >
            {place.icon}
            <span>{place.label}</span>
            {place.to === '/queue' && <QueueCount overview={overview} />}
          </Link>
        ))}
      </nav>
      <footer className={css('foot')}>
        <EngineNote overview={overview} isLost={isLost} />
      </footer>
      <main id="content" className={css('main')} tabIndex={-1}>
        <ConnectionBanner />
        <StorageBanner overview={overview} />
        <Outlet />
      </main>
    </div>
  );
}

function QueueCount({ overview }: { overview: Overview | null }) {
  let total = 0;
  for (const domain of overview?.domains ?? []) {
    total += domain.queued.count + domain.held.count + domain.quarantined.count + domain.failed.count;
  }
  if (total === 0) return null;
  return (
    <span className={css('count')}>
      <span aria-hidden="true">{total > 9999 ? '9,999+' : count(total)}</span>
      <VisuallyHidden>{counted(total, 'message')}</VisuallyHidden>
    </span>
  );
}

/** Where mail comes in, and which Mailward this is. */
function EngineNote({ overview, isLost }: { overview: Overview | null; isLost: boolean }) {
  const { orpc } = useEngine();
  const info = useQuery(orpc.system.info.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  return (
    <>
      {info.data?.demo === true && <p className={css('demo')}>Demonstration with made-up data</p>}
      {isLost && (
        <p className={css('listener')}>
          <StateShape state="could-not-check" size={12} />
          <span>Not connected to Mailward</span>
        </p>
      )}
      {!isLost && overview?.storage.trouble && (
        <p className={css('listener')}>
          <StateShape state="problem" size={12} />
          <Link to="/">Cannot store mail</Link>
        </p>
      )}
      {!isLost && overview !== null && (
        <p className={css('listener')}>
          <StateShape state={overview.listener.listening ? 'ok' : 'problem'} size={12} />
          <span>
            {overview.listener.listening ? 'Accepting mail on ' : 'Not accepting mail on '}
            <span className={css('nowrap')}>
              {formatHostPort(overview.listener.host, overview.listener.port)}
            </span>
          </span>
        </p>
      )}
      {info.data !== undefined && <p>Version {info.data.version}</p>}
    </>
  );
}

function ConnectionBanner() {
  const lostSince = useLostSince();
  return (
    <Banner about="attention">
      {lostSince === null ? null : (
        <>
          <IconPlugConnectedX size={18} aria-hidden="true" />
          <span>
            Mailward is not running, or cannot be reached. Trying to connect…{' '}
            <small>
              Nothing on this page has changed <Since at={lostSince} />, so it may be out of date. If Mailward
              was stopped, start it again: until then no mail comes in, and senders will keep trying.
            </small>
          </span>
        </>
      )}
    </Banner>
  );
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choice = (icon: ReactNode, word: string) => (
    <span className={css('choice')} title={word}>
      {icon}
      <VisuallyHidden>{word}</VisuallyHidden>
    </span>
  );
  return (
    <SegmentedControl
      className={css('scheme')}
      size="xs"
      aria-label="Light or dark"
      value={colorScheme}
      onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
      data={[
        { value: 'light', label: choice(<IconSun size={16} />, 'Light') },
        { value: 'auto', label: choice(<IconDeviceDesktop size={16} />, 'Like the system') },
        { value: 'dark', label: choice(<IconMoon size={16} />, 'Dark') },
      ]}
    />
  );
}

export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--mantine-color-accent-7)" />
      <path
        d="M5 16h6M21 16h6"
        stroke="var(--mantine-color-accent-2)"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <path
        d="M16 7.5l7 3v5.200c0 4.3-2.9 7.3-7 8.8-4.1-1.5-7-4.5-7-8.800V10.500z"
        fill="var(--mantine-color-white)"
      />
      <path
        d="M12.5 16l2.5 2.5 4.5-5"
        fill="none"
        stroke="var(--mantine-color-accent-7)"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
