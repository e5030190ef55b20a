import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/platforms', component: () => import('./Platforms.vue'), meta: { title: '平台' } },
  { path: '/platforms/:id', component: () => import('./PlatformPage.vue'), meta: { title: '平台' } },
  { path: '/matters/:id/minutes/:event', component: () => import('./Minutes.vue'), meta: { title: '记问答辩' } },
  { path: '/open/:id', component: () => import('./Open.vue'), meta: { title: '提出一件' } },
  { path: '/platforms/:id/figures/:code', component: () => import('./FigureRows.vue'), meta: { title: '数字的出处' } },
]
