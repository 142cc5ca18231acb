// Puts the engine together: every part a constant, in the order in which they need each other. What starts says at once how it is
// stopped; stopping goes the other way round, and one part that cannot be stopped keeps no other from it.
//
// A part is given what it asks (parameters); what it has to tell, it tells everybody (events.ts), and who wants to know is said here.
import type { MessageSummary } from '../../shared/message.ts';
import type { Overview } from '../../shared/overview.ts';
import type { WatchedClock } from '../clock/watched.ts';
import type { Emitter } from '../events/emitter.ts';
import { Dns } from '../probes/dns/dns.ts';
import { Listener } from '../relay/inbound/listener.ts';
import { BounceRoutes } from '../relay/outbound/bounce-routes.ts';
import { Bouncer } from '../relay/outbound/bouncer.ts';
import { Claims } from '../relay/outbound/claims.ts';
import { Delivery } from '../relay/outbound/delivery.ts';
import { Reroutes } from '../relay/outbound/reroutes.ts';
import { ServerAccess } from '../relay/outbound/server-access.ts';
import { Scheduler } from '../relay/outbound/scheduler.ts';
import { Authenticator } from '../relay/policy/authentication/authenticator.ts';
import { Callout } from '../relay/policy/callout.ts';
import { deliveryLesson } from '../relay/policy/delivery-lesson.ts';
import { Directory } from '../relay/policy/directory.ts';
import { Screening } from '../relay/policy/filters/screening.ts';
import { IncomingBounces } from '../relay/policy/incoming-bounces.ts';
import { LearnedRecipients } from '../relay/policy/learned.ts';
import { RecipientPolicy } from '../relay/policy/recipients.ts';
import type { OwnState } from '../diagnosis/preflight-items.ts';
import { mxSpread } from '../probes/dns/mx-spread.ts';
import { readMx } from '../probes/dns/mx-reading.ts';
import { systemResolver } from '../relay/resolver.ts';
import { Spool } from '../relay/spool/spool.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Database } from '../storage/database.ts';
import type { StorageWatch } from '../storage/watch.ts';
import { WORLD } from './asking.ts';
import { Domains } from './domains.ts';
import type { EngineOptions } from './engine.ts';
import type { EngineEvents } from './events.ts';
import type { Faults } from './faults.ts';
import { FirstMail } from './first-mail.ts';
import { HealthChecks } from './health.ts';
import { Rows } from './live-feeds.ts';
import { LiveOverview } from './live-overview.ts';
import { Journal } from './journal.ts';
import { contactEntry, mxChangeEntry, wayBackEntry } from './journal-entries.ts';
import { followEvents } from './live-view.ts';
import type { DataDirLock } from './lock.ts';
import { LogIndexer } from './log-indexer.ts';
import { Meter } from './meter.ts';
import { fillMeter } from './metering.ts';
import { Modes } from './modes.ts';
import { MxChanges } from './mx-changes.ts';
import { composeOverview } from './overview.ts';
import { isLocal, relayAt } from './own-address.ts';
import { OutsideAddresses } from './outside-address.ts';
import { QueueActions } from './queue-actions.ts';
import { createRouter, type EngineRouter } from './router.ts';
import { keepMove } from './server-moves.ts';
import type { Stops } from './stops.ts';
import { Timekeeper } from './timekeeper.ts';
import { validatingResolver } from './validating-resolver.ts';
import { WaitingCounts } from './waiting-counts.ts';
import { WayBacks } from './way-backs.ts';

/** Shortest time between two batches of rows of traffic, ms. */
const TRAFFIC_INTERVAL_MS = 250;
/** How often to look whether the data folder is still ours, and the settings as they were, ms. */
const KEEP_EVERY_MS = 500;

/** What is there before anything moves. */
export interface Foundation {
  lock: DataDirLock;
  clock: WatchedClock;
  faults: Faults;
  events: Emitter<EngineEvents>;
  storage: StorageWatch;
  settings: SettingsStore;
  db: Database;
}

export interface Assembled {
  router: EngineRouter;
  startedAt: number;
  /** Where the SMTP listener really is; null when offline. */
  smtp: { host: string; port: number } | null;
  overview: LiveOverview;
  /** Whether there is nothing here that would be missed: no domain, and never a message. */
  isEmpty: () => Promise<boolean>;
}

