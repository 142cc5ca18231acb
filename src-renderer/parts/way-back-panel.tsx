// The MX records to go back to, on a domain's own screen.
import { useQuery } from '@tanstack/react-query';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { Moment } from './moment.tsx';
import { MxRecords, ReadFrom } from './mx-look.tsx';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(blockStyles, textStyles);

export function WayBackPanel({ name }: { name: string }) {
  const { orpc } = useEngine();
  const { data: wayBack } = useQuery(orpc.domains.wayBack.queryOptions({ input: { name } }));
  return (
    <section className={css('panel', 'section')} aria-labelledby="way-back">
      <h2 id="way-back">The way back</h2>
      {wayBack === undefined ? null : wayBack === null ? (
        <p>
          What the MX records were before Mailward is not known. They are read and kept as soon as they can
          be; where they name Mailward already, write down what they were with{' '}
          <code>mailward domain way-back {name}</code>.
        </p>
      ) : (
        <>
          <p>
            {wayBack.reading.records.length === 0
              ? 'There were no MX records before Mailward.'
              : 'These MX records were there before Mailward. Put back, they lead all mail past it again.'}
          </p>
          {wayBack.reading.records.length > 0 && <MxRecords reading={wayBack.reading} />}
          {wayBack.origin === 'admin' ? (
            <p className={css('soft', 'small')}>
              Said by hand <Moment at={wayBack.keptAt} />.
            </p>
          ) : (
            <ReadFrom reading={wayBack.reading} />
          )}
        </>
      )}
    </section>
  );
}
