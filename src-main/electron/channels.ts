// The names of the channels between the page, its preload script and the main process.

/** What the page posts to itself to be given a port, and what comes back with the port. */
export const askPort = 'mailward:ask-port';
export const port = 'mailward:port';

/** Calls of `DesktopAbilities`, from the preload script to the main process. */
export const getOpenAtLogin = 'mailward:get-open-at-login';
export const setOpenAtLogin = 'mailward:set-open-at-login';
export const saveFile = 'mailward:save-file';
