// A sentence with what is to be typed or copied in it, which stands between backticks.
import { Code } from '@mantine/core';

export function WithCode({ words }: { words: string }) {
  // Every other piece stood between two of them.
  return words.split('`').map((piece, index) => (index % 2 === 0 ? piece : <Code key={index}>{piece}</Code>));
}
