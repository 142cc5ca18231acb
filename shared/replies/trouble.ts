// Words for what is wrong with the content, with the server itself, or with the way to it.
import { without, words } from './grammar.ts';

export const virus = words(
  'virus*, viruses, viral, malware, infected, infection, trojan*, worm, eicar, clamav, phish*, ransomware, malicious, exploit, viren*, schadsoftware, schadcode, virusbefall, virensignatur, trojaner, logiciel malveillant, malveillant*, vérolé, código malicioso, infectad*, 病毒, 木马, 钓鱼, ウイルス, ウィルス, マルウェア, フィッシング',
);
export const spam = words(
  'spam, spammy, spamming, junk, ube, uce, unsolicited, bulk, spamassassin, rspamd, bayes, spamscore, spam score, spam probability, unwanted, mcspamsignature, spm, spam message, bulk mail, mass mail*, bulkmail, dcc, scored ~2 points, spam points, razor, pyzor, bogofilter, antispam, anti spam',
  'spam*, werbung, unerwünschte* werbung, müll, werbemail*, massenmail*',
  'spam, pourriel*, indésirable*, publicité non sollicitée, courrier indésirable',
  'spam, correo basura, no deseado*, basura, correo no deseado, indesiderat*, lixo, antyspam*',
  '垃圾邮件, 垃圾信, 迷惑メール, スパム, 迷惑',
);
/** The message judged to be spam or worse, in so many words. */
export const spamVerdict = words(
  'identified|classified|detected|considered|marked|flagged|judged|recognized|recognised|regarded|treated|tagged|categorized|categorised|determined|suspected|deemed|found ~3 spam|unsolicited|junk|bulk|phishing|malware|virus',
  'looks|look|appears|appear|seems|seem ~3 spam|unsolicited|junk|bulk|phishing, looks spammy, suspicious|dangerous|unsafe|forbidden|prohibited content|attachment|message|link|links|url',
  'message|mail|email|content|is|was|likely|probably spam|unsolicited|junk, is|was ~1 spam|unsolicited|junk',
  'spam|junk message|mail|email|content|detected|found|identified|score|probability|check|checks|test|tests|threshold|points|level|verdict|filter|filters|engine|pattern|signature*',
  'contains ~2 spam|virus|malware|phishing, failed ~4 antispam|spam|junk|content ~2 check*|test*|filter*|scan*, not ~1 pass ~3 antispam|spam|content',
  'identified spam, detected spam, found spam,  antispam check*|test*|filter*|engine, anti spam check*|test*|filter*|engine, spamassassin, rspamd',
  'als spam|werbung ~2 eingestuft|erkannt|klassifiziert|markiert|bewertet, spambewertung, spam bewertung, spamverdacht',
  'considéré* comme ~2 spam|indésirable|pourriel, identifié* comme ~2 spam|indésirable|pourriel, considerado ~1 spam|como spam, clasificado como spam, identificado como spam, classificato ~1 spam|come spam',
  '被判.{0,4}垃圾, 垃圾邮件(?:特征|内容|嫌疑), 迷惑メールと?(?:判定|判断|認識), スパムと?(?:判定|判断|認識)',
);
/** More of something in the message than it may have. */
export const tooManyParts = words(
  'too many ~3 letters|capitals, too many ~2 link|links|hyperlinks|url|urls|uris|images|attachments|words|characters|lines|parts|headers|domains|tags|entities, attachment count, number of attachments|links|urls|images',
);
/** Who refused it, where what it was refused for is not said. */
export const spamFilter = words('by ~2 antispam|spam|anti ~2 gateway|filter|filters|engine|appliance|system');
/** The content is what was refused, whatever list it was looked up in. */
export const contentRefused = words(
  'reject|rejected|rejecting|refused|blocked content, content rejected|rejection|reject|refused|blocked, url|phone ~2 filter',
);
export const score = words('score, scored, scores, scoring, points, bewertung, punkte');
export const scoreTooHigh = words(
  'over, above, exceed*, greater, higher, limit, threshold, upper limit, maximum, max, required, too high, zu hoch, grenzwert, limite',
);
export const attachment = words(
  'attachment*, attached file*, attached, file type, filetype, file extension*, extension*, executable*, exe, zip, archive*, file name, filename, mime type, encrypted archive, macro*',
  'anhang, anhänge*, dateianhang*, dateityp*, dateiendung*, angehängte*',
  'pièce* jointe*, pièces jointes, fichier*, extension',
  'adjunto*, archivo*, fichero*, extensión, allegat*, anexo*, bijlage*',
  '附件, 添付, ファイル, 拡張子',
);
/** What looks into mail is itself not there: nothing is said of the mail. */
export const scannerDown = words(
  'scanner|antivirus|clamd|spamd|rspamd|milter|filter is|was|has? ~1 down|unavailable|offline|unreachable|failed|broken|timed|error',
  'scanner|antivirus|clamd|spamd|rspamd|milter error|failure|timeout|unavailable|down, scanner|milter|filter|antivirus not ~2 available|responding|reachable|running|ready',
  'virenscanner|filter ~1 nicht ~1 verfügbar|erreichbar, antivirus|filtre ~2 indisponible, antivirus|filtro ~1 no disponible',
);
/** Words that on their own say "the content": whatever verb follows. */
export const content = without(
  words(
    'content*, contents, our filter*, filters, by ~1 filter, body of, content filter*, content scanner, suspicious*, suspect, content policy, message policy, spam filter, mail filter, milter, looks like, looks too, objectionable, unacceptable content, unacceptable, html, url|phone ~1 filter*, words in ~2 message, profan*, offensive, banned word*, forbidden word*, keyword*, the word|words|phrase ~3 in, in the|your subject|body, subject line, bad subject, heuristic*, fingerprint*, scored, score, points, security polic*, sieve, leak*, leakage, dlp, data loss, unsafe',
    'inhalt*, inhaltsfilter*, verdächtig*, spamfilter, betreff, punkte',
    'contenu*, suspect*, filtre*, objet',
    'contenido*, sospechos*, filtro*, asunto, contenuto, conteúdo, inhoud',
    '正文, 内容, 本文, コンテンツ, 不審, 怪しい, フィルタ, 件名',
  ),
  words('suspicious ~2 server|host|activity|traffic|behaviour|behavior|ip'),
);
export const form = words(
  'base64, binary content, header*, headers, mime, bare lf, bare linefeed, bare cr, bare newline, stray newline, stray linefeed, stray cr, stray lf, linefeed*, line feed*, bare, rfc 5322, rfc 2822, rfc5322, rfc2822, rfc 822, rfc822, rfc 5321, non compliant, not rfc, message id, message format, malformed, format error, message structure, 8 bit data, 8bit, charset*, character set*, encoding*, null character*, nul character*, illegal character*, subject line, subject header, subject field, subject is, empty subject, missing subject, no subject, betreffzeile, date field, duplicate, from: header*, from: headers, to: header, subject headers, mime boundary, message syntax, multiple addresses, message header*, characters in, nested, mime part*, lone cr, line ending*, smuggling',
  'kopfzeile*, header*, zeichensatz, format der nachricht, nachrichtenformat',
  'en tête*, entête*, jeu de caractères',
  'cabecera*, encabezado*, juego de caracteres, codificación, intestazion*, cabeçalho*',
  'ヘッダ, 文字コード, 形式, エンコード',
);
export const malformed = words(
  'multiple, more than one, duplicate*, missing, invalid*, bad, malformed, error*, improper, illegal, not ~2 accept*, not ~1 allow*, not ~2 compliant, non compliant, too many, too large, too long, unsupported, not ~1 supported, not permitted, two, violat*, contain*, no, required, without, not ~1 valid, empty, permits one, exceed*, mandatory, long, improperly, unnecessary, fehl*, ungültig*, doppelte*, mehrere, manquant*, invalide*, multiples, inválid*, falt*, duplicad*, múltiples, 不正, ありませ, 重複, 複数, 違反',
);

