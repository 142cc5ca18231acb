// What the largest country registries call the states of a domain, each with where that is written. Data; `states.ts` reads it.
import type { DateOrder } from './dates.ts';

/** What a state means for the mail of the domain. */
export type StateMeaning =
  /** Registered and delegated; or says nothing of either (locks, transfers, verification). */
  | 'works'
  /** Taken out of DNS, by whom. */
  | 'held-by-registry'
  | 'held-by-registrar'
  /** Registered, without name servers that the registry would publish. */
  | 'not-delegated'
  /** Its term is over and it was not renewed. */
  | 'expired'
  /** Its term is over, the registry keeps it for a while, and nobody is known to have paid. */
  | 'unpaid'
  /** Its term is over and the registry renews it by itself; the date may still be the old one. */
  | 'renewing'
  /** It works, and is going to be deleted, suspended or left without a registrar unless somebody acts. */
  | 'ending'
  /** Deleted; the former owner can have it back. */
  | 'redemption'
  | 'restoring'
  /** Deleted, and about to become free. */
  | 'about-to-go'
  /** The registration is not complete. */
  | 'beginning'
  | 'free'
  /** Not registered, and nobody may. */
  | 'reserved';

/** Who says what the words mean. */
export type Basis =
  /** The registry’s own page or manual. */
  | 'registry'
  /** The registry answers in EPP’s own values (RFC 5731, RFC 3915), as its answers or its page say. */
  | 'epp'
  /** Registrars’ pages; the registry’s own was not to be had. */
  | 'registrars'
  /** No page: as its WHOIS or RDAP answers use them. */
  | 'answers';

export interface Registry {
  /** Top-level domains, A-labels. */
  readonly endings: readonly string[];
  readonly name: string;
  readonly basis: Basis;
  readonly source: string;
  /** Its own words, as it writes them. EPP’s own values, and words that mean the same everywhere, need not be here. */
  readonly states: Readonly<Partial<Record<StateMeaning, readonly string[]>>>;
  /** False where the registry publishes no end of a registration, by WHOIS or RDAP. */
  readonly publishesEnd?: false;
  /** Its field for the state is called `state`, which elsewhere is the owner’s province. */
  readonly stateField?: true;
  /** How it writes dates of three numbers with the year last, where it does. */
  readonly dates?: DateOrder;
}

const icann = 'https://www.icann.org/epp';

