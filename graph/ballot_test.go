package graph_test

import (
	"context"
	"strings"
	"testing"
)

// vote opens a secret ballot on the handling of the loop of which the standing
// committee has heard.
func (c *committee) vote(title string) string {
	c.t.Helper()
	return c.do("主任", "openBallot", c.ballot(title))["id"].(string)
}

func (c *committee) ballot(title string) input {
	return input{
		"matterId": c.made["heard"], "title": c.mark + title, "subjectIds": []string{c.unit["商务局"], c.unit["文旅局"]}, "dimensions": []string{"办理质量", "沟通协商"},
		"options":  []input{{"name": "满意"}, {"name": "基本满意"}, {"name": "不满意"}, {"name": "弃权", "abstention": true}},
		"voterIds": []string{c.person["委员甲"], c.person["委员乙"], c.person["委员丙"], c.person["召集人"]}, "closesAt": "2024-12-30T17:00:00+08:00",
	}
}

// claim is the vote that a voter is handed.
func (c *committee) claim(who, ballot string) string {
	c.t.Helper()
	a := c.call(who, "claimBallot", input{"id": ballot})
	token, ok := dig(a.Data, "claimBallot", "token").(string)
	if !ok {
		c.t.Fatal(a.text)
	}
	return token
}

// cast sends a vote as nobody.
func (c *committee) cast(token, option string, units ...string) answer {
	c.t.Helper()
	var choices []input
	for _, u := range units {
		for _, d := range []string{"办理质量", "沟通协商"} {
			choices = append(choices, input{"unitId": c.unit[u], "dimension": d, "option": option})
		}
	}
	return c.post(context.Background(), "", `mutation($input: CastBallotInput!) { castBallot(input: $input) { done valid userErrors { code message } } }`,
		input{"input": input{"token": token, "choices": choices}})
}

const ballotResult = `query($id: ID!) { ballotResult(id: $id) { voters cast absent withheld tallies { unitId dimension valid invalid abstained absent votes { option votes rate { numerator denominator text } } } } }`

func TestASecretBallotThroughTheAPI(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区").live()
	id := c.made["ballot"]
	t.Run("a loop has one open ballot at a time", func(t *testing.T) {
		e := c.refusal("主任", "openBallot", c.ballot("又一次"))
		if e["code"] != "CONFLICT" {
			t.Error(e)
		}
	})
	t.Run("who is on the list sees it, who is not does not", func(t *testing.T) {
		for who, want := range map[string]bool{"委员甲": true, "联络员": false} {
			a := c.ask(who, `{ myBallots { id title invited claimed open voters options { name abstention } subjects { name } } }`, nil)
			if strings.Contains(a.text, id) != want {
				t.Error(who, a.text)
			}
		}
	})
	t.Run("nobody reads a result before the end, not even who opened it", func(t *testing.T) {
		for _, who := range []string{"主任", "全权", "管理员甲"} {
			if a := c.ask(who, ballotResult, input{"id": id}); dig(a.Data, "ballotResult") != nil || a.code() == "" {
				t.Error(who, a.text)
			}
		}
	})
	tokens := map[string]string{}
	for _, who := range []string{"委员甲", "委员乙", "委员丙"} {
		tokens[who] = c.claim(who, id)
	}
	t.Run("a lost answer does no harm: claimed again it is the same vote", func(t *testing.T) {
		if c.claim("委员甲", id) != tokens["委员甲"] || tokens["委员甲"] == tokens["委员乙"] {
			t.Error(tokens)
		}
	})
	t.Run("a vote is cast without signing in, alone in its request, and once", func(t *testing.T) {
		for who, option := range map[string]string{"委员甲": "满意", "委员乙": "弃权"} {
			if a := c.cast(tokens[who], option, "商务局", "文旅局"); dig(a.Data, "castBallot", "done") != true || dig(a.Data, "castBallot", "valid") != true {
				t.Fatal(a.text)
			}
		}
		if a := c.cast(tokens["委员甲"], "不满意", "商务局", "文旅局"); dig(a.Data, "castBallot", "done") != false {
			t.Error(a.text)
		}
		if a := c.cast(tokens["委员丙"], "满意", "商务局"); dig(a.Data, "castBallot", "done") != true || dig(a.Data, "castBallot", "valid") != false {
			t.Error("incomplete:", a.text)
		}
		if a := c.post(context.Background(), "", `mutation { castBallot(input: {token: "x", choices: []}) { done } openCohort(input: {handleYear: 2030, title: "x"}) { matter { id } } }`, nil); len(a.Errors) == 0 {
			t.Error(a.text)
		}
	})
	t.Run("the book says that somebody voted, and neither who nor what", func(t *testing.T) {
		var cast int
		c.db.AsSuper(t, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND entry LIKE '%匿名%' AND entry NOT LIKE '%满意%' AND entry NOT LIKE '%' || $2 || '%'`,
			[]any{c.id, c.person["委员甲"]}, &cast)
		if cast != 3 {
			t.Error(cast)
		}
	})
	t.Run("when it has ended, numbers and shares: valid, invalid, abstained, absent", func(t *testing.T) {
		c.at(2024, 12, 31, c)
		a := c.ask("主任", ballotResult, input{"id": id})
		first := dig(a.Data, "ballotResult", "tallies", 0)
		if dig(a.Data, "ballotResult", "cast") != 3.0 || dig(a.Data, "ballotResult", "absent") != 1.0 || dig(first, "valid") != 2.0 || dig(first, "invalid") != 1.0 || dig(first, "abstained") != 1.0 ||
			dig(first, "votes", 0, "rate", "text") != "50.0%" {
			t.Error(a.text)
		}
	})
	t.Run("a unit reads its own result only", func(t *testing.T) {
		a := c.ask("商务局联络员", ballotResult, input{"id": id})
		if list, _ := dig(a.Data, "ballotResult", "tallies").([]any); len(list) != 2 || strings.Contains(a.text, c.unit["文旅局"]) {
			t.Error(a.text)
		}
	})
	t.Run("ended early it needs a reason", func(t *testing.T) {
		again := c.do("主任", "openBallot", input{
			"matterId": c.made["heard"], "title": "再测评", "subjectIds": []string{c.unit["商务局"]}, "dimensions": []string{"落实效果"},
			"options":  []input{{"name": "满意"}, {"name": "不满意"}, {"name": "弃权", "abstention": true}},
			"voterIds": []string{c.person["委员甲"], c.person["委员乙"], c.person["委员丙"]}, "closesAt": "2025-01-10T17:00:00+08:00",
		})["id"].(string)
		if e := c.refusal("主任", "closeBallot", input{"id": again}); e["code"] != "INVALID_INPUT" {
			t.Error(e)
		}
		if b := c.do("主任", "closeBallot", input{"id": again, "reason": "参加的人不够"}); b["id"] != again {
			t.Error(b)
		}
	})
}