/** Where the sender is told that it, in particular, may not. */
export const mayNotSend = without(
  words(
    'by this|that|our recipient|recipients|user, by the? recipient|recipients|user, by recipient|recipients, user rules, receiver|recipient denied|rejected|refused|declined your|this, user refuses, recipient refuses, user|recipient refused to, not ~2 have permission, not ~1 want ~3 mail|email|messages|emails, not ~2 wish ~1 receive|get, mail|email|emails|messages from you, envelope blocked|rejected, sending|send from ~3 domain|domains, user rejects, banned from mailing|sending|posting|writing|emailing, closed mailing list, closed list, closed system, closed group, approved ~2 addresses|senders, approved senders, recipient preferences, only accept* ~3 from, only accepting ~3 from, only receive* ~3 from, from known senders, from addresses in, not pre approved, not approved, not ~2 allowed to ~2 send|post|write|mail, not ~2 authori* to ~2 send|post|write|mail|use, not ~2 permitted to ~2 send|post|write|mail, may not send, may not post, can not send, can not ~1 post|write, want|wants ~2 mail|messages|email from, you are not ~2 known|registered|subscribed|recognised|recognized, no permission to, no right to ~2 write|send|post, do not have permission, only ~2 members, members only, members may, subscribers only, not ~1 member, moderated, restricted to, send as, spoofing ~1 not, sender not ~1 allowed, not ~1 subscribed, not a subscriber, not on ~3 allow|accept|safe|white, posting',
    'nicht berechtigt, keine berechtigung, dürfen nicht, dürfen ~4 nicht, nur für mitglieder, nur mitglieder, nur ~1 mails|nachrichten|emails von, von bekannten absendern, möchte keine ~1 nachrichten|mails, wünscht keine ~1 nachrichten|mails, will keine ~1 nachrichten|mails',
    'pas ~1 autorisé* à, n êtes pas ~1 autoris*, pas le droit, pas la permission, réservé aux, ne souhaite pas ~1 recevoir, ne veut pas ~1 recevoir',
    'no ~2 autorizad* a|para, no ~1 permiso*, no ~1 permitido enviar, sólo miembros, solo miembros, no desea recibir, no quiere recibir',
    '送信権限, 権限がありませ, 投稿権限, 送信を許可, 投稿でき',
  ),
  words('not ~1 member of ~1 domain, deleted|closed|removed|cancelled|disabled|deactivated by ~1 user'),
);
export const senderProblem = words(
  'must exist, reserved domain, unknown tld, does not resolve, not ~2 resolve, could not resolve, domain not found, no mx, no a record, has no ~5 record|records, no ~2 record|records, no valid mx, null mx, unresolvable, not ~1 routable, not ~2 receive, callout, callback, call back, verify, verification, verif*, kein* ~2 mx, aucun ~2 mx, ningún ~2 mx, bogus, fake, forged, unqualified, fully qualified, fqdn, not ~1 verified, unverified, unvalidated, not ~1 validated, does not accept, not ~1 accept, not ~1 trusted, cannot ~2 receive, bad, missing, required, must be, must have, must contain, syntax, mismatch*, unconfigured, not ~1 configured, unroutable, unrouteable, dbl, too new, recently registered, spammer, badmailfrom, in my|our ~1 list, parked, disposable, freemail',
  'nicht auflösbar, nicht aufgelöst, überprüfung, verifiz*, kein ~1 mx',
  'non résolu*, ne se résout pas, vérification',
  'no se puede resolver, no resuelve, verificación, verificar',
  '名前解決, 検証, 解決でき, 伪造, 不匹配, 不合规, 不规范',
);

