import type { ButtonFragment, MatterContentsQuery, MatterPageQuery } from '../api/gql/types'

export type Matter = NonNullable<MatterPageQuery['matter']>
export type Contents = NonNullable<MatterContentsQuery['matter']>
export type Share = NonNullable<Matter['assignments']>[number]
export type Button = ButtonFragment

/** What an action belongs to: the matter, or one unit's share of it. */
export interface Subject { matter: Matter, share?: Share | undefined }

export const isId = (s: string) => /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(s)
