import { createRequest, type TypedDocumentNode } from '@urql/core'

type Sent = { documentId: string } | { query: string }

const texts = new WeakMap<object, string>()

/**
 * A document by its name, the SHA-256 of its text, by which the server that
 * serves this console knows it: the text itself is not in the build. While the
 * console is worked on, the server may be older, and gets the text.
 */
export function document<Data, Variables>(id: string, text: string): TypedDocumentNode<Data, Variables & Record<string, unknown>> {
  const node = text ? createRequest(text, {}).query : { kind: 'Document', documentId: id, definitions: [] } // urql sends the name of what has no definitions
  if (text) texts.set(node, text)
  return node as unknown as TypedDocumentNode<Data, Variables & Record<string, unknown>>
}

/** What a request of our own, past urql, says of which document it is. */
export function named(document: object): Sent {
  const text = texts.get(document)
  return text ? { query: text } : { documentId: (document as { documentId: string }).documentId }
}
