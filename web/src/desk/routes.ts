import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./Desk.vue'), meta: { title: '我的桌面' } },
  { path: '/asked', component: () => import('./Asked.vue'), meta: { title: '应做的事' } },
  { path: '/notices', component: () => import('./Notices.vue'), meta: { title: '通知' } },
]
