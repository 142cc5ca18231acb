// Builds everything: the desktop shell, the command line with the service in it, the worker threads,
// the preload script and the user interface. Main-process code is bundled whole, so that a package needs no node_modules.
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const here = import.meta.dirname;

export default defineConfig({
  main: {
    // What comes with electron-store and would take the process's signals from Electron.
    resolve: { alias: { 'when-exit': resolve(here, 'src-main/electron/no-exit-hooks.ts') } },
    build: {
      externalizeDeps: false,
      outDir: 'out/main',
      target: 'node24',
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        input: {
          electron: resolve(here, 'src-main/electron/main.ts'),
          mailward: resolve(here, 'src-main/cli/main.ts'),
          'storage-worker': resolve(here, 'src-main/storage/worker.ts'),
          'authentication-worker': resolve(here, 'src-main/relay/policy/authentication/worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      outDir: 'out/preload',
      rolldownOptions: {
        input: { preload: resolve(here, 'src-main/electron/preload.ts') },
        // A sandboxed preload script is CommonJS: Electron gives it no module loader.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [react()],
    build: {
      outDir: 'out/renderer',
      target: 'es2024',
      rolldownOptions: { input: resolve(here, 'src-renderer/index.html') },
    },
  },
});
