package vocab_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
)

// TestWordsAreChecked: what can never do anything is found at publication, on
// the line of the rule.
func TestWordsAreChecked(t *testing.T) {
	check := checker(t)
	for _, c := range []struct{ where, rule, fields, says string }{
		{"guards", `{checklist: {key: two_six, field: a}}`, "a: {type: array, title: 甲}", ""},
		{"guards", `{checklist: {key: two_seven, field: a}}`, "a: {title: 甲}", "没有清单“two_seven”"},
		{"guards", `{checklist: {key: two_six, field: b}}`, "a: {title: 甲}", "“b”"},
		{"guards", `{checklist: {key: two_six}}`, "", "field"},
		{"guards", `{approval: {}}`, "", "要写明 by"},
		{"guards", `{approval: {by: 甲, at: 乙}}`, "", "at"},
		{"guards", `{parties: {role: HOSTESS, least: 1}}`, "", "没有当事方的角色“HOSTESS”"},
		{"guards", `{parties: {role: HOST}}`, "", "least 或 most"},
		{"guards", `{parties: {role: HOST, least: 3, most: 1}}`, "", "least ≤ most"},
		{"guards", `{parties: {kind: RESIDENT, least: 1}}`, "", "没有哪个动作会增加类别为“RESIDENT”的当事方"},
		{"guards", `{present: {event: PARTY, least: 1}}`, "", "没有会议或活动的类别“PARTY”"},
		{"guards", `{events: {kind: MEETING, state: OVER, least: 1}}`, "", "没有会议或活动的状态“OVER”"},
		{"guards", `{records: {kind: RUMOUR, least: 1}}`, "", "没有记录的类别“RUMOUR”"},
		{"guards", `{speakers_researched: {least: 1}}`, "", "不带参数"},
		{"guards", `{items: {kind: WISH, least: 1}}`, "", "没有条目的类别“WISH”"},
		{"guards", `{items_settled: {kind: WISH}}`, "", "“WISH”"},
		{"guards", `{items_have: {kind: PROBLEM, fields: [colour]}}`, "", "“colour”"},
		{"guards", `{items_have: {kind: PROBLEM}}`, "", "fields"},
		{"guards", `{attachments: {kind: FILM, least: 1}}`, "", "“FILM”"},
		{"guards", `{linked: {kind: LIKES, least: 1}}`, "", "“LIKES”"},
		{"guards", `{data: {}}`, "", "fields"},
		{"guards", `{window: {from: 03-01, to: 31-03}}`, "", "MM-DD"},
		{"as", `{party: {roles: [BOSS]}}`, "", "“BOSS”"},
		{"as", `{party: {}}`, "", "roles"},
		{"as", `{seat: {posts: [CONVENER]}}`, "", "by 限定角色"},
		{"as", `{seat: {kinds: [PUB]}}`, "", "“PUB”"},
		{"effects", `{save: {fields: [b]}}`, "a: {title: 甲}", "“b”"},
		{"effects", `{save: {fields: [phone]}}`, "phone: {}", "个人信息"},
		{"effects", `{number: {key: none}}`, "", "没有编号规则“none”"},
		{"effects", `{record: {kind: RUMOUR}}`, "", "“RUMOUR”"},
		{"effects", `{record: {kind: NOTE, text: b, number: none, audience: ME}}`, "a: {title: 甲}", "“b”"},
		{"effects", `minutes`, "", "“minutes”"},
		{"effects", `minutes`, "minutes: {type: array, items: {properties: {who: {}}}}", "“who”不会被保存"},
		{"effects", `{party: {role: BOSS}}`, "parties: {type: array}", "“BOSS”"},
		{"effects", `{party: {role: HOST, field: host}}`, "host: {type: object}", "应是列表"},
		{"effects", `remove_party`, "", "“partyId”"},
		{"effects", `{event: {kind: PARTY}}`, "on: {}", "“PARTY”"},
		{"effects", `{event: {kind: VISIT, state: CANCELLED}}`, `"on": {}`, "PLANNED 或 HELD"},
		{"effects", `hold`, "", "“eventId”"},
		{"effects", `cancel_event`, "", "“eventId”"},
		{"effects", `{items: {kind: WISH}}`, "items: {type: array}", "“WISH”"},
		{"effects", `{items: {kind: PROBLEM}}`, "items: {type: array, items: {properties: {colour: {}}}}", "“colour”不会被保存"},
		{"effects", `claim_item`, "itemId: {}", "“path”"},
		{"effects", `settle_item`, "itemId: {}, done: {}", "“evidence”"},
		{"effects", `{notify: {roles: [king], text: x}}`, "", "没有角色“king”"},
		{"effects", `{notify: {text: x}}`, "", "roles 或 parties"},
		{"effects", `{notify: {roles: [member], text: "{phone}"}}`, "", "{phone} 不认识"},
		{"effects", `{notify: {roles: [member], text: x}}, {event: {kind: VISIT, concealed: true}}`, `"on": {}`, "写在 notify 的前面"},
		{"effects", `{create: {kind: proposal, link: SINKS_TO}}`, "", "不能由别的流程直接开出"},
		{"effects", `{create: {link: SINKS_TO}}`, "", "kind 或 field"},
		{"effects", `{create: {kind: one, link: LIKES, title: name}}`, "", "“LIKES”"},
		{"effects", `{link: {kind: FOLLOWS, field: b}}`, "a: {title: 甲}", "“b”"},
		{"effects", `{start_timer: {key: nope}}`, "", "没有期限“nope”"},
		{"effects", `{start_timer: {key: own}}`, "", "由环节“甲”自动开始"},
		{"effects", `{stop_timer: {key: free}}`, "", ""},
		{"effects", `{document: {title: 报告, template: "{form.b}"}}`, "a: {title: 甲}", "“b”"},
		{"effects", `{document: {title: 报告, template: "{data.phone}"}}`, "", "个人信息"},
		{"effects", `{document: {title: 报告, template: "{colour}", number: none}}`, "", "{colour} 不认识"},
		{"effects", `{score: {role: TEAM}}`, "", "code"},
		{"effects", `hand_over`, "unitId: {}", "as"},
		{"effects", `{hand_over: {as: town}}`, "unitId: {}", "as 不能写“town”"},
		{"effects", `{hand_over: {as: street, field: streetId}}`, "unitId: {}", "“streetId”"},
		{"effects", `{hand_over: {as: duty}}`, "unitId: {}", "as 不能写“duty”"},
		{"effects", `{hand_over: {as: unit, leaves: [town]}}`, "unitId: {}", "leaves 不能写“town”"},
		{"effects", `{hand_over: {as: unit, restarts: [free]}}`, "unitId: {}", "不在任何环节里计时"},
		{"effects", `{hand_over: {as: unit, back: 31}}`, "unitId: {}", "0 至 30 天"},
		{"effects", `{hand_over: {as: unit, back: 3}}`, "unitId: {}", "无从撤回"},
		{"effects", `hand_back`, "", "要有条件 handed"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := check(c.where, c.rule, c.fields); (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestTemplates: what is shipped says only what the vocabulary knows.
func TestTemplates(t *testing.T) {
	e := flow.NewRules()
	vocab.Register(e)
	e.Kind(&flow.Kind{Code: "opinion"}) // others open it
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../tenants/templates/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Base(f)
		if authz.Regulated(strings.TrimSuffix(name, ".yaml")) { // written in the words of their own packages
			continue
		}
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			d, err := process.Parse(source)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range e.Check(d, process.DefaultPolicy(), process.RolesOf(rights)) {
				t.Error(found)
			}
		})
	}
}

func TestVocabulary(t *testing.T) {
	e := flow.NewRules()
	vocab.Register(e)
	e.For("proposal").Guard("own.rule", "一句话", func(*flow.Input) error { return nil })
	t.Run("every word has a sentence, and every argument its meaning", func(t *testing.T) {
		for _, w := range e.Vocabulary().ForAll() {
			if w.Says == "" {
				t.Errorf("%s %s: %q", w.Sort, w.Name, w.Says)
			}
			for _, a := range w.Args {
				if a.Name == "" || a.Doc == "" || a.Type == "" {
					t.Errorf("%s %s: %+v", w.Sort, w.Name, a)
				}
			}
		}
	})
	t.Run("every promised word is there, and no noun's own", func(t *testing.T) {
		got := map[string]bool{}
		for _, w := range e.Vocabulary().ForAll() {
			got[string(w.Sort)+" "+w.Name] = true
		}
		for sort, names := range map[string]string{
			"guard": "checklist approval parties present events records speakers_researched items items_settled items_have attachments linked data window when " +
				"not_suspended suspended never deadline_passed handed",
			"relation": "party seat creator",
			"effect": "save number record minutes party remove_party event hold cancel_event items claim_item settle_item notify create link start_timer stop_timer " +
				"document score suspend_timers resume_timers hand_over hand_back",
		} {
			for _, n := range strings.Fields(names) {
				if !got[sort+" "+n] {
					t.Errorf("no %s %s", sort, n)
				}
				delete(got, sort+" "+n)
			}
		}
		if len(got) > 0 {
			t.Error(got)
		}
	})
	t.Run("it is printed as Markdown", func(t *testing.T) {
		var b bytes.Buffer
		if err := vocab.Print(&b, e.Vocabulary()); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"### `checklist`", "| `fields` | 文字的列表 |", "### `deadline_passed`", "| `cel` | 文字 |", "## 关系（as）"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is missing", want)
			}
		}
		if strings.Contains(b.String(), "### `own.rule`") || !strings.Contains(b.String(), "| `own.rule` | 条件 | 一句话 |") {
			t.Error("own.rule does not stand in the table of its kind")
		}
	})
}
