// Refuses a breaking change of the API: what frontends use goes only after it
// was released as deprecated.   node breaking.mjs RELEASED.graphql NOW.graphql
import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core'

const [released, now] = process.argv.slice(2).map(f => buildSchema(readFileSync(f, 'utf8')))
const changes = await diff(released, now, [DiffRule.suppressRemovalOfDeprecatedField])
const breaking = changes.filter(c => c.criticality.level === CriticalityLevel.Breaking)
for (const c of breaking) console.log(`${c.path}: ${c.message}`)
console.log(`${changes.length} changes since the released schema, ${breaking.length} breaking`)
process.exit(breaking.length ? 1 : 0)
