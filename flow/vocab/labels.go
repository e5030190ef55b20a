package vocab

import (
	"fmt"
	"maps"

	"github.com/bihuan/bihuan/flow/process"
)

// What codes are called, for messages. A code that is not here is shown as it
// is: kinds of party are the committee's own.
var labels = map[string]string{
	// records
	"REVIEW": "审查意见", "CONTACT": "联系", "URGE": "催办", "VISIT": "走访", "MEETING": "会议", "REPORT": "报告", "PLAN": "方案",
	"INSTRUCTION": "批示", "JOINT_CONSULT": "联合协商", "OUTCOME": "落实情况", "CONSENT": "同意", "APPROVAL": "审批", "CHECK": "核查",
	"MINUTE": "问答辩", "RESEARCH": "调研", "DOCUMENT": "文件", "SCORE": "计分", "NOTE": "记事",
	// events
	"TALK": "恳谈", "INSPECTION": "视察", "BRIEFING": "通报会", "ACTIVITY": "活动",
	"PLANNED": "已安排", "HELD": "已举行", "CANCELLED": "已取消",
	// links
	"MERGED_INTO": "并入", "CONVERTED_TO": "转为", "DERIVED_FROM": "源自", "FOLLOWS": "接续", "BELONGS_TO": "属于", "SINKS_TO": "下沉为",
}

// partyKinds are the kinds of party that shipped definitions name.
var partyKinds = map[string]string{
	"RESIDENT": "居民", "COMPANY": "企业", "DEPARTMENT": "部门", "PARTY_ORG": "党组织", "MEMBER": "委员", "EXPERT": "专家", "MEDIA": "媒体",
	"LEADER": "党政领导", "GRASSROOTS_PARTY_HEAD": "基层党组织负责人",
}

// PartyKinds are what kinds of party are called.
func PartyKinds() map[string]string { return maps.Clone(partyKinds) }

// roles of parties have labels of their own: LEAD is also a kind of item.
var roleLabels = map[string]string{
	"LEAD": "提出人", "CO": "联名人", "ENDORSER": "附议人", "LEAD_LEADER": "领办人", "SUPERVISE_LEADER": "督办人", "HOST": "主持人",
	"EXPERT": "专家", "LEAD_ORG": "牵头单位", "THINK_TANK": "智库", "GUEST": "列席人员", "TEAM": "课题组成员", "PARTICIPANT": "参加者", "RAISER": "提出问题的人", "FORMER": "原办理单位",
}

// fields of items, as a definition and as a person calls them.
var itemFields = map[string]string{
	"cause": "原因", "solution": "办法", "due_on": "期限", "unit": "单位", "path": "办理方式", "owner": "由谁办", "measure": "效果的衡量",
}

func label(code string) string {
	if l, ok := labels[code]; ok {
		return l
	}
	if l, ok := partyKinds[code]; ok {
		return l
	}
	if l, ok := process.ItemKinds[code]; ok {
		return l
	}
	return code
}

// who names parties by role and kind.
func who(role, kind string) string {
	switch {
	case role != "" && kind != "" && roleLabels[role] != "":
		return fmt.Sprintf("%s（%s）", roleLabels[role], label(kind))
	case role != "" && roleLabels[role] != "":
		return roleLabels[role]
	case kind != "":
		return label(kind)
	}
	return "当事方"
}

// howMany says what is demanded and what there is.
func howMany(n, least int, most *int) string {
	switch {
	case most != nil && *most == least:
		return fmt.Sprintf("应为 %d，现有 %d", least, n)
	case n < least:
		return fmt.Sprintf("至少 %d，现有 %d", least, n)
	}
	return fmt.Sprintf("至多 %d，现有 %d", *most, n)
}
