// The things that replies are about: encryption, logins, lists, quotas, reverse names, content, … in the six languages.
import { without, words } from './grammar.ts';
import { mask } from './reading.ts';

export const loop = words(
  'hopcount, loop, loops, looping, looped, mail loop, mailloop, in circles, in a circle, circular, hop count, too many hops, too many servers|relays, hops, maximum hop*, too many received, ~1 received ~1 lines|headers, received count, been through here, points back to, point back to, keeps ~1 coming back, coming back to us, passed ~3 before|already, already ~1 passed, already been here, message depth, depth exceeded, routing loop, forwarding loop',
  'schleife*, mailschleife, mailloop, zyklus, im kreis',
  'boucle*, bouclage, tourne en rond, trop de sauts',
  'bucle*, ciclo, demasiados saltos, circuito',
  'ループ, 循環, ホップ数',
);

export const greylist = words(
  'greylist*, graylist*, grey list*, gray list*, postgrey, milter greylist, greylistd, gld, sqlgrey, triplet*, first time we, first time ~1 see*, are new here, not seen ~4 before, first time you, never seen, unfamiliar, not ~2 known ~1 yet, not ~1 know you yet, delayed on purpose, intentional* delay*, deliberately delayed, unknown triplet, early retry, too early',
  'graue liste, grauliste*, greylisting, grau gelistet, erstkontakt',
  'liste grise, listes grises, liste gris',
  'lista gris, listas grises, lista grigia, lista cinza, grijze lijst',
  'グレイリスト, グレーリスト, グレイリスティング, グレーリスティング',
);

/** Greylisting told in other words; said of a refusal for now only. */
export const firstContact = words(
  'first contact|connection|attempt|delivery, first time ~4 see|seen|sends|sent|you|this, not ~1 know ~3 yet, new sender, unknown sender ~3 later|wait, never ~2 before',
  'erster kontakt|versuch|zustellversuch, erste* zustellversuch, erstmalig*, zum ersten mal, erstes mal',
  'premier contact|essai, première fois, première tentative, premiere fois',
  'primer contacto|intento, primera vez',
  '初めて, 初回, はじめての, 新規の送信元',
);

export const reverseName = without(
  words(
    'ptr, ptrs, rdns, r dns, fcrdns, reverse dns, reverse lookup, reverse ~1 name*, reverse record, reverse resolution, reverse mapping, reverse entry, reverse ~1 hostname, reverse ip, reverse, reversedns, bad dns, ip name lookup, name lookup of, forward dns entry, in addr, find your ~2 hostname|name, no hostname, forged hostname, hostname mismatch, no dns entry for, no name for, generic hostname, forward confirmed, resolve your ~2 ip|address|hostname, mismatch* client ip, mismatch* ~1 client, unresolvable ~1 host|hostname*, unverif* ~1 sending ip|ips, no ~2 host name, no valid hostname, hostname ~2 not ~1 match, host name ~2 not ~1 match',
    'reverse dns, rückwärtsauflösung, rdns eintrag, ptr eintrag, reverse eintrag, rückwärts*, reverse lookup, dns rückwärts*',
    'dns inverse*, inverse, résolution inverse, enregistrement ptr, reverse',
    'dns inverso, inverso, inversa, resolución inversa, registro ptr, registro inverso',
    '逆引き, 逆引, ptr ?レコード, リバース, 反向解析, 反向域名, 反解析, 反向dns',
  ),
  words('bad dns mx'),
);
export const matchWords = words(
  'not ~2 match*, not ~2 confirmed, mismatch*, not ~1 correspond*, differ*, stimmen ~2 nicht, passt nicht, ne correspond*, no coincide*, no corresponde*, 一致しませ',
);
export const hostNameWords = words(
  'host name*, hostname*, hostname*, name of your, rechnername, nom d hôte, nombre de host, ホスト名',
);

export const helo = words('helo, ehlo, helo ehlo, helo name, helo command');

export const senderAuthentication = words(
  'unsigned dsn, alignment, not aligned, p reject, p quarantine, batv, prvs, null sender, empty sender, spf, dkim, dmarc, dmarc1, arc, domainkeys, domain keys, sender id, senderid, sender policy framework, purported responsible, purported, dnssec signature, bimi, adsp, auth results, authentication results, authentication information, unauthenticated email, unauthenticated message*, email authentication, ip for sending, authentication level, authentication requirement*, message authentication, sender authentication, domain authentication, 送信ドメイン認証, 送信者認証, ドメイン認証, なりすまし, absenderauthentifizierung, backscatter, multi recipient bounce',
);

/** A sender who is not who it says it is. */
export const spoofing = words(
  'spoof*, impersonat*, claim* to be, pretend*, forged, forgery, usurp*, suplantación, gefälscht*, なりすまし',
);

