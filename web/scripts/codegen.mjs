// Writes src/api/gql from ../schema.graphql and src/api/documents: types.ts
// with the types of all documents, and one module of documents for each file,
// so that a page loads its own. A document is its name there, the SHA-256 of its
// text with the fragments it uses; ../public/documents holds the texts of all for
// the server, which may then refuse every other.
import { codegen } from '@graphql-codegen/core'
import { preset } from '@graphql-codegen/client-preset'
import { buildSchema, Kind, parse, print, Source, validate, visit } from 'graphql'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const sdl = readFileSync(join(root, '..', 'schema.graphql'), 'utf8')
const from = join(root, 'src', 'api', 'documents')
const out = join(root, 'src', 'api', 'gql')
mkdirSync(out, { recursive: true })

const documents = readdirSync(from).filter(f => f.endsWith('.graphql')).sort().map(f => {
  const rawSDL = readFileSync(join(from, f), 'utf8')
  return { location: f, rawSDL, document: parse(new Source(rawSDL, f)) }
})
const schema = buildSchema(sdl)
const all = { kind: Kind.DOCUMENT, definitions: documents.flatMap(d => d.document.definitions) }
const faults = validate(schema, all)
if (faults.length > 0) {
  for (const f of faults) console.error(String(f))
  process.exit(1)
}
const write = (name, text, folder = out) => {
  const at = join(folder, name)
  let old = ''
  try { old = readFileSync(at, 'utf8') } catch { /* the first time */ }
  if (old !== text) writeFileSync(at, text)
}

const files = await preset.buildGeneratesSection({
  baseOutputDir: out + '/', schema: parse(sdl), documents,
  config: { useTypeImports: true, enumsAsTypes: true, strictScalars: true, onlyOperationTypes: true, skipTypename: true,
    scalars: { Time: 'string', Date: 'string', Cursor: 'string', JSON: 'unknown', JSONValue: 'unknown' } },
  presetConfig: { fragmentMasking: false }, plugins: [], pluginMap: {}, pluginContext: {},
})
for (const f of files) {
  if (basename(f.filename) !== 'graphql.ts') continue
  const text = await codegen(f)
  write('types.ts', text.split('\n').filter(l => !/^export const \w+(Document|FragmentDoc) = /.test(l) && !l.startsWith('import type { TypedDocumentNode')).join('\n'))
}

const fragments = new Map(all.definitions.filter(d => d.kind === Kind.FRAGMENT_DEFINITION).map(d => [d.name.value, d]))
function used(definition, into = new Set()) {
  visit(definition, { FragmentSpread: s => { if (!into.has(s.name.value)) { into.add(s.name.value); used(fragments.get(s.name.value), into) } } })
  return into
}
const pascal = name => name[0].toUpperCase() + name.slice(1)
/** urql asks for every object's type, to know what a mutation has changed. */
const typed = document => visit(document, { Field: f => f.selectionSet && !f.selectionSet.selections.some(s => s.name?.value === '__typename')
  ? { ...f, selectionSet: { ...f.selectionSet, selections: [...f.selectionSet.selections, { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }] } } : undefined })
const known = {}
const suffix = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }
for (const { location, document } of documents) {
  const lines = document.definitions.filter(d => d.kind === Kind.OPERATION_DEFINITION).map(d => {
    const name = pascal(d.name.value), type = name + suffix[d.operation]
    const text = [d, ...[...used(d)].map(n => fragments.get(n))].map(x => print(typed(x))).join('\n').replace(/\s+/g, ' ')
    const id = createHash('sha256').update(text).digest('hex')
    known[id] = text
    return `export const ${name}Document = document<t.${type}, t.${type}Variables>('${id}', import.meta.env.DEV ? ${JSON.stringify(text)} : '')`
  })
  if (lines.length > 0) write(basename(location, '.graphql') + '.ts', `import type * as t from './types'\nimport { document } from '../document'\n\n${lines.join('\n')}\n`)
}
const forServer = join(root, 'public', 'documents')
mkdirSync(forServer, { recursive: true })
write('console.json', JSON.stringify(known), forServer)
