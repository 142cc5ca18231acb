// What only a desktop can do. The renderer asks whether it has it; in a browser it has not.

export interface DesktopAbilities {
  /** The platform as Node names it, for key names and window furniture. */
  platform: string;
  /** Whether Mailward starts at login. */
  getOpenAtLogin: () => Promise<boolean>;
  setOpenAtLogin: (open: boolean) => Promise<void>;
  /** Asks where to save and writes there; resolves false when the person cancelled. */
  saveFile: (suggestedName: string, content: Uint8Array) => Promise<boolean>;
}