export const tls = words(
  'tls, starttls, ssl, encrypt*, tls1, tlsv1*, unencrypted, cipher*, certificate*, handshake, plaintext, plain text session*, clear text, cleartext, x509, cert, dane, tlsa, dnssec, mta sts, secure connection, secure channel',
  'verschlüssel*, zertifikat*, unverschlüsselt*',
  'chiffr*, certificat*, chiffrement, crypté*, connexion sécurisée',
  'cifrad*, cifrado, certificado*, encripta*, conexión segura, crittograf*, criptograf*',
  '暗号化, 暗号, 証明書, セキュア',
);

export const login = words(
  'auth, authenticat*, login, log in, logged in, logon, log on, smtp auth, credential*, password*, passwd, sasl, pop before smtp, oauth*, xoauth*, access token, sign in, signin, 535',
  'anmeld*, authentifizier*, authentisier*, passwort, zugangsdaten, kennwort, einloggen, angemeldet, benutzername',
  'authentifi*, identifiez, identifier, identifiant*, identification, mot de passe, connecter, identifiant*, s authentifier',
  'autentic*, autentific*, contraseña*, iniciar sesión, credencial*, identific*, autenticaz*, autenticação, senha',
  '认证, 身份验证, 登录, 密码, 授权码, 認証, ログイン, パスワード, サインイン',
);
export const notLoggedIn = words(
  'unauthenticated, not authenticated, receive your mail ~2 before, check your mail ~2 before, retrieve your mail ~2 before, not ~1 been authenticated, not yet authenticated, not ~1 logged in, anonymous, non authenticated, only ~1 authenticated, authenticated ~1 only, nicht authentifiziert, nur ~1 angemeldete|authentifizierte, seuls ~2 authentifiés, que ~2 utilisateurs authentifiés, solo ~2 autenticados, nicht angemeldet, non authentifié*, no autenticad*, 未認証',
);
export const secretWords = words(
  'password*, credential*, user name|username, passwd, passwort, kennwort, zugangsdaten, mot de passe, identifiant*, contraseña*, credencial*, usuario o, パスワード, login, logon, sign in, benutzername',
);

export const relay = without(
  words(
    'non local, not local host, *rcpthost*, relay, relays, relaying, relayed, open relay, relay access, relayhost, pass mail ~3 outside|external|foreign|others, external|outside|foreign addresses|address|recipients|domains, insecure mail relay, forward messages, as|your ~1 smarthost, as ~2 smart host, forward mail, third party, 3rd party, relaychk',
    'weiterleit*, relaying, relayen, durchleit*, fremde* domain*, externe|fremde adressen|empfänger|domains',
    'relais, relayage, relaie, relayer, relaye*',
    'reenvío, reenvi*, retransm*, relevo, relay, reencamin*, inoltro',
    '中継, リレー, 転送',
  ),
  words('relay recipient*'),
);
export const notHosted = words(
  'not ~2 hosted, not ~2 handle*, not ~1 local, not ~2 serve*, not ~1 responsible, not ~1 served, not ~1 ours, not ~2 my ~2 domain*, not ~3 our ~2 domain*, not ~2 local domain*, no ~2 tenant, no ~2 subscriptions, not home, not ~1 configured, not ~1 take mail|messages, not ~1 supported, not ~2 accept mail, not ~1 known here, not allowed, not a gateway, no longer hosted, not ~2 one of, not one of, wrong server, not ~2 virtual, no mail for, not ~2 exchanger, not ~2 exchange, not ~1 belong, not ~1 managed, unconfigured, not ~2 in my ~3, not in my|our ~1 list, not ~1 allowed here, not ~1 accepted here, unknown to this, unknown here',
  'gehört ~1 nicht, nicht zuständig, nicht ~2 gehostet, nicht lokal, nicht ~1 verwaltet, nicht ~2 bedient, nicht ~2 konfiguriert, nicht ~1 eingerichtet, kein* lokale*, nicht in ~3 liste, nicht ~2 lokale*, keine ~1 nachrichten|mails|emails|post',
  'n appartient pas, aucun ~1 message|courriel|courrier|mail, ne gérons pas, pas géré*, pas hébergé*, n hébergeons pas, non géré*, n est pas ~2 hébergé*, ne gère pas, ne traitons pas, pas ~1 local, ne dessert pas',
  'no atiende, no atendemos, no ~1 alojad*, no ~1 gestiona*, no ~1 local, no ~1 pertenece, no ~1 servimos, no hospeda*, no ~1 responsable*, no somos responsables, no aceptamos ~1 correo',
  '管理していませ, 管理しておりませ, 取り扱って, 扱っており?ませ, 受け取りませ, 受け付けて, ローカル',
);

