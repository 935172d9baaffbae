import { defineConfig } from 'vitest/config'

export default defineConfig({
  assetsInclude: ['**/*.bin'], // the golden messages
  test: {
    include: ['tests/**/*.test.ts', 'src/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    environment: 'node',
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 30_000,
    css: true, // the contrast of the colours is tested
  },
})
