// Asks a running endpoint all audits of graphql-http and prints those that fail.
//
//   node run.mjs http://127.0.0.1:8080/graphql
//
// BIHUAN_TOKEN is sent as the bearer token; a server that is not in development
// needs one, since some audits ask for the schema.
import { serverAudits } from 'graphql-http'

const url = process.argv[2]
if (!url) {
  console.error('usage: node run.mjs URL')
  process.exit(2)
}
const token = process.env.BIHUAN_TOKEN
const fetchFn = (at, init = {}) =>
  fetch(at, token ? { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } } : init)

const audits = serverAudits({ url, fetchFn })
let failed = 0
for (const { id, name, fn } of audits) {
  let reason
  try {
    const result = await fn()
    if (result.status !== 'ok') reason = `${result.status}: ${result.reason}`
  } catch (err) {
    reason = String(err.cause ?? err)
  }
  if (reason) {
    failed++
    console.log(`${id} ${name}: ${reason}`)
  }
}
console.log(`${audits.length - failed} of ${audits.length} audits passed`)
process.exitCode = failed === 0 && audits.length > 0 ? 0 : 1