export const list = without(
  words(
    'not ~2 whitelist*, not ~2 allowlist*, bl, *dnsbl*, *rbl, *rbldns, blocked for abuse, blacklist*, black list*, black listed, black ip, blocklist*, block list*, denylist*, deny list, block listing, ban list, banned list, bannedlist, listed by, listed in, listed at, listed on, listed as, appears in|on, is on our|a|the ~2 list, is in our|a|the ~2 list, blocked using, blocked by ~2 list, spamhaus, spamcop, spam haus, spam cop, barracuda central, sorbs, barracudacentral, senderbase, senderscore, surriel, uceprotect, cloudmark, sbl, xbl, pbl, css, zen, cbl, nixspam, drop list, local blacklist, realtime block, removal from this list, delist*, delisting, blackholed, black hole',
    'schwarze* liste*, schwarzliste*, sperrliste*, blackliste, gelistet, negativliste',
    'liste noire, listes noires, liste de blocage, blacklisté*, liste* d exclusion',
    'lista negra, listas negras, lista de bloqueo, listas de bloqueo, lista nera, lista nere, lista negra',
    '黑名单, ブラックリスト, ブロックリスト, 拒否リスト, 規制リスト, スパムリスト, rbl',
    mask.list,
  ),
  words('not ~1 listed, blocked using ~2 spam|content|contents|pattern*|filter*|heuristic*|rule*|policy'),
);
export const linkWords = words(
  'url, urls, uri, uris, urlbl*, link, links, surbl, uribl, body, website*, hyperlink*, dblurl, lien*, enlace*, リンク, contains a domain, domain* in ~2 message, site known, phishing',
);
export const reputation = words(
  'sender score, reputation, bad reputation, poor reputation, senderbase score, senderscore, trust score, low trust, reputationsfilter, ruf, réputation, reputación, reputazione, reputação, レピュテーション, 評価が低, 信誉',
);
export const abuse = without(
  words(
    'abus*, spam, spams, spamming, spammer*, spamsource, attack*, complaint*, unsolicited, unwanted, dynamic*, dial up, dialup, dialup*, residential, broadband, dsl, zombie, botnet, bot, open proxy, compromised, infected, missbrauch*, spamversand*, spamverdacht, abus, abuso, spam incident, dul, pool, smtp server of your isp, mail server of your isp, isp s mail, use your isp, hacking, malicious activity, intrusion*, 发送垃圾邮件, 動的, 迷惑メールの?送信元, スパムの?送信元',
  ),
  // Said of an account, not of us.
  words(
    'deactivated|disabled|suspended|locked|closed for abuse, deactivated|disabled|suspended|locked|closed due to abuse',
  ),
);