/** Puts all upon the foundation and starts it; how each part stops goes onto `stops`, also when a later one does not start. */
export async function assemble(
  options: EngineOptions,
  { lock, clock, faults, events, storage, settings: store, db }: Foundation,
  stops: Stops,
): Promise<Assembled> {
  const { world = {}, offline = false } = options;
  const settings = () => store.get();
  const time = new Timekeeper({ clock, events });
  const { givesUp, forgets } = time;
  if (offline) time.follow();
  else {
    stops.defer({ 'the clock': () => time.close() });
    await time.begin(db);
  }
  const startedAt = clock.now();
  const spool = await Spool.open(db, options.dataDir, clock);
  stops.defer({ 'the spool': () => spool.close() });

  // What is known.
  const directory = new Directory();
  directory.replace(await db.read('domains'));
  for (const { name, parts } of await db.read('damagedDomains')) events.emit('note', damaged(name, parts));
  const journal = new Journal({ clock, db, directory, settings, events });
  stops.defer({ 'the journal': () => journal.close() });
  await journal.begin();
  const learned = new LearnedRecipients({ db, settings, clock });
  await learned.load();
  const resolve = world.resolve ?? systemResolver();
  const authenticator = new Authenticator({ events });
  stops.defer({ 'the checks of signatures': () => authenticator.close() });

  // The way out.
  const claims = new Claims(clock);
  const access = new ServerAccess({
    clock,
    settings,
    events,
    lookUp: world.lookUp,
    secure: () => validatingResolver(settings().delivery.validatingResolvers),
  });
  const bouncer = new Bouncer({
    clock,
    spool,
    directory,
    learned,
    settings,
    authenticator,
    resolve,
    forgets,
    events,
  });
  stops.defer({ 'the bouncer': () => bouncer.close() });
  const callout = new Callout({ clock, settings, session: access.session, learned, events });
  stops.defer({ 'the questions about recipients': () => callout.close() });
  const incomingBounces = new IncomingBounces({ clock, settings, directory, learned });
  const bounceAt = () => bouncer.dueAt();
  const delivery = new Delivery({
    clock,
    spool,
    settings,
    bounceAt,
    givesUp,
    events,
    lesson: deliveryLesson({ directory, learned, incomingBounces, callout }),
  });
  const lanes = { clock, spool, claims, delivery, access, events };
  const scheduler = new Scheduler({
    ...lanes,
    directory,
    settings,
    bounceAt,
    givesUp,
    forgets,
    chores: async () => {
      await learned.prune();
      await journal.prune();
    },
  });
  const reroutes = new Reroutes(lanes);
  const bounceRoutes = new BounceRoutes({
    ...lanes,
    directory,
    settings,
    givesUp,
    exchange: {
      resolve,
      port: world.smtpPort ?? 25,
      allowInner: world.allowInner === true,
      random: Math.random,
    },
  });
  // Together: each waits for what it has under way.
  stops.defer({
    'the way out': () => scheduler.close(),
    'the reroutes': () => reroutes.close(),
    'the ways of bounces': () => bounceRoutes.close(),
  });

  // The way in.
  const recipients = new RecipientPolicy({
    settings,
    learned,
    callout,
    isTroubled: (domain) => Boolean(scheduler.condition(domain)?.trouble),
  });
  const screening = new Screening({ clock, settings, authenticator, events });
  const listener = new Listener({
    clock,
    settings,
    directory,
    recipients,
    bounces: incomingBounces,
    spool,
    screening,
    storage,
    events,
    lacksSmtpUtf8: (domain) => access.lacksSmtpUtf8(domain),
  });

  // What an admin does and sees.
  const domains = new Domains({ db, directory, scheduler, learned, events });
  const actions = new QueueActions({ clock, db, claims, scheduler, reroutes, bounceRoutes, events });
  const modes = new Modes({ clock, directory, scheduler, settings, domains, actions, events });
  stops.defer({ 'the modes': () => modes.close() });
  const relay = () => relayAt(settings(), options.smtp ?? settings().smtp);
  const wayBacks = new WayBacks({
    clock,
    db,
    directory,
    events,
    readMx:
      world.readMx ??
      ((domain, signal) => readMx({ domain, signal, relay: relay(), settings: settings().probes })),
  });
  stops.defer({ 'the ways back': () => wayBacks.close() });
  const mxChanges = new MxChanges({
    clock,
    db,
    events,
    spread: world.mxSpread ?? ((domain, signal) => mxSpread({ domain, signal, settings: settings().probes })),
  });
  await mxChanges.load();
  stops.defer({ 'the changes of MX records': () => mxChanges.close() });
  const outside = new OutsideAddresses({
    clock,
    db,
    directory,
    settings,
    dns: (signal) => {
      const { rootServers: roots, dnsPort: port } = settings().probes;
      return world.mailDns ?? new Dns({ roots, port, signal, now: clock.now });
    },
  });
  const health = new HealthChecks({
    clock,
    db,
    directory,
    settings,
    forgets,
    events,
    wayBack: (domain) => wayBacks.of(domain),
    dataDir: options.dataDir,
    ...(options.checks ? { checks: options.checks } : {}),
  });
  stops.defer({ 'the checks': () => health.close() });
  const indexer = new LogIndexer(db, clock, events);
  stops.defer({ 'the search index': () => indexer.close() });
  const meter = new Meter();
  await fillMeter(meter, db, clock.now());
  const firstMail = new FirstMail({ clock, db, events });
  await firstMail.load();
  const waiting = new WaitingCounts(db, clock, events);
  stops.defer({ 'the counts of what waits': () => waiting.close() });
  const traffic = new Rows<MessageSummary>(TRAFFIC_INTERVAL_MS, clock);
  const compose = (): Overview =>
    composeOverview({
      now: clock.now(),
      domains: directory.all(),
      waiting: (domain) => waiting.of(domain),
      liveSince: (domain) => firstMail.of(domain),
      health: (domain) => scheduler.condition(domain),
      pace: (domain) => scheduler.pace(domain),
      running: !offline,
      deliverAgain: settings().autoHold.deliverAgain,
      warnHours: settings().delivery.warnHours,
      meter,
      listener: {
        ...listener.state,
        ...(offline ? { problem: 'it is not running on this data folder' } : {}),
      },
      filterTroubles: screening.troubles,
      fault: faults.present,
      unknownSettings: store.unknown,
      storage: storage.state,
      settingsTrouble: store.problem,
    });
  const overview = new LiveOverview(compose, clock, events);
  stops.defer({ 'the overview': () => overview.close() });

  // Who follows what happens. Those that move mail come first.
  events.on('accepted', ({ message, content }) => scheduler.accepted(message, content));
  events.on('accepted', ({ message, own }) => {
    // A stranger's mail never goes to strangers, whatever became of its recipient's domain while it came in.
    if (own) bounceRoutes.accepted(message);
  });
  events.on('learned', (result) => learned.takeOver(result));
  events.on('settled', ({ results }) => bouncer.settled(results));
  events.on('settled', (settled) => firstMail.settled(settled));
  // Before what follows of it.
  events.on('serverState', ({ domain }) => journal.serverState(domain, scheduler.condition(domain)));
  events.on('settled', (outcome) => journal.settled(outcome));
  events.on('expired', () => bouncer.plan(bouncer.dueAt()));
  events.on('stopped', ({ domain, cause, reply }) => modes.stopped(domain, cause, reply));
  events.on('recovered', ({ domain }) => modes.recovered(domain));
  events.on('moved', (move) => {
    keepMove({ at: clock.now(), ...move }, db, events);
    journal.moved(move);
  });
  events.on('checked', (checked) => journal.checked(checked));
  events.on('domainChanged', (change) => journal.domainChanged(change));
  events.on('domainRemoved', (removal) => journal.domainRemoved(removal));
  events.on('wayBackKept', (kept) => journal.note(wayBackEntry(kept)));
  events.on('mxChange', (change) => journal.note(mxChangeEntry(change)));
  events.on('contactChanged', (change) => journal.note(contactEntry(change)));
  events.on('wentLive', ({ domain }) =>
    journal.note({ domain, kind: 'first-mail', by: WORLD, source: 'traffic' }),
  );
  const unfollow = store.onChange((after, before, by) => journal.settingsChanged(after, before, by));
  stops.defer({ 'the changes of the settings': unfollow });
  events.on('domainChanged', ({ domain }) => {
    callout.domainChanged(domain.name);
    void bounceRoutes.drop(domain.name);
    if (!offline) scheduler.domainChanged(domain);
  });
  events.on('domainChanged', ({ before }) => {
    if (before === null) wayBacks.domainAdded();
  });
  events.on('domainRemoved', ({ name }) => {
    callout.domainChanged(name);
    firstMail.domainRemoved(name);
    mxChanges.domainRemoved(name).catch((error: unknown) =>
      events.emit('fault', {
        part: 'storage',
        domain: name,
        what: `that the MX records of ${name} are not watched any more cannot be kept`,
        error,
      }),
    );
  });
  events.on('clockJumped', ({ by }) => {
    scheduler.clockJumped(by);
    reroutes.clockJumped(by);
    bounceRoutes.clockJumped(by);
    modes.clockJumped(by);
  });
  events.on('replanned', () => {
    scheduler.wake(null, false);
    reroutes.wake();
    bouncer.replanned();
    bounceRoutes.replanned();
    learned.replanned().catch((error: unknown) =>
      events.emit('fault', {
        part: 'clock',
        what: 'not everything goes by the corrected clock yet',
        error,
      }),
    );
  });
  events.on('woke', () => {
    scheduler.wake(null, true);
    reroutes.wake();
    bouncer.replanned();
    bounceRoutes.wake();
    modes.woke();
  });
  events.on('counted', () => storage.stays(waiting.staying(directory.all())));
  followEvents({ clock, db, events, meter, waiting, traffic, overview });
  // Not before: who has not heard of a jump would go by the old clock for good.
  if (!offline) time.watch();

  await waiting.refresh();
  const smtp = offline ? null : await start();
  overview.refresh();

  /** Mail moves from here on. Returns where the listener really is. */
  async function start(): Promise<{ host: string; port: number }> {
    bouncer.plan(clock.now());
    void bounceRoutes.look();
    screening.start();
    const { host, port } = options.smtp ?? settings().smtp;
    stops.defer({ 'the listener': () => listener.close() });
    await listener.listen(host, port);
    for (const { host, addresses } of await db.read('serverAddresses'))
      access.rememberAddresses(host, addresses);
    scheduler.start();
    reroutes.start();
    modes.start();
    indexer.start();
    wayBacks.start();
    mxChanges.start();
    const keeping = clock.every(KEEP_EVERY_MS, () => {
      storage.taken(lock.keep() === 'taken');
      const { problem, unknown } = store;
      store.look();
      if (store.problem !== problem || store.unknown !== unknown) overview.refresh();
    });
    stops.defer({ 'the look at the data folder': () => keeping.cancel() });
    return { host, port: listener.state.port };
  }

  const ownState = (): OwnState => {
    const { host, port, listening, problem } = listener.state;
    const { smtp: own, probes } = settings();
    return {
      hostname: own.hostname,
      listener: {
        host,
        port,
        isLocal: isLocal(host, probes.alsoPublic),
        isListening: listening && !offline,
        problem: offline ? 'it is not running on this data folder' : problem,
      },
      hasCertificate: own.tlsCertificate !== '',
      addresses: probes.relayAddresses,
    };
  };
  const router = createRouter({
    clock,
    db,
    directory,
    scheduler,
    reroutes,
    modes,
    actions,
    domains,
    wayBacks,
    mxChanges,
    learned,
    callout,
    incomingBounces,
    health,
    ownState,
    journal,
    outside,
    events,
    offline,
    settings: store,
    live: { overview, traffic },
    info: {
      version: options.version ?? '0.0.0',
      host: options.host,
      dataDir: options.dataDir,
      startedAt,
      smtp,
      demo: options.demo === true,
    },
  });
  const isEmpty = async () => {
    // Where it cannot be said, it may not be.
    const highest = await db.write('highestId').catch(() => null);
    return highest === 0 && directory.all().length === 0;
  };
  return { router, startedAt, smtp, overview, isEmpty };
}

function damaged(name: string, parts: readonly string[]) {
  const comes = parts.some((part) => part === 'route' || part === 'mode')
    ? 'its mail is taken and held until that is set again'
    : 'it is as if it had not been set';
  const words = `in the database, the ${parts.join(' and ')} of ${name} cannot be read; ${comes}`;
  return { part: 'storage' as const, domain: name, words };
}
