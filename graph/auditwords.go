package graph

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
)

// What the book says, in people's words. A mutation is called as its
// description in the schema begins; what is done beside the API has its name
// here, and a test finds what has none.
var deedWords = map[string]string{
	"account.created": "建立账号", "account.activation_issued": "发给激活码", "account.activated": "激活账号", "account.disabled": "停用账号", "account.enabled": "启用账号", "account.unlocked": "解除登录锁定",
	"account.password_changed": "修改或重设密码", "account.signed_in": "登录", "account.sign_in_failed": "登录失败", "account.committee_chosen": "进入本政协",
	"account.token_reused": "已用过的令牌再次出现，会话已结束", "account.signed_out": "退出登录",
	"account.invitation_accepted": "接受邀请", "account.invitation_declined": "谢绝邀请",
	"account.factor_set": "设定验证器", "account.factor_dropped": "取消验证器",
	"account.provider_linked": "连接统一身份", "account.provider_unlinked": "解除统一身份",
	"uploadFile": "上传附件", "downloadFile": "下载附件", "exportLedger": "导出台账", "exportEnvelopes": "导出信封", "uploadImport": "上传要导入的文件", "downloadImport": "下载导入的核对结果", "exportRoster": "导出人员、单位和历年提案", "exportAudit": "导出审计记录", "exportRights": "导出某日谁有什么权限",
	"suspendCommittee": "停用本政协", "resumeCommittee": "恢复本政协", "exportCommittee": "导出移交包", "takeCommittee": "由移交包装入", "eraseCommittee": "销毁本政协的数据",
	"importEnvelopes": "导入信封", "deliverEnvelope": "投递信封", "receiveEnvelope": "收到信封", "submitTopic": "群众提交议题", "castBallot": "投票",
	"closeBallot": "测评到期结束", "seePersonalData": "查看联系电话等个人信息", "auditLog": "查阅审计记录", "refused": "其他被拒绝的操作",
	"sweep": "到期检查", "purge": "删除已移除附件的内容", "scan": "附件查毒", "operator": "在服务器上操作", "ship": "更新随产品提供的流程", "demo": "装入演示数据", "exchange": "收发信封", "ballots": "测评", "guidance": "所采用内容的施行",
	"accounts": "账号", "public": "公众", "committee": "另一个政协",
}

// systemWords are the parts of the program that act by themselves.
var systemWords = map[string]string{
	"sweep": "系统（到期检查）", "purge": "系统（删除已移除附件的内容）", "scan": "系统（附件查毒）", "operator": "服务器操作员", "ship": "系统（更新流程）", "demo": "系统（演示数据）", "exchange": "系统（收发信封）", "ballots": "系统（测评）", "guidance": "系统（上级发布的内容）",
	"accounts": "系统（账号）", "public": "公众", "committee": "另一个政协", "test": "系统（测试）",
}

// thingWords are what objects are, where the schema's description is a sentence.
var thingWords = map[string]string{
	gen.TypeMatter: "事项", gen.TypeMembership: "人员", "Account": "账号", gen.TypeAssignment: "承办件", gen.TypeAttachment: "附件", gen.TypeTenant: "本政协",
	"Ballot": "测评", "Envelope": "信封", "Ledger": "台账", "Import": "导入", "FigureDefinition": "自定的指标", "Obligation": "应做的事", "ObligationExcuse": "免除应做的事", "ContactPair": "固定联系", "ReceivedGuidance": "上级发布的内容", "DistrictRequest": "对区县的请求", gen.TypeReport: "报告", "Roster": "人员和单位", "Rights": "权限", "Audit": "审计记录", gen.TypeTenantPolicy: "政策", gen.TypeEvent: "会议或走访",
}

// described are the first words of what the schema says of its mutations,
// queries and types.
var described = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for name, d := range sdl.Types {
		out["type "+name] = firstWords(d.Description)
	}
	for _, f := range sdl.Query.Fields {
		out[f.Name] = "查询" + firstWords(f.Description)
	}
	for _, f := range sdl.Mutation.Fields {
		out[f.Name] = firstWords(f.Description)
	}
	return out
})

// firstWords is a description up to where it begins to explain.
func firstWords(s string) string {
	if i := strings.IndexAny(s, "：。，；（\n"); i > 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// deed is what was done: the step's name of that time, where one was taken.
func deed(e audit.Entry) string {
	for _, c := range e.Changes {
		if label, ok := c.After["label"].(string); ok && c.Entity == gen.TypeStep && c.Op == audit.Create {
			return label
		}
	}
	return DeedOf(e.Action)
}

// DeedOf is what an action of the book is called.
func DeedOf(action string) string {
	if word := deedWords[action]; word != "" {
		return word
	}
	if word := described()[action]; word != "" {
		return word
	}
	return action
}

// deedsCalled are the actions whose name contains a text.
func deedsCalled(text string) []string {
	out := []string{}
	if text == "" {
		return out
	}
	for action, word := range described() {
		if !strings.HasPrefix(action, "type ") && strings.Contains(word, text) {
			out = append(out, action)
		}
	}
	for action, word := range deedWords {
		if strings.Contains(word, text) {
			out = append(out, action)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// doer is who did it.
func doer(e audit.Entry) string {
	a := e.Actor
	switch word := systemWords[a.System]; {
	case word != "" && a.System == "operator" && a.Name != "":
		return word + " " + a.Name
	case word != "":
		return word
	case a.System != "":
		return a.System
	case a.Name != "":
		return a.Name
	}
	return "不知是谁"
}

// thing is what it was done to: its name of that time, or the end of its id
// where it has none that others may read.
func thing(e audit.Entry) (kind, name string) {
	entity, id, _ := strings.Cut(e.Object, ":")
	if kind = thingWords[entity]; kind == "" {
		kind = described()["type "+entity]
	}
	if kind == "" {
		kind = entity
	}
	switch {
	case e.ObjectName != "":
		name = e.ObjectName
	case len(id) == 36 && strings.Trim(id, "0-") != "":
		name = "（编号尾号 " + id[30:] + "）"
	}
	return kind, name
}

// sentence is a record in one line.
func sentence(e audit.Entry) string {
	var b strings.Builder
	b.WriteString(doer(e))
	if e.OnBehalfName != "" {
		fmt.Fprintf(&b, "（代%s）", e.OnBehalfName)
	}
	b.WriteString(" " + deed(e))
	if kind, name := thing(e); kind != "" {
		b.WriteString("：" + strings.TrimSpace(kind+" "+name))
	}
	if e.Count > 1 {
		fmt.Fprintf(&b, "，%d 次", e.Count)
	}
	if e.Outcome != "" {
		b.WriteString("，" + outcomeOf(e.Outcome))
	}
	return b.String()
}

func outcomeOf(code string) string {
	switch errs.Code(code) {
	case errs.NotAllowed:
		return "无权，被拒绝"
	case errs.NotFound:
		return "不存在或看不到，被拒绝"
	case errs.Unauthenticated:
		return "未通过验证"
	case errs.Limited:
		return "超过限额，被拒绝"
	}
	return "没有成功（" + code + "）"
}
