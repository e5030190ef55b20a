// After vite: compresses what shrinks, and holds the first pages to their
// sizes. What a first page loads is its entry and everything imported by it
// without waiting; libraries that a page loads later are not of it.
import { gzipSync, constants } from 'node:zlib'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const dist = join(import.meta.dirname, '..', 'dist')
const size = new Map()
const walk = dir => readdirSync(dir).flatMap(f => { const p = join(dir, f); return statSync(p).isDirectory() ? walk(p) : [p] })
for (const p of walk(dist).filter(p => /\.(js|css|svg|html|json)$/.test(p))) {
  const plain = readFileSync(p), zipped = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION })
  size.set(p.slice(dist.length + 1), Math.min(zipped.length, plain.length))
  if (plain.length > 1024 && zipped.length < plain.length * 0.9) writeFileSync(p + '.gz', zipped)
}

const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'))
function loads(entry, into = new Set()) {
  const e = manifest[entry]
  if (!e) throw new Error('not in the build: ' + entry)
  if (into.has(e.file)) return into
  for (const f of [e.file, ...(e.css ?? [])]) into.add(f)
  for (const i of e.imports ?? []) loads(i, into)
  return into
}
const pages = {
  '手机首页': [150, ['index.html', 'src/shell/PhoneShell.vue', 'src/desk/Desk.vue']],
  '手机登录页': [150, ['index.html', 'src/shell/SignIn.vue']],
  '桌面首页': [300, ['index.html', 'src/shell/DeskShell.vue', 'src/desk/Desk.vue']],
}
let over = false
for (const [name, [limit, entries]] of Object.entries(pages)) {
  const files = new Set(['index.html'])
  for (const e of entries) loads(e, files)
  const kb = [...files].reduce((sum, f) => sum + (size.get(f) ?? 0), 0) / 1000
  console.log(`${name}: ${kb.toFixed(1)} kB gzip，至多 ${limit} kB`)
  if (kb > limit) over = true
}
rmSync(join(dist, '.vite'), { recursive: true })
if (over) {
  console.error('首页太大了：看看是谁把用不到的库带了进来')
  process.exit(1)
}
