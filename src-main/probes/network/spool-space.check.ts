// Check: is there room on disk for mail that has to wait?
import { statfs } from 'node:fs/promises';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';

const MIB = 1_048_576;
/** Mail is still taken, but a day on which the server is away may fill the rest, octets. */
const LOW = 2_048 * MIB;
/** Close to where the listener turns new mail away (64 MiB), octets. */
const FULL = 256 * MIB;
/** As good as full, where a file system has a fixed number of files. */
const FEW_FILES = 1_000;

export const spoolSpace = defineCheck({
  name: 'spool-space',
  title: 'Disk space for mail',
  area: 'network',
  leg: 'here',
  question: 'Is there disk space for mail that has to wait?',
  needs: [],
  deadlineMs: 5_000,
  findings: {
    enough: fine('There is room for the mail of many days.'),
    low: wrong('attention', `Less than ${size(LOW)} is free: mail that has to wait may fill it.`),
    full: wrong('urgent', `Less than ${size(FULL)} is free: soon new mail is turned away.`),
  },
  async run({ world, report }) {
    const { dataDir } = world;
    if (dataDir === null) throw new NotApplicable('There is no data folder to look at.');
    const at = world.now();
    const disk = await statfs(dataDir).catch((error: unknown) => {
      throw new CouldNotCheck('The disk could not be looked at.', [
        { asked: 'free space', of: dataDir, at, answer: (error as Error).message },
      ]);
    });
    const free = disk.bavail * disk.bsize;
    const total = disk.blocks * disk.bsize;
    // Some file systems have no fixed number of files and say 0 of 0.
    const files = disk.files === 0 ? null : disk.ffree;
    const fewFiles = files !== null && files < FEW_FILES;
    const code = free < FULL || fewFiles ? 'full' : free < LOW ? 'low' : 'enough';
    report(code, {
      summary: fewFiles
        ? `The disk of the data folder has room for only ${files} more files.`
        : `${size(free)} of ${size(total)} are free for mail that has to wait.`,
      evidence: [
        {
          asked: 'free space',
          of: dataDir,
          at,
          answer: `${free} of ${total} octets, ${files ?? 'any number of'} files`,
        },
      ],
      facts: { free, total, files },
    });
  },
});

function size(octets: number): string {
  const gib = octets / (1_024 * MIB);
  return gib >= 1 ? `${Number(gib.toFixed(gib < 10 ? 1 : 0))} GiB` : `${Math.round(octets / MIB)} MiB`;
}