/** It is the server's load, whatever else it rejects by: Postfix puts "Client host rejected:" in front of any reason. */
export const overloaded = words(
  'too busy, is busy, server busy, too many processes, overload*, load average, high load, too much load, under ~1 load, heavy load, heavily loaded, out of memory, low on ~1 memory|resources, maintenance, shutting down, starting up, restarting, rebooting',
  'überlastet, überlastung, wartung*, ausgelastet',
  'surcharg*',
  'sobrecargad*, sobrecarga, mantenimiento',
  '混雑, 混み合, 過負荷, 高負荷, メンテナンス',
);
export const busy = words(
  'busy, overload*, load average, high load, load is, too much load, under load, heavy load, capacity, resources, out of memory, memory, low on, congest*, contention, cpu, server too ~1, too busy, less busy, not enough resources, fork, backlog, queue is full, queue full, unavailable, not available, out of service, shutting down, shut down, going down, starting up, restart*, reboot*, maintenance, downtime, not accepting ~2 connections|mail|messages, not accepting network messages, to be replicated, not ready, try another, service refused, closing transmission channel, closing channel',
  'überlastet, ausgelastet, wartung*, nicht verfügbar, hohe* last, last zu hoch, serverlast, beschäftigt, neustart, neu gestartet, nicht erreichbar',
  'occupé*, surcharg*, indisponible*, maintenance, saturé, service refusé, redémarrage',
  'ocupad*, sobrecargad*, no disponible, mantenimiento, saturado, reinici*, sovraccaric*, non disponibile, indisponível',
  '混雑, 混み合, 過負荷, 負荷, メンテナンス, 利用できませ, 停止中, 高負荷, 応答できませ, サービス停止',
);
export const brokenServer = words(
  'internal error, internal server, internal system, internal problem, internal, local error, local problem, exception, storedrv, system error, system problem, system config*, server error, server problem, config* error, misconfig*, server configuration, configuration error, configuration problem, software error, processing error, error in processing, local configuration, database*, ldap, sql, mysql, lookup fail*, lookup error, table lookup, map lookup, lookup, directory server, plugin, hook, mail store, query failed, backend*, could not load, i o error, io error, disk error, write error, file system, filesystem, cannot open, can not ~2 open|create|write|read|access|connect, unable to ~2 open|create|write|read|connect, resource*, unexpected error, unexpected condition, interrupted system, encountered an error, while ~1 processing, being processed, mail system problem, technical difficult*, technical problem*, technical reasons, technical error, temporary failure, temporary error, temporary problem, temporary lookup, system not, service not, service unavailable, service currently, service temporarily, unable to process, could not process, queue file, queue write, filter failed, not ~2 saved|stored|queued, no data saved, unable to ~1 save|store|queue, failed to ~1 save|store|queue, content filter ~2 unavailable, scanner ~2 unavailable|not, scanning, delivery failed, can not ~1 deliver, operation failed',
  'interner, internes, interne fehler, systemfehler, serverfehler, technische*, datenbank*, lokaler fehler, verarbeitung, konfigurationsfehler',
  'erreur interne, erreur système, erreur serveur, erreur locale, problème technique, incident technique, base de données, erreur de configuration',
  'error interno, error del sistema, error del servidor, error local, problema técnico, base de datos, error de configuración, errore interno, erro interno',
  '系统错误, 内部错误, 系统繁忙, 服务器错误, 系统故障, 内部エラー, システムエラー, サーバエラー, サーバーエラー, 障害, 一時的なエラー, データベース, 設定エラー, 処理でき',
);
export const storage = words(
  'system storage, disk space, disk full, no space left, insufficient storage, insufficient ~1 storage, out of disk, low disk, no disk space, not enough ~1 space, free space, disk is full, spool ~1 full, filesystem full, file system full, not enough storage, storage full, insufficient ~1 space, space left, no space, system full, mail system full, disk quota of the server, insufficient resources',
  'kein speicherplatz, platte voll, festplatte*, nicht genug speicher*, nicht genügend speicher*, speicher voll',
  'espace disque, disque plein, espace insuffisant, plus d espace',
  'espacio en disco, disco lleno, espacio insuficiente, sin espacio, spazio su disco',
  'ディスク, 空き容量, 記憶領域, ストレージ',
);
export const ofServer = words(
  'system, server, disk*, device, machine, spool, host, festplatte, platte, serveur, disque, servidor, disco, サーバ, ディスク, システム',
);

