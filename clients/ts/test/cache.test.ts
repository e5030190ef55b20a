import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apolloClient } from '../src/apollo.js'
import { DeskDocument, MatterPageDocument, NoticesDocument, PerformDocument, SearchDocument, type MatterPageQuery } from '../src/index.js'
import { urqlClient } from '../src/urql.js'
import { draft, signedIn, watched } from './world.js'

const nobody = '00000000-0000-7000-8000-000000000000'

for (const persisted of [false, true]) {
  const how = persisted ? ', by the names of registered documents' : ''

  test('urql: what an action answers is on the page and in the list without reading again' + how, async () => {
    const wire = watched()
    const member = await signedIn('zs-member-06', { fetch: wire.fetch, persisted })
    const id = await draft(member, '关于延长夜间公交的提案（urql）')
    const client = urqlClient(member)
    const desk = await client.query(DeskDocument, {}).toPromise()
    assert.equal(desk.error, undefined)
    const row = () => client.readQuery(DeskDocument, {})?.data?.todos?.edges!.find(e => e!.node!.id === id)?.node
    assert.equal(row()!.stateInfo.code, 'DRAFT')
    const seen: MatterPageQuery[] = []
    const page = client.query(MatterPageDocument, { id }).subscribe(r => { assert.equal(r.error, undefined); seen.push(r.data!) })
    while (seen.length === 0) await new Promise(r => setTimeout(r, 5))
    const before = wire.asked.length
    const done = await client.mutation(PerformDocument, { input: { matterId: id, action: 'submit' } }).toPromise()
    assert.deepEqual(done.data?.performAction.userErrors, [])
    assert.equal(seen.at(-1)!.matter!.stateInfo.code, done.data!.performAction.matter!.stateInfo.code)
    assert.notEqual(seen.at(-1)!.matter!.stateInfo.code, 'DRAFT')
    assert.ok(!seen.at(-1)!.matter!.availableActions.some(a => a.code === 'submit'))
    assert.equal(row()!.stateInfo.code, seen.at(-1)!.matter!.stateInfo.code)
    assert.deepEqual(wire.asked.slice(before), ['Perform'])
    page.unsubscribe()
    const none = await client.query(MatterPageDocument, { id: nobody }).toPromise()
    assert.deepEqual([none.error, none.data?.matter], [undefined, null])
  })

  test('Apollo: what an action answers is on the page and in the list without reading again' + how, async () => {
    const wire = watched()
    const member = await signedIn('zs-member-06', { fetch: wire.fetch, persisted })
    const id = await draft(member, '关于延长夜间公交的提案（Apollo）')
    const client = apolloClient(member)
    await client.query({ query: DeskDocument })
    const row = () => client.readQuery({ query: DeskDocument })?.todos?.edges!.find(e => e!.node!.id === id)?.node
    assert.equal(row()!.stateInfo.code, 'DRAFT')
    const seen: string[] = []
    const watching = client.watchQuery({ query: MatterPageDocument, variables: { id } })
    const page = watching.subscribe(r => { if (r.dataState === 'complete') seen.push(r.data.matter!.stateInfo.code) })
    while (seen.length === 0) await new Promise(r => setTimeout(r, 5))
    const before = wire.asked.length
    const done = await client.mutate({ mutation: PerformDocument, variables: { input: { matterId: id, action: 'submit' } } })
    assert.deepEqual(done.data?.performAction.userErrors, [])
    const state = done.data!.performAction.matter!.stateInfo.code
    while (seen.at(-1) !== state) await new Promise(r => setTimeout(r, 5))
    assert.notEqual(state, 'DRAFT')
    assert.equal(row()!.stateInfo.code, state)
    assert.deepEqual(wire.asked.slice(before), ['Perform'])
    page.unsubscribe()
    assert.equal((await client.query({ query: MatterPageDocument, variables: { id: nobody } })).data?.matter, null)
  })
}

test('pages of a list are put together, by both caches', async () => {
  const clerk = await signedIn('zs-clerk')
  const urql = urqlClient(clerk), apollo = apolloClient(clerk)
  const first = await urql.query(DeskDocument, { first: 2 }).toPromise()
  const after = first.data!.todos!.pageInfo.endCursor
  const both = await urql.query(DeskDocument, { first: 2, after }).toPromise()
  assert.equal(both.data!.todos!.edges!.length, 4)
  const watching = apollo.watchQuery({ query: DeskDocument, variables: { first: 2 } })
  await watching.refetch()
  await watching.fetchMore({ variables: { after } })
  assert.equal(watching.getCurrentResult().data!.todos!.edges!.length, 4)
})

test('a member searches and reads his notices', async () => {
  const member = await signedIn('zs-member-06')
  const client = urqlClient(member)
  const found = await client.query(SearchDocument, { query: '公交' }).toPromise()
  assert.equal(found.error, undefined)
  assert.ok(found.data!.search!.edges.every(e => e.highlights.some(h => h.segments.some(s => s.marked))))
  const notices = await client.query(NoticesDocument, {}).toPromise()
  assert.equal(notices.error, undefined)
})
