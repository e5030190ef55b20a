import { createRequest, type TypedDocumentNode } from '@urql/core'

type Named = { documentId?: string, text?: string }

/**
 * A document as text, with its types and its name: the SHA-256 of the text, by
 * which the server knows it. It is parsed when urql first looks into it. While
 * the console is worked on, the server may be older, and gets the text.
 */
export function document<Data, Variables>(id: string, text: string): TypedDocumentNode<Data, Variables & Record<string, unknown>> {
  let definitions: readonly unknown[] | undefined
  return {
    kind: 'Document', text, loc: { source: { body: text } }, ...(import.meta.env.DEV ? {} : { documentId: id }),
    get definitions() { return definitions ??= createRequest(text, {}).query.definitions },
  } as unknown as TypedDocumentNode<Data, Variables & Record<string, unknown>>
}

/** What a request of our own, past urql, says of which document it is. */
export function named(document: unknown): { documentId: string } | { query: string } {
  const { documentId, text } = document as Named
  return documentId ? { documentId } : { query: text! }
}
