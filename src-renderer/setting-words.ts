// The settings in words: a label for each, a title for each section, a word for each choice. The compiler sees to it that none is missing.
import type { Settings } from '../shared/settings.ts';

export type SectionName = keyof Settings;
/** `smtp.port` */
export type SettingKey = { [S in SectionName]: `${S}.${keyof Settings[S] & string}` }[SectionName];

export const settingLabels: Readonly<Record<SettingKey, string>> = {
  'smtp.host': 'Listen on address',
  'smtp.port': 'Port',
  'smtp.hostname': 'Host name',
  'smtp.maxMessageBytes': 'Maximum message size',
  'smtp.maxRecipients': 'Maximum recipients per message',
  'smtp.maxConnections': 'Maximum connections',
  'smtp.idleSeconds': 'Idle timeout',
  'smtp.maxConnectionsPerClient': 'Maximum connections per client',
  'smtp.minBytesPerSecond': 'Minimum transfer rate',
  'smtp.maxErrors': 'Maximum errors per connection',
  'smtp.maxReceived': 'Maximum hops of a message',
  'smtp.oldDevices': 'Older devices on your network',
  'smtp.tlsCertificate': 'TLS certificate (file)',
  'smtp.tlsKey': 'TLS private key (file)',
  'smtp.proxies': 'Trusted proxies',
  'delivery.concurrency': 'Maximum connections per server',
  'delivery.messagesPerConnection': 'Messages per connection',
  'delivery.connectSeconds': 'Connection timeout',
  'delivery.replySeconds': 'Reply timeout',
  'delivery.messageReplySeconds': 'Reply timeout after a message',
  'delivery.validatingResolvers': 'DNSSEC-validating resolvers',
  'delivery.retrySeconds': 'Retry intervals',
  'delivery.warnHours': 'Warn about mail waiting longer than',
  'delivery.expireDays': 'Give up after',
  'autoHold.deniedMessages': 'Hold after this many refusals in a row',
  'autoHold.unreachableMinutes': 'Hold when unreachable for',
  'autoHold.testSeconds': 'Try one held message every',
  'autoHold.deliverAgain': 'Resume delivery automatically',
  'recipients.learn': 'Learn from refusals',
  'recipients.failures': 'Refusals before a recipient is listed',
  'recipients.windowDays': 'Count refusals from the last',
  'recipients.listingDays': 'Keep listed for',
  'recipients.ask': 'Verify recipients with your server',
  'recipients.askAtOnce': 'Maximum simultaneous verifications',
  'recipients.knownHours': 'Remember existing recipients for',
  'recipients.unknownSeconds': 'Remember unknown recipients for',
  'bounces.send': 'Notify senders',
  'bounces.gatherSeconds': 'Wait for further refusals',
  'bounces.backscatter': 'Bounces for mail you did not send',
  'bounces.floodPerHour': 'Treat as a flood above',
  'probes.relayAddresses': 'Mailward’s public addresses',
  'probes.alsoPublic': 'Networks to treat as public',
  'probes.rootServers': 'DNS root servers',
  'probes.dnsPort': 'DNS port',
  'probes.publicResolvers': 'Public resolvers',
  'probes.rdapServers': 'RDAP servers',
  'probes.rdapBootstrap': 'Source of the RDAP server list',
  'probes.whoisServers': 'WHOIS servers',
  'probes.blocklistKeys': 'Blocklist access keys',
  'probes.reachabilityTargets': 'Servers for testing the Internet connection',
  'probes.historyDays': 'Keep results for',
  'filters.exempt': 'Exempt networks',
  'filters.resolvers': 'DNS resolvers',
  'filters.blocklists': 'Listed on blocklists',
  'filters.blocklistZones': 'Blocklists and their weights',
  'filters.blocklistScore': 'Blocklist score that counts as listed',
  'filters.reverseName': 'No valid reverse DNS name',
  'filters.spf': 'SPF failure',
  'filters.dkim': 'DKIM failure',
  'filters.dmarc': 'DMARC failure',
  'filters.arc': 'ARC failure',
  'filters.rspamd': 'Spam according to Rspamd',
  'filters.rspamdUrl': 'Rspamd address',
  'filters.clamav': 'Malware according to ClamAV',
  'filters.clamavAddress': 'ClamAV address',
  'filters.contentBytes': 'Maximum size to scan',
  'filters.messagesPerMinute': 'Maximum messages per client and minute',
  'filters.tarpitAfter': 'Slow down after this many refused recipients',
  'filters.tarpitSeconds': 'Delay of each further refusal',
  'log.keepDays': 'Keep finished messages for',
  'log.keepTranscripts': 'Keep transcripts',
  'desktop.closeToTray': 'Keep running in the tray',
  'desktop.openAtLogin': 'Start at login',
};

export const sectionTitles: Readonly<Record<SectionName, string>> = {
  smtp: 'Receiving mail',
  delivery: 'Delivery',
  autoHold: 'Automatic hold',
  recipients: 'Recipients',
  bounces: 'Bounces',
  probes: 'Health checks',
  filters: 'Filters',
  log: 'Message log',
  desktop: 'Desktop app',
};

/** What the values of choices are called, the same in every setting. */
export const choiceWords: Readonly<Record<string, string>> = {
  reject: 'Reject',
  quarantine: 'Quarantine',
  tag: 'Mark in the header',
  count: 'Only count',
  off: 'Do nothing',
};

/** A description with labels and words in place of the keys and values that the manual has; `section`: of the setting it describes. */
export function plainDescription(text: string, section: SectionName): string {
  return text.replaceAll(/`([^`]+)`/g, (whole, code: string) => {
    const label = labelOfKey(code) ?? labelOfKey(`${section}.${code}`);
    if (label !== undefined) return `“${label}”`;
    const choice = choiceWords[code];
    return choice === undefined ? whole : `“${choice}”`;
  });
}

/** Of a whole key; undefined of anything else. */
export function labelOfKey(key: string): string | undefined {
  return Object.hasOwn(settingLabels, key) ? settingLabels[key as SettingKey] : undefined;
}
