package authz

import (
	"fmt"
	"io"
	"strings"
)

// Role is a shipped role as people know it.
type Role struct {
	Code string // as in policy.csv
	Name string
	Duty string // what it is for, one sentence
}

// Roles are the shipped roles in the order of the field (domain.md 10.1):
// members, the proposal committee, the offices, the units, the leadership, and
// those who run the product.
var Roles = []Role{
	{"member", "委员", "提出、联名和评价提案"},
	{"sector_convener", "界别召集人", "了解本界别的提案，签署界别提案"},
	{"party_liaison", "党派团体联络人", "以所在党派、团体的名义提出集体提案"},
	{"street_liaison", "街道联络员", "了解本街道委员的提案，办理本街道平台的各件议题"},
	{"street_party_approver", "街道党工委审定人", "审定本街道的议题"},
	{"grassroots_host", "基层党组织负责人", "主持由他主持的协商"},
	{"city_overseer", "市级统筹", "看三年闭环和各区市县的任务，送推广、表彰和联合活动；看不到区里的数据"},
	{"supervisor_commissioner", "民主监督员", "随时记录监督情况"},
	{"proposal_clerk", "提案委工作人员", "受理、交办、催办、征询、归档"},
	{"proposal_reviewer", "提案审查人", "提出审查意见"},
	{"proposal_director", "提案委主任", "决定立案、并案、转办、撤案、办结，主持一号提案闭环"},
	{"info_editor", "社情民意信息编辑", "采用由提案转来的社情民意"},
	{"assign_party", "党委交办机构", "交办、协调和督促党委系统的承办单位"},
	{"assign_gov", "政府交办机构", "交办、协调和督促政府系统的承办单位"},
	{"unit_liaison", "承办单位联络员", "签收、申退、发出答复"},
	{"unit_officer", "承办人", "面商、拟复、提出会办意见"},
	{"unit_lead", "承办单位领导", "签发答复，申请延期"},
	{"committee_staff", "专委会工作人员", "督办重点提案，办理各平台的协商、调研和监督"},
	{"secretary_general", "秘书长", "了解全部提案和平台，确定重点提案，审定议题和课题"},
	{"chair", "主席", "同意并案，决定一号提案选题"},
	{"tenant_admin", "租户管理员", "管理人员、单位、平台、流程、日历、政策和授权，不看事项内容"},
	{"auditor", "审计员", "只查审计日志和名册"},
}

// RoleName is the Chinese name of a role, its code when it has none.
func RoleName(code string) string { return nameIn(Roles, code) }

func nameIn(roles []Role, code string) string {
	for _, r := range roles {
		if r.Code == code {
			return r.Name
		}
	}
	return code
}

// Names are roles as they are called, one after another.
func Names(codes []string, name func(string) string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = name(c)
	}
	return strings.Join(out, "、")
}

// Print writes who may do what as aligned tables, for people to check: each
// permission with its sentence, then role, permission, scope.
func (p *Policy) Print(w io.Writer) error {
	list, err := Catalogue()
	if err != nil {
		return err
	}
	entries := [][3]string{{"类别", "权限", "可以做什么"}}
	for _, e := range list {
		entries = append(entries, [3]string{e.Group, e.Permission.String(), e.Says})
	}
	if err := aligned(w, entries); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\n范围：OWN 我提出的；PARTY 我参与的；UNIT 我的单位及其下级的；TENANT 本政协全部的。\n\n"); err != nil {
		return err
	}
	rows := [][3]string{{"角色", "权限", "范围"}}
	for _, r := range Roles {
		for _, perm := range p.perms {
			if s := p.tables[r.Code][perm]; s != None {
				rows = append(rows, [3]string{r.Name + " " + r.Code, perm.String(), s.String()})
			}
		}
	}
	return aligned(w, rows)
}

// aligned writes a table whose first row is its heading.
func aligned(w io.Writer, rows [][3]string) error {
	var wide [3]int
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], width(cell))
		}
	}
	var b strings.Builder
	rule := strings.Repeat("-", wide[0]) + "-|-" + strings.Repeat("-", wide[1]) + "-|-" + strings.Repeat("-", wide[2])
	for i, row := range rows {
		fmt.Fprintf(&b, "%s | %s | %s\n", pad(row[0], wide[0]), pad(row[1], wide[1]), row[2])
		if i == 0 {
			b.WriteString(rule + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// width is how many columns a text takes on a screen: a Chinese character two.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}

func pad(s string, n int) string { return s + strings.Repeat(" ", n-width(s)) }
