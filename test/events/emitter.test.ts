// Events: told in order, to everybody, whatever one of them does with it.
import { expect, it } from 'vitest';
import { Emitter } from '../../src-main/events/emitter.ts';

interface Events {
  said: string;
  done: null;
}

function scene() {
  const heard: string[] = [];
  const events = new Emitter<Events>((error, event) =>
    heard.push(`${event} failed: ${(error as Error).message}`),
  );
  return { heard, events };
}

it('are told in the order of the subscriptions, before the teller goes on', () => {
  const { heard, events } = scene();
  events.on('said', (words) => heard.push(`first ${words}`));
  events.on('said', (words) => heard.push(`second ${words}`));
  events.on('done', () => heard.push('done'));
  events.emit('said', 'hello');
  expect(heard).toEqual(['first hello', 'second hello']);
});

it('reach the others when one listener throws, and the teller hears nothing of it', () => {
  const { heard, events } = scene();
  events.on('said', () => {
    throw new Error('no time');
  });
  events.on('said', (words) => heard.push(words));
  events.emit('said', 'hello');
  expect(heard).toEqual(['said failed: no time', 'hello']);
});

it('are not told to whoever has left, nor yet to whoever came while they were told', () => {
  const { heard, events } = scene();
  const leave = events.on('said', (words) => {
    heard.push(`once ${words}`);
    leave();
    events.on('said', (more) => heard.push(`late ${more}`));
  });
  events.on('said', (words) => heard.push(`always ${words}`));
  events.emit('said', 'one');
  events.emit('said', 'two');
  expect(heard).toEqual(['once one', 'always one', 'always two', 'late two']);
});
