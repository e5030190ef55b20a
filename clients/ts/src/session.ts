import { print } from 'graphql'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { registered } from './gql/cache.js'
import { ChooseTenantDocument, RefreshTokensDocument, SignInDocument, SignOutDocument } from './gql/graphql.js'
import type { FaultFragment, SignInMutation, TokenSetFragment } from './gql/graphql.js'

/** Where the tokens of a session are kept, for all tabs that share it. */
export interface TokenStore {
  get(): TokenSetFragment | undefined
  set(tokens: TokenSetFragment | undefined): void
}

/** Tokens that end with the page: the safest place, no script of another page finds them. */
export function inMemory(): TokenStore {
  let kept: TokenSetFragment | undefined
  return { get: () => kept, set: tokens => { kept = tokens } }
}

/** Tokens in localStorage or sessionStorage: several tabs are one session. */
export function inStorage(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, key = 'bihuan'): TokenStore {
  return {
    get() {
      const text = storage.getItem(key)
      return text ? JSON.parse(text) as TokenSetFragment : undefined
    },
    set(tokens) { tokens ? storage.setItem(key, JSON.stringify(tokens)) : storage.removeItem(key) },
  }
}

/** The server refused: what to show, field by field. */
export class Refused extends Error {
  readonly faults: readonly FaultFragment[]
  constructor(faults: readonly FaultFragment[]) {
    super(faults[0]?.message ?? '')
    this.faults = faults
  }
}

/** Whoever is signed in, in whichever way: what GraphQL clients, uploads and subscriptions go through. */
export interface Caller {
  readonly url: string
  readonly endpoint: string
  readonly fetch: typeof fetch
  /** Whether somebody is signed in, as far as this page knows. */
  readonly alive: boolean
  /** What a request that does not go through fetch carries: of an upload whose progress is shown. */
  headers(): Promise<Record<string, string>>
  /** Signs the person's session on; since is when what was refused had been sent. */
  revive(since: number): Promise<void>
}

export interface SessionOptions {
  /** Where the product answers, without a path: https://… */
  url: string
  store?: TokenStore
  fetch?: typeof fetch
  /** Names registered documents instead of sending their texts. */
  persisted?: boolean
  /** Called when the session has ended and somebody has to sign in again. */
  ended?: () => void
}

/** How long before its end an access token is renewed, in milliseconds. */
const early = 30_000

/**
 * One signed-in person. Its fetch gives every request the access token, renews
 * it in time, and once more when the server says 401; GraphQL clients, uploads
 * and subscriptions all go through it.
 */
export class Session implements Caller {
  readonly url: string
  readonly store: TokenStore
  readonly #fetch: typeof fetch
  readonly #persisted: boolean
  readonly #ended: () => void
  #renewal: Promise<TokenSetFragment> | undefined
  #renewed = 0

