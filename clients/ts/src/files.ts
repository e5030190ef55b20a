import { FileLinkDocument, type AttachmentCaution, type AttachmentKind } from './gql/graphql.js'
import { asked, asking, Refused, type Caller } from './session.js'

export interface Uploaded {
  id: string
  name: string
  size: number
  contentType: string
  sha256: string
  /** What there is to be careful about when it is opened. */
  caution?: AttachmentCaution
}

/** How far it has come, in bytes; total is 0 where nobody knows. */
export type Progress = (sent: number, total: number) => void

export interface Upload {
  matterId: string
  file: Blob
  name: string
  assignmentId?: string
  kind?: AttachmentKind
  audience?: 'ALL' | 'HANDLING' | 'STAFF'
  /** In a browser; elsewhere it is told of the beginning and the end. */
  progress?: Progress
  signal?: AbortSignal
}

/**
 * Adds a file to a matter; the same file once more gives the one that is there.
 * That is also how an upload that broke off is taken up: from its beginning.
 */
export async function upload(session: Caller, { progress, signal, ...what }: Upload): Promise<Uploaded> {
  const at = new URL(session.url + '/files')
  at.searchParams.set('matter', what.matterId)
  if (what.assignmentId) at.searchParams.set('assignment', what.assignmentId)
  if (what.kind) at.searchParams.set('kind', what.kind)
  if (what.audience) at.searchParams.set('audience', what.audience)
  const body = new FormData()
  body.append('file', what.file, what.name)
  if (progress && 'XMLHttpRequest' in globalThis) return await (await accepted(watched(session, at, body, progress, signal))).json() as Uploaded
  progress?.(0, what.file.size)
  const answer = await accepted(session.fetch(at, { method: 'POST', body, ...(signal ? { signal } : {}) }))
  progress?.(what.file.size, what.file.size)
  return await answer.json() as Uploaded
}

/** fetch says nothing of what it has sent; the older way does. */
async function watched(session: Caller, at: URL, body: FormData, progress: Progress, signal?: AbortSignal): Promise<Response> {
  const since = Date.now()
  const answer = await sent(at, body, await session.headers(), progress, signal)
  if (answer.status !== 401) return answer
  await session.revive(since)
  return await sent(at, body, await session.headers(), progress, signal)
}

function sent(at: URL, body: FormData, headers: Record<string, string>, progress: Progress, signal?: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest()
    x.open('POST', at)
    for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value)
    x.upload.onprogress = e => progress(e.loaded, e.lengthComputable ? e.total : 0)
    x.onload = () => resolve(new Response(x.responseText, { status: x.status }))
    x.onerror = () => reject(new TypeError('the connection was lost'))
    x.onabort = () => reject(signal?.reason ?? new DOMException('aborted', 'AbortError'))
    signal?.addEventListener('abort', () => x.abort())
    signal?.aborted ? x.onabort(new ProgressEvent('abort')) : x.send(body)
  })
}

export interface Download {
  progress?: Progress
  signal?: AbortSignal
  /** How often a connection that was lost is taken up where it ended. */
  tries?: number
}

/**
 * The content of an attachment, for a page that works on it itself: what only
 * is to be shown has a link. A lost connection goes on where it ended, as long
 * as it is the same file.
 */
export async function download(session: Caller, id: string, { progress, signal, tries = 5 }: Download = {}): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let got = 0, total = 0, etag = '', type = ''
  for (let failures = 0;;) {
    const headers: Record<string, string> = got > 0 ? { Range: `bytes=${got}-`, 'If-Range': etag } : {}
    try {
      const answer = await accepted(session.fetch(`${session.url}/files/${id}`, { headers, ...(signal ? { signal } : {}) }))
      if (answer.status !== 206) {
        parts.length = got = 0
        total = Number(answer.headers.get('Content-Length') ?? 0)
      }
      etag = answer.headers.get('ETag') ?? ''
      type = answer.headers.get('Content-Type') ?? ''
      const reader = answer.body!.getReader()
      for (let r = await reader.read(); !r.done; r = await reader.read()) {
        parts.push(r.value as Uint8Array<ArrayBuffer>)
        got += r.value.length
        progress?.(got, total)
      }
      if (got < total) throw new TypeError('the connection was lost')
      return new Blob(parts, { type })
    } catch (e) {
      if (e instanceof Refused || signal?.aborted || ++failures > tries) throw e
    }
  }
}

/** An address that a browser opens by itself, for some minutes: ask when it is to be opened. A path of the product, with its filter. */
export async function link(session: Caller, path: string): Promise<string> {
  const answer = await session.fetch(session.endpoint, asking(FileLinkDocument, { path }))
  const { signedLink } = await asked<{ signedLink: { url: string } | null }>(answer)
  if (!signedLink) throw new Error(path)
  return session.url + signedLink.url
}

async function accepted(asking: Promise<Response>): Promise<Response> {
  const answer = await asking
  if (answer.ok) return answer
  const { code, message, path, details } = await answer.json()
  throw new Refused([{ __typename: 'UserError', code, message, path: path ?? [], details: details ?? null }])
}
