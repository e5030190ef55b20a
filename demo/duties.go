package demo

import "time"

// duties are the 六定 tasks of 2022 and 2023, as they stand in August 2023. What
// they say is invented. Each unit that answers has one; 旅顺口 and 市发展改革委 owe a
// node whose day has passed.
var duties = []duty{
	{
		loop: waterTitle, to: "shuiwu", title: "老旧供水管网改造", key: true,
		duty: "完成首批老旧供水管网改造，把漏损率降到国家标准以内", effect: "漏损率明显下降，停水和爆管减少", measure: "改造 180 公里，漏损率不高于 10%",
		due: shanghai(2022, 11, 30, 0, 0), issued: shanghai(2022, 2, 9, 14, 0), accepted: shanghai(2022, 2, 11, 10, 0), ended: shanghai(2022, 11, 23, 10, 0),
		nodes: []node{
			{text: "首批项目全部开工", due: shanghai(2022, 5, 31, 0, 0), told: shanghai(2022, 5, 25, 10, 0), says: "首批 26 个项目全部开工，开工报告附后。"},
			{text: "首批项目完工通水", due: shanghai(2022, 10, 31, 0, 0), told: shanghai(2022, 10, 26, 10, 0), photo: true, says: "已完成 183 公里，通水验收单附后。"},
		},
	},
	{
		loop: waterTitle, to: "shuiwu", title: "再生水管网向工业园区延伸", difficult: true,
		duty: "建设再生水管网，完善价格和配套政策", effect: "工业和市政杂用优先使用再生水", measure: "两个工业园区接通，年用水量 600 万吨",
		due: shanghai(2023, 11, 30, 0, 0), issued: shanghai(2022, 2, 9, 15, 0), accepted: shanghai(2022, 2, 11, 11, 0),
		nodes: []node{
			{text: "再生水价格方案报批", due: shanghai(2022, 9, 30, 0, 0), told: shanghai(2022, 9, 27, 10, 0), explained: true, says: "省级成本监审推迟，方案已形成，待监审结束后报批；期间先行签订协议价。"},
			{text: "第一个园区接通", due: shanghai(2023, 6, 30, 0, 0), told: shanghai(2023, 6, 26, 10, 0), says: "第一个园区已接通供水，日供 6000 吨。"},
			{text: "第二个园区接通", due: shanghai(2023, 11, 15, 0, 0)},
		},
	},
	{
		loop: waterTitle, to: "fagai", title: "编制城市水资源承载力提升规划",
		duty: "统筹外调水、本地水和非常规水，编制规划并报批", effect: "水源建设有统一安排", measure: "规划印发，项目清单落实到年度",
		due: shanghai(2022, 10, 31, 0, 0), issued: shanghai(2022, 2, 9, 16, 0), accepted: shanghai(2022, 2, 14, 10, 0), ended: shanghai(2022, 10, 20, 10, 0),
		nodes: []node{{text: "规划送审稿", due: shanghai(2022, 7, 29, 0, 0), told: shanghai(2022, 7, 25, 10, 0), says: "送审稿已征求各部门意见，采纳 31 条。"}},
	},
	{
		loop: waterTitle, to: "zs", title: "中山区老旧小区供水管网改造", key: true, leader: "分管副区长", officer: "区住房和城乡建设局局长",
		duty: "摸清老旧小区管网底数，完成户外管网改造", effect: "居民用水稳定，漏损下降", measure: "改造小区 14 个，惠及 9000 户",
		due: shanghai(2022, 11, 25, 0, 0), issued: shanghai(2022, 2, 10, 9, 0), accepted: shanghai(2022, 2, 14, 10, 0), ended: shanghai(2022, 11, 17, 10, 0),
		nodes: []node{
			{text: "底数摸清、项目立项", due: shanghai(2022, 6, 20, 0, 0), told: shanghai(2022, 6, 15, 10, 0), says: "14 个小区已逐一勘察并立项。"},
			{text: "户外管网改造完工", due: shanghai(2022, 10, 31, 0, 0), told: shanghai(2022, 10, 25, 10, 0), photo: true, says: "14 个小区全部完工，水质检测合格。"},
		},
		part: &part{"zhujian", "老旧小区户外供水管网改造施工", shanghai(2022, 10, 28, 0, 0), shanghai(2022, 10, 20, 10, 0)},
	},
	{
		loop: waterTitle, to: "lsk", title: "旅顺口区水源地保护和再生水利用", difficult: true, leader: "分管副区长", officer: "区农业农村局局长",
		duty: "整治水源地周边面源污染，推广再生水灌溉", effect: "水源水质稳定达标", measure: "整治点位 22 处，再生水灌溉 3000 亩",
		due: shanghai(2023, 12, 15, 0, 0), issued: shanghai(2022, 2, 10, 9, 30), accepted: shanghai(2022, 2, 15, 10, 0),
		nodes: []node{
			{text: "水源地整治点位销号", due: shanghai(2022, 10, 31, 0, 0), told: shanghai(2022, 10, 18, 10, 0), back: "缺少整治前后对比照片，请补充。", says: "22 处点位已整治，照片和检测报告附后。"},
			{text: "再生水灌溉示范区建成", due: shanghai(2023, 7, 31, 0, 0)},
		},
		part: &part{"unit", "水源地周边面源污染整治", shanghai(2022, 10, 14, 0, 0), shanghai(2022, 10, 11, 10, 0)},
	},
	{
		loop: energyTitle, to: "gongxin", title: "氢能示范线路和加注站建设", key: true, difficult: true,
		duty: "开放港口、公交、物流场景，建成氢能示范线路和配套加注站", effect: "氢能车辆实现常态化运营", measure: "投入车辆 50 辆，新增加注站 2 座",
		due: shanghai(2023, 11, 30, 0, 0), issued: shanghai(2023, 4, 3, 10, 0), accepted: shanghai(2023, 4, 6, 10, 0),
		nodes: []node{
			{text: "示范线路首批车辆上线", due: shanghai(2023, 6, 30, 0, 0), told: shanghai(2023, 6, 27, 10, 0), says: "首批 20 辆已上线运营，运行数据附后。"},
			{text: "两座加注站开工", due: shanghai(2023, 9, 28, 0, 0)},
		},
	},
	{
		loop: energyTitle, to: "fagai", title: "新能源产业行动方案和年度项目清单", key: true,
		duty: "一链一策明确链主企业和重点项目，落实并联审批", effect: "重点项目按期开工", measure: "方案印发，年度项目开工率 100%",
		due: shanghai(2023, 12, 8, 0, 0), issued: shanghai(2023, 4, 3, 11, 0), accepted: shanghai(2023, 4, 6, 11, 0),
		nodes: []node{
			{text: "行动方案印发", due: shanghai(2023, 5, 31, 0, 0), told: shanghai(2023, 5, 29, 10, 0), says: "方案已印发，明确 6 条产业链和链主企业。"},
			{text: "年度项目全部开工", due: shanghai(2023, 8, 4, 0, 0)},
		},
	},
	{
		loop: energyTitle, to: "zs", title: "中山区楼宇储能和绿色商圈示范", key: true, leader: "分管副区长", officer: "区工业和信息化局局长",
		duty: "在重点商务楼宇开展储能和能耗监测示范", effect: "示范楼宇单位能耗下降", measure: "示范楼宇 8 座，能耗下降 8%",
		due: shanghai(2023, 11, 20, 0, 0), issued: shanghai(2023, 4, 4, 9, 0), accepted: shanghai(2023, 4, 7, 10, 0),
		nodes: []node{
			{text: "示范楼宇名单和能耗基线", due: shanghai(2023, 6, 20, 0, 0), told: shanghai(2023, 6, 14, 10, 0), says: "8 座楼宇的名单和能耗基线已确定。"},
			{text: "储能和监测设备安装完成", due: shanghai(2023, 10, 20, 0, 0)},
		},
		part: &part{"gongxin", "商务楼宇能耗监测平台接入", shanghai(2023, 10, 13, 0, 0), time.Time{}},
	},
	{
		loop: energyTitle, to: "lsk", title: "旅顺口区新能源装备产业园配套", leader: "分管副区长", officer: "区住房和城乡建设局局长",
		duty: "完善产业园道路、供电和人才公寓配套", effect: "企业落户条件改善", measure: "配套项目 5 个建成，新落户企业 6 家",
		due: shanghai(2023, 11, 20, 0, 0), issued: shanghai(2023, 4, 4, 9, 30), accepted: shanghai(2023, 4, 7, 11, 0),
		nodes: []node{
			{text: "配套项目全部开工", due: shanghai(2023, 7, 20, 0, 0), told: shanghai(2023, 7, 12, 10, 0), says: "5 个配套项目均已开工。"},
			{text: "道路和供电配套建成", due: shanghai(2023, 10, 20, 0, 0)},
		},
		part: &part{"zhujian", "产业园周边道路配套施工", shanghai(2023, 10, 13, 0, 0), time.Time{}},
	},
}
