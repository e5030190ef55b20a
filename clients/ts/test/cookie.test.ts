import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CookieSession, DeskDocument, Refused, type CookieOptions } from '../src/index.js'
import { ask, url, watched } from './world.js'

const password = 'bihuan-demo-2024'

/** What a browser does for a page of the product's own origin: it keeps cookies and says where the page is from. */
function browser(under: typeof fetch = fetch) {
  const jar = new Map<string, string>()
  const wire: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('Origin', url)
    if (jar.size > 0) headers.set('Cookie', [...jar].map(([k, v]) => `${k}=${v}`).join('; '))
    const answer = await under(input, { ...init, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...rest] = line.split(';')
      const at = pair!.indexOf('=')
      assert.match(line, /HttpOnly/)
      rest.some(r => /max-age=(0|-)/i.test(r)) || pair!.length === at + 1 ? jar.delete(pair!.slice(0, at)) : jar.set(pair!.slice(0, at), pair!.slice(at + 1))
    }
    return answer
  }
  return { jar, fetch: wire }
}

/** localStorage and navigator.locks of one browser, for all of its tabs. */
function shared(): Required<Pick<CookieOptions, 'storage' | 'locks'>> {
  const kept = new Map<string, string>()
  let last: Promise<unknown> = Promise.resolve()
  const request = (_: string, fn: () => Promise<unknown>) => {
    const mine = last.then(fn)
    last = mine.catch(() => {})
    return mine
  }
  return {
    storage: { getItem: k => kept.get(k) ?? null, setItem: (k, v) => void kept.set(k, v), removeItem: k => void kept.delete(k) },
    locks: { request } as unknown as LockManager,
  }
}

async function signedIn(options: Partial<CookieOptions> = {}): Promise<CookieSession> {
  const session = new CookieSession({ url, ...options })
  const { cookie, choices } = await session.signIn('zs-clerk', password)
  if (!cookie) await session.choose(choices[0]!.membershipId)
  return session
}

test('who signs in by cookie reads his desk, keeps no token, and signs out', async () => {
  const b = browser()
  const { storage } = shared()
  const session = await signedIn({ fetch: b.fetch, storage })
  const desk = await ask(session, DeskDocument, {})
  assert.ok(desk.viewer.roles.length > 0)
  for (const secret of b.jar.values()) assert.ok(!storage.getItem('bihuan-cookie')!.includes(secret))
  await session.signOut()
  await session.signOut()
  assert.equal(session.alive, false)
  await assert.rejects(ask(session, DeskDocument, {}), /UNAUTHENTICATED/)
})

test('a wrong password is said in words, and keeps nothing', async () => {
  const session = new CookieSession({ url, fetch: browser().fetch })
  await assert.rejects(session.signIn('zs-nobody', 'wrong-password-1'), (e: unknown) => e instanceof Refused && e.faults[0]!.message !== '')
  assert.equal(session.alive, false)
})

test('tabs renew once for all of them, and sign out together', async () => {
  const wire = watched()
  const b = browser(wire.fetch)
  const all = shared()
  let ended = 0
  const first = await signedIn({ fetch: b.fetch, ...all })
  const second = new CookieSession({ url, fetch: b.fetch, ...all, ended: () => { ended++ } })
  assert.ok(second.alive)
  const since = Date.now() + 1
  await new Promise(resolve => setTimeout(resolve, 2))
  await Promise.all([first.revive(since), second.revive(since), first.revive(since)])
  assert.equal(wire.asked.filter(n => n === 'RefreshCookie').length, 1)
  b.jar.set([...b.jar.keys()].find(k => !k.endsWith('refresh'))!, 'forged')
  await Promise.all([ask(first, DeskDocument, {}), ask(second, DeskDocument, {})])
  assert.equal(wire.asked.filter(n => n === 'RefreshCookie').length, 2)
  await first.signOut()
  assert.equal(second.alive, false)
  await assert.rejects(ask(second, DeskDocument, {}), /UNAUTHENTICATED/)
  assert.equal(ended, 0)
})

test('an answer to a renewal that was lost is asked for again; a session that was ended elsewhere ends here, and says so once', async () => {
  let lost = 0, ended = 0
  const wire = watched(name => name === 'RefreshCookie' && lost++ === 0)
  const b = browser(wire.fetch)
  const session = await signedIn({ fetch: b.fetch, ended: () => { ended++ } })
  await session.revive(Date.now() + 1)
  assert.equal(lost, 2)
  const other = new CookieSession({ url, fetch: browserOf(b.jar).fetch })
  await other.signOut()
  await assert.rejects(ask(session, DeskDocument, {}), /UNAUTHENTICATED/)
  await assert.rejects(ask(session, DeskDocument, {}), /UNAUTHENTICATED/)
  assert.equal(ended, 1)
})

/** Another page with copies of the cookies. */
function browserOf(jar: Map<string, string>) {
  const b = browser()
  for (const [k, v] of jar) b.jar.set(k, v)
  return b
}

test('another origin gets nothing by a cookie', async () => {
  const b = browser()
  const session = await signedIn({ fetch: b.fetch })
  const foreign = new CookieSession({ url, fetch: (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('Origin', 'https://elsewhere.example')
    headers.set('Cookie', [...b.jar].map(([k, v]) => `${k}=${v}`).join('; '))
    return fetch(input, { ...init, headers })
  } })
  await assert.rejects(ask(foreign, DeskDocument, {}))
  await ask(session, DeskDocument, {})
})
