// When a mode ends by itself: after a while that is often wanted, at a time of one's own, or only when told.
import { Select, TextInput } from '@mantine/core';
import { HOUR_MS } from '../../shared/time.ts';

const choices = [
  { value: 'told', label: 'When I end it' },
  { value: '1', label: 'In 1 hour' },
  { value: '4', label: 'In 4 hours' },
  { value: '24', label: 'In a day' },
  { value: '168', label: 'In a week' },
  { value: 'time', label: 'At a specific time' },
];

/** An end time as chosen; `time` is what the field for a time of one's own has, in the reader's zone. */
export interface UntilDraft {
  choice: string;
  time: string;
}

/** The draft for an end time that is set already (UTC ms), or for none. */
export function untilDraft(until: number | null): UntilDraft {
  return { choice: until === null ? 'told' : 'time', time: localTime(until ?? Date.now() + 4 * HOUR_MS) };
}

/** `2026-05-01T18:00`, as the browser's field has it. */
function localTime(at: number): string {
  const zoneOffset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - zoneOffset).toISOString().slice(0, 16);
}

/** Reads the draft: UTC ms, null for none, or what is wrong with it. */
export function readUntil({ choice, time }: UntilDraft): { until: number | null } | { wrong: string } {
  if (choice === 'told') return { until: null };
  if (choice !== 'time') return { until: Date.now() + Number(choice) * HOUR_MS };
  const until = new Date(time).getTime();
  if (Number.isNaN(until)) return { wrong: 'enter a date and a time' };
  return until > Date.now() ? { until } : { wrong: 'this time has passed; choose a later one' };
}

interface UntilFieldProps {
  draft: UntilDraft;
  error: string | null;
  onChange: (draft: UntilDraft) => void;
}

export function UntilField({ draft, error, onChange }: UntilFieldProps) {
  return (
    <>
      <Select
        label="Ends"
        description="Mail then takes its usual route again, even if Mailward was stopped in between"
        data={choices}
        value={draft.choice}
        allowDeselect={false}
        onChange={(value) => onChange({ ...draft, choice: value ?? 'told' })}
      />
      {draft.choice === 'time' && (
        <TextInput
          type="datetime-local"
          label="Date and time"
          value={draft.time}
          error={error}
          onChange={(event) => onChange({ ...draft, time: event.currentTarget.value })}
        />
      )}
    </>
  );
}
