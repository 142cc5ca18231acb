// What registries' words for the state of a domain mean, in EPP's: first by the registry's own table, then by words that mean the same everywhere.
import type { DateOrder } from './dates.ts';
import { registryOf } from './registry-states.ts';
import type { Registry, StateMeaning } from './registry-states.ts';

/** The state that stands for each meaning, as `Registration.statuses` has it: EPP's (RFC 5731, RFC 3915), where EPP has one. */
const canonical: Readonly<Record<Exclude<StateMeaning, 'works' | 'free' | 'reserved'>, string>> = {
  'held-by-registry': 'serverhold',
  'held-by-registrar': 'clienthold',
  'not-delegated': 'inactive',
  redemption: 'redemptionperiod',
  'about-to-go': 'pendingdelete',
  restoring: 'pendingrestore',
  renewing: 'autorenewperiod',
  expired: 'expired',
  unpaid: 'unpaid',
  ending: 'ending',
  beginning: 'pendingcreate',
};

/** Words that mean the same wherever they are used, by what they mean. Of no registry in particular. */
const common: Readonly<Record<StateMeaning, readonly string[]>> = {
  works: [
    'ok|active|activo|activa|ativo|attivo|actif|aktiv|aktif|aktivan|aktivna|aktywna|registered|registrado|registrada|registrato|registriert',
    'connect|connected|delegated|verified|unverified|published|associated|linked|granted|live|taken|inuse|paidandinzone|paid|inzone|unavailable',
    'registereduntilexpirydate|registereduntilrenewaldate|registereduntilcancelled|notavailable|validated|normal|enabled|complete|assigned',
    'busy|booked|occupied|valid|approved|activated|domainisregistered|domainactive|registrationactive|registeredactive|intransfer|okclean',
    'addperiod|renewperiod|transferperiod|pendingtransfer|pendingupdate|pendingrenew|renewrequestbeingprocessed|renewalrequestbeingprocessed',
    'locked|lock|transferlocked|transferlock|updatelock|registrarlock|registrylock|registrarlocked|registrylocked|transferallowed',
    'proxy|private|removed|obscured|administrative|signed|unsigned|signeddelegation|sponsored|renewed|confirmed|registeredanddelegated|online',
    'зарегистрирован|делегирован|активен|正常|已注册|注册|已註冊|등록|등록완료',
  ],
  'held-by-registry': [
    'serverhold|registryhold|hold|onhold|suspended|suspend|suspendido|suspendida|suspenso|suspendu|sospeso|gesperrt|zawieszona|askida',
    'outofservice|deactivated|disabled|blocked|withdrawn|revoked|stopped|dnshold|servermanualhold|приостановлен|заблокирован|停止|停止解析|정지|blokovan',
  ],
  'held-by-registrar': ['clienthold|registrarhold|registrarsuspended|clientsuspended'],
  'not-delegated': [
    'inactive|inactivo|inactif|inativo|inattivo|notactive|notdelegated|undelegated|notconnected|disconnected|notinzone|outzone|outofzone',
    'notinuse|unconnected|неделегирован|неактивен|未接続',
  ],
  redemption: [
    'redemptionperiod|redemption|redemptiongraceperiod|pendingdeleterestorable|pendingdeleteredemptionperiod|quarantine|quarantined|inquarantine',
    'inquarantaine|quarantaine|cuarentena|karantena|deleted|cancelled|canceled|terminated|eliminado|cancelado|pendingrelease|toberestored',
  ],
  'about-to-go': [
    'pendingdelete|pendingdeletion|pendingpurge|tobereleased|deletecandidate|pendingdeletescheduledforrelease|pendingdrop|scheduledfordeletion',
  ],
  restoring: ['pendingrestore|pendingreinstate'],
  renewing: ['autorenewperiod|autorenewgrace|autorenewgraceperiod|autorenew'],
  expired: [
    'expired|expirado|vencido|scaduto|expire|abgelaufen|verlopen|renewalrequired|notrenewed|lapsed|expiredgraceperiod|expiregrace',
  ],
  unpaid: [],
  ending: [
    'tobesuspended|tobedeleted|nolongerrequired|tobecancelled|deletionrequested|pendingexpiration|nonrenewal|donotrenew',
  ],
  beginning: [
    'pendingcreate|pendingverification|registrationrequestbeingprocessed|pendingapproval|pendingregistration|applicationpending',
  ],
  free: ['free|available|unassigned|notregistered|noobjectfound|disponible|libre|notfound'],
  reserved: ['reserved|notallowed|invalid|forbidden|prohibited|unassignable|restricted|notopen|notopened'],
};

