package schema

// Nouns are what the lists of the API are called, by type.
var Nouns = map[string]string{
	"Agreement": "往来约定", "Cohort": "一号提案闭环", "Event": "会议和走访", "Item": "条目", "Matter": "事项", "Membership": "人员",
	"Notice": "通知", "Platform": "平台", "Seat": "席位", "Step": "时间线", "Unit": "单位", "Assignment": "份额",
}

// Orders are by what lists can be ordered.
var Orders = map[string]string{
	"HANDLE_YEAR": "按办理的年份", "ON": "按日期", "DUE_ON": "按期限", "NEXT_DUE_ON": "按最近的期限", "OPENED_AT": "按进入系统的时间",
	"TITLE": "按标题", "NAME": "按名称的编码次序", "BRAND": "按品牌", "AT": "按时间",
	"NUMBER": "按编号：届、次和号按数的大小；没有编号的在最大的之后", "UPDATED_AT": "按最近一次改动的时间", "PINYIN": "按姓名的拼音",
}

// seen are the words of who sees a part of a matter.
var seen = map[string]string{"ALL": "看得到事项的人", "HANDLING": "办理各方", "STAFF": "机关工作人员", "PARTIES": "提出者：提交之前的各步"}

// Words are the values of the enums in Chinese, by the type of the API: the
// name that a screen shows and, after a colon, what is to be known about it.
var Words = map[string]map[string]string{
	"AgreementChannel":   {"LOCAL": "同一套系统", "FILE": "信封文件"},
	"AgreementStatus":    {"ACTIVE": "有效", "SUSPENDED": "中止"},
	"AssignmentChannel":  {"PARTY_OFFICE": "党委办公室", "GOV_OFFICE": "政府办公室"},
	"AssignmentRole":     {"SOLE": "单办", "LEAD": "主办", "CO_LEAD": "共同主办", "ASSIST": "会办", "SEPARATE": "分办"},
	"AttachmentAudience": seen,
	"AttachmentCaution":  {"MACROS": "含有宏：打开时不要启用，除非知道它是做什么的", "SCRIPT": "含有会自动执行的脚本：用浏览器查看，不要在阅读软件里允许它执行"},
	"AttachmentKind": {
		"OTHER": "其他", "PROPOSAL_FORM": "提案纸", "SEAL": "盖章页", "CONVENER_SIGNATURE": "召集人签名", "ASSIGNMENT_SLIP": "交办单",
		"REPLY": "答复", "FEEDBACK_FORM": "征询意见表", "RETURN_STATEMENT": "退办说明", "PHOTO": "照片",
	},
	"AttendanceStatus": {"INVITED": "已邀请", "CONFIRMED": "已确认参加", "LEAVE": "请假", "ATTENDED": "已到", "ABSENT": "缺席"},
	"EventKind":        {"MEETING": "会议", "VISIT": "走访", "INSPECTION": "视察", "TALK": "恳谈", "BRIEFING": "通报会", "ACTIVITY": "活动"},
	"EventState":       {"PLANNED": "已安排", "HELD": "已举行", "CANCELLED": "已取消"},
	"FeedbackChannel":  {"SELF": "本人填写", "PHONE": "电话", "PAPER": "纸面"},
	"ItemKind": {
		"COMMITMENT": "承诺", "TASK": "任务", "NODE": "节点", "DIRECTION": "备选方向", "CANDIDATE": "备选件", "PROBLEM": "问题",
		"RESOLUTION": "协商成果", "SUGGESTION": "建议", "LEAD": "线索", "PLAN_ITEM": "计划项目",
	},
	"ItemStatus": {"OPEN": "未了", "REPORTED": "已报告：待核实", "DONE": "已了结", "DROPPED": "不再办：已说明原因或撤回", "CHOSEN": "已选定"},
	"NoticeAbout": {
		"TURN": "轮到您办理", "TOLD": "进展：您的事项办了一步", "DUE": "将要到期", "OVERDUE": "已经到期", "STANDING": "没有人接手：交您代管",
		"DECISION": "等您决定：须另一人确认的设置或流程", "INVITATION": "邀请您参加投票", "LETTER": "别的政协送来的", "SYSTEM": "系统和账号的安全",
	},
	"NoticeLevel": {"ORDINARY": "普通", "IMPORTANT": "重要", "URGENT": "紧急"},
	"LinkKind": {
		"MERGED_INTO": "并入", "CONVERTED_TO": "转为", "DERIVED_FROM": "源自", "FOLLOWS": "接续", "SINKS_TO": "下沉", "BELONGS_TO": "属于闭环",
	},
	"MatterVisibility": {"PARTIES": "当事人", "STAFF": "有权的工作人员", "TENANT": "本政协全体"},
	"MembershipKind":   {"MEMBER": "委员", "STAFF": "机关干部", "UNIT_STAFF": "承办单位人员"},
	"MembershipStatus": {
		"PROPOSED": "提名", "ACTIVE": "在任", "SUSPENDED": "暂停", "RESIGNED": "已辞去", "REVOKED": "已撤销", "ENDED": "已届满",
	},
	"PartyCosign": {
		"NONE": "不需会签", "INVITED": "已邀请：等待会签", "SIGNED": "已会签", "DECLINED": "谢绝会签", "EXPIRED": "会签过期", "CANCELLED": "会签取消",
	},
	"PartyRole": {
		"LEAD": "第一提案人：其他事项为提出的人", "CO": "联名人", "ENDORSER": "附议人", "LEAD_LEADER": "领办领导", "SUPERVISE_LEADER": "督办领导",
		"HOST": "主持人", "EXPERT": "专家", "LEAD_ORG": "牵头单位", "THINK_TANK": "智库", "GUEST": "列席人员", "TEAM": "课题组成员",
		"PARTICIPANT": "参加者", "RAISER": "提出问题的人", "FORMER": "原办理单位",
	},
	"PlatformStatus":     {"ACTIVE": "在用", "RETIRED": "已停用"},
	"ProcessStatus":      {"DRAFT": "草稿", "PUBLISHED": "已发布", "RETIRED": "已停用", "DISCARDED": "已弃用"},
	"ProposalDisclosure": {"UNDECIDED": "未定", "PROPOSED": "待审", "OPEN": "公开", "ABSTRACT_ONLY": "仅摘要", "CLOSED": "不公开"},
	"ProposalDisposition": {
		"NONE": "未处理", "FILED": "立案", "MERGED": "并案", "CONVERTED_OPINION": "转为社情民意", "CONVERTED_LETTER": "转为来信",
		"NOT_FILED": "不予立案", "WITHDRAWN": "撤案", "FORWARDED_UP": "转送上级政协",
	},
	"ProposalPeriod": {"PLENARY": "大会提案", "INTERSESSION": "平时提案"},
	"ProposalProposerKind": {
		"INDIVIDUAL": "个人", "JOINT": "联名", "PARTY": "党派", "GROUP": "团体", "COMMITTEE": "专委会", "SECTOR": "界别", "TEAM": "小组",
		"JOINT_TEAM": "联组", "JOINT_ORG": "联合单位",
	},
	"RecordAudience": seen,
	"RecordKind": {
		"REVIEW": "审查意见", "CONTACT": "联系", "URGE": "催办", "PREASSIGN_OPINION": "预交办意见", "VISIT": "走访", "MEETING": "会议",
		"REPORT": "报告", "PLAN": "方案", "INSTRUCTION": "批示", "JOINT_CONSULT": "联合协商", "OUTCOME": "落实情况", "CONSENT": "同意",
		"APPROVAL": "审批", "RETURN": "退办", "EXTENSION": "延期", "CHECK": "核查", "MINUTE": "问答辩", "RESEARCH": "调研",
		"DOCUMENT": "文件", "SCORE": "计分", "NOTE": "记事",
	},
	"ReplyKind":   {"REPLY": "答复", "CO_OPINION": "会办意见：只给主办单位"},
	"ReplyStatus": {"DRAFT": "草稿", "SIGNED_OFF": "已签发", "SENT": "已发出", "SENT_BACK": "已退回"},
	"SeatPost": {
		"MEMBER": "成员", "SECONDARY": "兼任成员", "CONVENER": "召集人", "VICE_CONVENER": "副召集人", "HEAD": "主任", "DEPUTY_HEAD": "副主任",
		"CLERK": "干事", "STREET_LIAISON": "街道联络员", "STATION_HEAD": "站长", "GUIDE": "指导员", "PATRON": "联系领导", "ON_DUTY": "值班委员",
		"LIAISON": "联络员", "OFFICER": "承办人", "DEPUTY_LEAD": "分管领导", "MAIN_LEAD": "主要领导",
		"SUPERVISOR": "民主监督员：只监督该单位，不因此成为单位的人",
	},
	"StepAudience": seen,
	"TenantLevel":  {"PROVINCE": "省级", "CITY": "市级", "DISTRICT": "区县级", "ZONE": "开发区"},
	"TenantStatus": {"ACTIVE": "在用", "SUSPENDED": "暂停"},
	"TimerStatus":  {"RUNNING": "计时中", "SUSPENDED": "暂停", "MET": "已按期", "OVERDUE": "已逾期", "CANCELLED": "已取消"},
	"UnitChannel": {
		"PARTY_OFFICE": "党委系统", "GOV_OFFICE": "政府系统", "NPC": "人大", "COURT": "法院", "PROCURATORATE": "检察院", "GROUP": "人民团体",
		"VERTICAL": "垂直管理单位", "STREET": "街道", "ENTERPRISE": "企业", "OTHER": "其他",
	},
	"UnitKind": {
		"CHAIR_MEETING": "主席会议", "STANDING_COMMITTEE": "常委会", "PARTY_GROUP": "党组", "COMMITTEE": "专委会", "PROPOSAL_COMMITTEE": "提案委",
		"OFFICE": "机关处室", "SECTOR": "界别", "SECTOR_GROUP": "界别组", "POLITICAL_PARTY": "民主党派", "PEOPLES_GROUP": "人民团体",
		"STREET_LIAISON": "街道联络委", "COMMUNITY_GROUP": "社区联络组", "MEMBER_GROUP": "委员组", "PARTY_BRANCH": "履职党支部",
		"SUPERVISION_BOARD": "监督组织", "RESEARCH_TEAM": "课题组", "VENUE_HOME": "委员之家", "VENUE_STATION": "委员工作站",
		"VENUE_STUDIO": "委员工作室", "VENUE_ROOM": "协商议事室", "VENUE_SECTOR_STATION": "界别活动站", "VENUE_PARLOUR": "委员会客厅",
		"VENUE_POST": "履职岗", "HANDLING_UNIT": "承办单位", "ASSIGNING_OFFICE": "交办机关",
	},
	"UnitLine": {"ORGANISATION": "组织线", "VENUE": "阵地线", "HANDLING": "承办线"},
}
