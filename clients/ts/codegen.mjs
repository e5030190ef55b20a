// Writes src/gql from the schema that the binary serves and from documents/:
// types and typed documents, the list of persisted documents, and what a
// normalized cache must know of the schema.
import { codegen } from '@graphql-codegen/core'
import { preset } from '@graphql-codegen/client-preset'
import { buildSchema, isListType, isNonNullType, isObjectType, isInterfaceType, Kind, parse, Source, visit } from 'graphql'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const here = import.meta.dirname
const sdl = readFileSync(join(here, '..', '..', 'schema.graphql'), 'utf8')
const out = join(here, 'src', 'gql')
mkdirSync(out, { recursive: true })

// Normalized caches need __typename everywhere; with it in the text, the text
// that a client sends is the one that was registered.
const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }
function named(document) {
  return visit(document, { SelectionSet: (set, _key, parent) =>
    parent.kind === Kind.OPERATION_DEFINITION ? undefined : { ...set, selections: [...set.selections, typename] } })
}

const documents = readdirSync(join(here, 'documents')).filter(f => f.endsWith('.graphql')).sort().map(f => {
  const rawSDL = readFileSync(join(here, 'documents', f), 'utf8')
  return { location: f, rawSDL, document: named(parse(new Source(rawSDL, f))) }
})
const files = await preset.buildGeneratesSection({
  baseOutputDir: out + '/', schema: parse(sdl), documents,
  config: { useTypeImports: true, enumsAsTypes: true, strictScalars: true,
    scalars: { Time: 'string', Date: 'string', Cursor: 'string', JSON: 'unknown', JSONValue: 'unknown' } },
  presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256', mode: 'embedHashInDocument' } },
  plugins: [], pluginMap: {}, pluginContext: {},
})
for (const f of files) {
  const name = basename(f.filename)
  if (name === 'graphql.ts' || name === 'persisted-documents.json') writeFileSync(join(out, name), await codegen(f))
}

// An object with an id is kept once, wherever it was read; one without is part
// of what it was read with, and is replaced with it.
const schema = buildSchema(sdl)
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
const objects = Object.values(schema.getTypeMap()).filter(t => isObjectType(t) && !t.name.startsWith('__') && !roots.includes(t))
const embedded = objects.filter(t => !t.getFields().id).map(t => t.name).sort()
const possible = {}
for (const t of Object.values(schema.getTypeMap())) {
  if (isInterfaceType(t)) possible[t.name] = schema.getPossibleTypes(t).map(x => x.name).sort()
}
const bare = t => isNonNullType(t) || isListType(t) ? bare(t.ofType) : t
const paged = {}
for (const f of Object.values(schema.getQueryType().getFields())) {
  if (bare(f.type).name.endsWith('Connection') && f.args.some(a => a.name === 'after')) {
    paged[f.name] = f.args.map(a => a.name).filter(a => !['first', 'last', 'after', 'before'].includes(a))
  }
}
const registered = {}
for (const [hash, text] of Object.entries(JSON.parse(readFileSync(join(out, 'persisted-documents.json'), 'utf8')))) {
  registered[parse(text).definitions.find(d => d.kind === Kind.OPERATION_DEFINITION).name.value] = hash
}
writeFileSync(join(out, 'cache.ts'), `// Printed by codegen.mjs from schema.graphql.

/** Types without an id: part of what they were read with. */
export const embedded = ${JSON.stringify(embedded)} as const

/** What implements each interface. */
export const possible: Record<string, string[]> = ${JSON.stringify(possible)}

/** Queries that are read page by page, with the arguments that tell one list from another. */
export const paged: Record<string, string[]> = ${JSON.stringify(paged)}

/** The registered document of each operation, see persisted-documents.json. */
export const registered: Record<string, string> = ${JSON.stringify(registered)}
`)
