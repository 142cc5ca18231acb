// Counts in words: “1 message”, “2 messages”.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** "1,204": rounded to a whole number. */
export function count(value: number): string {
  return whole.format(value);
}

/** "1 message", "12 messages". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