  constructor(options: SessionOptions) {
    this.url = options.url.replace(/\/$/, '')
    this.store = options.store ?? inMemory()
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init))
    this.#persisted = options.persisted ?? false
    this.#ended = options.ended ?? (() => {})
  }

  get endpoint(): string { return this.url + '/graphql' }
  get alive(): boolean { return this.store.get() !== undefined }

  async headers(): Promise<Record<string, string>> {
    const tokens = await this.#fresh()
    return tokens ? { Authorization: 'Bearer ' + tokens.accessToken } : {}
  }

  async revive(since: number): Promise<void> {
    if (this.#renewed < since) await this.renew()
  }

  async #fresh(): Promise<TokenSetFragment | undefined> {
    const tokens = this.store.get()
    if (!tokens || Date.parse(tokens.accessExpiresAt) - Date.now() >= early) return tokens
    return await this.renew(tokens).catch(() => tokens) // the server has the last word
  }

  /** Signs in. Without tokens in the answer the person has to choose a committee: choices, then choose. */
  async signIn(login: string, password: string): Promise<SignInMutation['signIn']> {
    const { signIn } = await this.#ask(SignInDocument, { login, password })
    if (signIn.userErrors.length > 0) throw new Refused(signIn.userErrors)
    if (signIn.tokens) this.store.set(signIn.tokens)
    return signIn
  }

  async choose(refreshToken: string, membershipId: string): Promise<void> {
    const { chooseTenant } = await this.#ask(ChooseTenantDocument, { refreshToken, membershipId })
    if (!chooseTenant.tokens) throw new Refused(chooseTenant.userErrors)
    this.store.set(chooseTenant.tokens)
  }

  /** Ends the session; once more changes nothing. */
  async signOut(): Promise<void> {
    const refreshToken = this.store.get()?.refreshToken
    this.store.set(undefined)
    if (refreshToken) await this.#ask(SignOutDocument, { refreshToken })
  }

  /**
   * Renews the tokens, once for all who ask at the same time. `used` are those
   * that turned out to be too old: what another tab has stored since then is
   * taken as it is.
   */
  renew(used = this.store.get()): Promise<TokenSetFragment> {
    this.#renewal ??= this.#renew(used).finally(() => { this.#renewal = undefined })
    return this.#renewal
  }

  async #renew(used: TokenSetFragment | undefined): Promise<TokenSetFragment> {
    const kept = this.store.get()
    if (kept && kept.refreshToken !== used?.refreshToken) return kept
    if (!used) throw new Refused([])
    const ask = () => this.#ask(RefreshTokensDocument, { refreshToken: used.refreshToken })
    // An answer that was lost is asked for again: for 20 seconds a used token gives the same successor.
    const { refreshTokens } = await ask().catch(ask)
    if (refreshTokens.tokens) {
      this.store.set(refreshTokens.tokens)
      this.#renewed = Date.now()
      return refreshTokens.tokens
    }
    const now = this.store.get()
    if (now && now.refreshToken !== used.refreshToken) return now
    this.store.set(undefined)
    this.#ended()
    throw new Refused(refreshTokens.userErrors)
  }

  /** fetch, as whoever is signed in. A body that can be read only once is not sent twice: give texts, forms or blobs. */
  readonly fetch: typeof fetch = async (input, init) => {
    const tokens = await this.#fresh()
    const answer = await this.#send(input, init, tokens)
    if (answer.status !== 401 || !tokens) return answer
    let renewed
    try {
      renewed = await this.renew(tokens)
    } catch {
      return answer
    }
    await answer.body?.cancel()
    return this.#send(input, init, renewed)
  }

  #send(input: string | URL | Request, init: RequestInit | undefined, tokens: TokenSetFragment | undefined) {
    const headers = new Headers(init?.headers)
    if (tokens) headers.set('Authorization', 'Bearer ' + tokens.accessToken)
    return this.#fetch(input, { ...init, headers, ...this.#named(init?.body) })
  }

  /** A registered document goes by its name. */
  #named(body: unknown): { body?: string } { return this.#persisted ? named(body) : {} }

  /** The session's own requests, which carry no token. */
  async #ask<R, V>(document: TypedDocumentNode<R, V>, variables: V): Promise<R> {
    return await asked(await this.#send(this.endpoint, asking(document, variables), undefined))
  }
}

/** A request's body with a registered document by its name. */
export function named(body: unknown): { body?: string } {
  if (typeof body !== 'string') return {}
  const { query, extensions, ...rest } = JSON.parse(body) as { query?: string, extensions?: unknown, operationName?: string }
  const documentId = registered[rest.operationName ?? '']
  return query && documentId ? { body: JSON.stringify({ ...rest, documentId }) } : {}
}

/** A GraphQL request without a client of GraphQL. */
export function asking<R, V>(document: TypedDocumentNode<R, V>, variables: V): RequestInit {
  const operationName = document.definitions.find(d => d.kind === 'OperationDefinition')?.name?.value
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json;q=0.9' },
    body: JSON.stringify({ operationName, query: print(document), variables }),
  }
}

/** Its answer. */
export async function asked<R>(answer: Response): Promise<R> {
  const { data, errors } = await answer.json() as { data?: R, errors?: { message: string }[] }
  if (!data) throw new Error(errors?.[0]?.message ?? `HTTP ${answer.status}`)
  return data
}
