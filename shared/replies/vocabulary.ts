// Who and what replies speak of, and what they say of it, in English, German, French, Spanish, Japanese, Chinese and a little beyond.
import { without, words } from './grammar.ts';
import { mask } from './reading.ts';

// —— Who and what ————————————————————————————————————————————————————————————

/** The machine that connects: us, seen from the server. */
export const client = words(
  'client host, client, client address, clients, ip, ips, ip address*, ip range, address range*, your host, your server, your system, your network*, your isp, your mail server, your provider, your mta, your computer, your machine, your relay, your gateway',
  'sending host, sending server, sending ip, sending mta, sending system, sender host, sender ip address*, sender ip, senders ip, sender s ip, source ip, source address, host, hosts, network*, remote host, remote server, remote address, connecting host, connecting ip, connection* from, mail server, smtp server, relay host, subnet, netblock',
  'ip adresse*, ip, ihr|ihre|ihren|ihrer|ihres server|mailserver|host|netz|rechner|provider, absender ip, sendende* server, sendende* host',
  'adresse ip, adresses ip, votre serveur, votre ip, votre reseau, votre hôte, ip source, hôte, serveur émetteur',
  'dirección|direcciones ip, su ip, su servidor, su red, su host, ip de origen, servidor remitente',
  'ip ?アドレス, 送信元 ?ip, 送信元サーバ, 送信元ホスト, 送信サーバ, 接続元, 貴サーバ, ホスト',
  mask.ip,
);

/** The one who sends: the address or domain in MAIL FROM or From. */
export const sender = without(
  words(
    'sender*, envelope domain, from address*, mail from, mailfrom, return path, reverse path, envelope from, mail from domain, from domain, sending domain, sending address, sending user, originator, originating domain, author s?, header from, rfc5322 from, your domain, your email address, ihre domain, ihrer domain, votre domaine, su dominio, your from address',
    `from ${mask.address}, your address ${mask.address}`,
    'absender*, absende*, versender, sender',
    'expéditeur*, émetteur*, expediteur*, envoyeur',
    'remitente*, emisor, mittente, remetente, afzender',
    '送信者, 送信元, 差出人, 発信者, 発信元, 送り主, 发件人, 发信人, 寄件人, 发件方, 发送方, 发件地址, 发送域, 发信域, 发件域',
  ),
  words('sender score', `mail from [<[(]?[<[(]?${mask.ip}`),
  client,
  words(
    'from your|this|the|that|a|an, from us, from external, from being, from here, from ~1 ip|server|host|network',
  ),
  words('送信元 ?ip, 送信元サーバ, 送信元ホスト, 迷惑メールの?送信元, スパムの?送信元'),
);

/** The one who should receive: a person, a mailbox, an address. */
export const recipient = without(
  words(
    'recipient*, recip, rcpt, receiver, addressee, user*, username, userid, mailbox*, mail box*, inbox, account*, email account, address*, email name, mail name, email address*, mail address*, alias*, local part, localpart, person, people, customer, subscriber, employee, member, mail drop, maildrop, destination address, destination mailbox, destination user, rcpt to, student, envelope recipient, persona, contact',
    'empfänger*, benutzer*, nutzer*, anwender, postfach*, mailbox, konto, account, adresse*, adressat*, teilnehmer*, kunde, emailadresse, mailadresse, postfachs, empfangsadresse',
    'destinataire*, utilisateur*, usager, boîte*, boite aux lettres, bal, compte*, adresse*, abonné*, messagerie',
    'destinatario*, usuario*, buzón, buzones, cuenta*, dirección*, direcciones, casilla, correo electrónico, utente, utenti, persona, nome utente, casella, indirizzo, utilizador, destinatário, usuário, endereço, conta, gebruiker, ontvanger, postbus, adres',
    '收件人, 收信人, 收件方, 用户, 帐户, 账户, 账号, 帐号, 邮箱, 信箱, 邮件地址, 邮箱地址',
    '宛先, あて先, 宛名, 受信者, 受取人, 名宛人, ユーザ, 利用者, メールアドレス, アドレス, メールボックス, アカウント, 受信箱, 相手先, 送信先, 会員',
    'atesaki, jushinsha, meeru adoresu, yuuza, yuza',
    mask.address,
  ),
  client,
  sender,
  words(
    'sender address*, senders address*, from address*, envelope sender, mailbox name not, address list, address book',
  ),
  words(
    '送信者.?(?:の|メール)?アドレス, 差出人.?アドレス, 送信元.?アドレス, 送信元メールアドレス, adresse* de l expéditeur, dirección del remitente, absenderadresse',
  ),
);

