// What the sender of a message that failed was told, and why not.
import { Link } from '@tanstack/react-router';
import type { Bounce, BounceReason } from '../../shared/recipients.ts';
import { Due, Moment } from './moment.tsx';

const because: Readonly<Record<BounceReason, string>> = {
  'own-domain': 'the address is in a domain of yours',
  spf: 'SPF shows that the sender is real',
  dkim: 'a DKIM signature shows that the sender is real',
  'not-authentic': 'nothing shows that the sender is real, and a bounce to a forged address is spam',
  automatic: 'the message is itself a bounce or an automatic reply',
  'no-address': 'the sender’s address cannot be written to',
  'switched-off': 'bounces are switched off in the settings',
};

export function BounceWords({ bounce }: { bounce: Bounce }) {
  if (bounce.state === 'due') {
    return (
      <>
        the sender will be notified, if genuine: <Due at={bounce.at} />
      </>
    );
  }
  const why = bounce.reason === null ? '' : `: ${because[bounce.reason]}`;
  if (bounce.state === 'suppressed') return <>the sender was not notified{why}</>;
  return (
    <>
      {' '}
      the sender was notified <Moment at={bounce.at} />
      {why}
      {bounce.bounceId !== null && (
        <>
          {' '}
          (
          <Link to="/message/$id" params={{ id: bounce.bounceId }}>
            the bounce
          </Link>
          )
        </>
      )}
    </>
  );
}
