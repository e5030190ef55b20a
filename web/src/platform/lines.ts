import { onMounted, onUnmounted, ref, shallowRef } from 'vue'
import { client } from '../api/client'
import { sentence } from '../api/faults'
import { PerformDocument } from '../api/gql/matter'
import { keep, kept } from '../shell/kept'

/** One line of the minutes on its way: its key makes the server take it once, however often it is sent. */
export interface Line { key: string, mode: Mode, partyId: string | null, who: string, text: string, measures: string, period: string, wrong: string }
export const modes = ['问', '答', '辩'] as const
export type Mode = typeof modes[number]

/**
 * The lines that the server does not have yet, in the order in which they were
 * spoken. Each is kept on the device before it is sent, and dropped when the
 * server has it; without a line to the server they wait and go by themselves.
 */
export function useLines(person: string, matter: string, event: string, sent: () => void) {
  const place = `minutes:${matter}:${event}`
  const waiting = shallowRef<readonly Line[]>([])
  const state = ref<'idle' | 'sending' | 'offline'>('idle')
  const ready = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined, gone = false, may = false

  function put(lines: readonly Line[]) {
    waiting.value = lines
    void keep(person, place, lines.length > 0 ? lines : undefined)
  }
  async function flush() {
    clearTimeout(timer)
    if (state.value === 'sending' || !may || gone) return
    for (let line = waiting.value.find(l => !l.wrong); line; line = waiting.value.find(l => !l.wrong)) {
      state.value = 'sending'
      const { key, mode, partyId, text, measures, period } = line
      const { data, error } = await client.mutation(PerformDocument, { input: {
        matterId: matter, action: 'recordMinutes', idempotencyKey: key,
        form: { eventId: event, minutes: [{ mode, text, ...(partyId ? { partyId } : {}), ...(measures ? { measures } : {}), ...(period ? { period } : {}) }] },
      } }).toPromise()
      if (gone) return
      if (error?.networkError || error && !data) { // tried again by itself: the line comes back when it comes back
        state.value = 'offline'
        timer = setTimeout(() => { state.value = 'idle'; void flush() }, 5000)
        return
      }
      const wrong = error ? sentence(error) : data!.performAction.userErrors.map(e => e.message).join('；')
      put(wrong ? waiting.value.map(l => l.key === key ? { ...l, wrong } : l) : waiting.value.filter(l => l.key !== key))
      if (!wrong) sent()
    }
    state.value = 'idle'
  }
  const online = () => { if (state.value === 'offline') state.value = 'idle'; void flush() }
  onMounted(async () => {
    waiting.value = [...await kept<Line[]>(person, place) ?? [], ...waiting.value]
    ready.value = true
    window.addEventListener('online', online)
    void flush()
  })
  onUnmounted(() => { gone = true; clearTimeout(timer); window.removeEventListener('online', online) })

  return {
    waiting, state, ready,
    add(line: Line) { put([...waiting.value, line]); void flush() },
    /** Takes a line back to be corrected. */
    take(key: string): Line | undefined {
      const line = waiting.value.find(l => l.key === key)
      put(waiting.value.filter(l => l.key !== key))
      return line
    },
    /** Whether the matter takes minutes now; until then lines wait. */
    allow(now: boolean) { may = now; if (now) void flush() },
  }
}
