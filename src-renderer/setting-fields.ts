// The settings as fields: read from the one schema, so that a setting added there appears on screen with its description.
import { z } from 'zod';
import { type Settings, settingsSchema } from '../shared/settings.ts';
import {
  plainDescription,
  type SectionName,
  sectionTitles,
  type SettingKey,
  settingLabels,
} from './setting-words.ts';

export type FieldValue = string | boolean;

export interface SettingField {
  section: SectionName;
  name: string;
  label: string;
  unit: string | null;
  description: string;
  kind: 'text' | 'number' | 'numbers' | 'texts' | 'switch' | 'choice';
  /** The values of a choice. */
  options: readonly string[];
}

export interface SettingSection {
  name: SectionName;
  title: string;
  description: string;
  fields: SettingField[];
}

/** The form's state: each field as typed, by `section.name`. */
export type Draft = Readonly<Record<string, FieldValue>>;

/** Units that names carry, as they stand beside the label. */
const units: readonly [suffix: string, unit: string][] = [
  ['Bytes', 'octets'],
  ['BytesPerSecond', 'octets a second'],
  ['Seconds', 'seconds'],
  ['Minutes', 'minutes'],
  ['Hours', 'hours'],
  ['Days', 'days'],
  ['PerHour', 'an hour'],
];

const defaults = settingsSchema.parse({});

/** All settings, section by section, in the order of the schema. */
export const settingSections: readonly SettingSection[] = Object.entries(settingsSchema.shape).map(
  ([key, schema]) => {
    const section = key as SectionName;
    const shape = schema.unwrap().shape as Record<string, z.ZodType>;
    return {
      name: section,
      title: sectionTitles[section],
      description: plainDescription(schema.description ?? '', section),
      fields: Object.entries(shape).map(([name, field]) => describe(section, name, field)),
    };
  },
);

function describe(section: SectionName, name: string, schema: z.ZodType): SettingField {
  const value = (defaults[section] as Record<string, unknown>)[name];
  const inner = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
  const options = inner instanceof z.ZodEnum ? inner.options.map(String) : [];
  const kind = Array.isArray(value)
    ? value.some((part) => typeof part === 'number')
      ? 'numbers'
      : 'texts'
    : typeof value === 'boolean'
      ? 'switch'
      : typeof value === 'number'
        ? 'number'
        : options.length > 0
          ? 'choice'
          : 'text';
  return {
    section,
    name,
    kind,
    options,
    label: settingLabels[`${section}.${name}` as SettingKey],
    unit: units.find(([suffix]) => name.endsWith(suffix))?.[1] ?? null,
    description: plainDescription(schema.description ?? '', section),
  };
}

export function draftOf(settings: Settings): Draft {
  const draft: Record<string, FieldValue> = {};
  for (const { name: section, fields } of settingSections) {
    for (const { name } of fields) {
      const value = (settings[section] as Record<string, unknown>)[name];
      draft[`${section}.${name}`] =
        typeof value === 'boolean' ? value : Array.isArray(value) ? value.join(', ') : String(value);
    }
  }
  return draft;
}

/** Reads the form; errors are by `section.name`. The settings are null when there is any. */
export function readDraft(draft: Draft): {
  settings: Settings | null;
  errors: Readonly<Record<string, string>>;
} {
  const raw: Record<string, Record<string, unknown>> = {};
  for (const { name: section, fields } of settingSections) {
    const values: Record<string, unknown> = {};
    for (const field of fields)
      values[field.name] = fieldValue(field, draft[`${section}.${field.name}`] ?? '');
    raw[section] = values;
  }
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) return { settings: parsed.data, errors: {} };
  const errors: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const key = issue.path.slice(0, 2).join('.');
    errors[key] ??= words(issue);
  }
  return { settings: null, errors };
}

function fieldValue(field: SettingField, typed: FieldValue): unknown {
  if (typeof typed === 'boolean' || field.kind === 'text' || field.kind === 'choice') return typed;
  if (field.kind === 'number') return numberOf(typed);
  const parts = typed.split(/[\s,;]+/).filter((part) => part !== '');
  return field.kind === 'texts' ? parts : parts.map(numberOf);
}

/** What is not a number stays text, so that the schema can say what it expected. */
function numberOf(text: string): number | string {
  const trimmed = text.trim();
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}

function words(issue: z.core.$ZodIssue): string {
  const place = issue.path.length > 2 ? `Number ${Number(issue.path[2]) + 1}: ` : '';
  if (issue.code === 'too_small' && issue.origin === 'array') return 'Expected at least one number.';
  if (issue.code === 'too_small') return `${place}expected ${String(issue.minimum)} or more.`;
  if (issue.code === 'too_big' && issue.origin === 'array')
    return `Expected at most ${String(issue.maximum)} numbers.`;
  if (issue.code === 'too_big') return `${place}expected ${String(issue.maximum)} or less.`;
  if (issue.code === 'invalid_type') return `${place}expected a whole number.`;
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().at(-1);
    if (inner !== undefined) return inner.message;
  }
  return place + issue.message;
}
