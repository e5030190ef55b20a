package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Agreement is what this committee lets cross to and from another one. Each
// side keeps its own row; either may suspend, and nothing crosses unless both
// rows say so (domain.md 10.2).
type Agreement struct{ ent.Schema }

func (Agreement) Mixin() []ent.Mixin { return tenantedVersioned }
func (Agreement) Annotations() []schema.Annotation {
	return described("agreements", "往来约定：本政协与另一政协之间可以送什么。任何一方都可以中止。", entgql.RelayConnection())
}

func (Agreement) Fields() []ent.Field {
	return []ent.Field{
		field.Text("partner").Immutable().Comment("对方政协的行政区划代码"),
		field.Text("partner_name").Comment("对方政协的名称"),
		text("partner_key", "对方签名用的公钥（Ed25519，base64）；在同一套系统里的由系统填写"),
		field.Enum("channel").Values("LOCAL", "FILE").Default("LOCAL").Comment("同一套系统 / 信封文件"),
		field.Strings("sends").Optional().Comment("可以送出的种类"),
		field.Strings("receives").Optional().Comment("可以收进的种类"),
		field.Enum("status").Values("ACTIVE", "SUSPENDED").Default("ACTIVE").Comment("有效 / 中止"),
		text("reason", "中止的理由"),
		moment("suspended_at", "中止时间"),
	}
}

func (Agreement) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "partner").Unique()}
}