const commonMeaning: ReadonlyMap<string, StateMeaning> = new Map(
  Object.entries(common).flatMap(([meaning, groups]) =>
    groups
      .flatMap((group) => group.split('|'))
      .map((word) => [plainState(word), meaning as StateMeaning] as const),
  ),
);

/** What is forbidden to be done with a domain that works: `clientTransferProhibited`, `serverRenewProhibited`, `updateForbidden` … */
const restriction =
  /^(?:st)?(?:client|cl|server|sv|registrar|registry)?(?:delete|deletion|transfer|update|updt|renew|renewal|xfer|recover|restore|registrant|registrantchange|ownerchange|sponsoringregistrarchange|registrarchange|trade|restricted|create|dnssec|ns)*(?:prohibited|lock|locked|forbidden|restriction|restricted)$/;

/** `client hold`, `clientHold (note)`, `clientHold https://icann.org/epp#clientHold` → `clienthold`; letters and digits of any script. */
export function plainState(state: string): string {
  return state
    .slice(0, 200)
    .replace(/-until\s+\d{8,14}/i, '')
    .replace(/https?:\S*/gi, '')
    .replace(/\([^()]*\)?/g, '')
    .replace(/\s[-–—]\s.*$/, '')
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * The states that a value names, in one form each: EPP's where the registry's table or the words themselves tell which is meant,
 * else the word as it is. `inactive / serverHold` are two.
 * @param name the domain: whose ending says which registry speaks.
 */
export function statesIn(name: string, value: string): string[] {
  const text = value.slice(0, 2_000).replace(/https?:\S*/gi, ' ');
  const whole = meaningOf(name, plainState(text));
  const parts = whole === null ? partsOf(text) : [text];
  const states = parts.map((part) => {
    const plain = plainState(part);
    const meaning = meaningOf(name, plain);
    return meaning === null || meaning === 'works' || meaning === 'free' || meaning === 'reserved'
      ? plain
      : canonical[meaning];
  });
  return [...new Set(states)].filter((state) => state !== '');
}

/** At commas and slashes; at spaces only where each word is a state of EPP by itself. */
function partsOf(text: string): string[] {
  const parts = text.replace(/\([^()]*\)/g, ' ').split(/\s*[,;|]\s*|\s*\/\s*/);
  return parts.flatMap((part) => {
    const words = part.trim().split(/\s+/);
    return words.length > 1 && words.every((word) => isOfEpp(plainState(word))) ? words : [part];
  });
}

function isOfEpp(plain: string): boolean {
  return (
    /^(?:client|server|pending)\p{L}{4,}$|period$/u.test(plain) ||
    ['ok', 'inactive'].includes(plain) ||
    restriction.test(plain)
  );
}

const kept = new Map<Registry, ReadonlyMap<string, StateMeaning>>();

/** The registry's own words, in the form of `plainState`. */
function ownMeanings(name: string): ReadonlyMap<string, StateMeaning> {
  const registry = registryOf(name);
  if (registry === undefined) return new Map();
  const known = kept.get(registry);
  if (known !== undefined) return known;
  const made = new Map(
    Object.entries(registry.states).flatMap(([meaning, words]) =>
      words.map((word) => [plainState(word), meaning as StateMeaning] as const),
    ),
  );
  kept.set(registry, made);
  return made;
}

function meaningOf(name: string, plain: string): StateMeaning | null {
  return (
    ownMeanings(name).get(plain) ?? commonMeaning.get(plain) ?? (restriction.test(plain) ? 'works' : null)
  );
}

/** What a state, as `statesIn` gives it, means at the domain's registry; null when it is a word that is not known. */
export function meaningOfState(name: string, state: string): StateMeaning | null {
  const found = Object.entries(canonical).find(([, form]) => form === state)?.[0];
  return (found as StateMeaning | undefined) ?? meaningOf(name, state);
}

export function isKnownState(name: string, state: string): boolean {
  const meaning = meaningOfState(name, state);
  return meaning !== null && meaning !== 'free' && meaning !== 'reserved';
}

/** Whether a field called `state` is the domain's at its registry, and not the owner's province. */
export function callsItState(name: string): boolean {
  return registryOf(name)?.stateField === true;
}

/** How the domain's registry writes dates of three numbers, where that is known. */
export function dateOrderOf(name: string): DateOrder | undefined {
  return registryOf(name)?.dates;
}

/** Whether the domain's registry is known to publish no end of a registration. */
export function publishesNoDate(name: string): boolean {
  return registryOf(name)?.publishesEnd === false;
}
