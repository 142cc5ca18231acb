// The fuses: switches burnt into the packaged program, every one of them set on purpose (electron-builder's afterPack).
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import type { FuseV1Config } from '@electron/fuses';
import type { AfterPackContext } from 'electron-builder';

/** Complete by its type, and checked once more when burnt: a fuse that a new Electron brings stops the packaging. */
export const fuses = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  // The program is Mailward and cannot be turned into a Node by a variable or an argument.
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  // The code runs from the archive alone, and where the system supports it, only from the one that was packaged.
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // The page comes from app://, so file:// needs no privileges.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
} satisfies FuseV1Config;

/** Burns the fuses into the program that electron-builder has just put into `appOutDir`. */
export default async function afterPack({
  appOutDir,
  packager,
  electronPlatformName,
}: AfterPackContext): Promise<void> {
  const { productFilename } = packager.appInfo;
  const name =
    electronPlatformName === 'darwin'
      ? `${productFilename}.app`
      : electronPlatformName === 'win32'
        ? `${productFilename}.exe`
        : linuxName(packager);
  await flipFuses(join(appOutDir, name), {
    ...fuses,
    // Changing the program breaks the signature that Apple's processors insist on; it is signed anew, if only ad hoc.
    resetAdHocDarwinSignature: electronPlatformName === 'darwin',
  });
}

/** Only electron-builder's packager for Linux has a name of its own for the program. */
function linuxName(packager: AfterPackContext['packager']): string {
  if ('executableName' in packager && typeof packager.executableName === 'string')
    return packager.executableName;
  throw new Error('electron-builder no longer says what it calls the program on Linux.');
}
