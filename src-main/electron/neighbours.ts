// All that the shell takes from the other parts of the house, in one place: the engine, its errors, and the way to a service.
export { openEngine } from '../engine/engine.ts';
export type { Engine } from '../engine/engine.ts';
export { DataDirLocked, DataDirUnusable } from '../engine/lock.ts';
export { connectClient } from '../service/client.ts';
export { BrokenSettings } from '../settings/settings.ts';
