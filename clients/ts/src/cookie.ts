import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { ChooseByCookieDocument, RefreshCookieDocument, SignInByCookieDocument, SignOutByCookieDocument } from './gql/graphql.js'
import type { CookieKeptFragment, SignInByCookieMutation } from './gql/graphql.js'
import { asked, asking, named, Refused, type Caller } from './session.js'

/** What is known of the session without its tokens, for all tabs that share it: no script can read those. */
interface Known extends CookieKeptFragment { renewed: number }

export interface CookieOptions {
  /** The page's own origin; nothing else works with cookies. */
  url: string
  fetch?: typeof fetch
  /** Names registered documents instead of sending their texts. */
  persisted?: boolean
  /** Called when the session has ended and somebody has to sign in again. */
  ended?: () => void
  /** Where tabs tell each other when they have renewed; localStorage in a browser. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** By which tabs renew one after the other; navigator.locks in a browser. */
  locks?: Pick<LockManager, 'request'>
}

const key = 'bihuan-cookie'
const early = 30_000

/**
 * A person who is signed in by cookies that no script reads (ADR 34). Tabs share
 * it without doing anything: one renews, the others see that it has.
 */
export class CookieSession implements Caller {
  readonly url: string
  readonly #fetch: typeof fetch
  readonly #persisted: boolean
  readonly #ended: () => void
  readonly #storage: CookieOptions['storage']
  readonly #locks: CookieOptions['locks']
  #known: Known | undefined
  #renewal: Promise<void> | undefined

  constructor(options: CookieOptions) {
    this.url = options.url.replace(/\/$/, '')
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init))
    this.#persisted = options.persisted ?? false
    this.#ended = options.ended ?? (() => {})
    this.#storage = options.storage ?? globalThis.localStorage
    this.#locks = options.locks ?? globalThis.navigator?.locks
  }

  get endpoint(): string { return this.url + '/graphql' }
  get alive(): boolean { return this.#read() !== undefined }

  /** Signs in. Without cookie in the answer the person has to choose a committee: choices, then choose. */
  async signIn(login: string, password: string): Promise<SignInByCookieMutation['signIn']> {
    const { signIn } = await this.#ask(SignInByCookieDocument, { login, password })
    if (signIn.userErrors.length > 0) throw new Refused(signIn.userErrors)
    this.#keep(signIn.cookie)
    return signIn
  }

  /** Chooses the committee, or changes to another: empty the caches then. */
  async choose(membershipId: string): Promise<void> {
    const { chooseTenant } = await this.#ask(ChooseByCookieDocument, { membershipId })
    if (!chooseTenant.cookie) throw new Refused(chooseTenant.userErrors)
    this.#keep(chooseTenant.cookie)
  }

  /** Ends the session in all tabs; once more changes nothing. */
  async signOut(): Promise<void> {
    this.#keep(undefined)
    await this.#ask(SignOutByCookieDocument, {})
  }

  /** Without a token a page must send the header that no form of another page can. */
  async headers(): Promise<Record<string, string>> {
    await this.#fresh()
    return { 'X-Bihuan-Csrf': '1' }
  }

  /** Renews, once for all who ask at the same time in all tabs; not where it was renewed since then. */
  revive(since: number): Promise<void> {
    this.#renewal ??= this.#alone(() => this.#renew(since)).finally(() => { this.#renewal = undefined })
    return this.#renewal
  }

  /** fetch, as whoever is signed in. A body that can be read only once is not sent twice: give texts, forms or blobs. */
  readonly fetch: typeof fetch = async (input, init) => {
    await this.#fresh()
    const since = Date.now()
    const answer = await this.#send(input, init)
    if (answer.status !== 401 || !this.alive) return answer
    try {
      await this.revive(since)
    } catch {
      return answer
    }
    await answer.body?.cancel()
    return this.#send(input, init)
  }

  async #fresh(): Promise<void> {
    const known = this.#read()
    if (known && Date.parse(known.accessExpiresAt) - Date.now() < early) await this.revive(known.renewed).catch(() => {}) // the server has the last word
  }

  async #renew(since: number): Promise<void> {
    // In the same millisecond it may have been before: then it is done once more.
    if ((this.#read()?.renewed ?? 0) > since) return
    const ask = () => this.#ask(RefreshCookieDocument, {})
    // An answer that was lost is asked for again: for 20 seconds a used token gives the same successor.
    const { refreshTokens } = await ask().catch(ask)
    this.#keep(refreshTokens.cookie)
    if (refreshTokens.cookie) return
    this.#ended()
    throw new Refused(refreshTokens.userErrors)
  }

  #alone<T>(fn: () => Promise<T>): Promise<T> {
    return this.#locks ? this.#locks.request(key, fn) as Promise<T> : fn()
  }

  #read(): Known | undefined {
    const text = this.#storage?.getItem(key)
    return this.#storage ? text ? JSON.parse(text) as Known : undefined : this.#known
  }

  #keep(cookie: CookieKeptFragment | null | undefined) {
    this.#known = cookie ? { ...cookie, renewed: Date.now() } : undefined
    this.#known ? this.#storage?.setItem(key, JSON.stringify(this.#known)) : this.#storage?.removeItem(key)
  }

  #send(input: string | URL | Request, init: RequestInit | undefined) {
    const headers = new Headers(init?.headers)
    headers.set('X-Bihuan-Csrf', '1')
    return this.#fetch(input, { ...init, credentials: 'same-origin', headers, ...(this.#persisted ? named(init?.body) : {}) })
  }

  async #ask<R, V>(document: TypedDocumentNode<R, V>, variables: V): Promise<R> {
    return await asked(await this.#send(this.endpoint, asking(document, variables)))
  }
}
