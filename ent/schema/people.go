package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Membership is one person in one committee. The person's account is global
// and may have several; what he does here is done as this membership.
type Membership struct{ ent.Schema }

func (Membership) Mixin() []ent.Mixin { return tenantedVersioned }
func (Membership) Annotations() []schema.Annotation {
	return described("memberships", "一个人在一个政协里的身份：委员、机关干部或承办单位人员。", entgql.RelayConnection())
}

func (Membership) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("account_id", uuid.UUID{}).Optional().Nillable().Annotations(entgql.Skip()),
		field.Text("name").Comment("姓名").Annotations(entgql.OrderField("NAME")),
		ordering("name_pinyin", "PINYIN"),
		field.Enum("kind").Values("MEMBER", "STAFF", "UNIT_STAFF").Comment("委员 / 机关干部 / 承办单位人员"),
		ref("term_id"),
		text("member_no", "委员证号，每届重编，不是人的编号"),
		text("political_party", "党派"),
		text("post", "职务"),
		hiddenText("phone", "联系电话"),
		hiddenText("wecom", "企业微信的账号"),
		field.Enum("status").Values("PROPOSED", "ACTIVE", "SUSPENDED", "RESIGNED", "REVOKED", "ENDED").
			Default("ACTIVE").Comment("状态"),
		date("active_from", "起始日期"),
		date("active_to", "终止日期"),
		field.Bool("ranked").Default(true).Comment("是否参加履职排名"),
	}
}

func (Membership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("term", Term.Type).Field("term_id").Unique().Comment("所属届次"),
		edge.To("seats", Seat.Type).Comment("在各单位中的席位"),
		edge.To("grants", Grant.Type).Comment("被授予的角色"),
	}
}

func (Membership) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "name", "id"),
		index.Fields("tenant_id", "name_pinyin", "id"),
		index.Fields("tenant_id", "account_id").Unique(),
		index.Fields("tenant_id", "term_id"),
	}
}

// Unit is every organisation that a person can sit in. Three independent
// trees (domain.md ZS-28): organisation, venue, handling.
type Unit struct{ ent.Schema }

func (Unit) Mixin() []ent.Mixin { return tenantedVersioned }
func (Unit) Annotations() []schema.Annotation {
	return described("units", "单位：专委会、界别、街道联络委、阵地、承办单位等。三条线互相独立。", entgql.RelayConnection())
}

func (Unit) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("line").Values("ORGANISATION", "VENUE", "HANDLING").Immutable().Comment("组织线 / 阵地线 / 承办线"),
		field.Enum("kind").Values(
			"CHAIR_MEETING", "STANDING_COMMITTEE", "PARTY_GROUP", "COMMITTEE", "PROPOSAL_COMMITTEE", "OFFICE",
			"SECTOR", "SECTOR_GROUP", "POLITICAL_PARTY", "PEOPLES_GROUP", "STREET_LIAISON", "COMMUNITY_GROUP",
			"MEMBER_GROUP", "PARTY_BRANCH", "SUPERVISION_BOARD", "RESEARCH_TEAM",
			"VENUE_HOME", "VENUE_STATION", "VENUE_STUDIO", "VENUE_ROOM", "VENUE_SECTOR_STATION", "VENUE_PARLOUR", "VENUE_POST",
			"HANDLING_UNIT", "ASSIGNING_OFFICE").Comment("类别"),
		field.Text("name").Comment("名称").Annotations(entgql.OrderField("NAME")),
		text("short_name", "简称"),
		ref("parent_id"),
		ref("successor_id"),
		field.Enum("channel").Values("PARTY_OFFICE", "GOV_OFFICE", "NPC", "COURT", "PROCURATORATE", "GROUP", "VERTICAL", "STREET", "ENTERPRISE", "OTHER").
			Optional().Nillable().Comment("交办渠道（承办单位）"),
		text("doc_word", "发文字号中的机关代字，例如 中商发"),
		text("brand", "工作品牌"),
		text("category", "本政协自己的分类，例如 政协委员个人工作室"),
		text("level", "层级，例如 区、街道、社区"),
		date("active_from", "启用日期"),
		date("active_to", "停用日期；被引用的单位从不删除"),
	}
}

func (Unit) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("children", Unit.Type).Annotations(entgql.RelayConnection()).Comment("下级单位").
			From("parent").Field("parent_id").Unique().Comment("上级单位"),
		edge.To("predecessors", Unit.Type).Comment("并入或改名前的单位").
			From("successor").Field("successor_id").Unique().Comment("改名或合并后的单位"),
		edge.To("seats", Seat.Type).Annotations(entgql.RelayConnection()).Comment("席位"),
	}
}

func (Unit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "line", "name", "id"),
		index.Fields("tenant_id", "parent_id"),
		index.Fields("tenant_id", "successor_id"),
	}
}

// Seat puts a membership into a unit with a post and a period.
type Seat struct{ ent.Schema }

func (Seat) Mixin() []ent.Mixin { return tenanted }
func (Seat) Annotations() []schema.Annotation {
	return described("seats", "席位：某人在某单位担任某职务的一段时间。", entgql.RelayConnection())
}

func (Seat) Fields() []ent.Field {
	return []ent.Field{
		owner("membership_id"), owner("unit_id"),
		field.Enum("post").Values("MEMBER", "SECONDARY", "CONVENER", "VICE_CONVENER", "HEAD", "DEPUTY_HEAD", "CLERK",
			"STREET_LIAISON", "STATION_HEAD", "GUIDE", "PATRON", "ON_DUTY", "LIAISON", "OFFICER", "DEPUTY_LEAD", "MAIN_LEAD", "SUPERVISOR").
			Default("MEMBER").Comment("职务；SUPERVISOR 民主监督员只监督该单位，不因此成为单位的人"),
		text("initiator", "民主监督员由谁提出：政协委派、部门邀请"),
		text("certificate_no", "聘书编号"),
		date("seat_from", "起始日期"),
		date("seat_to", "终止日期，当天仍有效"),
	}
}

func (Seat) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("membership", Membership.Type, "seats", "membership_id"),
		partOf("unit", Unit.Type, "seats", "unit_id"),
	}
}

func (Seat) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "membership_id"), index.Fields("tenant_id", "unit_id")}
}

// Grant gives a membership a role, for a time, at most within one unit.
type Grant struct{ ent.Schema }

func (Grant) Mixin() []ent.Mixin { return tenanted }
func (Grant) Annotations() []schema.Annotation {
	return described("grants", "授权：某人在一段时间内具有某角色。到期即失效。")
}

func (Grant) Fields() []ent.Field {
	return []ent.Field{
		owner("membership_id"),
		field.Text("role").Immutable().Comment("角色代码，见权限表"),
		ref("granted_by_id"),
		date("valid_from", "起始日期"),
		date("valid_to", "终止日期，当天仍有效"),
		text("reason", "授权事由"),
		moment("revoked_at", "撤销时间"),
		ref("unit_id"),
	}
}

func (Grant) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("membership", Membership.Type, "grants", "membership_id"),
		edge.To("granted_by", Membership.Type).Field("granted_by_id").Unique().Comment("授权人"),
		edge.To("unit", Unit.Type).Field("unit_id").Unique().Comment("只在这个单位及其下级有效；空为不限"),
	}
}

func (Grant) Indexes() []ent.Index { return []ent.Index{index.Fields("tenant_id", "membership_id")} }
