// The filters on the way in, as the listener sees them: one visit for each connection, one judgement for each message.
//
// What happens when things fail:
// - A checker is down, slow or answers nonsense: "could not check". The mail goes on as if the filter were off; the message's page
//   and the overview say so. A server that let three questions go unanswered is not asked for half a minute.
// - A message is larger than `filters.contentBytes`, or too many are under way to keep this one in memory: filters of its content are
//   skipped, and its page says so.
// - Something breaks in a filter: the same as when it is down.
import type { FilterAction, FilterTrouble } from '../../../../shared/filters.ts';
import type { Reply } from '../../../../shared/message.ts';
import type { Settings } from '../../../../shared/settings.ts';
import type { FiltersSettings } from '../../../../shared/settings-filters.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Publisher } from '../../../events/emitter.ts';
import type { RelayEvents } from '../../events.ts';
import type { Deposit } from '../../spool/spool.ts';
import type { Resolve } from '../../resolver.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import type { Authenticity } from '../authenticity.ts';
import { inNetworks } from './ip-addresses.ts';
import { Authentication } from './authentication.ts';
import { Blocklists } from './blocklists.ts';
import { plainWords, stronger, type Filter, type ClientSubject, type MessageSubject } from './filter.ts';
import { ClamAv } from './clamav.ts';
import { GatheredContent } from './gathering.ts';
import { Limits } from './limits.ts';
import { cachingResolver } from './resolver.ts';
import { resultFields, withoutForged } from './results-header.ts';
import { ReverseName } from './reverse-name.ts';
import { Rspamd } from './rspamd.ts';
import { Runner, type Judged } from './runner.ts';

export interface ScreeningOptions {
  settings: () => Settings;
  authenticator: Authenticator;
  /** Instead of the name servers in the settings. */
  resolve?: Resolve;
  clock: Clock;
  events: Publisher<RelayEvents>;
}

/** What a message's envelope says, for the filters. */
export interface ScreenedMessage {
  id: string;
  helo: string;
  sender: string;
  recipients: readonly string[];
  hostname: string;
}

export interface ScreeningResult {
  /** Says no; null when the message is taken. */
  refusal: Reply | null;
  quarantine: boolean;
  results: Judged[];
  /** What the sender's domain said of the message's authenticity; JSON (../authenticity.ts), null when nothing was said. */
  shown: string | null;
}

export class Screening {
  readonly #options: ScreeningOptions;
  readonly #runner: Runner;
  readonly #limits = new Limits();
  readonly #atConnect: readonly Filter<ClientSubject>[];
  readonly #authentication: Authentication;
  readonly #atData: readonly Filter<MessageSubject>[];
  #resolver: { servers: string; resolve: Resolve } | null = null;

