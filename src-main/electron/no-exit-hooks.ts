// Stands in the bundle for the package `when-exit`, which comes with electron-store (docs/decisions/desktop-store.md).
//
// It takes the process's signals for itself, so that it can remove temporary files, and then sends them to the process again. In
// Node a signal that anybody listens to is no longer the system's to handle: Electron's own way of quitting on SIGTERM would be
// gone, and the engine would be ended instead of stopped. The one temporary file of a write is removed by that write itself.
export default function whenExit(_callback: () => void): () => void {
  return () => undefined;
}