/** The way to the server, as our own side or another relay reports it. */
export const unreachable = words(
  'timed out, time out, timeout, timedout, connection refused, connection reset, connection was reset, connection ~1 closed, closed ~1 connection, closed unexpectedly, lost connection, connection lost, lost ~1 connection, connection ~1 dropped, dropped connection, connection ~2 broken, connection aborted, connection died, network is unreachable, network unreachable, host unreachable, host is unreachable, unreachable, no route to, not reachable, can not be reached, could not reach, can not connect, could not connect, could not ~1 be reached, unable to connect, unable to reach, failed to connect, connection failed, connection attempt failed, connection could not, connect failed, connection ~1 failed, broken pipe, no answer, did not ~1 respond, did not answer, not responding, no response, econnrefused, econnreset, etimedout, ehostunreach, enetunreach, epipe, eai_again, eai again, getaddrinfo, esocket, econnection, socket hang up, hung up, socket closed, unexpected eof, premature*, remote end closed, went away, message expired, queue expired, delivery time expired, expired, retry time not, retry timeout, been in the queue, in the queue ~2 long, failing for a long, multiple retries, not been collected, delivery attempts, no route, no valid route, could not be delivered for, has been delayed, could not find a gateway, server did not, network error, communication*, no greeting, bad greeting, session ~3 too long, idle ~2 too long, idle timeout, connection died',
  'zeitüberschreitung, verbindung ~3 abgelehnt, verbindung ~6 abgelehnt|fehlgeschlagen|verweigert|hergestellt, verbindung ~3 fehlgeschlagen, verbindung ~3 unterbrochen, verbindung ~3 abgebrochen, verbindung ~3 getrennt, verbindung ~3 zurückgesetzt, verbindung ~3 verweigert, verbindungsabbruch, verbindungsfehler, nicht erreichbar, kein* ~1 verbindung, keine antwort, antwortet nicht, nicht erreicht',
  'délai ~3 dépassé, délai ~3 expiré, délai d attente, connexion ~6 refusée, connexion ~2 perdue, connexion ~2 interrompue, connexion ~2 fermée, connexion ~2 réinitialisée, connexion ~2 impossible, injoignable, inaccessible, pas de réponse, ne répond pas, impossible de se connecter, échec de ~2 connexion',
  'tiempo de espera, tiempo agotado, tiempo ~2 agotado, conexión ~6 rechazada, conexión ~2 perdida, conexión ~2 cerrada, conexión ~2 interrumpida, conexión ~2 restablecida, no responde, inalcanzable, sin respuesta, no se pudo ~1 conectar, no se puede ~1 conectar, no se pudo establecer, fallo ~2 conexión, tempo scaduto, connessione rifiutata',
  'タイムアウト, 接続でき, 接続を?拒否, 接続に失敗, 接続が?切断, 接続が切れ, 切断されま, 応答がありませ, 応答なし, 到達でき, 接続が?リセット, 接続エラー',
);
/** No such place in the DNS. Permanent, unlike the way being shut. */
export const noSuchHost = words(
  'enotfound, enodata, host name lookup, hostname lookup, dns records, mx lookup, cname lookup, name server, nameserver, host unknown, unknown host, host not found, host ~1 domain ~1 not found, host or domain name not found, name service error, unknown mail host, host ~1 not ~1 exist, domain not found, nxdomain, no such host, no such domain, non existent, nonexistent domain, non existent domain, recursive cname*, bad destination host, bad destination system, invalid domain, invalid domain name, invalid host, dns query failed, dns lookup fail*, dns fail*, dns error, dns, no mx or, no mx, no mail exchanger, not ~2 have ~2 mail exchanger|mx, indicated no smtp, not used for ~1 mail|email, invalid mx, mx record* ~2 invalid, bad mx, no mail server, no mail hosts, mx records point, unrouteable mail domain, unrouteable domain, all relevant mx, domain does not exist, domain ~1 not ~1 exist, domain is not reachable, illegal host, domain ~1 unknown, unknown domain, null mx, does not accept mail, mail receiving disabled, domain does not accept, host does not accept, name or service not known, no ~1 address record*, no address, no ip address*, name or service, name resolution, can not ~1 resolve, could not resolve, unable to resolve, not ~1 resolve',
  'host unbekannt, unbekannter host, host nicht gefunden, domain nicht gefunden, domain unbekannt, domain existiert nicht, namensauflösung, kein mx',
  'hôte inconnu, domaine inconnu, domaine inexistant, domaine introuvable, résolution de nom*, aucun serveur de messagerie',
  'host desconocido, dominio desconocido, dominio inexistente, dominio no encontrado, dominio no existe, no se encuentra el dominio, resolución de nombre*',
  '域名不存在, ホストが見つかりませ, ホストが?存在しませ, ドメインが見つかりませ, ドメインが?存在しませ, 名前解決, ホスト不明, ドメイン不明',
);

export const policy = words(
  'human verification, message held, held for ~2 review|verification|moderation, message is banned, message ~1 banned, policy, policies, polic*, against our rules, security reason, security reasons, message rejected, message refused, message denied, mail rejected, email rejected, message not accepted, message not allowed, message|mail|email ~2 blocked, mail refused, message ~1 ~1 rejected, mail ~2 rejected, mail ~1 refused, message was blocked, message was rejected, message filtered, richtlinie*, politique*, política*, ポリシー, nachricht abgelehnt, mail abgelehnt, message refusé, mail rejeté, mail rejete, message rejeté, mensaje rechazado, correo rechazado, メールを拒否, 受信を拒否',
);
export const protocol = words(
  'syntax error, syntax, bad sequence, out of sequence, improper sequence, unrecognized command, unrecognised command, command not, unknown command, not implemented, unimplemented, command parameter, parameter*, invalid command, protocol error, protocol violation, bad command, need mail, need rcpt, no valid recipients, say mail, send hello, send helo, polite, expected, nested mail, sequence of commands, pipelining, unsupported, syntaxfehler, unbekannter befehl, erreur de syntaxe, commande inconnue, error de sintaxis, comando desconocido, 構文エラー, コマンド',
);
