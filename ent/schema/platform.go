package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Platform is a committee's brand of consultation or supervision: what runs on
// it is a process definition, what it counts is derived from its rows
// (domain.md 4.5).
type Platform struct{ ent.Schema }

func (Platform) Mixin() []ent.Mixin { return tenantedVersioned }
func (Platform) Annotations() []schema.Annotation {
	return described("platforms", "平台：一个政协自己的协商、调研或监督品牌，例如 旅事商量、双百恳谈。", entgql.RelayConnection())
}

func (Platform) Fields() []ent.Field {
	return []ent.Field{
		field.Text("code").Immutable().Comment("代码，用于网址，本政协内唯一"),
		field.Text("brand").Comment("品牌名称").Annotations(entgql.OrderField("BRAND")),
		text("brand_owner", "品牌属于谁；省里的品牌可由各地使用，空为本政协"),
		field.Text("type").Comment("类型：区域型、界别型、专业型、党派型，或本政协自己的"),
		text("level", "层级，例如 区、街道、社区"),
		field.Text("process_kind").Comment("所用流程的代码"),
		ref("parent_id"), ref("owner_unit_id"),
		text("approver", "议题由谁审定，例如 街道党工委"),
		text("host_rule", "会议由谁主持，例如 基层党组织负责人"),
		field.Strings("sources").Optional().Comment("议题从哪里来，例如 党政交题、委员荐题、群众征题、政协选题"),
		field.Strings("manners").Optional().Comment("议事要求，例如 依法依规、文明表达、机会均等、实事求是"),
		field.JSON("targets", map[string]any{}).Optional().Comment("年度目标：年度 → 计数代码 → 数").Annotations(entgql.Type("JSON")),
		field.Bool("takes_topics").Default(false).Comment("是否向公众征题"),
		field.Enum("status").Values("ACTIVE", "RETIRED").Default("ACTIVE").Comment("停用的平台不再开始新的事项，原有的继续办完"),
		moment("retired_at", "停用时间"),
	}
}

func (Platform) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("children", Platform.Type).Comment("下级平台").From("parent").Field("parent_id").Unique().Comment("上级平台"),
		edge.To("owner_unit", Unit.Type).Field("owner_unit_id").Unique().Comment("由哪个单位负责"),
	}
}

func (Platform) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "code").Unique(), index.Fields("tenant_id", "brand", "id"),
		index.Fields("tenant_id", "parent_id"), index.Fields("tenant_id", "owner_unit_id"),
	}
}

// Event is people coming together, or going to see for themselves, for one
// matter. A concealed one is known to its team only until it has been held
// (domain.md trap 17).
type Event struct{ ent.Schema }

func (Event) Mixin() []ent.Mixin { return tenantedVersioned }
func (Event) Annotations() []schema.Annotation {
	return described("events", "会议、走访、恳谈：在一个事项中聚到一起或到现场去。", entgql.RelayConnection())
}

func (Event) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("venue_id"), ref("unit_id"), ref("author_id"),
		field.Enum("kind").Values("TALK", "MEETING", "VISIT", "INSPECTION", "BRIEFING", "ACTIVITY").Immutable().
			Comment("恳谈 / 协商会议 / 走访 / 视察 / 通报 / 活动"),
		field.Text("title").Comment("名称"),
		text("form", "形式，例如 分组视察、无陪同视察、暗访、问卷调查、座谈、访谈；走进的场所"),
		field.Int("edition").Optional().Nillable().Comment("第几届"),
		field.Time("on").SchemaType(map[string]string{dialect.Postgres: "date"}).Comment("日期").
			Annotations(entgql.Type("Date"), entgql.OrderField("ON")),
		text("place", "地点"),
		field.Enum("state").Values("PLANNED", "HELD", "CANCELLED").Default("PLANNED").Comment("已安排 / 已举行 / 已取消"),
		field.Bool("concealed").Default(false).Comment("举行前只有课题组知道"),
		text("summary", "情况"),
	}
}

func (Event) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "events", "matter_id"),
		edge.To("venue", Unit.Type).Field("venue_id").Unique().Comment("阵地"),
		edge.To("unit", Unit.Type).Field("unit_id").Unique().Comment("走访的单位"),
		edge.To("author", Membership.Type).Field("author_id").Unique().Comment("记录人"),
		edge.To("attendances", Attendance.Type).Comment("到会"),
	}
}

func (Event) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "kind", "on", "id"), index.Fields("tenant_id", "venue_id"),
		index.Fields("tenant_id", "unit_id"), index.Fields("tenant_id", "author_id")}
}

// Attendance is one person's part in one event: person-times are its rows
// (domain.md trap 18).
type Attendance struct{ ent.Schema }

func (Attendance) Mixin() []ent.Mixin { return tenanted }
func (Attendance) Annotations() []schema.Annotation {
	return described("attendances", "到会：一人一次。人次是它的行数，人数是其中不同的人。")
}

func (Attendance) Fields() []ent.Field {
	return []ent.Field{
		owner("event_id"), owner("matter_id"), owner("party_id"),
		field.Enum("status").Values("INVITED", "CONFIRMED", "LEAVE", "ATTENDED", "ABSENT").Default("INVITED").
			Comment("已通知 / 确认参加 / 请假 / 到会 / 缺席"),
		text("note", "说明"),
	}
}

func (Attendance) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("event", Event.Type, "attendances", "event_id"),
		edge.To("matter", Matter.Type).Field("matter_id").Unique().Required().Immutable().Comment("所属事项"),
		edge.To("party", Party.Type).Field("party_id").Unique().Required().Immutable().Comment("谁"),
	}
}

func (Attendance) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "event_id", "party_id").Unique(), byMatter(), index.Fields("tenant_id", "party_id")}
}

// Notice tells one person something once. It is his alone.
type Notice struct{ ent.Schema }

func (Notice) Mixin() []ent.Mixin { return tenanted }
func (Notice) Annotations() []schema.Annotation {
	return described("notices", "通知：只有本人能看到。", entgql.RelayConnection())
}

func (Notice) Fields() []ent.Field {
	return []ent.Field{
		owner("membership_id"), ref("matter_id"),
		field.Text("text").Immutable().Comment("内容"),
		field.Enum("about").Values("TURN", "TOLD", "DUE", "OVERDUE", "STANDING", "DECISION", "INVITATION", "LETTER", "SYSTEM").
			Default("TOLD").Immutable().Comment("为什么通知"),
		field.Enum("level").Values("ORDINARY", "IMPORTANT", "URGENT").Default("ORDINARY").Immutable().Comment("轻重"),
		// what a page opens, answered as link
		field.Text("object_type").Default("").Immutable().Annotations(entgql.Skip()),
		field.UUID("object_id", uuid.UUID{}).Optional().Nillable().Immutable().Annotations(entgql.Skip()),
		field.Text("action").Default("").Immutable().Annotations(entgql.Skip()),
		moment("read_at", "读过的时间"),
	}
}

func (Notice) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("membership", Membership.Type).Field("membership_id").Unique().Required().Immutable().Comment("给谁"),
		edge.To("matter", Matter.Type).Field("matter_id").Unique().Comment("有关的事项"),
	}
}

func (Notice) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "membership_id", "id"), byMatter()}
}
