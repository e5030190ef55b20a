/**
 * What was typed and not sent, kept on this device for one person and one form
 * until it is sent or the person signs out. It lives in the tab's session: it
 * survives reloading and a dead session, and is gone with the tab, since offices
 * share machines.
 */
const mark = 'typed:'

function at(who: string, form: string) { return mark + who + ':' + form }

export function keepTyped(who: string, form: string, value: unknown) {
  try { sessionStorage.setItem(at(who, form), JSON.stringify(value)) } catch { /* full, or a private window: it stays on the page */ }
}

export function typed<T>(who: string, form: string): T | undefined {
  try {
    const text = sessionStorage.getItem(at(who, form))
    return text ? JSON.parse(text) as T : undefined
  } catch { return undefined }
}

export function dropTyped(who: string, form: string) {
  try { sessionStorage.removeItem(at(who, form)) } catch { /* nothing was kept */ }
}

export function forgetTyped(who: string) {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(mark + who + ':')) sessionStorage.removeItem(key)
  } catch { /* nothing was kept */ }
}
