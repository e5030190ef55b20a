import { createClient, type RequestParams } from 'graphql-sse'
import { onUnmounted, ref, watch, type WatchSource } from 'vue'
import { client, renew, request } from '../api/client'
import { named } from '../api/document'
import { ChangesDocument, UnreadDocument } from '../api/gql/live'
import type { ChangesSubscription } from '../api/gql/types'

/**
 * What others do appears without reloading. The whole page has one subscription;
 * pages say which matters they show and are called when one of them, the to-dos
 * or the notices have changed. A lost line is taken up where it ended.
 */
export type Change = ChangesSubscription['changes']

/** How many notices were not read. */
export const unread = ref(0)

const sse = createClient({ url: '/graphql', fetchFn: (input: RequestInfo, init?: RequestInit) => request(input, init, true), retryAttempts: 0 })
const heard = new Set<(change: Change) => void>()
const shown = new Map<symbol, string[]>()
let after: string | undefined
let stop: (() => void) | undefined
let running = false

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function listen() {
  for (let failures = 0; running;) {
    const matters = [...new Set([...shown.values()].flat())].slice(0, 200)
    const stream = sse.iterate<ChangesSubscription>({ ...named(ChangesDocument), variables: { matters, after } } as RequestParams)
    let changed = false, code: unknown
    stop = () => { changed = true; void stream.return?.() }
    try {
      for await (const { data, errors } of stream) {
        code = errors?.[0]?.extensions?.['code']
        if (!data) continue
        failures = 0
        after = data.changes.cursor
        for (const tell of heard) tell(data.changes)
      }
    } catch { /* the line: tried again below */ }
    if (!running) return
    if (code === 'UNAUTHENTICATED' && await renew().catch(() => false)) continue
    if (!changed) await pause(Math.min(1000 * 2 ** failures++, 30_000) * (0.5 + Math.random() / 2))
  }
}

/** Begins with the shell; it goes on until the page is left. */
export function beginListening() {
  if (running) return
  running = true
  const count = () => client.query(UnreadDocument, {}, { requestPolicy: 'network-only' }).toPromise().then(r => { unread.value = r.data?.notices?.totalCount ?? unread.value })
  void count()
  heard.add(c => { if (c.notices.length > 0 || c.missed) void count() })
  void listen()
}

/** Calls `tell` when something changed; `matters` are those that the page shows. */
export function useChanges(tell: (change: Change) => void, matters?: WatchSource<string[]>) {
  const key = Symbol()
  heard.add(tell)
  if (matters) watch(matters, ids => { shown.set(key, ids); stop?.() }, { immediate: true })
  onUnmounted(() => { heard.delete(tell); if (shown.delete(key)) stop?.() })
}
