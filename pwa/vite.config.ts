import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin, transformWithOxc } from 'vite'

/** The WebView of an Android 9 handheld without Google services. Vite lowers syntax, never APIs. */
const TARGET = ['chrome69', 'safari15']
const ENTRY_LIMIT = 60_000
const SERVER = `http://127.0.0.1:${process.env['PORT'] ?? '8720'}`

const sha = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 12)

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })
}

/** Emits /sw.js: src/sw.ts with the list of all that is built, and its hash. Fails when the entry has grown too big. */
function serviceWorker(): Plugin {
  let publicDir = ''
  return {
    name: 'zhongshu-service-worker',
    apply: 'build',
    enforce: 'post', // before that, index.html is not in the bundle
    configResolved(config) {
      publicDir = config.publicDir
    },
    async generateBundle(_options, bundle) {
      const list: [string, string][] = files(publicDir).map((path) => [
        `/${relative(publicDir, path).split(sep).join('/')}`,
        sha(readFileSync(path)),
      ])
      for (const file of Object.values(bundle)) {
        if (file.fileName.endsWith('.map')) continue
        const content = file.type === 'chunk' ? file.code : file.source
        list.push([`/${file.fileName}`, sha(content)])
        const size = file.type === 'chunk' && file.isEntry ? gzipSync(file.code).length : 0
        if (size > ENTRY_LIMIT) this.error(`${file.fileName}: ${size} bytes gzipped, the limit is ${ENTRY_LIMIT}`)
      }
      list.sort(([a], [b]) => (a < b ? -1 : 1))
      if (!list.some(([url]) => url === '/index.html')) this.error('index.html is missing from the precache list')
      const source = readFileSync('src/sw.ts', 'utf8')
        .replace(/^declare const .*$/gm, '')
        .replace(/__PRECACHE__/g, () => JSON.stringify(list))
        .replace(/__VERSION__/g, () => JSON.stringify(sha(JSON.stringify(list))))
      const { code } = await transformWithOxc(source, 'sw.ts', { target: TARGET, lang: 'ts' })
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: code })
    },
  }
}

export default defineConfig({
  plugins: [serviceWorker()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: TARGET, cssTarget: TARGET, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  worker: { format: 'iife' },
  server: { proxy: { '/api': SERVER } },
})
