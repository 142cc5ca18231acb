// What a list is filtered by, in a line above it: fields that pick one of several, above all the domain.
import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { classesOf } from '../classes.ts';
import styles from './filters.module.css';

const css = classesOf(styles);

/** `search`: the fields find things by themselves, and are announced as a search. */
export function FilterLine({ search = false, children }: { search?: boolean; children: ReactNode }) {
  return (
    <div className={css('line')} {...(search ? { role: 'search' } : {})}>
      {children}
    </div>
  );
}

interface FilterPickProps {
  label: string;
  /** What it says and does while nothing is picked: "Every state". */
  every: string;
  options: readonly (string | { value: string; label: string })[];
  value: string | undefined;
  onPick: (value: string | undefined) => void;
  /** There are many: they can be found by typing. */
  many?: boolean;
}

/** Picks one of several, or none of them for all. */
export function FilterPick({ label, every, options, value, onPick, many = false }: FilterPickProps) {
  return (
    <Select
      className={css('pick')}
      aria-label={label}
      placeholder={every}
      clearable
      searchable={many}
      clearButtonProps={{ 'aria-label': every }}
      data={options}
      value={value ?? null}
      onChange={(picked) => onPick(picked ?? undefined)}
    />
  );
}

interface DomainPickerProps {
  domains: readonly string[];
  /** Undefined: all of them. */
  domain: string | undefined;
  onDomain: (domain: string | undefined) => void;
}

/** Picks one of the protected domains, or none of them for all. */
export function DomainPicker({ domains, domain, onDomain }: DomainPickerProps) {
  return (
    <FilterPick label="Domain" every="Every domain" options={domains} value={domain} onPick={onDomain} many />
  );
}

/** Picks one of the protected domains, where something is about one at a time. */
export function OneDomainPicker({ domains, domain, onDomain }: DomainPickerProps & { domain: string }) {
  return (
    <Select
      className={css('pick')}
      aria-label="Domain"
      allowDeselect={false}
      data={domains}
      value={domain}
      onChange={(picked) => onDomain(picked ?? undefined)}
    />
  );
}
