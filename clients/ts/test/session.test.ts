import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeskDocument, inMemory, inStorage, Refused, Session } from '../src/index.js'
import { ask, signedIn, url, watched } from './world.js'

test('who signs in reads his desk, and who signs out reads nothing', async () => {
  const session = await signedIn('zs-clerk')
  const desk = await ask(session, DeskDocument, {})
  assert.ok(desk.todos!.totalCount > 0)
  assert.ok(desk.viewer.roles.length > 0)
  await session.signOut()
  await session.signOut()
  await assert.rejects(ask(session, DeskDocument, {}), /UNAUTHENTICATED/)
})

test('a wrong password is said in words, and keeps nothing', async () => {
  const session = new Session({ url })
  await assert.rejects(session.signIn('zs-nobody', 'wrong-password-1'), (e: unknown) => e instanceof Refused && e.faults[0]!.message !== '')
  assert.equal(session.store.get(), undefined)
})

test('two tabs that renew at once within the grace get the same successor', async () => {
  const first = await signedIn('zs-clerk')
  const second = new Session({ url })
  second.store.set(first.store.get())
  const [a, b] = await Promise.all([first.renew(), second.renew()])
  assert.equal(a.refreshToken, b.refreshToken)
  await Promise.all([ask(first, DeskDocument, {}), ask(second, DeskDocument, {})])
})

test('tabs that share a store renew once: the second takes what the first has stored', async () => {
  const kept = new Map<string, string>()
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) }
  const wire = watched()
  const first = await signedIn('zs-clerk', { store: inStorage(storage), fetch: wire.fetch })
  const second = new Session({ url, store: inStorage(storage), fetch: wire.fetch })
  const old = second.store.get()
  await first.renew()
  assert.deepEqual(await second.renew(old), first.store.get())
  assert.equal(wire.asked.filter(n => n === 'RefreshTokens').length, 1)
})

test('an answer to a renewal that was lost on the way is asked for again', async () => {
  let lost = 0
  const wire = watched(name => name === 'RefreshTokens' && lost++ === 0)
  const session = await signedIn('zs-clerk', { fetch: wire.fetch })
  await session.renew()
  assert.equal(lost, 2)
  await session.renew()
  await ask(session, DeskDocument, {})
})

test('an access token that is too old is renewed before a request, one that is refused after it, once for all requests', async () => {
  const wire = watched()
  const session = await signedIn('zs-clerk', { fetch: wire.fetch })
  session.store.set({ ...session.store.get()!, accessExpiresAt: new Date(0).toISOString() })
  await Promise.all([1, 2, 3].map(() => ask(session, DeskDocument, {})))
  assert.deepEqual(wire.asked.filter(n => n === 'RefreshTokens').length, 1)
  session.store.set({ ...session.store.get()!, accessToken: 'forged' })
  await Promise.all([1, 2, 3].map(() => ask(session, DeskDocument, {})))
  assert.deepEqual(wire.asked.filter(n => n === 'RefreshTokens').length, 2)
})

test('a session that was ended elsewhere ends here, and says so once', async () => {
  let ended = 0
  const session = await signedIn('zs-clerk', { ended: () => { ended++ } })
  const other = new Session({ url, store: inMemory() })
  other.store.set(session.store.get())
  await other.signOut()
  await assert.rejects(ask(session, DeskDocument, {}), /UNAUTHENTICATED/)
  assert.equal(ended, 1)
  assert.equal(session.store.get(), undefined)
})
