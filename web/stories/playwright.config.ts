import { defineConfig } from '@playwright/test'

// Stories run on a product that stands already: `make stories` starts the built
// binary with its private PostgreSQL and the demo, and says where it is.
const browser = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] }

export default defineConfig({
  testDir: '.',
  testMatch: '*.story.ts',
  outputDir: '../test-results',
  workers: 1,
  retries: 0,
  timeout: 150_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: { baseURL: process.env.BIHUAN_URL ?? 'http://127.0.0.1:8080', locale: 'zh-CN', timezoneId: 'Asia/Shanghai', trace: 'retain-on-failure', actionTimeout: 15_000, launchOptions: browser },
})
