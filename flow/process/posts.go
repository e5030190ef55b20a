package process

import (
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
)

// A turn, and `by`, may name a post of seats: whoever has it in the matter's
// street, 界别 or owner unit is meant, by the roles that hang on the post, from the
// day he is seated to the day he leaves (docs/adr/0067). Its code is the database's.

// Post is a post of seats and what it is called.
type Post struct{ Code, Word string }

// Posts are those that a turn may name; who supervises a unit is not of it.
var Posts = []Post{
	{"MEMBER", "成员"}, {"SECONDARY", "兼任成员"}, {"CONVENER", "召集人"}, {"VICE_CONVENER", "副召集人"}, {"HEAD", "主任"}, {"DEPUTY_HEAD", "副主任"},
	{"CLERK", "干事"}, {"STREET_LIAISON", "街道联络员"}, {"STATION_HEAD", "站长"}, {"GUIDE", "指导员"}, {"PATRON", "联系领导"}, {"ON_DUTY", "值班委员"},
	{"LIAISON", "联络员"}, {"OFFICER", "承办人"}, {"DEPUTY_LEAD", "分管领导"}, {"MAIN_LEAD", "主要领导"},
}

// IsPost reports whether a code is a post's.
func IsPost(code string) bool { return PostWord(code) != "" }

// PostWord is what a post is called, empty for none.
func PostWord(code string) string {
	i := slices.IndexFunc(Posts, func(p Post) bool { return p.Code == code })
	if i < 0 {
		return ""
	}
	return Posts[i].Word
}

// PostCodes are their codes.
func PostCodes() (out []string) {
	for _, p := range Posts {
		out = append(out, p.Code)
	}
	return out
}

// Named reports whether an action is for one who holds such roles: one of them is
// named, or hangs on a post that is; or nobody is named.
func (a *Action) Named(rights *authz.Policy, roles []string) bool {
	return a.NamesOneOf(roles) || slices.ContainsFunc(a.By, func(by string) bool {
		return IsPost(by) && rights != nil && slices.ContainsFunc(rights.CarriedBy(by), func(r string) bool { return slices.Contains(roles, r) })
	})
}

// Whose names those whom an action names, as the committee calls them.
func (a *Action) Whose(rights *authz.Policy) string {
	names := make([]string, len(a.By))
	for i, by := range a.By {
		if names[i] = PostWord(by); names[i] == "" {
			names[i] = rights.Name(by)
		}
	}
	return strings.Join(names, "、")
}

// posts: who has the turn by a post has something to do it with, and somebody is
// named for when nobody has it.
func (k *checker) posts() {
	for _, code := range sortedKeys(k.d.Vacant) {
		if !IsPost(code) || k.d.Turns[code] == "" {
			k.fault("vacant", code, "“%s”不是 turns 里的职务", Clip(code))
		}
		for _, other := range k.d.Vacant[code] {
			if k.d.Turns[other] == "" || IsPost(other) {
				k.fault("vacant", code, "“%s”不能代办：要写 turns 里的角色、当事方或 units", Clip(other))
			}
		}
	}
	if Regulated(k.d.Kind) {
		return
	}
	for _, code := range sortedKeys(k.d.Turns) {
		if !IsPost(code) {
			continue
		}
		if len(k.d.Vacant[code]) == 0 {
			k.fault("turns", code, "轮到职务“%s”，要在 vacant 里写明没有人担任时由谁代办", k.d.Turns[code])
		}
		if k.rights == nil {
			continue
		}
		roles := k.rights.CarriedBy(code)
		if len(roles) == 0 {
			k.fault("turns", code, "没有角色挂在职务“%s”上，担任的人什么也做不了；请先在角色里建一个", PostWord(code))
		}
		for _, r := range roles {
			own, _ := k.rights.Own(r)
			for _, p := range own.Posts {
				if p != code {
					k.warn("turns", code, "角色“%s”也挂在职务“%s”上，同一单位的%s也会轮到", k.rights.Name(r), PostWord(p), PostWord(p))
				}
			}
		}
		if k.held != nil && len(roles) > 0 && !slices.ContainsFunc(roles, func(r string) bool { return k.held(r) }) {
			k.warn("turns", code, "现在没有人担任%s，轮到时由%s代办", PostWord(code), k.d.turnLabels(k.d.Vacant[code]))
		}
	}
}

// carriers are the roles by which a code of `by` or of a turn is held: itself, or
// those that hang on the post.
func (k *checker) carriers(codes []string) (out []string) {
	for _, c := range codes {
		if IsPost(c) && k.rights != nil {
			out = append(out, k.rights.CarriedBy(c)...)
		} else {
			out = append(out, c)
		}
	}
	return out
}
