import { print } from 'graphql'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { CreateProposalDocument, Session, type Caller, type SessionOptions } from '../src/index.js'

/** The product with its demo committees; test/smoke starts it. */
export const url = process.env['BIHUAN_URL'] ?? 'http://127.0.0.1:8080'
const password = 'bihuan-demo-2024'

/** Counts the requests by the name of their operation, and may change what comes of one. */
export function watched(lose: (name: string) => boolean = () => false) {
  const asked: string[] = []
  const watch: typeof fetch = async (input, init) => {
    const name = typeof init?.body === 'string' ? String(JSON.parse(init.body).operationName) : String(input)
    asked.push(name)
    const answer = await fetch(input, init)
    if (!lose(name)) return answer
    await answer.text()
    throw new TypeError('the answer was lost')
  }
  return { asked, fetch: watch }
}

export async function signedIn(login: string, options: Partial<SessionOptions> = {}): Promise<Session> {
  const session = new Session({ url, ...options })
  const { tokens, choices, refreshToken } = await session.signIn(login, password)
  if (!tokens) await session.choose(refreshToken!, choices[0]!.membershipId)
  return session
}

/** Asks without a client of GraphQL. */
export async function ask<R, V>(session: Caller, document: TypedDocumentNode<R, V>, variables: V): Promise<R> {
  const operationName = document.definitions.find(d => d.kind === 'OperationDefinition')!.name!.value
  const answer = await session.fetch(session.endpoint, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ operationName, query: print(document), variables }),
  })
  const { data, errors } = await answer.json()
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

/** A draft of a member's. */
export async function draft(member: Session, title: string): Promise<string> {
  const { createProposal } = await ask(member, CreateProposalDocument, { input: {
    proposerKind: 'INDIVIDUAL', title, situation: '夜间客流离场时公交已停运。', analysis: '末班车时间与营业时间脱节。', suggestions: ['末班车延至二十三时'] } })
  if (!createProposal.matter) throw new Error(JSON.stringify(createProposal.userErrors))
  return createProposal.matter.id
}
