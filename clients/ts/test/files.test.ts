import assert from 'node:assert/strict'
import { test } from 'node:test'
import { download, link, MatterFilesDocument, Refused, RemoveAttachmentDocument, upload } from '../src/index.js'
import { ask, draft, signedIn, url } from './world.js'

const report = new Blob(['%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n' + '% 附件\n'.repeat(20_000) + 'trailer<</Root 1 0 R>>\n%%EOF\n'], { type: 'application/pdf' })
const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=', 'base64')

test('a file is uploaded with its progress, shown by links, and removed on record', async () => {
  const session = await signedIn('zs-member-01')
  const matterId = await draft(session, '关于延长夜间公交的提案')
  const seen: [number, number][] = []
  const { id, contentType } = await upload(session, { matterId, file: report, name: '报告.pdf', progress: (n, of) => seen.push([n, of]) })
  assert.equal(contentType, 'application/pdf')
  assert.deepEqual(seen.at(-1), [report.size, report.size])
  const again = await upload(session, { matterId, file: report, name: '报告.pdf' })
  assert.equal(again.id, id)
  const picture = await upload(session, { matterId, file: new Blob([dot]), name: '现场.png', kind: 'PHOTO' })
  const { matter, viewer } = await ask(session, MatterFilesDocument, { id: matterId })
  const rows = new Map(matter!.attachments!.map(a => [a.id, a]))
  assert.ok(viewer.fileQuota.person.usedKB > 0 && viewer.fileQuota.person.leftKB > 0)
  assert.equal(rows.get(id)!.thumbnail, null)
  assert.match(rows.get(id)!.thumbnailNote!, /打开或下载/)
  const small = await fetch(url + rows.get(picture.id)!.thumbnail)
  assert.equal(small.headers.get('Content-Type'), 'image/jpeg')
  const open = await link(session, '/files/' + id)
  assert.equal((await (await fetch(open)).blob()).size, report.size)
  const { removeAttachment } = await ask(session, RemoveAttachmentDocument, { input: { attachmentId: id, reason: '传错了' } })
  assert.equal(removeAttachment.userErrors.length, 0)
  assert.equal(removeAttachment.attachment!.url, null)
  assert.equal((await fetch(open)).status, 404)
  await assert.rejects(download(session, id), (e: unknown) => e instanceof Refused && /移除/.test(e.message))
})

test('a download that is cut off goes on where it ended', async () => {
  const ranges: (string | null)[] = []
  let cuts = 3
  const cutting: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init)
    if (!String(input).includes('/files/')) return answer
    ranges.push(new Headers(init?.headers).get('Range'))
    if (cuts-- <= 0) return answer
    const bytes = new Uint8Array(await answer.arrayBuffer())
    let told = false
    return new Response(new ReadableStream({ pull(c) {
      told ? c.error(new TypeError('cut')) : c.enqueue(bytes.slice(0, 50_000))
      told = true
    } }), { status: answer.status, headers: answer.headers })
  }
  const session = await signedIn('zs-member-01')
  const { id } = await upload(session, { matterId: await draft(session, '关于延长夜间公交的提案二'), file: report, name: '报告.pdf' })
  const flaky = await signedIn('zs-member-01', { fetch: cutting })
  let last = 0
  const got = await download(flaky, id, { progress: n => { assert.ok(n > last); last = n } })
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), Buffer.from(await report.arrayBuffer()))
  assert.equal(ranges[0], null)
  assert.equal(ranges[1], 'bytes=50000-')
  assert.ok(ranges.length >= 3)
})

test('what is refused is said with what is left', async () => {
  const session = await signedIn('zs-member-01')
  const matterId = await draft(session, '关于延长夜间公交的提案三')
  await assert.rejects(upload(session, { matterId, file: new Blob(['%PDF-1.4\n<script>alert(1)</script>']), name: '报告.pdf' }), (e: unknown) => e instanceof Refused && /网页或脚本/.test(e.message))
})