/** In the order of their size, about; the figures change, the order hardly does. */
export const registries: readonly Registry[] = [
  {
    endings: ['cn', 'xn--fiqs8s', 'xn--fiqz9s'],
    name: 'CNNIC',
    basis: 'registrars',
    source: 'https://greatytc.com/p/85e1cc0b95fe',
    states: {
      'not-delegated': ['inactive'],
      beginning: ['pendingVerification'],
      'held-by-registry': ['serverHold'],
      'held-by-registrar': ['clientHold'],
    },
  },
  {
    endings: ['de'],
    name: 'DENIC',
    basis: 'registry',
    source: 'https://www.denic.de/en/domains/whois-service/changes-within-public-whois.html',
    publishesEnd: false,
    states: {
      works: ['connect'],
      'not-delegated': ['failed'],
      redemption: ['redemptionPeriod'],
      free: ['free'],
      reserved: ['invalid'],
    },
  },
  {
    endings: ['uk'],
    name: 'Nominet',
    basis: 'registry',
    source: 'https://www.nominet.org.uk/registrars/systems/data/regstatus/',
    states: {
      works: [
        'Registered until expiry date',
        'Registered until renewal date',
        'Registration request being processed',
        'Renewal request being processed',
        'Renewal invoice being processed',
        'No registration status listed',
      ],
      expired: ['Renewal required'],
      ending: ['No longer required'],
      'held-by-registry': ['Suspended'],
    },
  },
  {
    endings: ['nl'],
    name: 'SIDN',
    basis: 'registry',
    source: 'https://www.sidn.nl/en/about-nl/updating-your-registration/redeeming-a-quarantined-domain-name/',
    publishesEnd: false,
    states: {
      works: ['active'],
      'not-delegated': ['inactive'],
      redemption: ['in quarantine', 'in quarantaine', 'quarantine'],
    },
  },
  {
    endings: ['ru', 'su', 'xn--p1ai'],
    stateField: true,
    name: 'Coordination Center for TLD RU, FID',
    basis: 'registrars',
    source: 'https://support.regery.com/en/articles/11623287-what-do-domain-statuses-mean-for-ru-рф-and-su',
    states: {
      works: ['REGISTERED', 'DELEGATED', 'VERIFIED', 'UNVERIFIED'],
      'not-delegated': ['NOT DELEGATED'],
      expired: ['EXPIRED'],
      'about-to-go': ['REVOKED'],
      reserved: ['RESERVED'],
    },
  },
  {
    endings: ['br'],
    name: 'Registro.br',
    basis: 'registrars',
    source:
      'https://www.zooming.com.br/hospedagem-de-site/processos-de-liberacao-de-dominios-do-registro-br/',
    states: { works: ['published'], expired: ['frozen', 'congelado'] },
  },
  {
    endings: ['au'],
    name: 'auDA, Identity Digital Australia',
    basis: 'registry',
    source: 'https://identitydigital.au/node/869',
    publishesEnd: false,
    states: {
      'held-by-registry': ['serverHold'],
      redemption: ['redemptionPeriod', 'Expired Hold'],
      'about-to-go': ['pendingDelete', 'Expired Pending Purge', 'Pending Purge', 'Pending Policy Delete'],
    },
  },
  {
    endings: ['fr', 're', 'pm', 'tf', 'wf', 'yt'],
    name: 'Afnic',
    basis: 'registrars',
    source:
      'https://www.infomaniak.com/en/support/faq/1826/understanding-the-different-states-of-a-domain-name',
    dates: 'day-first',
    states: {
      works: ['ACTIVE', 'REGISTERED', 'FROZEN'],
      'held-by-registry': ['BLOCKED'],
      redemption: ['REDEMPTION'],
      reserved: ['NOT_OPEN', 'NOT_OPENED'],
    },
  },
  {
    endings: ['eu', 'xn--e1a4c', 'xn--qxa6a'],
    name: 'EURid',
    basis: 'registry',
    source: 'https://eurid.org/en/become-registrar/lookup-services/whois-statuses',
    publishesEnd: false,
    states: {
      works: ['REGISTERED', 'NOT AVAILABLE', 'ON HOLD'],
      'held-by-registry': ['WITHDRAWN', 'SUSPENDED', 'SERVER HOLD'],
      redemption: ['QUARANTINE', 'QUARANTINED'],
      ending: ['OUT OF SERVICE'],
      reserved: ['RESERVED', 'BLOCKED', 'NOT ALLOWED', 'NOT AVAILABLE FOR REGISTRATION'],
      beginning: ['APPLICATION PENDING'],
      free: ['AVAILABLE'],
    },
  },
  {
    endings: ['it'],
    name: 'Registro .it (IIT-CNR)',
    basis: 'registry',
    source: 'http://www.nic.it/create-and-change.it/reading-and-understanding-the-status-of-a-domain',
    states: {
      works: ['ok', 'active', 'challenged', 'pendingTransfer', 'pendingUpdate', 'bulk-transfer', 'client'],
      renewing: ['autoRenewPeriod', 'grace-period'],
      ending: ['ok / noRegistrar', 'no-provider'],
      'held-by-registry': [
        'inactive / serverHold',
        'inactive / dnsHold',
        'inactive / noRegistrar',
        'inactive / notRenewed',
        'inactive / revoked',
        'inactive / toBeReassigned',
      ],
      'held-by-registrar': ['inactive / clientHold'],
      redemption: ['pendingDelete / redemptionPeriod', 'redemption-no-provider'],
      'about-to-go': ['pendingDelete / pendingDelete', 'deleted'],
      reserved: ['reserved', 'unassignable', 'geographic'],
    },
  },
  { endings: ['in'], name: 'NIXI', basis: 'epp', source: icann, states: {} },
  {
    endings: ['ca'],
    name: 'CIRA',
    basis: 'registry',
    source: 'https://www.cira.ca/domain-name-life-cycle',
    states: {
      works: ['registered'],
      renewing: ['auto-renew grace', 'autoRenewPeriod'],
      redemption: ['redemption'],
      'about-to-go': ['pending delete', 'to be released'],
      'held-by-registry': ['suspended'],
      reserved: ['unavailable'],
      free: ['available'],
    },
  },
  {
    endings: ['pl'],
    name: 'NASK',
    basis: 'registry',
    source: 'http://www.dns.pl/print/english/stanydomeny.html',
    states: {
      works: ['REGISTERED', 'RESTRICTED DISPUTE'],
      expired: ['EXPIRED', 'BLOCKED'],
      beginning: ['RESERVED', 'TASTED'],
      'about-to-go': ['DELETE_BLOCKED', 'BOOK_BLOCKED', 'TASTED_BLOCKED'],
      'held-by-registrar': ['Client_Hold'],
    },
  },
  {
    endings: ['ir', 'xn--mgba3a4f16a'],
    name: 'IRNIC',
    basis: 'answers',
    source: 'https://www.nic.ir/',
    states: {},
  },
  {
    endings: ['ch', 'li'],
    name: 'SWITCH',
    basis: 'answers',
    source: 'https://www.nic.ch/whois/',
    publishesEnd: false,
    states: {},
  },
  {
    endings: ['es'],
    name: 'Red.es',
    basis: 'answers',
    source: 'https://www.dominios.es/',
    states: {},
  },
  { endings: ['us'], name: 'Registry Services (GoDaddy)', basis: 'epp', source: icann, states: {} },
  { endings: ['co'], name: '.CO Internet (Registry Services)', basis: 'epp', source: icann, states: {} },
  {
    endings: ['be'],
    name: 'DNS Belgium',
    basis: 'registry',
    source: 'https://www.dnsbelgium.be/en/domain-name-status',
    publishesEnd: false,
    states: {
      works: ['REGISTERED', 'NOT AVAILABLE', 'ON HOLD'],
      'held-by-registry': ['OUT OF SERVICE'],
      redemption: ['QUARANTINE'],
      reserved: ['NOT ALLOWED', 'NOT VALID', 'RESERVED'],
      free: ['AVAILABLE'],
    },
  },
  {
    endings: ['se', 'nu'],
    stateField: true,
    name: 'Internetstiftelsen',
    basis: 'registry',
    source: 'https://www.iis.se/english/domains/se/to-be-released/',
    states: {
      works: ['active', 'ok', 'system'],
      'not-delegated': ['inactive'],
      expired: ['expired'],
      'held-by-registry': ['deactivated'],
      redemption: ['quarantine'],
    },
  },
  {
    endings: ['jp'],
    stateField: true,
    name: 'JPRS',
    basis: 'registry',
    source: 'https://jprs.jp/about/dom-rule/lifecycle',
    states: {
      works: ['Active', 'Connected'],
      'not-delegated': ['Registered'],
      ending: ['To be suspended', 'To be deleted', 'Deletion requested'],
      redemption: ['Suspended', 'Deleted'],
      reserved: ['Reserved'],
    },
  },
  {
    endings: ['at'],
    name: 'nic.at',
    basis: 'answers',
    source: 'https://www.nic.at/en/my-at-domain/domain-search',
    publishesEnd: false,
    states: {},
  },
  {
    endings: ['cz', 'cr', 'al', 'tz', 'mk', 'mw', 'ar'],
    name: 'CZ.NIC and others that run its registry (FRED)',
    basis: 'registry',
    source: 'https://fred.nic.cz/documentation/html/EPPReference/ManagedObjects/Domains.html',
    states: {
      works: [
        'ok',
        'paid and in zone',
        'Sponsoring registrar change forbidden',
        'Registrant change forbidden',
        'Update forbidden',
        'Deletion forbidden',
        'Registration renewal forbidden',
        'Domain blocked',
        'Administratively blocked',
        'serverBlocked',
        'serverInzoneManual',
        'The domain is administratively kept in zone',
        'The domain contact is unguarded',
      ],
      expired: ['expired', 'Domain expired', 'The domain is expired'],
      'not-delegated': ["The domain doesn't have associated nsset", 'nssetMissing'],
      'held-by-registry': [
        'outzone',
        'serverOutzoneManual',
        "The domain isn't generated in the zone",
        'The domain is administratively kept out of zone',
        'Domain is administratively kept out of zone',
      ],
      'about-to-go': ['To be deleted', 'deleteCandidate'],
      ending: ['The domain will be deleted', 'deleteWarning', 'outzoneUnguarded', 'outzoneUnguardedWarning'],
    },
  },
  {
    endings: ['dk'],
    name: 'Punktum dk',
    basis: 'registry',
    source: 'https://github.com/Punktum-dk/whois-service-specification',
    states: { works: ['Active'], 'held-by-registry': ['Deactivated'], beginning: ['Reserved'] },
  },
  {
    endings: ['nz'],
    name: 'InternetNZ',
    basis: 'registry',
    source: 'https://docs.internetnz.nz/registry/IRS_features/registry_concepts/',
    states: {
      works: ['200 Active', 'Active'],
      'not-delegated': ['Inactive'],
      redemption: ['210 PendingRelease', 'PendingRelease', 'redemptionPeriod', 'pendingDelete'],
      free: ['220 Available', 'Available'],
      reserved: ['Conflicted', 'Prohibited', 'Reserved'],
    },
  },
  {
    endings: ['kr', 'xn--3e0b707e'],
    name: 'KISA',
    basis: 'answers',
    source: 'https://xn--c79as89aj0e29b77z.xn--3e0b707e/eng/',
    states: {},
  },
  {
    endings: ['tr'],
    name: 'TRABİS',
    basis: 'registrars',
    source: 'https://linesis.com/domain-uzantilari-detaylari.php?uzanti=tr',
    states: {
      works: ['Active', 'Aktif'],
      'held-by-registry': ['On Hold Period', 'Askıda'],
      redemption: ['Redemption Period', 'Rehinde'],
      'about-to-go': ['Pending Delete Period', 'Silinme Periyodu'],
    },
  },
  {
    endings: ['mx'],
    name: 'NIC México',
    basis: 'answers',
    source: 'https://www.registry.mx/',
    states: {},
  },
  {
    endings: ['ua'],
    name: 'Hostmaster.ua',
    basis: 'registrars',
    source: 'https://nic.ua/en/knowledge-base/statuses-description-of-ukrainian-domains',
    states: {
      works: ['ok', 'linked'],
      unpaid: ['autoRenewGracePeriod'],
      'not-delegated': ['inactive'],
      'held-by-registry': ['serverHold'],
      'held-by-registrar': ['clientHold'],
      redemption: ['redemptionPeriod'],
      'about-to-go': ['pendingDelete'],
    },
  },
  {
    endings: ['hu'],
    name: 'ISZT',
    basis: 'answers',
    source: 'https://www.domain.hu/',
    publishesEnd: false,
    states: {},
  },
  {
    endings: ['vn'],
    name: 'VNNIC',
    basis: 'answers',
    source: 'https://www.vnnic.vn/en',
    publishesEnd: false,
    states: {},
  },
  {
    endings: ['gr', 'xn--qxam'],
    name: 'FORTH-ICS',
    basis: 'answers',
    source: 'https://grweb.ics.forth.gr/public/',
    publishesEnd: false,
    states: {},
  },
  {
    endings: ['no'],
    name: 'Norid',
    basis: 'registry',
    source: 'https://www.norid.no/en/om-domenenavn/domeneoppslag/',
    publishesEnd: false,
    states: {},
  },
  { endings: ['za'], name: 'ZARC', basis: 'epp', source: icann, states: {} },
  {
    endings: ['io', 'ac', 'sh'],
    name: 'Identity Digital',
    basis: 'epp',
    source: icann,
    states: { works: ['Live'] },
  },
  {
    endings: ['me'],
    name: 'doMEn',
    basis: 'registry',
    source: 'https://domen.me/faqwd/pojmovi-pronadjeni-u-me-whois-bazi-status-domena-i-drugi-termini/',
    states: {
      renewing: ['autoRenewPeriod'],
      redemption: ['pendingDeleteRestorable'],
      'about-to-go': ['pendingDelete'],
    },
  },
  {
    endings: ['tv', 'cc'],
    name: 'GoDaddy Registry, Verisign',
    basis: 'epp',
    source: icann,
    states: {},
  },
  { endings: ['ai'], name: 'Government of Anguilla', basis: 'epp', source: icann, states: {} },
  { endings: ['tw'], name: 'TWNIC', basis: 'epp', source: icann, states: {} },
  { endings: ['id'], name: 'PANDI', basis: 'epp', source: icann, states: {} },
  {
    endings: ['pt'],
    name: 'Associação DNS.PT',
    basis: 'registry',
    source: 'https://www.pt.pt/en/glossary/',
    dates: 'day-first',
    states: {
      works: ['ACTIVE'],
      'not-delegated': ['TECH-PRO'],
      beginning: ['APPROVED', 'BEGIN-ONLINE'],
      expired: ['EXPIRED'],
      'about-to-go': ['DELETED'],
    },
  },
  {
    endings: ['ro'],
    name: 'RoTLD',
    basis: 'answers',
    source: 'https://www.rotld.ro/whois/',
    states: { works: ['UpdateProhibited', 'RegistrantTransferProhibited'] },
  },
  {
    endings: ['fi'],
    name: 'Traficom',
    basis: 'registry',
    source: 'https://www.traficom.fi/sv/kommunikation/fi-domannamn/fi-domannamnssokning',
    states: {
      works: ['Registered', 'Granted', 'Transfer prohibited', 'Registrerat', 'Överföring förhindrad'],
      redemption: ['Grace Period', 'Under skyddstiden'],
      expired: ['Validity expired', 'Giltighetstid upphört'],
      'held-by-registry': ['Suspended', 'Removed', 'Tillfälligt avlägsnat ur fi-roten'],
      free: ['Ledigt'],
    },
  },
  {
    endings: ['sk'],
    name: 'SK-NIC',
    basis: 'registrars',
    source: 'https://www.nic.sk/ufaqs/co-znamena-stav-sk-domeny-expired-deactived-held-deleted/',
    states: {
      works: ['DOM_OK', 'DOM_WARN', 'DOM_LNOT', 'DOM_TRAN', 'ok'],
      beginning: ['DOM_LOCK'],
      unpaid: ['DOM_TA'],
      expired: ['DOM_EXP', 'DOM_HELD'],
      'held-by-registry': ['DOM_DAKT', 'DOM_TRDACT', 'DOM_RLOST'],
      'about-to-go': ['DOM_DEL'],
    },
  },
  {
    endings: ['hk', 'xn--j6w193g'],
    name: 'HKIRC',
    basis: 'answers',
    source: 'https://www.hkirc.hk/',
    dates: 'day-first',
    states: { works: ['Active'] },
  },
  { endings: ['my'], name: 'MYNIC', basis: 'epp', source: icann, states: {} },
  {
    endings: ['il', 'xn--4dbrk0ce'],
    name: 'ISOC-IL',
    basis: 'answers',
    source: 'https://en.isoc.org.il/il-cctld/il-domain-names',
    dates: 'day-first',
    states: { works: ['Transfer Locked', 'Transfer Allowed'] },
  },
  {
    endings: ['ie'],
    name: '.IE Domain Registry',
    basis: 'registrars',
    source: 'https://hostpapasupport.com/domain-registration-and-transferring-ie-domains/',
    states: { works: ['Active'], ending: ['Voluntary NRP', 'Involuntary NRP'] },
  },
  {
    endings: ['cl'],
    name: 'NIC Chile',
    basis: 'answers',
    source: 'https://www.nic.cl/',
    states: {},
  },
  {
    endings: ['th'],
    name: 'THNIC',
    basis: 'answers',
    source: 'https://www.thnic.co.th/',
    states: { works: ['ACTIVE'] },
  },
  {
    endings: ['lt'],
    name: 'DOMREG',
    basis: 'registry',
    source: 'https://www.domreg.lt/en/faq/for-registrars/how-to-get-the-information-on-domains/',
    states: {
      works: ['registered', 'restrictedDisposal', 'restrictedRights'],
      'held-by-registry': ['stopped', 'outOfService'],
      beginning: ['pendingCreate'],
      redemption: ['pendingDelete', 'quarantine'],
      'about-to-go': ['pendingRelease'],
      reserved: ['blocked', 'reserved'],
      free: ['available'],
    },
  },
  {
    endings: ['si'],
    name: 'Register.si',
    basis: 'answers',
    source: 'https://www.register.si/',
    states: { works: ['ok'] },
  },
  {
    endings: ['rs', 'xn--90a3ac'],
    name: 'RNIDS',
    basis: 'registry',
    source: 'https://www.rnids.rs/en/data-on-registered-domains/whois-service',
    states: { works: ['Active', 'Locked', 'In dispute'], 'held-by-registry': ['Deactivated'] },
  },
  {
    endings: ['ee'],
    name: 'Eesti Interneti SA',
    basis: 'registry',
    source:
      'https://www.internet.ee/eif/news-archive/how-can-you-prevent-your-ee-domain-from-being-unexpectedly-deleted-and-auctioned',
    states: {
      works: ['ok (paid and in zone)', 'serverManualInzone'],
      expired: ['expired'],
      'held-by-registry': ['serverHold'],
      ending: ['serverForceDelete', 'Domain is forced to delete'],
      'about-to-go': ['deleteCandidate'],
    },
  },
  { endings: ['hr'], name: 'CARNET', basis: 'answers', source: 'https://domene.hr/portal/home', states: {} },
  {
    endings: ['bg'],
    name: 'Register.BG',
    basis: 'answers',
    source: 'https://www.register.bg/',
    dates: 'day-first',
    states: { works: ['Registered'], free: ['available'] },
  },
  {
    endings: ['kz', 'xn--80ao21a'],
    name: 'KazNIC',
    basis: 'epp',
    source: 'https://nic.kz/',
    states: {},
  },
  {
    endings: ['by', 'xn--90ais'],
    name: 'hoster.by',
    basis: 'answers',
    source: 'https://cctld.by/',
    states: {},
  },
  {
    endings: ['sg'],
    name: 'SGNIC',
    basis: 'epp',
    source: 'https://www.sgnic.sg/',
    states: { works: ['VerifiedID@SG-Not Required'] },
  },
  {
    endings: ['lv'],
    name: 'NIC.LV',
    basis: 'registry',
    source: 'https://www.nic.lv/eppdoc/html/domain/overview.html',
    states: { works: ['active'] },
  },
  {
    endings: ['pe'],
    name: 'Red Científica Peruana',
    basis: 'answers',
    source: 'https://punto.pe/',
    states: {},
  },
  {
    endings: ['is'],
    name: 'ISNIC',
    basis: 'answers',
    source: 'https://www.isnic.is/en/whois/',
    states: {},
  },
  {
    endings: ['ve'],
    name: 'NIC Venezuela',
    basis: 'answers',
    source: 'http://www.nic.ve/',
    states: { works: ['ACTIVO'], 'held-by-registry': ['SUSPENDIDO'] },
  },
  {
    endings: ['im'],
    name: 'Isle of Man Government',
    basis: 'answers',
    source: 'https://www.nic.im/',
    dates: 'day-first',
    states: {},
  },
];

const byEnding: ReadonlyMap<string, Registry> = new Map(
  registries.flatMap((registry) => registry.endings.map((ending) => [ending, registry] as const)),
);

/** The registry of a domain's ending; undefined when it is not in the table. */
export function registryOf(name: string): Registry | undefined {
  return byEnding.get(name.slice(name.lastIndexOf('.') + 1));
}
