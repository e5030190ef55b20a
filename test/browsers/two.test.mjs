// Two people in two browsers that share nothing, each signed in by cookie: what
// one does the other sees at once, without a reload. BIHUAN_URL is the product
// with its demo committees; BIHUAN_CHROMIUM, or the one of the PATH.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const url = process.env.BIHUAN_URL ?? 'http://127.0.0.1:8080'
const password = 'bihuan-demo-2024'
const here = import.meta.dirname
const client = join(here, '..', '..', 'clients', 'ts')
const patient = { timeout: 120_000 }

// What the page is made of, served as if by the product: cookies count for pages
// of its own origin only.
const folders = { page: here, client: join(client, 'dist', 'src'), modules: join(client, 'node_modules') }
const html = `<!doctype html><meta charset="utf-8"><title>二人</title>
<script type="importmap">{"imports": {"graphql": "/two/modules/graphql/index.mjs", "graphql-sse": "/two/modules/graphql-sse/lib/index.mjs"}}</script>
<p id="who"></p><p id="listening"></p><p id="state"></p><p id="todos"></p><p id="heard"></p><p id="did"></p><p id="faults"></p><div id="buttons"></div>
<script type="module" src="/two/page/page.js"></script>`

function serve(route) {
  const path = new URL(route.request().url()).pathname
  if (path === '/two') return route.fulfill({ contentType: 'text/html; charset=utf-8', body: html })
  const [, , root, ...rest] = path.split('/')
  const file = normalize(join(folders[root] ?? '', ...rest))
  if (!folders[root] || !file.startsWith(folders[root])) return route.abort()
  return route.fulfill({ contentType: 'text/javascript; charset=utf-8', body: readFileSync(file) })
}

let browser
before(async () => {
  const executablePath = process.env.BIHUAN_CHROMIUM || execFileSync('sh', ['-c', 'command -v chromium || command -v chromium-browser || command -v google-chrome'], { encoding: 'utf8' }).trim()
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}, patient)
after(() => browser?.close())

async function opened(login) {
  const context = await browser.newContext()
  await context.route(at => at.pathname === '/two' || at.pathname.startsWith('/two/'), serve)
  const page = await context.newPage()
  const problems = []
  page.on('pageerror', e => problems.push(String(e)))
  await page.goto(url + '/two')
  await page.waitForFunction(() => window.watch)
  await page.evaluate(([login, password]) => window.signIn(login, password), [login, password])
  return { context, page, problems, text: id => page.locator('#' + id).textContent() }
}

async function becomes(p, id, value) {
  await p.page.waitForFunction(([id, value]) => document.getElementById(id).textContent === value, [id, value])
}

test('two people see each other act, in both directions', patient, async () => {
  const member = await opened('zs-member-06'), clerk = await opened('zs-clerk')
  const id = await member.page.evaluate(() => window.draft('关于延长夜间公交的提案（两个浏览器）'))
  for (const p of [member, clerk]) {
    await p.page.evaluate(id => void window.watch(id), id)
    await becomes(p, 'listening', 'yes')
  }
  await becomes(member, 'state', 'DRAFT')
  assert.equal(await clerk.text('state'), '', 'a draft is its proposer’s')

  await member.page.click('[data-action=submit]')
  await becomes(clerk, 'state', 'SUBMITTED')
  const there = Number(await clerk.text('heard')) - Number(await member.text('did'))

  await clerk.page.click('[data-action=startReview]')
  await becomes(member, 'state', 'UNDER_REVIEW')
  const back = Number(await member.text('heard')) - Number(await clerk.text('did'))
  console.log(`the clerk heard ${there} ms after the answer, the member ${back} ms`)
  assert.deepEqual([...member.problems, ...clerk.problems], [])

  // Neither script nor page has a token; the two sessions know nothing of each other.
  for (const p of [member, clerk]) {
    assert.equal(await p.page.evaluate(() => document.cookie), '')
    const cookies = await p.context.cookies()
    assert.ok(cookies.length >= 2 && cookies.every(c => c.httpOnly && c.sameSite === 'Strict'))
  }
})
