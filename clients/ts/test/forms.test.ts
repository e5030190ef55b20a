import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byField, candidates, download, MatterPageDocument, needed, PerformDocument, Refused, upload, usual, type ButtonFragment, type Session } from '../src/index.js'
import { judge } from '../src/judge.js'
import { ask, draft, signedIn } from './world.js'

async function actions(session: Session, id: string): Promise<ButtonFragment[]> {
  const { matter } = await ask(session, MatterPageDocument, { id })
  return matter!.availableActions
}

test('a proposer performs the usual step, and a clerk opens the form of his, judges it and performs it', async () => {
  const member = await signedIn('zs-member-06'), clerk = await signedIn('zs-clerk')
  const id = await draft(member, '关于延长夜间公交的提案（表单）')
  const step = usual(await actions(member, id))!
  assert.ok(step)
  const submitted = await ask(member, PerformDocument, { input: { matterId: id, action: step.code } })
  assert.deepEqual(submitted.performAction.userErrors, [])

  const review = (await actions(clerk, id)).find(a => a.code === 'startReview')!
  const verdict = judge(review.form)
  for (const field of review.fields) {
    assert.ok(field.title !== '')
    if (field.kind === 'PICK') assert.ok(candidates(field))
  }
  for (const wrong of [{ nobodyAsked: 1 }, { disposition: 'PERHAPS', nobodyAsked: 1 }]) {
    const here = verdict(wrong).map(f => f.path)
    assert.ok(here.includes('nobodyAsked'))
    const { performAction } = await ask(clerk, PerformDocument, { input: { matterId: id, action: 'startReview', form: wrong } })
    const faults = byField(performAction.userErrors, review.fields)
    assert.deepEqual(faults.rest, [])
    assert.deepEqual(new Set(Object.keys(faults.fields)), new Set(here))
  }
  const field = review.fields.find(f => f.name === 'disposition')!
  const form = { disposition: field.choices.find(c => c.value === 'FILED')!.value }
  assert.deepEqual(verdict(form), [])
  const { performAction } = await ask(clerk, PerformDocument, { input: { matterId: id, action: 'startReview', form } })
  assert.deepEqual(performAction.userErrors, [])
  assert.notEqual(performAction.matter!.stateInfo.code, submitted.performAction.matter!.stateInfo.code)
})

test('what is wrong with a field stands at the field, and what is wrong beside the form beside it', () => {
  const fault = (...path: string[]) => ({ __typename: 'UserError' as const, code: 'INVALID_INPUT' as const, message: path.join(), path, details: null })
  const all = [fault('dueOn'), fault('reason'), fault('options', '0', 'text'), fault('nobodyAsked'), fault('data', 'title'), fault('form', 'kind'), fault('title'), fault()]
  assert.deepEqual(Object.keys(byField(all, [{ name: 'dueOn' }, { name: 'options' }]).fields), ['dueOn', 'options.0.text', 'nobodyAsked', 'title', 'kind'])
  assert.deepEqual(byField(all, [{ name: 'reason' }]).rest.map(f => f.message), ['title', ''])
})

test('a field is needed when another has the value that it names', () => {
  const field = { name: 'why', title: '理由', kind: 'TEXT' as const, list: false, required: false, neededIf: { field: 'result', is: 'NO' }, choices: [], picks: null, earliest: null, latest: null }
  const named = { ...field, __typename: 'FormField' as const, neededIf: { ...field.neededIf, __typename: 'FormNeed' as const } }
  assert.equal(needed(named, { result: 'NO' }), true)
  assert.equal(needed(named, { result: 'YES' }), false)
})

test('a file that is added to a matter is read again byte by byte; one that is no file of its name is refused', async () => {
  const member = await signedIn('zs-member-06')
  const id = await draft(member, '关于延长夜间公交的提案（附件）')
  const text = '末班车延至二十三时的说明。\n'
  const file = { matterId: id, name: '说明.txt', file: new Blob([text], { type: 'text/plain' }) }
  const put = await upload(member, file)
  assert.equal((await upload(member, file)).id, put.id)
  assert.equal(await (await download(member, put.id)).text(), text)
  const { matter } = await ask(member, MatterPageDocument, { id })
  assert.deepEqual(matter!.attachments!.map(a => a.name), ['说明.txt'])
  await assert.rejects(upload(member, { ...file, name: '照片.png' }), (e: unknown) => e instanceof Refused && e.faults[0]!.code === 'INVALID_INPUT')
})
