// What an action is: all that a button, a menu or a key must know of something that can be done.
import type { Icon } from '@tabler/icons-react';
import type { NavigateOptions } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Client } from '../../shared/contract/index.ts';

export interface Action<On> {
  /** `message.retry`: what it is about, and what is done. No two have the same. */
  id: `${string}.${string}`;
  icon: Icon;
  /** What a button says; ends with an ellipsis where something is to be said or confirmed first. */
  word: (on: On) => string;
  /** Where several of the same stand in a list: what it says to those who only hear it. */
  spoken?: (on: On) => string;
  /** Whether it makes sense for this. Left out: always. */
  applies?: (on: On) => boolean;
  /** It is being done already, whoever started it. */
  running?: (on: On) => boolean;
  /** Nothing brings back what it takes away. */
  danger?: boolean;
  /** The key that does it where it has the focus, as `KeyboardEvent.key` names it. */
  key?: string;
  deed: Deed<On>;
}

/** What an action does: it leads somewhere, asks for more in a dialog, or does it. */
export type Deed<On> =
  | { kind: 'go'; to: (on: On) => NavigateOptions }
  | { kind: 'ask'; title: (on: On) => string; form: (on: On, closing: Closing) => ReactNode }
  | {
      kind: 'do';
      /** What is asked first; left out where it can be undone. */
      asks?: (on: On) => Question;
      /** Answers what is to be told of the outcome; null where it can be seen. */
      run: (on: On, tools: Tools) => Promise<Outcome | null>;
      /** What is said when it fails, above why: "Nothing was changed". */
      failed: string;
      /** Which questions have another answer afterwards. */
      changes?: 'messages' | 'domains' | 'recipients' | 'contacts';
    };

/** A question that has to be answered with yes before anything is done. */
export interface Question {
  title: string;
  words: string;
  yes: string;
  no: string;
}

/** What a dialog tells when it is left. */
export interface Closing {
  close: () => void;
  /** What it was opened for has been done; it is closed too. */
  done: () => void;
}

/** What came of it, to be told in a corner of the screen. */
export interface Outcome {
  title: string;
  words: string;
  /** It went well, but not wholly. */
  partly?: boolean;
}

/** What an action has to do its work with. */
export interface Tools {
  client: Client;
  /** Puts a file into the person's hands. */
  save: (name: string, file: Blob) => Promise<void>;
  /** Lets the person choose a file of a type (`.csv`); null when they do not. */
  chooseFile: (type: string) => Promise<File | null>;
}

export function appliesTo<On>(action: Action<On>, on: On): boolean {
  return action.applies?.(on) ?? true;
}

/** The action among these that a key does; undefined when it does none. */
export function actionOfKey<On>(actions: readonly Action<On>[], key: string, on: On): Action<On> | undefined {
  return actions.find((action) => action.key === key && appliesTo(action, on));
}
