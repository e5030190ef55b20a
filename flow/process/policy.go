package process

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Rating is a word of satisfaction and what it counts as.
type Rating struct {
	Code   string `json:"code"`
	Label  string `json:"label"`
	Counts string `json:"counts"` // SATISFIED, BASIC, UNDERSTOOD or DISSATISFIED
}

// Class is a class of reply.
type Class struct {
	Code  string `json:"code"`
	Label string `json:"label"`
	Track bool   `json:"track"` // its commitments are followed until they are done
}

// Reason is a reason of not filing.
type Reason struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// Amount is a deadline of the policy.
type Amount struct {
	Amount int           `json:"amount" yaml:"amount" doc:"数量，大于 0" need:"yes"`
	Unit   deadline.Unit `json:"unit" yaml:"unit" doc:"单位：工作日、自然日、月、小时" one:"units" need:"yes"`
}

// CheckItem is one question of a checklist and the answer that lets a topic
// pass: YES, NO, or empty for either.
type CheckItem struct {
	Text string `json:"text"`
	Want string `json:"want"`
}

// Checklist is what somebody goes through before a decision. Texts that the
// sources do not give (两议六不议, 三无, 三有; domain.md trap 20) are shipped
// empty in the right number: a process that asks for them waits for the
// committee's words, or for the reason why it goes without.
type Checklist struct {
	Title  string      `json:"title"`
	Items  []CheckItem `json:"items"`
	Waived string      `json:"waived"` // why it is done without; empty: it is not
}

// Ready reports whether the checklist can be gone through.
func (c Checklist) Ready() bool {
	return c.Waived != "" || !slices.ContainsFunc(c.Items, func(i CheckItem) bool { return strings.TrimSpace(i.Text) == "" })
}

// Policy is a committee's settings: everything that the sources disagree on
// (domain.md 3.2). The zero version is the shipped default.
type Policy struct {
	Version             int                  `json:"-"`
	Deadlines           map[string]Amount    `json:"deadlines"`
	Classes             []Class              `json:"classes"`
	Ratings             []Rating             `json:"ratings"`
	RejectBy            string               `json:"rejectBy"`            // LEAD: the first proposer's dissatisfaction reopens; ANY: anyone's
	MaxRounds           int                  `json:"maxRounds"`           // rounds before the face-to-face consultation
	ContactRequired     bool                 `json:"contactRequired"`     // 面商 before a reply
	ContactBy           string               `json:"contactBy"`           // FACE: only 面商 is enough, 面谈、座谈会 or 实地; ANY: 沟通 of any kind is
	OfficeAudit         bool                 `json:"officeAudit"`         // the office reads replies before they go out
	ReviewPasses        int                  `json:"reviewPasses"`        // 初审、复审、终审
	ReviewPeople        int                  `json:"reviewPeople"`        // as many passes in a row are made by different people; 1: one may make them all
	MergeMode           string               `json:"mergeMode"`           // SURVIVING_LEAD
	BodyLimit           int                  `json:"bodyLimit"`           // characters of the three parts together
	ResignOnResubmit    bool                 `json:"resignOnResubmit"`    // changed text needs the co-signers again
	Intersession        bool                 `json:"intersession"`        // 平时提案 are taken
	MaxExtensions       int                  `json:"maxExtensions"`       // a unit's share may be extended so often
	NotFiledReasons     []Reason             `json:"notFiledReasons"`     // the ten national ones and the tenant's own
	IntersessionNumbers string               `json:"intersessionNumbers"` // CONTINUE: after the plenary numbers; OWN: own series
	Labels              map[string]string    `json:"labels"`              // the tenant's own words: "proposal.FILED", "stage.提", "unit.STREET_LIAISON" → …
	Checklists          map[string]Checklist `json:"checklists"`          // by code
	Numbers             map[string]string    `json:"numbers"`             // patterns of number series by code, for example {year}-微-{seq}
	FileQuota           FileQuota            `json:"fileQuota"`           // how much may be kept as attachments
	Phone               Phone                `json:"phone"`               // what reaches people's phones
	SignIn              signin.Policy        `json:"signIn"`              // what is asked of who signs in
	OwnDetails          OwnDetails           `json:"ownDetails"`          // what people change of themselves
}

