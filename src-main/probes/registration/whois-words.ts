// The words of WHOIS answers: what registries call the fields that matter, in their languages, and how they say that a name is free.

/** One form for a field's name: lower case, no accents, one space between words, nothing in brackets. */
export function plainLabel(label: string): string {
  return unaccented(label.normalize('NFKC').toLowerCase())
    .replace(/\([^)]*\)?/g, ' ')
    .replace(/[^\p{L}\p{N}/']+/gu, ' ')
    .trim();
}

function unaccented(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}

const labels = (...groups: readonly string[]): ReadonlySet<string> =>
  new Set(groups.flatMap((group) => group.split('|')).map(plainLabel));

/** The end of the registration as the registry has it. */
export const expiryLabels = labels(
  'registry expiry date|registry expiration date|registry expires|domain expiration date|domain expiry date|domain expiry',
  'domain expires|domain expires on|domain currently expires|domain expired|domain datebilleduntil|domain paid until|domain valid until',
  'expiration date|expiration time|expiration timestamp|expiration on|expiration|expirationdate|date of expiration|date of expiry',
  'expire date|expires date|expire on|expire|expires|expires at|expires on|expiredate|expires in|expired|expired date|expired on',
  'expiry|expiry date|expiry on|expiry time|expirydate|exp date|expdate|date expires|date expiration|date expiry|expiring date',
  'paid till|paid until|paid up to|billed until|valid until|valid till|valid to|valid thru|valid through|valid date|validity|validity date',
  'valid to date|registered until|registered through|registered till|registration expires|registration expires on|registration ends',
  'registration expiration date|registration expiry date|registration expiration|registration valid until|registration end date',
  'record expires|record expires on|record will expire on|record expired|record expiry|record expiration date|record expires in',
  'renewal date|renewal|renewal due|renewal due date|renewal on|date renewal|next renewal|next renewal date|due date|end date',
  // French, Spanish, Portuguese, Italian, Romanian
  "date d'expiration|date expiration|expire le|expiration le|date d'echeance|echeance|date de fin|fin de validite|valable jusqu'au",
  'fecha de expiracion|fecha expiracion|fecha de vencimiento|fecha vencimiento|vencimiento|vence|vence el|expira|expira el|expiracion',
  'fecha de caducidad|caducidad|valido hasta|fecha de expiracion del dominio|fecha de corte',
  'data de expiracao|data expiracao|expira em|expiracao|data de vencimento|validade|data de validade|valido ate',
  'scadenza|data di scadenza|data scadenza|scade il|valido fino al|data expirarii|expira la',
  // German, Dutch, Scandinavian, Finnish, Baltic
  'ablaufdatum|lauft ab am|ablauf|gultig bis|registriert bis|bezahlt bis|vervaldatum|verloopt op|einddatum|geldig tot',
  'utgar|utgangsdatum|udlobsdato|udlober|utloper|utlopsdato|gyldig til|giltig till|voimassa|vanhenee|paattyy|viimeinen voimassaolopaiva',
  'aegub|kehtib kuni|galioja iki|galiojimo pabaiga|deriga lidz|derigs lidz',
  // Slavonic, Hungarian, Greek
  'expirace|datum expirace|platnost do|konec platnosti|expiracia|datum expiracie|data wygasniecia|wygasa|data waznosci|wazna do|wazny do',
  'koniec okresu rozliczeniowego|data konca okresu rozliczeniowego|datum isteka|istice|istek|vrijedi do|vazi do|potece|datum poteka',
  'оплачен до|оплачено до|дата окончания|дата окончания регистрации|окончание регистрации|срок действия|срок регистрации|истекает',
  'дата истечения|действителен до|действует до|дійсний до|дійсна до|закінчується|термін дії|дата закінчення|сплачено до|оплачений до',
  'изтича на|валиден до|дата на изтичане|датум истека|важи до|lejarat|lejarati datum|ervenyes|ημερομηνια ληξης|ληξη',
  // Turkish, Arabic, Hebrew, Indonesian, Vietnamese, Thai
  'bitis tarihi|bitis|sona erme tarihi|gecerlilik tarihi|son kullanma tarihi|تاريخ الانتهاء|تاريخ انتهاء الصلاحية|תאריך תפוגה',
  'tanggal kedaluwarsa|kedaluwarsa|berlaku sampai|ngày hết hạn|hết hạn|วันหมดอายุ',
  // Korean, Japanese, Chinese
  '사용 종료일|사용종료일|만료일|만기일|유효기간|有効期限|有効期限日|登録期限',
  '过期时间|过期日期|到期时间|到期日期|到期日|有效期至|失效日期|到期時間|過期時間|過期日期|有效期限|註冊到期日|到期日期',
);

/** The same as the registrar has it. */
export const registrarExpiryLabels = labels(
  'registrar registration expiration date|registrar registration expiry date|registrar expiration date|registrar expiry date',
);

export const nameLabels = labels(
  'domain|domain name|domainname|domain name ascii|name of domain|nom de domaine|nom du domaine|domaine|nombre de dominio|dominio',
  'nombre del dominio|nome de dominio|nome dominio|nome do dominio|nazwa domeny|domena|domene|domenvorname|domainnamn|domannamn|domän',
  'domen|домен|доменное имя|имя домена|доменне імя|domain adi|alan adi|도메인이름|ドメイン名|域名|網域名稱|tên miền|domaininfo',
);

export const statusLabels = labels(
  'domain status|status|statuses|eppstatus|epp status|registration status|registry status|domainstatus|domain state|query status|reg status',
  'status codes|domain status code|etat|statut|estatus|estatus del dominio|estado del dominio|estado|situacao|stav|stan',
  'статус|статус домена|состояние|стан|durum|domain durumu|status domain|trang thai|등록정보 상태|상태|도메인 상태|状態|域名状态|域名狀態|网域状态|網域狀態|حالة|domaintype|frozen status',
);
/** A day on which the domain will be deleted: registries that show it have been told to. */
export const deletionLabels = labels('delete date|deletion date|date to delete|scheduled deletion date');
/** Fields that are the domain's state at some registries and the owner's province at others: believed when their word is known. */
export const stateLabels = labels('state|estado|stato');

export const registrarLabels = labels(
  'registrar|registrar name|sponsoring registrar|registrar organization|current registrar|registrar of record|authorized agency',
  "bureau d'enregistrement|agente registrador|registrador|registratore|rejestrator|регистратор|등록대행자|注册商|注册服务机构|註冊商",
);

/** A record has at least one of these, or an end, or a state; the text that says "not found" has none. */
export const recordLabels = labels(
  'name server|name servers|nameserver|nameservers|nserver|nservers|ns|dns|dns servers|domain servers|domain nameservers|domain name servers',
  'name server information|nameserver information|name servers in the listed order|domain servers in listed order|primary server|host name',
  'primary name server|secondary server|secondary name server|servers|nameserver in listed order|current nameservers|hostname|name server 1',
  'serveur de noms|serveurs de noms|servidores de nombre|servidor de nombre|servidor dns|serwery nazw|nameservery|dns name|dns server|ns 1|ns1',
  'created|created on|created date|creation date|create date|creation time|registered|registered on|registered date|registration date|registration time',
  'record created|record created on|domain created|domain registered|domain created on|domain record activated|domain create date|date registered',
  'fecha de creacion|fecha de registro|data de registo|data de registro|data di registrazione|date de creation|datum registrace|kayit tarihi',
  'etabli le|criado|creado|cree|ustvarjen|assigned|activated|connected date|domain name commencement date|entry created|date created',
  '등록일|登録年月日|接続年月日|登録日|注册时间|注册日期|註冊日期|ネームサーバ|ネームサーバー|네임서버|1차 네임서버 정보|域名服务器|dns服务器|registered for|aktiviert',
);

/** Where an object of somebody else begins in a database's answer: what follows is not the domain's. */
export const otherObjectLabels = labels('contact|nic hdl|nic hdl br|person|role|personname|nsset|keyset');

/** Who can tell more. */
export const referralLabels = labels(
  'refer|whois|whois server|referralserver|referral server|referto|registrar whois server|registrar whois|registry whois server|resource',
);

/** Marks of comments and of errors before what a line says. */
const before =
  /^(?:[\s%#>*;:=|.–—-]+|error:?\s*\d*\s*[:-]?\s*|\d{3}\s+|(?:unfortunately|sorry|but|there (?:is|are|was|were))\b[, ]*)+/i;
const domainNames = /(?:[\p{L}\p{N}_-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}\.?(?=$|[\s,:;!?)])/gu;

/** What a line says, in one form: lower case, no marks, quotes or accents, and `@` for every domain name. */
export function plainLine(line: string): string {
  return unaccented(line.slice(0, 400).normalize('NFKC').slice(0, 800).toLowerCase())
    .replace(before, '')
    .replace(/["“”'’«»<>[\]`]/g, '')
    .replace(/[_/]+/g, ' ')
    .replace(domainNames, '@')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A name, the thing that has it, or both: `domain @`, `the requested object`, `@`. */
const it =
  '(?:(?:(?:the |this |your |above |requested |queried |specified |given )*(?:@|domain names?|domain|name|object|query|entry|record|key|data|registration)[ :,-]*){1,3})';
const isNot =
  '(?:(?:is|was|were|has|have|had|does|did|do)(?: currently| still| yet| been| also)* ?(?:not|no longer|never)(?: yet| currently| been| be)*|isnt|doesnt|no)';
const free = '(?:free|available|unregistered|unassigned|vacant)';

/** Lines that say that nobody has the name. */
const absent: readonly RegExp[] = [
  '^no (?:exact )?match(?:es|ing)?\\b(?! for option)',
  '^no (?:such |matching |found |whois |registered )?(?:domains?|entr(?:y|ies)|data|objects?|records?|results?|information|registrations?|domain (?:name|record|info)s?)(?: (?:names?|records?|entries|data|information))?(?: (?:is|was|were|has|have|been|exists?|currently|matching|match|for|in|with|named|@))* (?:found|exists?|match(?:ed|ing|es)?|available (?:about|on|for|in)|registered|@)(?:$|[^a-z])',
  '^no (?:such |matching |found |whois )?(?:domains?(?: names?)?|entr(?:y|ies)|data|objects?|records?|results?|information|registrations?)(?: found| matched)?[.! ]*$',
  '^no such (?:domain|object|name|entry|record)\\b|^(?:no se encontro el objeto|object not found)\\b|^(?:nothing|none|not?) found\\b|^not (?:registered|existing|delegated to anybody)\\b(?! until)',
  `^(?:is )?${free}[.! ]*$`,
  `^${it}${isNot} (?:found|regist(?:ered|red|erd)|exist(?:ing)?|known|listed|(?:available )?in (?:our|the) (?:whois |registry )?database)\\b`,
  `^${it}(?:cannot be|can not be|could not be|couldnt be|cant be) found\\b`,
  `^${it}(?:not found|not regist(?:ered|red|erd)|does not exist|no existe|no match|no (?:data|entries|objects?|records?|match(?:es)?) (?:were |was )?found|no matching)\\b`,
  `^${it}(?:(?:is|still|now|currently|appears to be) )*${free}(?= for (?:registration|purchase|order)|[.! ]*$)`,
  '^you queried for @ but this server does not have|^this query returned 0 objects|^invalid query or domain name not known in ',
  '^(?:we |i )?(?:do not|dont|could not|couldnt|can ?not|cant) (?:have an entry|find (?:the |any |a |an )?(?:requested |matching )?(?:domain|entry|record|match|object|@))',
  '^.{0,60} no match(?: found)?[.! ]*$|^not registered -',
  // French, Spanish, Portuguese, Italian, German, Dutch
  `^(?:${it}|domaine @ |nom @ )?(?:aucun (?:resultat|enregistrement|objet)|domaine? (?:inconnu|disponible|non enregistre)|est disponible|nest pas enregistre)`,
  '^(?:@[ :]*|el |dominio |nombre )*(?:no existe|no (?:se )?(?:ha |fue )?(?:encontrad|registrad|encontr)|no esta registrado|esta disponible|disponible[. ]*$)',
  '^(?:@[ :]*|o |dominio )*(?:nao (?:encontrad|existe|registrad|foi encontrad)|nenhum (?:registro|resultado)|esta disponivel)|^nessun (?:risultato|dominio)|^dominio (?:non registrato|disponibile)',
  '^(?:@[ :]*|die domain |domain )*(?:ist frei|ist nicht registriert|nicht registriert|nicht gefunden|niet gevonden|niet geregistreerd|is vrij)\\b',
  // Slavonic, Turkish, Hungarian
  '^(?:@[ :]*|domena |domen[aei]? |домен )*(?:nie (?:znaleziono|istnieje|jest zarejestrowan)|jest wolna|nenalezen|nebyla? nalezen|nenajden|neni registrovan|nije registrovan|nije pronaden|не (?:найден|знаид|зарегистрирован|зареєстрован|занят|існує)|свободен|вільн|brak danych)',
  '^(?:@[ :]*|alan ad[iı] )*(?:kay[iı]t bulunamad|bulunamad|kay[iı]tl[iı] degil)|^(?:@ )?nincs (?:talalat|ilyen)',
].map((source) => new RegExp(unaccented(source), 'u'));
/** The same where words are not set apart; without accents, as `plainLine` has them. */
const absentEastAsian = [
  '등록되어 있지 않습니다|등록되지 않은 도메인',
  '該当するデータがありません|登録されていません|见つかりません',
  '未注册|没有找到|没有匹配|不存在|查无|查無|尚未註冊|找不到',
]
  .flatMap((group) => group.split('|'))
  .map(unaccented);

/** Values of a state's field that say that nobody has the name. */
const absentStates =
  /^(?:\d{3}\s+)?(?:available|free|no object found|not registered|not found|no match|unassigned|unregistered|no existe|disponible|libre|livre|disponivel|wolna|volna|свободен|свободно|no entry found|domain not found)$/u;

export function saysAbsent(says: string): boolean {
  return absent.some((phrase) => phrase.test(says)) || absentEastAsian.some((words) => says.includes(words));
}

export function isAbsentState(value: string): boolean {
  return absentStates.test(plainLine(value.replace(/\(.*$/, '')).replace(/[\s.]+$/, ''));
}

/** States that a registry tells in a sentence: of .pl (https://www.dns.pl/print/english/stanydomeny.html). */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/^(?:domain (?:name )?)?@ billing period (?:had|has) finished/, 'expired'],
  [/^(?:domain (?:name )?)?@ is to be released after/, 'pendingdelete'],
  [/^(?:domain (?:name )?)?@ is (?:queued up for registration|currently being tasted)/, 'pendingcreate'],
  [/^domain name is undergoing proceeding|^(?:domain (?:name )?)?@ is undergoing proceeding/, 'clienthold'],
];

/** The state, as `statesIn` has them, that a line says; undefined for all others. */
export function stateSaid(says: string): string | undefined {
  return sentences.find(([sentence]) => sentence.test(says))?.[1];
}

/** Said to us and of now: the registry has had enough, or has trouble. */
const refusal = [
  String.raw`\b(?:limit|quota|rate|allowance|queries|requests|lookups)\b.{0,40}\b(?:exceeded|exhausted|(?:has|have) been reached|is reached|was reached)\b`,
  String.raw`\b(?:exceeded|exceeding|overstepped)\b.{0,60}\b(?:limit|quota|quer(?:y|ies)|rate|requests|lookups|number|allowed)\b`,
  String.raw`\btoo (?:many|much|frequent)\b.{0,20}\b(?:requests?|quer(?:y|ies)|connections?|lookups?)|\bexcessive (?:quer|requests|lookups|use of)|\b(?:ip|client|host)(?: address)? (?:blocked|banned|blacklisted)`,
  String.raw`\b(?:try|come back) (?:it |your (?:query|request) )?(?:again )?(?:later|in a|in \d|after)|\bretry (?:later|after|in)\b|\bslow down\b`,
  String.raw`\b(?:you|ip|address|client|host|access|connection|query|request|lookup)\b.{0,40}\b(?:is|are|has been|have been|was|were|temporarily)(?: (?:currently|temporarily|now|been))* (?:throttled|black ?listed|block(?:ed|listed)|banned|denied|refused|rejected|restricted until|disabled|prohibited from)\b(?! to protect)`,
  String.raw`\b(?:access|permission|query|request|lookup) (?:denied|refused|rejected)|\bconnection refused|\bnot (?:authori[sz]ed|allowed|permitted) to (?:query|access|use) this (?:server|service|whois)`,
  String.raw`\btemporar(?:ily|y) (?:unavailable|not available|out of|disabled|closed|blocked|denied|problem|failure|error)|\b(?:service|server|database|system|whois|registry) (?:is )?(?:currently |temporarily |too )*(?:unavailable|not available|busy|overloaded|down\b|under maintenance|offline)`,
  String.raw`\b(?:undergoing|under|down for|scheduled) maintenance|\b(?:can(?:'|no| no)?t|could not|unable to) (?:process|handle|complete|serve) (?:your|the|this) (?:request|query)|\binternal (?:server )?error|\b(?:database|timeout|timed out|backend) (?:error|occurred|unavailable)`,
  String.raw`\blimite (?:de consultas|maximo)|\bdemasiadas (?:consultas|peticiones)|\bmuitas consultas|\bzu viele (?:anfragen|abfragen)|\btrop de requetes|\btroppe (?:richieste|interrogazioni)|\bza duzo zapytan|\bprilis mnoho`,
  'превышен|слишком много запросов|перевищен|查询过于频繁|请求过于频繁|查詢過於頻繁|超过.{0,6}限制|너무 많은|초과하',
]
  .join('|')
  .normalize('NFD')
  .replace(/\p{M}/gu, '');
const refusals = new RegExp(refusal, 'u');

/** Whether a line says that the registry does not answer now. Terms of use say the like: see where it stands. */
export function saysRefused(says: string): boolean {
  return refusals.test(says);
}
