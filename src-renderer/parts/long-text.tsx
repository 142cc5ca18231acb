// What may be long: as much as is read at a glance, and all of it when somebody wants it.
import { UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { classesOf } from '../classes.ts';
import styles from './long-text.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

/** Characters shown at first. */
const GLANCE = 200;

export function LongText({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  // A little more is not worth a click.
  const isLong = text.length > GLANCE * 1.25;
  return (
    <>
      <span className={css('mono')}>
        {isLong && !all ? `${text.slice(0, GLANCE).toWellFormed()}…` : text}
      </span>
      {isLong && (
        <>
          {' '}
          <UnstyledButton className={css('all')} aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show less' : 'Show all of it'}
          </UnstyledButton>
        </>
      )}
    </>
  );
}