// Lists are the settings that a form can name as the choices of a field.
var Lists = []string{"ratings", "classes", "notFiledReasons"}

// List is the choices that a setting gives, nil for one that is no list.
func (p Policy) List(setting string) (out []Choice) {
	switch setting {
	case "ratings":
		for _, r := range p.Ratings {
			out = append(out, Choice{r.Code, r.Label})
		}
	case "classes":
		for _, c := range p.Classes {
			out = append(out, Choice{c.Code, c.Label})
		}
	case "notFiledReasons":
		for _, r := range p.NotFiledReasons {
			out = append(out, Choice{r.Code, r.Label})
		}
	}
	return out
}

// epoch stands in for a base day where only the amount is checked.
var epoch = clock.Date(2024, 1, 1)

//go:embed policy.json
var defaults []byte

// DefaultPolicy is what holds where a committee has not decided otherwise.
func DefaultPolicy() Policy {
	p, err := Overlay(nil, 0) // the caller's own: tests change it
	if err != nil {
		panic(err) // the embedded file is read by a test
	}
	return p
}

// Overlay lays a committee's settings over the defaults. Unknown settings
// are refused: a misspelt one would silently change nothing.
func Overlay(settings map[string]any, version int) (Policy, error) {
	p := Policy{Version: version}
	if err := json.Unmarshal(defaults, &p); err != nil {
		return p, fmt.Errorf("process: policy.json: %w", err)
	}
	if len(settings) == 0 {
		return p, nil
	}
	for key, v := range settings {
		if v == nil { // it would empty the setting instead of leaving it
			return p, errs.New(errs.Invalid, "政策设置“%s”不能为空；不想改就不要写", Clip(key))
		}
	}
	b, err := json.Marshal(settings)
	if err != nil {
		return p, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return p, unreadable(err)
	}
	// A list replaces the default one whole: into a list that is not empty the
	// decoder fills what an element leaves out from the one that stood there.
	var own Policy
	if err := json.Unmarshal(b, &own); err != nil {
		return p, err
	}
	p.Classes, p.Ratings, p.NotFiledReasons = or(own.Classes, p.Classes), or(own.Ratings, p.Ratings), or(own.NotFiledReasons, p.NotFiledReasons)
	p.Version = version
	return p, p.validate()
}

// unreadable names the setting that the decoder did not like, and not its
// value.
func unreadable(err error) error {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return errs.New(errs.Invalid, "政策设置“%s”的格式不对，请对照现行的政策修改", Clip(typ.Field)).Because(err)
	}
	name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
	return errs.New(errs.Invalid, "政策设置有不认识的项目“%s”，请对照现行的政策修改", Clip(name)).Because(err)
}

// or is the given list, the default one where none is given.
func or[T any](given, standard []T) []T {
	if given == nil {
		return standard
	}
	return given
}

// labelKey: proposal.FILED for a state, stage.提 for a stage, unit.STREET_LIAISON
// for a kind of organisation (domain.md 3.2: 联络委, 工作委员会, 活动组).
var labelKey = regexp.MustCompile(`^([a-z][a-z0-9_]*\.[A-Za-z][A-Za-z0-9_]*|stage\.\S{1,20})$`)

// counted is what a rating can count as.
var counted = []string{"SATISFIED", "BASIC", "UNDERSTOOD", "DISSATISFIED"}

