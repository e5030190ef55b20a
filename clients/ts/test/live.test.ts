import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MatterPageDocument, PerformDocument, Refused, SignOutDocument } from '../src/index.js'
import { changes } from '../src/live.js'
import { urqlClient } from '../src/urql.js'
import { ask, draft, signedIn } from './world.js'

const patient = { timeout: 120_000 }

test('a page hears what another person does, and reads it again', patient, async () => {
  const member = await signedIn('zs-member-06'), clerk = await signedIn('zs-clerk')
  const id = await draft(member, '关于延长夜间公交的提案（实时）')
  await ask(member, PerformDocument, { input: { matterId: id, action: 'submit' } })
  const client = urqlClient(member)
  const state = async () => {
    const { data } = await client.query(MatterPageDocument, { id }, { requestPolicy: 'network-only' }).toPromise()
    return data!.matter!.stateInfo.code
  }
  const end = new AbortController()
  let before = '', did = 0
  for await (const change of changes(member, { matters: [id], todos: true, notices: true, signal: end.signal })) {
    if (before === '') {
      before = await state()
      const { performAction } = await ask(clerk, PerformDocument, { input: { matterId: id, action: 'startReview', form: { disposition: 'FILED' } } })
      assert.deepEqual(performAction.userErrors, [])
      did = Date.now()
    } else if (change.matters.some(m => m.id === id)) {
      console.log(`# heard ${Date.now() - did} ms after the answer`)
      assert.notEqual(await state(), before)
      end.abort()
    }
  }
})

test('what happened while the connection was lost, and a token too old, is told when it is back', patient, async () => {
  let cut = new AbortController(), streams = 0
  const member = await signedIn('zs-member-06', { fetch: (input, init) => {
    if (!new Headers(init?.headers).get('Accept')?.includes('text/event-stream')) return fetch(input, init)
    streams++
    return fetch(input, { ...init, signal: AbortSignal.any([cut.signal, ...init?.signal ? [init.signal] : []]) })
  } })
  const id = await draft(member, '关于延长夜间公交的提案（断线）')
  const end = new AbortController()
  const heard: number[] = []
  for await (const change of changes(member, { matters: [id], signal: end.signal, wait: () => 10 })) {
    heard.push(change.matters.length)
    if (heard.length === 1) {
      cut.abort()
      cut = new AbortController()
      member.store.set({ ...member.store.get()!, accessExpiresAt: new Date(0).toISOString() })
      await ask(member, PerformDocument, { input: { matterId: id, action: 'submit' } })
    } else if (change.matters.some(m => m.id === id)) end.abort()
  }
  assert.equal(streams, 2)
  assert.equal(heard.at(-1), 1)
})

test('who signs out elsewhere hears nothing more', patient, async () => {
  const member = await signedIn('zs-member-06')
  const id = await draft(member, '关于延长夜间公交的提案（退出）')
  await assert.rejects(async () => {
    for await (const _ of changes(member, { matters: [id], wait: () => 10 })) {
      await ask(member, SignOutDocument, { refreshToken: member.store.get()!.refreshToken })
    }
  })
  assert.equal(member.store.get(), undefined)
})

test('what the server refuses is not asked for again', patient, async () => {
  const member = await signedIn('zs-member-06')
  const matters = Array.from({ length: 201 }, (_, i) => '00000000-0000-7000-8000-' + String(i).padStart(12, '0'))
  await assert.rejects(async () => { for await (const _ of changes(member, { matters })) assert.fail('heard something') }, Refused)
})
