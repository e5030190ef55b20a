/** A key by which the server knows a request that comes twice. */
export function newKey(): string {
  const b = crypto.getRandomValues(new Uint8Array(16)) // randomUUID is not there on older phones
  b[6] = b[6]! & 0x0f | 0x40
  b[8] = b[8]! & 0x3f | 0x80
  const hex = [...b].map(x => x.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
