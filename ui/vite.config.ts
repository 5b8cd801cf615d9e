import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The border to Rust is replaced by sample data in the demonstration and in tests; the real build never
// names the folder of the replacement.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  resolve: {
    alias: { $ipc: here(mode === 'demo' || mode === 'test' ? 'src/fake/ipc.ts' : 'src/ipc/index.ts') },
    conditions: mode === 'test' ? ['browser'] : undefined,
  },
  server: { port: 5173, strictPort: true, host: 'localhost' },
  preview: { port: 5274, strictPort: true, host: '127.0.0.1' },
  clearScreen: false,
  build: {
    outDir: mode === 'demo' ? 'dist-demo' : 'dist',
    emptyOutDir: true,
    target: ['es2022', 'safari16', 'chrome110'],
    modulePreload: { polyfill: false },
    // An inlined font would need a wider content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'], restoreMocks: true, testTimeout: 30_000 },
}));
