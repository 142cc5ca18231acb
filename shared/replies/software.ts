// Whose words these are: the server software or mail service that a reply's own text gives away.

/** First match wins; services before the software they run. Read on the reply as it came. */
const signs: readonly (readonly [string, RegExp])[] = [
  [
    'gmail',
    /\bgsmtp\b|support\.google\.com|\bmx\.google\.com|googlemail\.com\/|gmail requires|aspmx\.l\.google/i,
  ],
  [
    'microsoft365',
    /\.(?:prod|protection)\.outlook\.com|protection\.outlook|sender\.office\.com|\b[45]\.7\.(?:5\d\d|6\d\d|7\d\d)\b.{0,80}(?:access denied|sending ip|AS\(?\d|S\d{4})|exchange online|office ?365|postmaster\.live\.com|go\.microsoft\.com\/fwlink|(?:mail|postmaster)\.live\.com|\bAS\d{6,10}\)|TenantAttribution|\b[45]\.4\.1 \[|\bS(?:3140|3150|77\d)\b|\(S3\d{3}\)/i,
  ],
  [
    'yahoo',
    /\[TSS?\d\d\]|\[TS\d{2}\]|\[[A-Z]{2,4}\d\d\]\s+Messages from|mail\.(?:[a-z0-9]+\.)?yahoo\.com|postmaster\.(?:yahooinc|verizonmedia|yahoo)\.com|yahoo-help\.jp|delivery error: dd |help\.yahoo\.com/i,
  ],
  [
    'icloud',
    /support\.apple\.com|\bme\.com ESMTP|icloud\.com\b.*(?:\[|proofpoint)|\bCS01\b|postmaster@icloud/i,
  ],
  ['mimecast', /mimecast/i],
  ['proofpoint', /proofpoint|pphosted\.com|ppe-hosted|\bcloudmark\b.{0,40}proofpoint/i],
  [
    'barracuda',
    /barracuda(?!central)|\bbarracudacentral\.org\/(?:reputation|lookups)|ess\.barracudanetworks|Message content rejected, UBE/i,
  ],
  ['messagelabs', /messagelabs|symanteccloud|\bCSI.{0,12}symantec/i],
  ['mxlogic', /mxlogic|mcafee\.com|\(Mode: (?:normal|exceptions)\)/i],
  [
    'cisco-esa',
    /senderbase|talosintelligence|ironport|due to the sending MTA's poor reputation|\b5\d\d #5\.\d\.\d\b/i,
  ],
  ['sophos', /sophos|\breflexion\b/i],
  ['fortimail', /fortimail|fortiguard|forti(?:net|mail)/i],
  ['trendmicro', /trendmicro|interscan|\bIMSS\b|hes\.trendmicro/i],
  ['spamexperts', /spamexperts|antispamcloud|mailspamprotection/i],
  ['forcepoint', /mailcontrol\.com|forcepoint|websense|surfcontrol/i],
  [
    'gmx',
    /\bgmx\.(?:net|com|de)|mail\.com \(mxgmx|nemesis ESMTP|postmaster\.web\.de|\bweb\.de\b.{0,40}ESMTP|(?:postmaster|kundenserver)\.(?:1und1|ionos)/i,
  ],
  ['t-online', /Ask your postmaster for help or to contact|t-online\.de|\btosa\.t-|telekom\.de/i],
  ['orange', /\bOFR[_0-9]|wanadoo|orange\.fr|\bmwinf\d/i],
  ['laposte', /\bLPN\d|laposte\.net/i],
  ['free', /postmaster\.free\.fr|\bfree\.fr\b|proxad/i],
  ['mailru', /help\.mail\.ru|\bmail\.ru\b/i],
  ['yandex', /yandex\.(?:ru|com|net)|\bya\.cc\//i],
  ['qq', /(?:mail|service)\.mail?\.?qq\.com|mail\.qq\.com|\bqq\.com\/cgi-bin/i],
  ['godaddy', /secureserver\.net|\bIB\d{3}\b|x\.co\/(?:rl|sr)bounce/i],
  ['comcast', /comcast\.net|xfinity\.com/i],
  ['spectrum', /spectrum\.net|\bAUP#/i],
  ['zoho', /zoho\.com|zohomail/i],
  ['amazon-ses', /inbound-smtp\.[a-z0-9-]{1,40}\.amazonaws|aws\.amazon\.com|region [A-Z]{2}-[A-Z]+-\d/i],
  ['docomo', /\(UserSearch\)/i],
  ['kddi', /ezweb\.ne\.jp.{0,40}ESMTP|\bau\.com\b.{0,40}ESMTP/i],
  ['rspamd', /rspamd|spam message rejected|try again later \(?greylist|matched map:/i],
  ['spamassassin', /spamassassin|blocked by spamassassin|spamd\b/i],
  [
    'amavis',
    /amavis|reject, id=\d+-\d+|id=\d{5}-\d\d\b|banned \(?(?:file|name)|BANNED,? (?:contents|filename)/i,
  ],
  ['postgrey', /postgrey/i],
  ['milter-greylist', /milter-greylist|greylisting in action/i],
  ['opendmarc', /rejected by DMARC policy for/i],
  [
    'hmailserver',
    /hmailserver|\bhmail\b|SMTP authentication is required\.|delivery is not allowed to this address|^550 Unknown user$|Maximum allowed size\.|Rejected by greylisting/i,
  ],
  ['kerio', /kerio/i],
  [
    'mailenable',
    /mailenable|Requested action not taken: mailbox unavailable or not local|This mail server requires authentication when attempting/i,
  ],
  [
    'mdaemon',
    /mdaemon|alt-n\.com|<[^>]*>, recipient unknown|Sorry,? .{0,40}? unknown here|\bThis message looks like SPAM\b/i,
  ],
  [
    'domino',
    /lotus|domino|not listed in (?:public |domino )|\.\.\. No such user|Name & Address Book|\bIBM Domino\b|HCL Domino/i,
  ],
  ['zimbra', /zimbra|zm-?mta/i],
  ['james', /apache ?james|\bJAMES\b/],
  [
    'chasquid',
    /chasquid|destination address is unknown \(user does not exist\)|relay not allowed\b.*chasquid/i,
  ],
  [
    'opensmtpd',
    /opensmtpd|Invalid recipient: <|Temporary failure in MTA|\bInvalid command: Command not allowed at this point|Network error on destination MXs|no (?:valid )?MX found for (?:domain|destination)/i,
  ],
  [
    'courier',
    /courier|^5?1?3? ?Relaying denied\.$|User unknown\.? *\(courier\)|513 Relaying denied|URL:http.*courier|^517[ -]|511 SPF|invalid sender header|550 User unknown\.$/im,
  ],
  [
    'exchange',
    /RESOLVER\.|STOREDRV\.|SMTPSEND|\bSMTP; ?Client does not have|QUEUE\.Expired|ROUTING\.|AGGREGATION|CAT\.|Client was not authenticated|Client does not have permissions|Unable to relay for|5\.7\.54|MapiException|Recipient not found by SMTP address lookup|MSEXCH|Insufficient system resources|Hub Transport/i,
  ],
  [
    'cpanel',
    /\bcPanel (?:Exim|server)\b|The mail server could not deliver mail to .+ The account or domain may not exist|JunkMail rejected|No Such User Here|Please turn on SMTP Authentication in your mail client|exceeded the max emails per hour/i,
  ],
  [
    'exim',
    /\bexim\b|Unrouteable address|relay not permitted|Sender verify failed|rejected RCPT|rejected after DATA|all relevant MX records|retry time not reached|Verification failed for|temporarily rejected after|lowest numbered MX record points to local host|Callout verification failed|local part of address is unknown|unrouteable mail domain|Administrative prohibition|too many nonmail commands|HELO\/EHLO.*(?:required|invalid)|SMTP error from remote mail server|Temporary local problem - please try later|synchronization error/i,
  ],
  [
    'qmail',
    /qmail|rcpthosts|vpopmail|\(#[45]\.\d{1,2}\.\d{1,3}\)|sorry, no mailbox here by that name|that domain isn't in my list|vdelivermail|remotehost said|I couldn't find any host|CHKUSER|\(CHKUSER\)/i,
  ],
  [
    'sendmail',
    /Connection rate limit exceeded\.|\.\.\. [A-Z][a-z]+|\bsendmail\b|IP name lookup failed|Relaying denied\. (?:IP|Proper)|rejecting connections on daemon|config error: mail loops back|improper use of 8-bit data|5\.3\.5 (?:system|local) config|Message size exceeds fixed maximum message size|Domain of sender address .+ does not/i,
  ],
  [
    'dovecot',
    /dovecot|Quota exceeded \(mailbox for user is full\)|Too many concurrent deliveries for user|User doesn't exist: /i,
  ],
  ['cyrus', /cyrus|\blmtpengine|Mailbox does not exist.*cyrus|cyrus-.*unknown/i],
  [
    'postfix',
    /\bpostfix\b|Recipient address rejected|Sender address rejected|Client host rejected|Helo command rejected|Relay access denied|User unknown in (?:local|virtual|relay|.{0,20}) ?(?:mailbox|alias|recipient)? ?table|Queue file write error|Message size exceeds fixed limit|Must issue a STARTTLS command first|Error: too many (?:recipients|errors)|; [Cc]lient (?:host )?\[|; Sender address \[|Server configuration (?:error|problem)|in reply to (?:RCPT TO|MAIL FROM|end of DATA|DATA|HELO|EHLO)|Name service error for name=|mail for .+ loops back to myself|Temporary lookup failure|improper command pipelining|Insufficient system storage|Host not found, try again|unreasonable virtual_alias_maps|Too many concurrent SMTP/i,
  ],
];

/** The name of the server's software or service where the reply's text shows it, else null. */
export function softwareOf(source: string): string | null {
  // Addresses and the client's own name in a reply are ours or the recipient's: they tell nothing of the server.
  const text = source
    .slice(0, 4096)
    .replaceAll(/[^\s<>@[\]():;]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}/g, '@')
    .replaceAll(/<[A-Za-z0-9._-]{1,200}\[[0-9A-Fa-f.:]{3,45}\](?::\d{1,5})?>/g, '<>');
  return signs.find(([, sign]) => sign.test(text))?.[0] ?? null;
}
