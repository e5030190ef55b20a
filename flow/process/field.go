package process

import (
	"fmt"
	"slices"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Field is one field of a form as a person meets it: what a definition says of
// it, in the definition's order, with what is known by its name.
type Field struct {
	Name     string
	Title    string
	Type     string // string, number, integer, boolean, array or object; empty: anything
	Required bool
	Lines    bool      // a text of several lines
	Day      DayRule   // of a date; empty: none
	Picks    Pick      // what an id, or each of a list, names; empty: it names nothing
	List     string    // the setting from which the choices come; empty: they are fixed
	Choices  []Choice  // in the order in which they are shown; nil: free
	Needed   *Needed   // when it has to be filled in though it is not required
	Item     *Field    // of a list
	Fields   []*Field  // of an object
	schema   schemaMap // what the definition says
}

type schemaMap = map[string]any

// Choice is one value that a field can have, with its word.
type Choice struct {
	Value any
	Title string
}

// Needed says when a field has to be filled in: who acts stands so to the
// matter, or another field has a value.
type Needed struct {
	For   string // a relation, for example on_behalf
	Field string
	Is    any
}

// Pick is what an id in a form names: from what the person picks.
type Pick string

// What can be picked.
const (
	PickUnit       Pick = "unit"
	PickVenue      Pick = "venue"      // a unit of the line VENUE
	PickMember     Pick = "member"     // a membership
	PickParty      Pick = "party"      // a party of this matter
	PickItem       Pick = "item"       // an item of this matter
	PickEvent      Pick = "event"      // an event of this matter
	PickRecord     Pick = "record"     // a record of this matter
	PickAttachment Pick = "attachment" // an attachment of this matter
	PickFeedback   Pick = "feedback"   // a question to a proposer in this matter
	PickShare      Pick = "share"      // a unit's share of this matter
	PickProposal   Pick = "proposal"
	PickMatter     Pick = "matter"
	PickBallot     Pick = "ballot"  // a ballot of this matter
	PickKind       Pick = "kind"    // the process of a platform, by its code
	PickPartner    Pick = "partner" // another committee, by its code
)

// Picks are all of them.
var Picks = []Pick{PickUnit, PickVenue, PickMember, PickParty, PickItem, PickEvent, PickRecord, PickAttachment, PickFeedback,
	PickShare, PickProposal, PickMatter, PickBallot, PickKind, PickPartner}

// NamedField is what a field is that says nothing else of itself, by the name
// that the vocabulary's effects read.
type NamedField struct {
	Name, Title string
	Picks       Pick
}

// NamedFields are the fields that mean the same in every form.
var NamedFields = []NamedField{
	{"unitId", "单位", PickUnit}, {"unitIds", "单位", PickUnit}, {"suggestedUnitIds", "建议承办单位", PickUnit},
	{"streetId", "街道", PickUnit}, {"venueId", "阵地", PickVenue}, {"membershipId", "人员", PickMember}, {"membershipIds", "人员", PickMember},
	{"leaderId", "领导", PickMember}, {"officerId", "人员", PickMember}, {"partyId", "哪一方", PickParty}, {"itemId", "条目", PickItem},
	{"eventId", "会议或活动", PickEvent}, {"recordId", "记录", PickRecord}, {"documentId", "附件", PickAttachment},
	{"feedbackId", "征询的哪一份", PickFeedback}, {"intoId", "并入的提案", PickProposal}, {"proposalId", "提案", PickProposal},
	{"matterId", "事项", PickMatter}, {"ballotId", "测评", PickBallot}, {"partner", "哪个政协", PickPartner},
	{"parentId", "上一级条目", PickItem}, {"items", "条目", ""}, {"parties", "各方", ""}, {"host", "主持人", ""}, {"minutes", "问答辩", ""}, {"summary", "情况", ""},
	{"text", "内容", ""}, {"title", "题目", ""}, {"name", "姓名或名称", ""}, {"post", "职务", ""}, {"organisation", "所在单位或组织", ""},
	{"phone", "电话", ""}, {"kind", "类别", ""}, {"role", "承担方式", ""}, {"mode", "方式", ""}, {"aspect", "所属方面", ""}, {"as", "以什么身份", ""},
	{"owner", "由谁办", ""}, {"solution", "办法", ""}, {"path", "办理方式", ""}, {"on", "日期", ""}, {"dueOn", "期限", ""}, {"place", "地点", ""},
	{"present", "到会", ""}, {"absent", "缺席", ""}, {"evidence", "依据", ""}, {"note", "说明", ""},
}

func namedField(name string) NamedField {
	i := slices.IndexFunc(NamedFields, func(f NamedField) bool { return f.Name == name })
	if i < 0 {
		return NamedField{}
	}
	return NamedFields[i]
}

// fieldsOf reads the fields of an object's schema in the order in which the
// text has them; node may be nil, and the order is then that of the names.
func (a *Action) fieldsOf(schema schemaMap, node *yaml.Node) (out []*Field) {
	all, _ := schema["properties"].(schemaMap)
	props := child(node, "properties")
	names := keysOfNode(props)
	for _, name := range sortedKeys(all) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	required, _ := schema["required"].([]any)
	for _, name := range names {
		own, ok := all[name].(schemaMap)
		if !ok {
			continue
		}
		f := a.field(name, own, child(props, name))
		f.Required = slices.Contains(required, any(name))
		out = append(out, f)
	}
	return out
}

func (a *Action) field(name string, schema schemaMap, node *yaml.Node) *Field {
	known := namedField(name)
	f := &Field{Name: name, Title: known.Title, Picks: known.Picks, schema: schema, Day: a.dayRule(name, schema)}
	if own, ok := schema["title"].(string); ok {
		f.Title = own
	}
	if own, ok := schema["picks"].(string); ok {
		f.Picks = Pick(own)
	}
	f.choices(node)
	f.Needed = neededOf(schema)
	f.Type = typeOf(schema, f.Choices)
	if f.List != "" {
		f.Type = "string"
	}
	if item, ok := schema["items"].(schemaMap); ok {
		f.Item = a.field(name, item, child(node, "items"))
		if _, own := item["title"]; !own {
			f.Item.Title = f.Title
		}
	}
	f.Fields = a.fieldsOf(schema, node)
	if f.Type != "string" && (f.Item == nil || f.Item.Type != "string") { // an object is no id
		f.Picks = ""
	}
	most, bounded := whole(schema["maxLength"])
	f.Lines = f.Type == "string" && f.Choices == nil && f.List == "" && f.Picks == "" && schema["format"] == nil && (!bounded || most > longestLine)
	return f
}

// choices reads what a field can be: `choices` with words, the name of a
// setting's list, or a plain enum.
func (f *Field) choices(node *yaml.Node) {
	switch of := f.schema["choices"].(type) {
	case string:
		f.List = of
	case schemaMap:
		for _, code := range keysOfNode(child(node, "choices")) {
			title, _ := of[code].(string)
			f.Choices = append(f.Choices, Choice{code, title})
		}
		f.schema["enum"] = values(f.Choices) // who looks at a choice finds it there, whichever way it was written
	}
	if list, ok := f.schema["enum"].([]any); ok && f.Choices == nil {
		for _, v := range list {
			f.Choices = append(f.Choices, Choice{v, fmt.Sprint(v)})
		}
	}
}

func values(of []Choice) (out []any) {
	for _, c := range of {
		out = append(out, c.Value)
	}
	return out
}

func neededOf(schema schemaMap) *Needed {
	if relation, ok := schema["neededFor"].(string); ok {
		return &Needed{For: relation}
	}
	if of, ok := schema["neededIf"].(schemaMap); ok && len(of) == 1 {
		name := sortedKeys(of)[0]
		return &Needed{Field: name, Is: of[name]}
	}
	return nil
}

// typeOf is a field's type where the definition leaves it to what it can be.
func typeOf(schema schemaMap, choices []Choice) string {
	if own, ok := schema["type"].(string); ok {
		return own
	}
	_, fields := schema["properties"]
	_, item := schema["items"]
	switch {
	case schema["type"] != nil: // several
		return ""
	case fields:
		return "object"
	case item:
		return "array"
	}
	v, fixed := schema["const"]
	if !fixed && len(choices) > 0 {
		v = choices[0].Value
	}
	switch v.(type) {
	case bool:
		return "boolean"
	case string:
		return "string"
	case int, int64, uint64:
		return "integer"
	}
	return ""
}

// spoken reports whether a word can be shown to a person: it is no code.
func spoken(title string) bool {
	for _, r := range title {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}

// child is what stands under a key of a map in the text, past aliases; nil when
// nothing does.
func child(n *yaml.Node, key string) *yaml.Node {
	n = plain(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return plain(n.Content[i+1])
		}
	}
	for _, of := range merged(n) {
		if found := child(of, key); found != nil {
			return found
		}
	}
	return nil
}

// merged are the maps that a map takes in with `<<`.
func merged(n *yaml.Node) (out []*yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() != "!!merge" {
			continue
		}
		of := plain(n.Content[i+1])
		if of.Kind == yaml.SequenceNode {
			out = append(out, of.Content...)
		} else {
			out = append(out, of)
		}
	}
	return out
}

// elem is an element of a list in the text, past aliases.
func elem(n *yaml.Node, i int) *yaml.Node {
	if n = plain(n); n == nil || n.Kind != yaml.SequenceNode || i >= len(n.Content) {
		return nil
	}
	return plain(n.Content[i])
}

// keysOfNode are the keys of a map in the text, in their order.
func keysOfNode(n *yaml.Node) (out []string) {
	if n = plain(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	add := func(key string) {
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	for _, of := range merged(n) {
		for _, key := range keysOfNode(of) {
			add(key)
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() != "!!merge" {
			add(n.Content[i].Value)
		}
	}
	return out
}

func plain(n *yaml.Node) *yaml.Node {
	for n != nil && (n.Kind == yaml.AliasNode || n.Kind == yaml.DocumentNode) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		} else if len(n.Content) > 0 {
			n = n.Content[0]
		} else {
			return nil
		}
	}
	return n
}