func (p Policy) validate() error {
	for key, a := range p.Deadlines {
		b := deadline.Budget{Key: key, Base: epoch, Amount: a.Amount, Unit: a.Unit}
		if err := b.Validate(); err != nil {
			return errs.New(errs.Invalid, "期限“%s”的数值或单位不对", key).Because(err)
		}
	}
	switch {
	case p.RejectBy != "LEAD" && p.RejectBy != "ANY":
		return errs.New(errs.Invalid, "rejectBy 只能是 LEAD 或 ANY")
	case p.ContactBy != "FACE" && p.ContactBy != "ANY":
		return errs.New(errs.Invalid, "contactBy 只能是 FACE（面商：面谈、座谈会或实地）或 ANY（任何方式的沟通）")
	case p.MergeMode != "SURVIVING_LEAD":
		return errs.New(errs.Invalid, "mergeMode 目前只能是 SURVIVING_LEAD")
	case p.IntersessionNumbers != "CONTINUE" && p.IntersessionNumbers != "OWN":
		return errs.New(errs.Invalid, "intersessionNumbers 只能是 CONTINUE 或 OWN")
	case p.MaxRounds < 1 || p.ReviewPasses < 1 || p.ReviewPasses > 3:
		return errs.New(errs.Invalid, "maxRounds 至少为 1，reviewPasses 为 1 至 3")
	case p.ReviewPeople < 1 || p.ReviewPeople > 3:
		return errs.New(errs.Invalid, "reviewPeople 为 1 至 3：相邻的几遍审查须由不同的人进行，1 为不限")
	case p.BodyLimit < 1 || p.MaxExtensions < 0:
		return errs.New(errs.Invalid, "bodyLimit 至少为 1，maxExtensions 至少为 0")
	case len(p.Deadlines) == 0 || len(p.Classes) == 0 || len(p.Ratings) == 0:
		return errs.New(errs.Invalid, "期限、答复分类和满意度用语不能为空")
	}
	for _, r := range p.Ratings {
		if !slices.Contains(counted, r.Counts) {
			return errs.New(errs.Invalid, "满意度用语“%s”的 counts 只能是 %s", r.Label, strings.Join(counted, "、"))
		}
	}
	for key, word := range p.Labels {
		if !labelKey.MatchString(key) || word == "" || len([]rune(word)) > 40 {
			return errs.New(errs.Invalid, "用语“%s”写成 流程.环节、stage.阶段 或 unit.单位类别，用词 1 至 40 字", Clip(key))
		}
	}
	for key, c := range p.Checklists {
		if c.Title == "" || len(c.Items) == 0 {
			return errs.New(errs.Invalid, "清单“%s”要有名称和至少一项", Clip(key))
		}
		for _, it := range c.Items {
			if it.Want != "" && it.Want != "YES" && it.Want != "NO" {
				return errs.New(errs.Invalid, "清单“%s”的 want 只能是 YES、NO 或空", Clip(key))
			}
		}
	}
	return errors.Join(
		p.Phone.validate(), p.FileQuota.validate(), p.SignIn.Validate(), p.OwnDetails.validate(),
		unique("classes", p.Classes, func(c Class) string { return c.Code }),
		unique("ratings", p.Ratings, func(r Rating) string { return r.Code }),
		unique("notFiledReasons", p.NotFiledReasons, func(r Reason) string { return r.Code }),
	)
}

func unique[T any](name string, list []T, code func(T) string) error {
	seen := map[string]bool{"": true}
	for _, x := range list {
		if seen[code(x)] {
			return errs.New(errs.Invalid, "%s 的代码“%s”为空或重复", name, code(x))
		}
		seen[code(x)] = true
	}
	return nil
}

// Class finds a class of reply by code.
func (p Policy) Class(code string) (Class, bool) {
	for _, c := range p.Classes {
		if c.Code == code {
			return c, true
		}
	}
	return Class{}, false
}

// Rating finds a word of satisfaction by code.
func (p Policy) Rating(code string) (Rating, bool) {
	for _, r := range p.Ratings {
		if r.Code == code {
			return r, true
		}
	}
	return Rating{}, false
}

// CheckPolicy validates settings before they become a version. It may refuse
// what Overlay still reads of versions that are there.
func CheckPolicy(settings map[string]any) error {
	p, err := Overlay(settings, 1)
	if err != nil {
		return err
	}
	for _, key := range sortedKeys(p.Numbers) {
		if err := CheckPattern(key, p.Numbers[key]); err != nil {
			return err
		}
	}
	return nil
}

// Map is the policy as its JSON document.
func (p Policy) Map() (m map[string]any, err error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return m, json.Unmarshal(b, &m)
}
