// The settings screen speaks of settings as people do: nobody has to know what a key is.
import { describe, expect, it } from 'vitest';
import { settingSections } from '../../src-renderer/setting-fields.ts';
import { choiceWords } from '../../src-renderer/setting-words.ts';

const fields = settingSections.flatMap((section) => section.fields);
const keys = fields.flatMap(({ section, name }) => [`${section}.${name}`, name]);

describe.each(fields.map((field) => [`${field.section}.${field.name}`, field] as const))('%s', (_, field) => {
  it('has a label in plain words, and not its key', () => {
    expect(field.label).toMatch(/^[A-Z]/);
    expect(keys).not.toContain(field.label);
    expect(field.label).not.toMatch(/\b[a-z]+[A-Z]\w*\b/);
  });

  it('is described without the keys and values of settings', () => {
    expect(field.description).not.toBe('');
    const code = [...field.description.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
    expect(code.filter((text) => keys.includes(text) || text in choiceWords)).toEqual([]);
    expect(field.description).not.toMatch(/\b[a-z]+[A-Z][a-z]\w*\b/);
  });

  it('has a word for each of its choices', () => {
    for (const option of field.options) expect(choiceWords[option], option).toMatch(/^[A-Z]/);
  });
});

it('no section says its title twice', () => {
  for (const { title, description } of settingSections) {
    const same = description.toLowerCase().replace(/^the /, '').startsWith(title.toLowerCase());
    expect(same, `${title}: ${description}`).toBe(false);
  }
});

it('no two settings of a section have the same label', () => {
  for (const section of settingSections) {
    const labels = section.fields.map(({ label }) => label);
    expect(labels).toEqual([...new Set(labels)]);
  }
});
