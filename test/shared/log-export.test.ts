// The log as CSV: readable by any program, and harmless in a spreadsheet.
import { expect, it } from 'vitest';
import { csvHeading, csvRow } from '../../shared/log-export.ts';
import type { MessageSummary } from '../../shared/message.ts';

const row: MessageSummary = {
  id: '6XYZ',
  receivedAt: Date.UTC(2026, 2, 1, 8, 30),
  sender: 'anna@example.net',
  recipients: ['a@example.com', 'b@example.com'],
  recipientCount: 2,
  domains: ['example.com'],
  size: 1234,
  subject: 'Hello',
  clientAddress: '192.0.2.1',
  state: 'refused',
  attempts: 1,
  nextAttemptAt: null,
  cause: 'user-unknown',
  lastReply: { code: 550, enhanced: '5.1.1', text: 'unknown' },
};

it('has a heading and a line for each message', () => {
  expect(csvHeading).toBe(
    'id,received,state,cause,sender,recipients,subject,size,client,attempts,last_reply\r\n',
  );
  expect(csvRow(row)).toBe(
    '6XYZ,2026-03-01T08:30:00.000Z,refused,user-unknown,anna@example.net,a@example.com b@example.com,Hello,1234,192.0.2.1,1,550 5.1.1 unknown\r\n',
  );
});

it.each([
  ['a, b', '"a, b"'],
  ['say "no"', '"say ""no"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+49 30 1', "'+49 30 1"],
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tx', `"'\tx"`],
  // Where `;` or a tab separates, the second half is a cell of its own: our quotes are letters there.
  ['a;=1+1', `"a;'=1+1"`],
  ['a\t =1+1', `"a\t' =1+1"`],
  ['a\n@x', `"a\n'@x"`],
  ["a;'=1", `"a;''=1"`],
  [' =1+1', "' =1+1"],
  ['\uff1d1+1', "'\uff1d1+1"],
  // A terminal obeys these.
  ['\x1b]0;x\x07 \x9b2J', '"\ufffd]0;x\ufffd \ufffd2J"'],
  ['\u202egpj.exe', '\ufffdgpj.exe'],
  ['Zaunkönig', 'Zaunkönig'],
])('writes the subject %j as %s', (subject, cell) => {
  expect(csvRow({ ...row, subject })).toContain(`,${cell},1234,`);
});
