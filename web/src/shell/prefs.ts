import { useMediaQuery } from './media'
import { ref, watchEffect } from 'vue'

/** What a person prefers on this device, remembered here and nowhere else. */
const kept = (key: string) => { try { return localStorage.getItem(key) } catch { return null } }
const keep = (key: string, value: string) => { try { localStorage.setItem(key, value) } catch { /* a private window */ } }

export type Theme = 'system' | 'light' | 'dark'
export const large = ref(kept('large') === 'yes')
export const theme = ref<Theme>((kept('theme') as Theme | null) ?? 'system')

const dark = useMediaQuery('(prefers-color-scheme: dark)')

/** One column and tabs below, instead of a menu at the left. */
export const phone = useMediaQuery('(max-width: 767px)')

watchEffect(() => {
  const root = document.documentElement
  root.dataset.large = large.value ? 'yes' : 'no'
  root.dataset.theme = theme.value === 'dark' || theme.value === 'system' && dark.value ? 'dark' : 'light'
  keep('large', large.value ? 'yes' : 'no')
  keep('theme', theme.value)
})
