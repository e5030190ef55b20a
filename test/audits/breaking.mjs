// Refuses a breaking change of the API: what frontends use goes only after it
// was released as deprecated.   node breaking.mjs RELEASED.graphql NOW.graphql
import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core'

const [released, now] = process.argv.slice(2).map(f => buildSchema(readFileSync(f, 'utf8')))
const changes = await diff(released, now, [DiffRule.suppressRemovalOfDeprecatedField])

// docs/adr/0039: a field of Query that may be refused is null then, and no longer
// takes its siblings with it. That, and nothing else of a released type, changes;
// which fields they are is held by TestARefusedRootFieldLeavesItsSiblings.
const opened = c => {
  const [type, field] = (c.path ?? '').split('.')
  return type === 'Query' && c.type === 'FIELD_TYPE_CHANGED' &&
    String(released.getQueryType().getFields()[field].type) === `${now.getQueryType().getFields()[field].type}!`
}
const broken = changes.filter(c => c.criticality.level === CriticalityLevel.Breaking)
const breaking = broken.filter(c => !opened(c))
for (const c of breaking) console.log(`${c.path}: ${c.message}`)
console.log(`${changes.length} changes since the released schema, ${breaking.length} breaking, ${broken.length - breaking.length} fields of Query nullable (ADR 39)`)
process.exit(breaking.length ? 1 : 0)
