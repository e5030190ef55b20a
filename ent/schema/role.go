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

// Role is one version of a role of a committee's own, or of what it says of a
// shipped one: its name, the posts by which it is held. A version is in force
// from since until until; without since it waits for a second person.
type Role struct{ ent.Schema }

func (Role) Mixin() []ent.Mixin { return tenanted }
func (Role) Annotations() []schema.Annotation {
	return described("roles", "本会的角色的一个版本：自己的角色，或对随产品提供的角色的叫法和任职。内容不再改变，修改是下一个版本。")
}

func (Role) Fields() []ent.Field {
	return []ent.Field{
		field.Text("code").Immutable().Comment("角色代码；自己的角色以 own_ 开头"),
		field.Int("version").Positive().Immutable().Comment("版本"),
		field.Text("name").Immutable().Comment("本会的叫法"),
		field.Text("duty").Optional().Immutable().Comment("用途，一句话"),
		field.Text("base").Optional().Immutable().Comment("由哪个角色复制而来"),
		field.JSON("rights", map[string]string{}).Optional().Immutable().Annotations(entgql.Skip()),
		field.JSON("kinds", []string{}).Optional().Immutable().Comment("只对这些类别的事项有效；空为不限"),
		field.JSON("states", []string{}).Optional().Immutable().Comment("只在这些环节有效；空为不限"),
		field.JSON("platforms", []uuid.UUID{}).Optional().Immutable().Annotations(entgql.Skip()),
		field.JSON("posts", []string{}).Optional().Immutable().Annotations(entgql.Skip()),
		field.Text("reason").Optional().Immutable().Comment("为什么这样设置"),
		moment("since", "生效的时间；空为还须另一人确认"),
		moment("until", "由下一版代替、停用或放弃的时间"),
		ref("proposed_by_id"),
		ref("confirmed_by_id"),
	}
}

func (Role) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("proposed_by", Membership.Type).Field("proposed_by_id").Unique().Comment("设置的人"),
		edge.To("confirmed_by", Membership.Type).Field("confirmed_by_id").Unique().Comment("确认的人；一人就能设置的为空"),
	}
}

func (Role) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "code", "version").Unique()}
}

// Substitution lets one person act for another in a period: by the roles that
// are about an office, as long as the other holds them.
type Substitution struct{ ent.Schema }

func (Substitution) Mixin() []ent.Mixin { return tenanted }
func (Substitution) Annotations() []schema.Annotation {
	return described("substitutions", "代理：在一段时间内由另一人代为办理职务上的事。本人的职务、身份或期限结束，代理也就结束。")
}

func (Substitution) Fields() []ent.Field {
	return []ent.Field{
		owner("member_id"),
		field.UUID("substitute_id", uuid.UUID{}).Immutable().Annotations(entgql.Skip()),
		date("valid_from", "第一天"),
		date("valid_to", "最后一天"),
		text("reason", "事由"),
		moment("ended_at", "提前结束的时间"),
		ref("confirmed_by_id"),
		moment("confirmed_at", "确认的时间"),
	}
}

func (Substitution) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("member", Membership.Type).Field("member_id").Unique().Required().Immutable().Comment("由谁的职务"),
		edge.To("substitute", Membership.Type).Field("substitute_id").Unique().Required().Immutable().Comment("由谁代"),
		edge.To("confirmed_by", Membership.Type).Field("confirmed_by_id").Unique().Comment("确认的管理员；须两人授予的角色，确认以后才能代"),
	}
}

func (Substitution) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "substitute_id"), index.Fields("tenant_id", "member_id")}
}
