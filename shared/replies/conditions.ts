// Conditions that several rules share: on the codes, and on meanings that take more than one word list to say.
import { type Condition, either, near, or, saidOf, says, when, without, words } from './grammar.ts';
import type { ReplyReading } from './reading.ts';
import * as v from './vocabulary.ts';

export const enhancedIn = (...details: readonly string[]): Condition =>
  when(({ enhanced }) => enhanced !== null && details.includes(enhanced.slice(2)));
export const codeIn = (...codes: readonly number[]): Condition =>
  when(({ code }) => code !== null && codes.includes(code));
const isTemporary = ({ code, enhanced }: ReplyReading): boolean =>
  code === null ? enhanced?.startsWith('4') === true : code >= 400 && code < 500;
const isPermanent = ({ code, enhanced }: ReplyReading): boolean =>
  code === null ? enhanced?.startsWith('5') === true : code >= 500;
export const temporaryCode = when(isTemporary);
export const permanentCode = when(isPermanent);
export const notTemporary = when((reading) => !isTemporary(reading));
export const securityCode = when(({ enhanced }) => /^[45]\.7\./.test(enhanced ?? ''));
export const addressCode = when(({ enhanced }) => /^[45]\.1\.(?:[01346]|10)$/.test(enhanced ?? ''));
export const senderCode = enhancedIn('1.7', '1.8');

/** "… rejected: because", with a reason that no rule before this one has understood. */
export const reasonGiven = when(({ text }) =>
  /(?:rejected|refused|denied|accepted) ?[:;] {0,2}(?:[^ ]{1,40} ){2}/.test(text),
);

/** "This address takes no mail", full stop: not from us only, nor only this mail. */
export const takesNothing: Condition = ({ text }) => {
  const match =
    /(?:does not|no longer|not) (?:receiv(?:es?|ing)|accept(?:s|ing)?|tak(?:es?|ing)) (?:any |more |incoming )?(?:emails?|mails?|messages?)(?= ?(?:[.!;)]|$))/.exec(
      text,
    );
  return match === null ? null : { start: match.index, end: match.index + match[0].length };
};

export const negative = or(v.refused, v.not, v.failed);

export const rateLimitQuota = near(
  words('quota*, limit*, límite*, kontingent, cuota'),
  words(
    'your ip, your host, your server, your network, sending, send, hourly, daily, today, per hour, per minute, per day, messages, connections, relay, recipients, submission, session, transfer, bandwidth, traffic, stunde, stündlich*, heure, hora, envoi, envío',
  ),
  30,
);
export const aboutSize = says(
  without(
    words(
      'size, sizes, length, bytes, octets, too large, too big, grösse, taille, tamaño, サイズ, 大小, too long',
    ),
    words('same size'),
  ),
);
export const mailboxWords = words(
  'mailbox*, maildir*, mailfolder, postfach*, boîte*, buzón, inbox, disk quota, user quota, メールボックス',
);
export const overQuota = words(
  'not ~1 able to receive any more, can not ~1 receive any more, over ~2 quota, overquota, over quota, quota exceed*, quota is|was|has ~1 exceeded, exceed* ~4 quota, quota ~2 full, quota full, speicherlimit ~2 erreicht, speicherplatz ~2 ausgeschöpft, quota reached, quota is over, allowed message count, out of quota, quota violation, quota not ~1 sufficient|enough, can not append message, writing message ~1 file too large, quota limit, disk quota, userdisk quota, domaindisk quota, quota ~2 exhausted, exceeded storage allocation, too much mail data, has too many messages, messages on the server, mails auf dem server, kontingent ~2 überschritten, quota ~2 überschritten, quota ~3 dépassé*, dépass* ~3 quota, cuota ~2 excedida, cuota ~2 superada, superado ~2 cuota, クォータ',
);

/** Reports of what became of a mail, which come from the empty sender. */
export const bounceMessages = near(
  words(
    'dsn, dsns, bounces, bounce messages, returned mail, non delivery report*, delivery status notification*',
  ),
  words('not ~1 accepted, not ~1 allowed, refused, rejected, no, denied, forged, unsigned, unsolicited'),
  20,
);

export const unknownUser = either(
  says(
    words(
      'user unknown, unknown user, no such user, nosuchuser, unknown local part, unknown recipient, recipient unknown, no mailbox here, no such recipient, no such mailbox, no such person, no such account, no such address, nobody here, no one here, not our user, not our customer, not a customer, user not local, recipient is not local, does not live here, no mailbox, user not found, mailbox not found, recipient not found, user not exist, unrouteable address, unroutable address, not a known user, no longer with us, no ~2 by that name, return to sender, no mail box available',
    ),
  ),
  says(v.noSuchUser),
  saidOf(v.recipient, v.unknown, v.otherThings, 32),
);

/** The client's own address or network, not merely some machine. */
export const ourAddress = words(
  'ip, ips, the ip, your ip, this ip, your machine, your provider, address range*, this range, your computer, your system, your mta, your relay, your gateway, from mail server, remotehost, ip address*, sending ip, source ip, ip range, your host, your server, your network, your isp, client host, client, clients, host network, connecting host, sending host, sender ip, sender ip address, connections from, ihre ip, ihr|ihre|ihren|ihrer|ihres server|mailserver|host|netz|rechner, ip adresse*, votre ip, adresse ip, votre serveur, su ip, dirección ip, su servidor, ip ?アドレス, 送信元 ?ip, 接続元, 送信元サーバ, サーバー?からの接続, ご利用のサーバ',
  '\uE001',
);
export const residential = words(
  'bypass*, dynamic ip*, dynamic address*, dynamic ~1 range*, dial up, dialup, dialup*, residential, dsl, broadband, smtp server of your isp, mail server of your isp, server of your provider, your isp s, use your isp, use your provider, harvest ~1 attack*, harvesting attack*, dictionary attack*, smtp of your provider|isp, your provider|isp s smtp|mail|server, dul, open proxy, open proxies, botnet, zombie, dynamische* ip, dynamische* adress*, adresse* dynamique*, ip dinámica*, 動的',
);
