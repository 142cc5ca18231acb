// A field that filters a list by text. Typing stays quick: the list follows when the typing pauses.
import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { classesOf } from '../classes.ts';
import filterStyles from './filters.module.css';

const css = classesOf(filterStyles);

interface TextFilterProps {
  label: string;
  placeholder: string;
  text: string;
  onText: (text: string) => void;
}

export function TextFilter({ label, placeholder, text, onText }: TextFilterProps) {
  const [typed, setTyped] = useState(text);
  const tell = useDebouncedCallback(onText, 250);
  const set = (value: string) => {
    setTyped(value);
    tell(value.trim());
  };
  return (
    <TextInput
      className={css('text')}
      aria-label={label}
      placeholder={placeholder}
      maxLength={200}
      leftSection={<IconSearch size={16} aria-hidden="true" />}
      rightSection={
        typed === '' ? null : <CloseButton size="sm" aria-label="Clear the text" onClick={() => set('')} />
      }
      value={typed}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
