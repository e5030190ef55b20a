import { ref } from 'vue'

/** Why nothing can be shown yet: the demo is being loaded, or there is no line. Said by App. */
export const waiting = ref<'' | 'demo' | 'server'>('')

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function reason(): Promise<'demo' | 'server'> {
  try {
    const { checks } = await (await fetch('/readyz')).json() as { checks?: Record<string, string> }
    return checks?.['demo'] === 'failed' ? 'demo' : 'server'
  } catch {
    return 'server'
  }
}

/** Asks until the server answers, and says meanwhile what it waits for. */
export async function waitUntilReady(ask: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    try {
      const answer = await ask()
      waiting.value = ''
      return answer
    } catch {
      waiting.value = await reason()
      await pause(2000)
    }
  }
}