/** A domain or host name as the place a recipient lives. */
export const domain = without(
  words(
    'domain*, domain name, destination domain, recipient domain, host name, domäne, zieldomain, domaine*, dominio*, domein, ドメイン',
    mask.host,
  ),
  words('in|at|of|within|on|im|dans|sur|en ~1 domain*|domäne|dominio*'),
);

/** What may be unknown, invalid, closed or gone as well as a recipient may. Not where it only says where: "not found on this host". */
export const otherThings = without(
  words(
    'command*, host, hosts, hostname*, server*, route*, connection*, session*, message*, client*, helo, ehlo, domain*, mx, record*, dns, directory, database, certificate*, header*, service*, socket*, queue, remote end, sender*, ip, ip address*',
    'befehl*, verbindung*, rechner*, nachricht*, datenbank*, absender*',
    'commande*, connexion*, serveur*, domaine*, expéditeur*',
    'comando*, conexión, conexiones, servidor*, dominio*, mensaje*, remitente*',
    'コマンド, 接続, サーバ, ドメイン, ホスト, 送信者, 差出人',
  ),
  words(
    'on|at|in|of|within|by|from|for|to ~2 server|host|hosts|system|domain|directory|database|service|message|ip|client, on|at|in|of this|our|my|the|your server|host|domain|directory|database|service, this|our|server|host|domain|service s',
    'auf|an|in|im|bei|von ~1 server|rechner|system|domain|nachricht|datenbank',
    'sur|dans|de|du|chez ~2 serveur|domaine',
    'en|de|del ~2 servidor|dominio|mensaje',
    'このサーバ, 当サーバ, サーバー?(?:に|上|内), ドメイン(?:に|内)',
  ),
);

/** We, the machine that answers. */
export const here = words(
  'this server, this host, this system, this machine, this mail server, this site, this mta, our server*, our system*, this location, we, i, here, us, mx',
  'dieser|diesem|diesen server|system|rechner|host, wir, hier, uns',
  'ce serveur, ce système, cette machine, nous, ici',
  'este servidor, este sistema, nosotros, aquí, esta máquina',
  '当サーバ, このサーバ, 当システム, 弊社',
);

/** The thing sent. */
export const message = words(
  'message*, msg, mail, email, emails, mails, letter, data, post, submission',
  'nachricht*, mail, email, mails, sendung',
  'message*, courriel*, courrier, mail, mél',
  'mensaje*, correo*, messaggio, mensagem, bericht',
  'メッセージ, メール, 本文, 邮件, 信件, 郵件',
);

// —— What is said ————————————————————————————————————————————————————————————

export const not = words(
  'not, no, never, isn, without, unable, fail*, neither',
  'nicht, kein*, nie, ohne',
  'pas, non, aucun*, ne',
  'no, ningún, sin, nunca',
  'ません, ない, ぬ, 不可, 不, 没有, 未, 无',
);

/** Refused, in any way of saying so. */
export const refused = words(
  'reject*, refus*, den*ied, denied, deny, denies, declin*, block*, banned, ban, bans, bounce*, prohibit*, forbid*, disallow*, unaccept*, unwelcome, barred, bar, drop*, switched off, turned off, not ~1 entitled, not ~1 possible, stopped, prevented, filtered, disabled',
  'not ~1 accept*, not ~1 allow*, not ~1 permit*, not ~1 authori*, not ~1 welcome*, not ~1 deliver*, no longer accept*, not ~1 receive, no ~2 allowed|accepted|permitted, no access',
  'abgelehnt, abgewiesen, zurückgewiesen, verweiger*, gesperrt, geblockt, blockiert*, verboten*, untersagt*, unzulässig, unerwünscht*, lehnt ~4 ab, lehnen ~4 ab, nicht ~1 erlaubt, nicht ~1 zulässig, nicht ~1 zugelassen, nicht ~1 gestattet, nicht ~1 akzeptiert, nicht ~1 angenommen, nicht ~2 annehmen, nicht ~1 möglich, nicht berechtigt, nehmen ~4 nicht an, nimmt ~5 nicht an, nimmt|nehmen ~1 nichts, gesperrt*, keine ~1 nachrichten|mails|emails|post',
  'refusé*, refus, rejeté*, rejet*, rejete*, interdit*, bloqué*, prohib*, pas ~1 autoris*, pas ~1 accept*, pas ~1 permis*, non autoris*, n accepte*|acceptons ~2 pas, pas admis*, indésirable*, aucun ~1 message|courriel|courrier|mail',
  'rechaz*, denegad*, deneg*, prohibid*, bloquead*, no ~2 permit*, no ~2 autoriz*, no ~2 acept*, no ~2 admit*, no ~2 acepta*, vetad*, rifiutat*, bloccat*, rejeitad*, recusad*, geweigerd',
  '拒绝, 拒收, 禁止, 不允许, 不接受, 不接收, 阻止, 屏蔽, 被拒',
  '拒否, 拒絶, 許可されて, 許可していま, 許可しておりま, 許可されま, 禁止, 受け取れま, 受け取りま, 受け付け, 受付でき, 受信でき, 受信しま, 受け入れ, ブロック, お断り, 規制, 認められて',
);

