// What happens to the storage as a whole, for everybody who wants to know.
import type { Fault, Note } from '../events/fault.ts';

export interface StorageEvents {
  /** Mail can be stored, or it cannot any more. */
  storageState: null;
  fault: Fault;
  note: Note;
}
