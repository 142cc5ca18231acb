// All that the shell takes from the other parts of the house, in one place: the engine, its errors, and the way to a service.
export { openEngine } from '../engine/engine.ts';
export type { Engine } from '../engine/engine.ts';
export type { Holder } from '../engine/lock.ts';
export type { Service } from '../service/service.ts';
export { catchFaults, Faults, unforeseen } from '../engine/faults.ts';
export { errorMessage, faultWords, traceOf } from '../events/fault.ts';
export type { Log } from '../events/fault.ts';
export { DataDirLocked, DataDirUnusable, prepareDataDir, readHolder } from '../engine/lock.ts';
export { connectClient, NotMailward } from '../service/client.ts';
export { Keys } from '../service/keys.ts';
export { startService } from '../service/service.ts';
export { defaultDataDir } from '../settings/data-dir.ts';
export { BrokenSettings } from '../settings/settings.ts';