/** Not there; not known here. */
export const unknown = without(
  words(
    'unknown, not ~2 found, not ~2 exist*, no exist, not ok, nonexist*, non exist*, inexist*, no such, invalid*, notfound, userunknown, not ~1 present, not ~2 valid, not ~1 known, not ~2 know, unrecogni*, not ~1 recogni*, not ~1 listed, no longer valid',
    'not ~3 have ~5 account|mailbox, no one, nessun*, could|can not ~1 find|locate|resolve|look, unable to ~1 find|locate, not ~1 locate, not ~1 registered, unregistered, never issued, never assigned, never existed, never created, not ~3 match ~1 any, not on ~4 list, not in ~4 list|directory|database|table|map, not ~1 our, not ~1 my, illegal, bad, undeliverable, unroutable, unrouteable, undefined, no record, not ~2 here, does not live, incorrect, wrong, misspel*, gave no result*, can not ~1 accept user, no mail box, available for this user, not ~1 handle*',
    'unbekannt*, existier* ~5 nicht, nicht ~1 existier*, nicht existent*, inexistent, gibt es ~5 nicht, nicht ~1 gefunden, nicht ~1 vorhanden, nicht ~1 bekannt, nicht ~2 ermittelt, ungültig*, falsch*, kennen ~3 nicht, nicht ~1 registriert, nicht ~1 angelegt, nicht ~1 eingetragen, nicht ~1 vergeben, nicht ~1 zugeordnet, nicht ~1 hinterlegt, nicht ~1 eingerichtet, nicht ~1 auffindbar, nicht ~1 zustellbar, unzustellbar, fehlt, niemand*',
    'inconnu*, n existe*|existent ~2 pas, n existe, inexistant*, introuvable*, invalide*, pas ~2 trouvé*, pas ~1 valide*, non valide*, n est pas ~1 connu*, pas connu*, aucun* ~3, pas de ~2 compte|boîte|utilisateur, erroné*, incorrect*, ne connaissons ~3 pas, non trouvé*, mauvais*',
    'desconocid*, no ~2 existe*, no existen, inexistente*, no ~3 encontr*, no ~3 encuentra, no ~2 válid*, inválid*, no ~1 conocid*, no hay ~3, erróne*, incorrect*, no ~1 registrad*, no reconocid*, ningún ~2, sconosciut*, inesistent*, errato, errata, nieznany, nie istnieje, non esiste, non trovat*, não existe, desconhecid*, não encontrad*, onbekend*, bestaat niet, niet gevonden',
    '不存在, 找不到, 未找到, 无此, 没有此, 没有这个, 没有该, 未知, 无效, 不正确, 错误的, 有误, 未注册',
    '存在し(?:ない|ませ|ておりませ|ていませ), 存在せず, 見つかりませ, 見つからな, 見当たりませ, 不明, ありませ, おりませ, いませ, 無効, 使われてい?(?:お)?りませ, 使われていませ, 使用されて(?:い|お)り?ませ, 登録されて(?:い|お)り?ませ, 該当, 正しくありませ, 誤り, 誤って, 間違, 未登録, 確認できませ, 不正, 届きませ',
    'fumei, sonzai shi masen, shimasen, sonzai shinai, mitsukarimasen',
  ),
  // Said of what follows, even where a recipient stands closer in front.
  words('no such|unknown|bad ~1 domain|command|route'),
);

