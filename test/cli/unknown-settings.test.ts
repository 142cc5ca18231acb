// Keys of the settings file that are no settings, from start to save: told everywhere, and never a ground to stand still.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Service } from '../lab/mailward.ts';

const words = 'smtp.prot is not a setting; did you mean smtp.port?';

describe('a key of the settings file that is no setting', () => {
  it('does not stop the start, and is told in the log, by status and to the user interface, and kept by a save', async () => {
    await using service = await Service.start({ settings: { smtp: { prot: 2526 }, quantum: { leap: 1 } } });
    const path = join(service.dataDir, 'settings.json');
    expect(service.complaints).toContain(`the settings ${path}: ${words}`);
    expect(service.complaints).toContain('quantum is not a setting');

    const status = await service.command('status');
    expect(status.stdout).toContain(`In ${path}: ${words}`);
    const { client, close } = await service.client();
    try {
      for await (const overview of await client.live.overview()) {
        expect(overview.unknownSettings).toEqual([
          { key: 'smtp.prot', meant: 'smtp.port' },
          { key: 'quantum', meant: null },
        ]);
        expect(overview.state).toBe('attention');
        break;
      }
      const settings = await client.settings.get();
      await client.settings.set({
        settings: { ...settings, log: { ...settings.log, keepDays: 7 } },
        before: settings,
      });
    } finally {
      close();
    }
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      smtp: { prot: 2526 },
      quantum: { leap: 1 },
      log: { keepDays: 7 },
    });
    await service.stop();
    expect((await service.command('status')).stdout).toContain(words);
  });
});
