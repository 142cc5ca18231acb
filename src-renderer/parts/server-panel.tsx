// A domain's server and the companies behind it: as the admin says, or as it seems from outside, and whom to call.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { troubleOf } from '../../shared/contacts.ts';
import { type Domain, type Support, type SupportPart, supportPartSchema } from '../../shared/domain.ts';
import type { Known, KnownCompany } from '../../shared/known.ts';
import { serverSoftwareNames, type SoftwareGuess } from '../../shared/server-software.ts';
import { useActs } from '../actions/acts.tsx';
import { editProfile } from '../actions/profile.tsx';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { hostingWords, supportPartWords } from '../words.ts';
import { ActionButton } from './action-button.tsx';
import { Loaded } from './loaded.tsx';
import { Moment } from './moment.tsx';
import { MailTo, OutsideLink, Phone } from './reach.tsx';
import { StateMark } from './state-mark.tsx';
import styles from './server-panel.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

interface ServerPanelProps {
  domain: Domain;
  /** All that Mailward protects: an address in one of them does not help when mail stops. */
  protectedNames: readonly string[];
}

export function ServerPanel({ domain, protectedNames }: ServerPanelProps) {
  const { orpc } = useEngine();
  const query = useQuery(orpc.domains.known.queryOptions({ input: { name: domain.name } }));
  const acts = useActs();
  return (
    <section className={css('panel', 'section')} aria-labelledby="server">
      <div className={css('panelHead')}>
        <h2 id="server">Your server</h2>
        <ActionButton size="xs" action={editProfile} on={{ domain, known: query.data ?? null }} acts={acts} />
      </div>
      <Loaded query={query} busy="Asking Mailward what it knows." failed="What is known could not be read">
        {(known) => (
          <>
            <dl className={css('facts')}>
              <dt>Software</dt>
              <dd>
                <Software said={domain.profile.software} guesses={known.software} />
              </dd>
              <dt>Who runs it</dt>
              <dd>
                {domain.profile.hosting === null ? (
                  <span className={css('soft')}>
                    Not said. It decides whether steps are for you, or for somebody whom you call.
                  </span>
                ) : (
                  hostingWords[domain.profile.hosting]
                )}
              </dd>
              {supportPartSchema.options.map((part) => (
                <Company
                  key={part}
                  part={part}
                  support={domain.profile.support[part]}
                  known={companyIn(known, part)}
                  protectedNames={protectedNames}
                />
              ))}
            </dl>
            <p className={css('soft', 'small')}>
              {known.readAt === null ? (
                <>
                  No check has looked at the domain yet:{' '}
                  <Link to="/health/$domain" params={{ domain: domain.name }}>
                    check it
                  </Link>{' '}
                  to find out more.
                </>
              ) : (
                <>
                  Mailward found this out by checks, the oldest of them <Moment at={known.readAt} />.
                </>
              )}
            </p>
          </>
        )}
      </Loaded>
    </section>
  );
}

function companyIn(known: Known, part: SupportPart): KnownCompany | null {
  if (part === 'dnsHost') return known.dnsHost;
  return part === 'registrar' ? known.registrar : null;
}

const sureness: Readonly<Record<SoftwareGuess['confidence'], string>> = {
  certain: 'certain',
  likely: 'likely',
  possible: 'only a hint',
};

interface SoftwareProps {
  /** Null: the admin did not say. */
  said: SoftwareGuess['software'] | null;
  guesses: readonly SoftwareGuess[];
}

/** The admin's word counts; what it seems to be is there to be seen. */
function Software({ said, guesses }: SoftwareProps) {
  const [best, ...others] = guesses;
  if (said === null && best === undefined)
    return (
      <span className={css('soft')}>
        Not known: neither checks nor the server’s replies tell. You can say it.
      </span>
    );
  const name = serverSoftwareNames[said ?? best?.software ?? 'other'];
  return (
    <>
      <strong>{name.charAt(0).toUpperCase() + name.slice(1)}</strong>{' '}
      <span className={css('soft')}>
        {said !== null
          ? 'as you say'
          : `as it seems from outside (${sureness[best?.confidence ?? 'possible']})`}
      </span>
      {best !== undefined && (
        <details className={css('why')}>
          <summary>
            {said === null
              ? 'Why it seems so'
              : `From outside it seems to be ${serverSoftwareNames[best.software]} (${sureness[best.confidence]})`}
          </summary>
          <ul>
            {best.because.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
            {others.map((other) => (
              <li key={other.software}>
                It may be {serverSoftwareNames[other.software]} as well ({sureness[other.confidence]}):{' '}
                {other.because.join(' ')}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface CompanyProps {
  part: SupportPart;
  support: Support;
  known: KnownCompany | null;
  protectedNames: readonly string[];
}

function Company({ part, support, known, protectedNames }: CompanyProps) {
  const { company, phone, mail, web, customer, note } = support;
  const name = company === '' ? (known?.name ?? '') : company;
  const isSaid = [phone, mail, web, customer, note].some((text) => text !== '');
  const trouble = troubleOf(mail, protectedNames);
  return (
    <>
      <dt>{supportPartWords[part]}</dt>
      <dd>
        {name === '' && !isSaid && <span className={css('soft')}>Nobody to call yet</span>}
        {name !== '' && <strong>{name}</strong>}
        <ul className={css('ways')}>
          {phone !== '' && (
            <li>
              <Phone number={phone} />
            </li>
          )}
          {mail !== '' && (
            <li>
              <MailTo address={mail} />
            </li>
          )}
          {web !== '' && (
            <li>
              <OutsideLink to={web} />
            </li>
          )}
          {known !== null && known.support !== null && known.support !== web && (
            <li>
              <OutsideLink to={known.support} words={`Support pages of ${known.name}`} />
            </li>
          )}
          {customer !== '' && (
            <li>
              <span className={css('soft')}>Customer number</span> {customer}
            </li>
          )}
        </ul>
        {trouble !== '' && (
          <div>
            <StateMark state="attention" word="Will not work when mail stops" />
            <p className={css('small')}>{trouble}</p>
          </div>
        )}
        {note !== '' && <p className={css('note', 'soft', 'small')}>{note}</p>}
        {known !== null && (
          <details className={css('why')}>
            <summary>
              {company === '' || company === known.name ? 'How it is known' : `It seems to be ${known.name}`}
            </summary>
            <p>{known.because}</p>
          </details>
        )}
      </dd>
    </>
  );
}