/** The two together: who is not there. */
export const noSuchUser = words(
  'no ~1 account, no ~1 mailbox, no ~1 user, no ~1 person, no ~1 inbox, no ~1 subscriber, no ~1 member, no ~1 customer, no ~1 addressee, no ~1 alias, no such ~1 recipient|address, no such id|userid, not ~1 exist* ~1 user|address|mailbox, not ~1 user|customer|member|account|mailbox of, mailing|distribution list ~2 not ~1 found|exist*, no ~2 in ~2 directory, no ~4 by that name, nobody ~2 called|named|here|by, no one ~1 called|named|here|by, not ~1 anybody|anyone ~1 called|named|by, never heard of, not ~1 know any|him|her|such|this|that|of, not a|an|our|any ~3 customer|subscriber|user|member|recipient|mailbox|account|employee, not ~3 have ~5 account|mailbox, no longer with us, does not live here, no longer works',
  'kein* ~1 postfach|benutzer|empfänger|konto|mailbox|nutzer|account|mitarbeiter|teilnehmer, niemand*, kennen wir nicht',
  'pas de ~1 compte|boîte|utilisateur|destinataire|abonné, aucun* ~1 compte|boîte|utilisateur|destinataire|abonné|abonnée, personne ~2 ce nom, personne ne porte, ne connaissons pas',
  'no hay ~2 usuario|buzón|cuenta|destinatario, ningún ~1 usuario|buzón|destinatario, ninguna ~1 cuenta, no conocemos, nessun ~1 utente|destinatario, nie ma takiego ~1 konta|adresu|uzytkownika|odbiorcy',
  '用户不存在, 邮箱不存在, 收件人不存在, 无此用户, 没有此用户, 无此邮箱, 地址不存在, 帐号不存在, 账号不存在',
  '該当(?:する|の)?(?:ユーザ|宛先|アドレス|メールアドレス)',
);

/** Was there once, or is closed for good. */
export const gone = words(
  'disabled, deactivated, de activated, inactive, closed, deleted, removed, terminated, discontinued, expired, cancel*, no longer, not ~1 active, not ~1 activated, never activated, archived, never logged, disabled|deactivated|deleted|removed|suspended due to|for ~2 inactivity, unused, abandoned, has left, left the|our, left us, left ~1 company|organisation|organization|firm, moved, ceased, retired, obsolete, decommissioned, not in use, not ~2 used for ~4 months|days|years, not ~1 been used, out of service, has been de, dead, departed, defunct, relocated',
  'gelöscht, deaktiviert, geschlossen, nicht mehr, inaktiv*, verzogen, gekündigt, abgeschaltet, aufgelöst, stillgelegt, ausgeschieden, abgemeldet, erloschen, nicht aktiviert',
  'supprimé*, désactivé*, fermé*, n est plus, n existe plus, clôturé*, clos, inactif*, inactive, résilié*, expiré*, ne fait plus, pas ~1 activé*, archivé*, a quitté',
  'eliminad*, desactivad*, no ~2 activad*, archivad*, cerrad*, dad* de baja, baja, inactiv*, deshabilitad*, cancelad*, ya no, borrad*, suprimid*, expirad*, disattivat*, chius*, encerrad*, desativad*',
  '已删除, 已注销, 已停用, 已关闭, 已失效, 被删除, 注销',
  '削除, 解約, 退会, 廃止, 閉鎖, 解除, 無効化, 使用停止, 終了, 退職',
);

/** Shut for a while or by decree: says nothing about whether the user exists. */
export const held = words(
  'suspend*, locked, frozen, on hold, blocked, restricted, quarantined, temporarily disabled, administratively disabled, disabled due, disabled for ~1 abuse|spam|violat*|non|policy, disabled because, under review, overdue, unpaid, paused',
  'gesperrt, ausgesetzt, eingefroren, blockiert',
  'suspendu*, bloqué*, bloque, gelé*, verrouillé*',
  'suspendid*, bloquead*, congelad*, sospes*, suspens*',
  '冻结, 锁定, 被锁, 暂停, 停止, 凍結, ロック, 一時停止, 利用制限',
);

