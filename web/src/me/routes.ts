import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/me', component: () => import('./MePage.vue'), meta: { title: '我的设置' } },
]
