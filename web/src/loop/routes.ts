import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/loop', component: () => import('./Loop.vue'), meta: { title: '闭环与全局' } },
  { path: '/loop/ledger', component: () => import('./Ledger.vue'), meta: { title: '台账' } },
  { path: '/loop/figures', component: () => import('./Figures.vue'), meta: { title: '指标' } },
  { path: '/loop/figures/:code', component: () => import('./Figure.vue'), meta: { title: '指标背后的行' } },
  { path: '/loop/reports', component: () => import('./Reports.vue'), meta: { title: '报告' } },
  { path: '/loop/reports/new', component: () => import('./NewReport.vue'), meta: { title: '编制报告' } },
  { path: '/loop/reports/:id', component: () => import('./Report.vue'), meta: { title: '报告' } },
  { path: '/loop/reports/:id/:no', component: () => import('./ReportRows.vue'), meta: { title: '报告背后的行' } },
  { path: '/loop/districts', component: () => import('./Districts.vue'), meta: { title: '各区县' } },
  { path: '/loop/shared', component: () => import('./Shared.vue'), meta: { title: '本会送出的' } },
]