export const required = words(
  'requir*, must, need*, necessary, mandatory, insist*, first, before, only, requires, expected, demand*, please use, please turn on, compulsory, want*, obligatory, enforced',
  'erforderlich, benötigt, muss, müssen, nötig, notwendig, zuerst, nur, bitte, vorher, zwingend, verlangt, pflicht',
  'requis*, obligatoire*, nécessaire*, devez, doit, faut, exig*, uniquement, seulement, veuillez',
  'requiere*, requerid*, obligatori*, necesari*, debe*, debe, exig*, solo, sólo, primero, necesita, richiest*, obrigatóri*',
  '需要, 必须, 请先, 必要, 必須, してください, して下さい, 要求, のみ, 要します',
);

export const failed = words(
  'fail*, invalid, incorrect, wrong, bad, not ~1 accepted, reject*, unsuccessful, unable, denied, den*ied, mismatch, error, not ~1 pass*, did not, does not ~1 pass*, not ~1 valid, no ~1 match, refused, could not, can not, not ~2 match*, broken, expired, untrusted, not ~2 verif*, unverified, permerror, temperror, hard fail, none, violat*, problem, unavailable, not ~1 available, neither, no valid, missing, not ~1 aligned, disabled, locked',
  'fehlgeschlagen, fehlschlag, gescheitert, falsch*, ungültig*, nicht ~1 korrekt, fehler*, nicht bestanden, abgelehnt, verletzt, nicht ~1 möglich, schlug ~3 fehl, fehlende*',
  'échec, échou*, incorrect*, invalide*, erroné*, erreur, refusé*, non conforme, n est pas valide, rejet*, mauvais*, impossible',
  'fall*, incorrect*, inválid*, erróne*, error, rechazad*, no ~2 válid*, no supera*, no ~1 cumple, fracas*, denegad*, fallit*, falhou',
  '失败, 不匹配, 不一致, 未通过, 错误(?!指令), 无效, 未被.{0,8}许可',
  '失敗, エラー, 誤り, 違反, 間違, 正しくありませ, 無効, 不正, 一致しませ, 拒否, できませ',
);

export const full = words(
  'full, exceed*, over ~2 limit, over ~1 allocat*, out of ~1 space|storage, out of space, no ~2 space|room|storage, not ~1 enough ~1 space|storage|room, not ~1 enough, too little, overdrawn, any more mail|messages|email, no more mail|messages|email, diskspace, insufficient, exhaust*, used up, overdrawn, used all, storage|space limit, has reached, reached, beyond, ran out, has run out, over its, over the ~2 quota|limit, can not ~2 hold|take ~2 more, over storage, full up, too many messages, maxed, too full, overfull',
  'voll, überfüllt, überschritten, überschreitet, erschöpft, kein ~1 platz|speicherplatz, keinen ~1 platz|speicherplatz, kein* freie*, aufgebraucht, nicht genügend, nicht genug, zu voll',
  'plein*, dépass*, satur*, insuffisant*, épuisé*, pas assez, plus de place, plus d espace, excéd*, atteint*',
  'llen*, superad*, excedid*, exced*, supera, agotad*, sin espacio, insuficiente*, sobrepas*, alcanzad*, no ~2 espacio, pien*, superat*, chei*, cheia, vol',
  '已满, 满了, 超出, 超过, 不足, 空间不够, 空间不足, 上限',
  'いっぱい, 一杯, 満杯, 超過, 超えて, 超え, オーバー, 容量不足, 不足, 空きがありませ, 満タン, あふれ',
);

export const later = words(
  'temporar*, later, try again, retry, again, momentarily, for now, at this time, at the moment, just now, currently, right now, come back, moment, minutes, seconds, shortly, not ~1 now, transient, deferred, defer',
  'später, vorübergehend, temporär, momentan, derzeit, zurzeit, zur zeit, erneut, nochmals, minuten, augenblick, gerade',
  'plus tard, temporaire*, momentané*, réessay*, ultérieurement, actuellement, minutes, pour le moment, instant',
  'más tarde, temporal*, inténtelo, intente*, reintent*, momento, minutos, más adelante, actualmente, momentáneamente, de nuevo',
  '暂时, 稍后, 临时, 请重试, 请稍, 再试, 分钟后',
  '一時, しばらく, 後ほど, のちほど, 再送, 再度, 後で, 時間をおいて, ただいま, 現在',
);

export const forever = words(
  'permanent*, fatal, never, for good, dauerhaft, définitif*, définitivement, permanente, 恒久',
);
