// Sample mail for the demonstration: what arrives at a small office on an ordinary morning.
import { systemClock } from '../../clock/watched.ts';
import { rfc5322Date } from '../../../shared/time.ts';

export interface SampleMail {
  sender: string;
  recipients: string[];
  content: string;
}

interface Kind {
  sender: string;
  from: string;
  subject: string;
  to: string[];
  body: string;
}

const kinds: readonly [Kind, ...Kind[]] = [
  {
    sender: 'anna.berger@brightline-supplies.example',
    from: 'Anna Berger <anna.berger@brightline-supplies.example>',
    subject: 'Delivery on Thursday',
    to: ['reception@willow-dental.example'],
    body: 'Good morning,\r\nwe will deliver the order between 9 and 11 on Thursday.\r\nKind regards, Anna Berger',
  },
  {
    sender: 'bounce-4711@news.citybank.example',
    from: 'City Bank <news@citybank.example>',
    subject: '=?utf-8?Q?Your_statement_is_ready_=E2=80=93_October?=',
    to: ['accounts@harbour-law.example'],
    body: 'Your statement for October can be viewed in online banking.',
  },
  {
    sender: 'j.ito@fuji-optics.example',
    from: '=?utf-8?B?5LyK6Jek5YGl?= <j.ito@fuji-optics.example>',
    subject: '=?utf-8?B?44GK6KaL56mN44KK44Gu5Lu2?=',
    to: ['info@willow-dental.example', 'dr.moore@willow-dental.example'],
    body: 'Thank you for your inquiry. The quotation is attached.',
  },
  {
    sender: 'parents@maple-street.example',
    from: 'Parents of class 4b <parents@maple-street.example>',
    subject: 'Excursion on Friday: who brings what',
    to: ['office@lakeside-school.example'],
    body: 'Dear all,\r\nthe list is attached. Please add yourselves.',
  },
  {
    sender: 'invoice@prize-winner.example',
    from: 'Prize Office <invoice@prize-winner.example>',
    subject: 'You have won',
    to: ['nobody@willow-dental.example'],
    body: 'Claim your prize now.',
  },
  {
    sender: '',
    from: 'Mail Delivery System <MAILER-DAEMON@mx.partner.example>',
    subject: 'Undelivered Mail Returned to Sender',
    to: ['reception@willow-dental.example'],
    body: 'This is the mail system at host mx.partner.example.',
  },
  {
    sender: 'service@parcel-notice.example',
    from: 'Parcel Service <no-reply@parcel-notice.example>',
    subject: 'Your parcel is waiting: pay 1.99 now',
    to: ['reception@willow-dental.example'],
    body: 'We could not deliver your parcel. Follow the link to pay the fee.',
  },
  {
    sender: 'clerk@district-court.example',
    from: 'District Court <clerk@district-court.example>',
    subject: 'Hearing moved to 14:30',
    to: ['partners@harbour-law.example'],
    body: 'Please note the new time of the hearing.',
  },
  {
    sender: 'spammer@bulk.example',
    from: 'Bulk <spammer@bulk.example>',
    subject: 'Cheap watches',
    to: ['someone@not-protected-here.example'],
    body: 'Watches.',
  },
];

/** The `number`-th sample; kinds come round in turn, with a size that varies. */
export function sampleMail(number: number): SampleMail {
  const kind = kinds[(number - 1) % kinds.length] ?? kinds[0];
  const filler = 'The quick brown fox jumps over the lazy dog.\r\n'.repeat((number * 37) % 120);
  return {
    sender: kind.sender,
    recipients: kind.to,
    content: [
      `From: ${kind.from}`,
      `To: ${kind.to.join(', ')}`,
      `Subject: ${kind.subject}`,
      `Date: ${rfc5322Date(systemClock.now())}`,
      `Message-ID: <demo-${number}-${systemClock.now()}@${kind.from.replace(/^.*@|>$/g, '')}>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      kind.body,
      filler,
    ].join('\r\n'),
  };
}

/** A mail that nobody objects to. */
export function firstMail(domain: string): SampleMail {
  const [sender, to] = ['anna.berger@brightline-supplies.example', `office@${domain}`];
  return {
    sender,
    recipients: [to],
    content: [
      `From: Anna Berger <${sender}>`,
      `To: ${to}`,
      'Subject: Good morning',
      `Date: ${rfc5322Date(systemClock.now())}`,
      '',
      'Good morning!',
      '',
    ].join('\r\n'),
  };
}
