/**
 * What must outlive the tab: kept on this device in IndexedDB, encrypted with a
 * key of this person that cannot be read out, and gone with him at sign-out.
 * Where the browser gives no such key (a page without https) it lives in the
 * tab's session only, like what is typed into forms.
 */
const days = 7 // what nobody has come back to is thrown away

interface Row { who: string, place: string, at: number, iv: Uint8Array<ArrayBuffer>, data: ArrayBuffer }

const secure = typeof indexedDB !== 'undefined' && typeof crypto !== 'undefined' && !!crypto.subtle
const at = (who: string, place: string) => 'kept:' + who + ':' + place

let opened: Promise<IDBDatabase> | undefined
function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open('kept', 1)
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('keys')
      asked.result.createObjectStore('rows')
    }
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error ?? new Error('no database'))
  })
  return opened
}
async function on<T>(store: string, mode: IDBTransactionMode, what: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open()
  return new Promise((resolve, reject) => {
    const asked = what(db.transaction(store, mode).objectStore(store))
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error ?? new Error(store))
  })
}

async function keyOf(who: string): Promise<CryptoKey> {
  const known = await on<CryptoKey | undefined>('keys', 'readonly', s => s.get(who) as IDBRequest<CryptoKey | undefined>)
  if (known) return known
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  await on('keys', 'readwrite', s => s.put(made, who))
  return made
}

/** Keeps a value until it is kept anew; nothing (undefined) takes it away. */
export async function keep(who: string, place: string, value: unknown): Promise<void> {
  try {
    if (!secure) {
      if (value === undefined) sessionStorage.removeItem(at(who, place))
      else sessionStorage.setItem(at(who, place), JSON.stringify(value))
    } else if (value === undefined) await on('rows', 'readwrite', s => s.delete(at(who, place)))
    else {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await keyOf(who), new TextEncoder().encode(JSON.stringify(value)))
      const row: Row = { who, place, at: Date.now(), iv, data }
      await on('rows', 'readwrite', s => s.put(row, at(who, place)))
    }
  } catch { /* full, or a private window: it stays on the page */ }
}

export async function kept<T>(who: string, place: string): Promise<T | undefined> {
  try {
    if (!secure) {
      const text = sessionStorage.getItem(at(who, place))
      return text ? JSON.parse(text) as T : undefined
    }
    const row = await on<Row | undefined>('rows', 'readonly', s => s.get(at(who, place)) as IDBRequest<Row | undefined>)
    if (!row || row.at < Date.now() - days * 86400_000) return undefined
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: row.iv }, await keyOf(who), row.data)
    return JSON.parse(new TextDecoder().decode(plain)) as T
  } catch { return undefined }
}

/** At sign-out: without the key the rows are noise, and they go too. */
export async function forgetKept(who: string): Promise<void> {
  try {
    if (!secure) {
      for (const key of Object.keys(sessionStorage)) if (key.startsWith(at(who, ''))) sessionStorage.removeItem(key)
      return
    }
    await on('keys', 'readwrite', s => s.delete(who))
    const all = await on<IDBValidKey[]>('rows', 'readonly', s => s.getAllKeys())
    for (const key of all) if (String(key).startsWith(at(who, ''))) await on('rows', 'readwrite', s => s.delete(key))
  } catch { /* nothing was kept */ }
}