export const rate = words(
  'too much ~1 mail|mails|email|emails|messages, received too many|much, short ~1 period, thread limit, rate limit*, ratelimit*, rate limited, rate control*, throttl*, slow down, too fast, too quick*, too frequent*, too often, frequency, excessive ~2 connection*|rate|volume|messages, unexpected volume, unusual rate, unusual volume, unusual sending, unusual traffic, unusual ~1 activity, high volume, high rate, at a rate, mail flood, slower, flood*, connection limit*, sending limit*, message limit*, sending rate, rate exceeded, rate is, quota for your, sending quota, relay quota, daily ~1 quota, daily ~2 limit, hourly ~2 limit, hourly quota, message quota, limit ~2 per, recipients per, messages per, connections per, per minute, per hour, per day, this hour, per connection, mail* per, mails too, simultaneous, concurren*, sessions from, more connections than, more than ~1 connections, more slowly, maximum ~2 connections, max ~2 connections, maximum ~2 recipients, max ~2 recipients, max ~2 messages, connection count, connection rate, message rate, recipient rate, recipient limit, too many ~4 per, has sent too many, sent to too many, over rate, over ~1 rate, rate ~2 exceed*, receiving rate, receives mail too, receiving ~2 too, try slower, connection slots, out of connections, sending speed, your speed, reduce ~2 speed|rate|frequency, per second, messages|message|mails|mail a second|minute|hour, already ~3 sessions|connections, sessions|connections open, backoff, back off, tarpit*, only ~1 recipients, one recipient, error limit',
  'zu schnell, zu häufig, drossel*, gedrosselt, gleichzeitig*, pro minute, pro stunde, pro tag, langsamer, sendelimit, versandlimit, verbindungslimit, ratenlimit*, ratelimit, stündliche* ~1 limit, limit überschritten',
  'trop vite, trop rapide*, ralenti*, simultané*, par minute, par heure, par jour, débit, limite d envoi, limitation de débit, limite de débit, fréquence, cadence',
  'demasiado rápido, simultáne*, por minuto, por hora, por día, límite de envío*, límite de mensajes, límite de conexiones, frecuencia, tasa, más despacio, ritmo, velocidad',
  '并发, 频率, 过快, 太快, 短期内, 流量, 连接数, 发信数量, 发送数量, 邮件数量, 收件人数量, 数量超, 数量限制, 指令数量',
  '短時間に, 大量の?メール, 大量に, 大量送信, 接続数, 同時接続, 流量, 送信数, 送信制限, 頻度, 通数, レート',
);
/** Where mail comes from on the map. */
export const geography = words(
  'your location, your country, your region, geo, geoip, geo ip, geoblock*, geofilter*, geolocation, geographic*, from ~2 country|region, countries',
  'ihrem land, ihrer region, herkunftsland, länder*, aus ihrem land',
  'votre pays, votre région, pays',
  'su país, su región, país, países',
  '国外, 海外, 国から, 地域',
);
export const tooMany = without(
  words(
    'too many, so many, exceed*, excessive*, more than, maximum ~1 number, max ~1 number, over limit, limit reached, limit exceeded, zu viele, zu viel, übermässig*, mehr als, trop de, trop d, plus de, nombre maximal, maximale anzahl, höchstzahl, número máximo, numero massimo, demasiad*, más de, troppi, troppe, muitas, muitos, te veel, 多すぎ, 超過, 超え, 上限, 过多, 超出, 超过, 太多',
  ),
  words('more than once'),
);
export const countable = words(
  'connection*, session*, messages, mails, emails, emails, recipient*, rcpt*, request*, attempt*, command*, error*, invalid recipients, bad recipients, unknown recipients, unknown users, invalid users, transactions, deliveries, envelope*, failures, bounces, hosts, smtp connections',
  'verbindung*, nachrichten, mails, empfänger, anfragen, versuche, sitzungen, fehler, zustellungen',
  'connexion*, messages, courriels, destinataires, requêtes, tentatives, sessions, mails, erreurs, envois',
  'conexion*, mensajes, correos, destinatarios, peticiones, intentos, sesiones, errores, conexiones, connessioni, messaggi, conexões, verbindingen',
  '连接, 邮件, 信件, 收件人, 指令, 接続, メール, 宛先, 受信者, 通信, 送信, セッション, コマンド',
);

export const mailbox = words(
  'mailbox*, mail box*, inbox, account*, user*, recipient*, folder, maildir, maildrop, disk quota, user quota, storage allocation, storage allowance, mail storage, storage limit, mailstore, message store, their storage, maildir delivery, mail file',
  'postfach*, empfänger*, benutzer*, konto, kontingent, speicherlimit, mailbox, speicherplatz, postfachs',
  'boîte*, boite, destinataire*, utilisateur*, compte, bal, messagerie',
  'buzón, buzones, destinatario*, usuario*, cuenta*, cuota*, casilla, casella, caixa, postbus',
  '邮箱, 信箱, 收件人, 空间, 容量, メールボックス, 受信箱, 受信者, ユーザ, 容量, 宛先, アカウント, クォータ, 保存',
);

export const size = words(
  'size, length, large, big, bytes, octets, mb, kb, huge, long, bigger, larger, grösse, gross, taille, volumineu*, tamaño, grande, pesado, サイズ, 大きすぎ, 容量, 大小, 过大, 太大',
);
export const tooLarge = words(
  'too large, too big, too long, of that|this size, too much data, toolarge, toobig, too ~1 large|big|long, exceed*, over ~1 size, oversize*, larger than, bigger than, over ~2 maximum, over ~2 limit, beyond, above ~2 limit|maximum, greater than, size limit, exceeds size, maximum ~2 size, length limit, size is over, longer than, line limit, at most ~2 mb|megabytes|kb|bytes, more than ~2 megabytes, bigger than, excessive amount* of data, not accept ~2 bigger|larger, more than ~1 bytes|mb|kb',
  'zu gross, zu lang, zu grosse*, überschreitet, überschritten, grösser als, zu umfangreich, maximale* grösse',
  'trop grand*, trop gros*, trop volumineu*, trop important*, trop lourd*, trop long*, dépasse*, supérieur*, taille maximale, excède',
  'demasiado grande, demasiado largo, muy grande, excede, supera, mayor que, tamaño máximo, superior al, troppo grande, muito grande, te groot',
  '过大, 太大, 超过, 超出, 超大, 大きすぎ, 大き過ぎ, 超過, 超えて, 超え, 制限サイズ, 長すぎ, 上限, オーバー',
);
