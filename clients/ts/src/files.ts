import type { AttachmentKind } from './gql/graphql.js'
import { Refused, type Session } from './session.js'

export interface Uploaded {
  id: string
  name: string
  size: number
  contentType: string
  sha256: string
}

export interface Upload {
  matterId: string
  file: Blob
  name: string
  assignmentId?: string
  kind?: AttachmentKind
  audience?: 'ALL' | 'HANDLING' | 'STAFF'
}

/** Adds a file to a matter; the same file once more gives the one that is there. */
export async function upload(session: Session, what: Upload): Promise<Uploaded> {
  const at = new URL(session.url + '/files')
  at.searchParams.set('matter', what.matterId)
  if (what.assignmentId) at.searchParams.set('assignment', what.assignmentId)
  if (what.kind) at.searchParams.set('kind', what.kind)
  if (what.audience) at.searchParams.set('audience', what.audience)
  const body = new FormData()
  body.append('file', what.file, what.name)
  return await (await accepted(session.fetch(at, { method: 'POST', body }))).json() as Uploaded
}

/** The content of an attachment, with the token in the header: an <img> or a link of its own would send none. */
export async function download(session: Session, id: string): Promise<Blob> {
  return await (await accepted(session.fetch(`${session.url}/files/${id}`))).blob()
}

async function accepted(asked: Promise<Response>): Promise<Response> {
  const answer = await asked
  if (answer.ok) return answer
  const { code, message, path } = await answer.json()
  throw new Refused([{ __typename: 'UserError', code, message, path: path ?? [], details: null }])
}
