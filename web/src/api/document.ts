import type { TypedDocumentNode } from '@urql/core'

/** A document as text, with its types. urql takes texts and parses each once. */
export function document<Data, Variables>(text: string): TypedDocumentNode<Data, Variables & Record<string, unknown>> {
  return text as unknown as TypedDocumentNode<Data, Variables & Record<string, unknown>>
}
