/** Who finds something under 管理: the server decides each page. */
const administers = ['roster.manage', 'grants.manage', 'processes.manage', 'processes.confirm', 'platforms.manage', 'settings.manage', 'settings.confirm', 'exchange.manage', 'audit.read', 'obligations.urge']

/** The five places, the same as a menu and as tabs. */
export const places = [
  { to: '/', name: '我的桌面', short: '桌面', icon: 'desk' },
  { to: '/find', name: '查找', short: '查找', icon: 'find' },
  { to: '/platforms', name: '平台', short: '平台', icon: 'platform' },
  { to: '/loop', name: '闭环与全局', short: '闭环', icon: 'loop' },
  { to: '/admin', name: '管理', short: '管理', icon: 'admin' },
] as const

/** The places in which a person finds something. */
export const placesOf = (may: (...any: string[]) => boolean) => places.filter(p => p.to !== '/admin' || may(...administers))

export const placeOf = (path: string) => places.find(p => p.to !== '/' && (path === p.to || path.startsWith(p.to + '/')))?.to ?? '/'