  constructor(options: ScreeningOptions) {
    this.#options = options;
    this.#atConnect = [new Blocklists(options.clock.steady), new ReverseName()];
    this.#runner = new Runner(options.clock, () => options.events.emit('doorState', null));
    this.#authentication = new Authentication(options.authenticator);
    this.#atData = [this.#authentication, new Rspamd(), new ClamAv()];
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** Mail is about to come: what takes a while to load is loaded now. */
  start(): void {
    if (this.#authentication.wanted(this.settings)) this.#options.authenticator.warm();
  }

  /** Filters that do not work at present. */
  get troubles(): FilterTrouble[] {
    return this.#runner.troubles;
  }

  /** A client connected. */
  visit(address: string): ClientScreening {
    const settings = this.settings;
    const exempt = inNetworks(address, settings.exempt);
    return new ClientScreening(
      this,
      address,
      exempt,
      exempt ? Promise.resolve([]) : this.#run(this.#atConnect, { address }),
    );
  }

  get settings(): FiltersSettings {
    return this.#options.settings().filters;
  }

  /** Whether the client may begin another message now. */
  mayBegin(address: string): boolean {
    return this.#limits.take(address, this.settings.messagesPerMinute, this.#options.clock.steady());
  }

  async judgeContent(subject: MessageSubject): Promise<Judged[]> {
    return this.#run(this.#atData, subject);
  }

  /** The results of a message whose content could not be looked at. */
  skipped(why: string): Judged[] {
    return this.#atData
      .filter((filter) => filter.wanted(this.settings))
      .flatMap((filter) => filter.names)
      .map((filter) => ({
        filter,
        result: 'could-not-check',
        action: 'off',
        evidence: [why],
        took: 0,
        resinfo: [],
        signers: [],
      }));
  }

  /** Whether any filter of content is wanted. */
  get looksInside(): boolean {
    return this.#atData.some((filter) => filter.wanted(this.settings));
  }

  async #run<Subject>(filters: readonly Filter<Subject>[], subject: Subject): Promise<Judged[]> {
    return this.#runner.run(filters, subject, this.settings, this.#resolve());
  }

  #resolve(): Resolve {
    if (this.#options.resolve) return this.#options.resolve;
    const { resolvers } = this.settings;
    const servers = resolvers.join(' ');
    if (this.#resolver?.servers !== servers)
      this.#resolver = { servers, resolve: cachingResolver(resolvers, this.#options.clock.steady) };
    return this.#resolver.resolve;
  }
}

/** One connection. */
export class ClientScreening {
  readonly #screening: Screening;
  readonly #address: string;
  readonly #exempt: boolean;
  readonly #client: Promise<Judged[]>;
  /** Null until somebody has waited for it. */
  #known: readonly Judged[] | null = null;
  #refused = 0;

  constructor(screening: Screening, address: string, exempt: boolean, client: Promise<Judged[]>) {
    this.#screening = screening;
    this.#address = address;
    this.#exempt = exempt;
    this.#client = client;
  }

  /** What the filters say of this connection's client, once they were waited for. */
  get known(): readonly Judged[] {
    return this.#known ?? [];
  }

  /** At MAIL: the reply that puts the client off; null lets it begin. */
  begin(): Reply | null {
    if (this.#exempt || this.#screening.mayBegin(this.#address)) return null;
    return { code: 450, enhanced: '4.7.0', text: 'Message rate limit exceeded, try again later' };
  }

  /** At RCPT: what the filters of the client say; null lets it write. At once when nothing is to be waited for. */
  recipient(): Reply | null | Promise<Reply | null> {
    if (this.#exempt) return null;
    if (this.#known !== null) return refusalOf(this.#known);
    return this.#client.then((results) => {
      this.#known = results;
      return refusalOf(results);
    });
  }

  /** A recipient was refused: how long that answer should take, ms. */
  refusalDelay(): number {
    const { tarpitAfter, tarpitSeconds } = this.#screening.settings;
    if (this.#exempt || tarpitAfter === 0) return 0;
    return ++this.#refused > tarpitAfter ? tarpitSeconds * 1000 : 0;
  }

  /** A message begins. `trace` is the field that goes on top of it. */
  message(deposit: Deposit, trace: Buffer, about: ScreenedMessage): ScreenedContent {
    const limit = this.#exempt || !this.#screening.looksInside ? 0 : this.#screening.settings.contentBytes;
    return new ScreenedContent(
      new GatheredContent(deposit, trace, limit, (header) => withoutForged(header, about.hostname)),
      async (content) => {
        if (this.#exempt) return { ofClient: [], ofContent: [] };
        const ofContent =
          content === null
            ? this.#screening.skipped(
                `not looked at: the message is larger than ${limit} octets, or too many came at once`,
              )
            : this.#screening.judgeContent({ ...about, address: this.#address, content });
        return { ofClient: await this.#client, ofContent: await ofContent };
      },
      about.hostname,
      this.#screening.clock,
    );
  }
}

/** A message's content on its way to the spool, through the filters. */
export class ScreenedContent {
  /** Takes the message as it comes. */
  readonly content: GatheredContent;
  readonly #judge: (content: Buffer | null) => Promise<Judgements>;
  readonly #hostname: string;
  readonly #clock: Clock;

  constructor(
    content: GatheredContent,
    judge: (content: Buffer | null) => Promise<Judgements>,
    hostname: string,
    clock: Clock,
  ) {
    this.content = content;
    this.#judge = judge;
    this.#hostname = hostname;
    this.#clock = clock;
  }

  /** The end of the data: judges it, and unless it is refused gives the spool what it has not got yet. Never rejects. */
  async end(): Promise<ScreeningResult> {
    const { ofClient, ofContent } = await this.#judge(this.content.whole());
    const results = [...ofClient, ...ofContent];
    // What the client is refused for was said at RCPT: the recipients that are left may be written to by anybody.
    const refusal = refusalOf(ofContent);
    if (refusal) this.drop();
    else await this.content.store(resultFields(this.#hostname, results));
    const quarantine =
      refusal === null && [ofClient, ofContent].some((some) => strongest(some) === 'quarantine');
    return { refusal, quarantine, results, shown: shownIn(results, this.#clock.now()) };
  }

  drop(): void {
    this.content.drop();
  }
}

interface Judgements {
  ofClient: readonly Judged[];
  ofContent: readonly Judged[];
}

/** What SPF and DKIM said is kept for the day a bounce is due: the client is gone by then. Doubt is asked about again. */
function shownIn(results: readonly Judged[], now: number): string | null {
  const spf = results.find(({ filter }) => filter === 'spf');
  const dkim = results.find(({ filter }) => filter === 'dkim');
  if (!spf || !dkim || [spf, dkim].some(({ result }) => result === 'could-not-check')) return null;
  const found: Authenticity = {
    spf: spf.result === 'pass' ? 'pass' : 'none',
    dkim: dkim.signers,
    at: now,
  };
  return JSON.stringify(found);
}

function strongest(results: readonly Judged[]): FilterAction {
  return results.reduce<FilterAction>((most, result) => stronger(most, result.action), 'off');
}

function refusalOf(results: readonly Judged[]): Reply | null {
  const reason = results.find((result) => result.action === 'reject');
  if (!reason) return null;
  return {
    code: 550,
    enhanced: '5.7.1',
    text: `Refused: ${plainWords(reason.evidence[0] ?? reason.filter, 400)}`,
  };
}
