package smoke

import "testing"

// M2: a member hands in over the API, the editor decides with the text before
// him, and the member reads what became of it and why.
func TestAnOpinionIsHandedIn(t *testing.T) {
	p := start(t, day(2025, 3, 3, 9))
	d := board(t, p)
	d.person("信息编辑", "STAFF", "info_editor", "", "")
	const title, text, reason = "小区外置烟道堵塞的问题", "小区底商外置烟道堵塞三个月，居民多次反映没有解决。", "同类问题已编入第3期报送，留存备查"
	member, editor := d.people["委员01"], d.people["信息编辑"]
	in := m{"title": title, "text": text, "people": 4, "idempotencyKey": "sheet"}
	id := str(member.do("submitOpinion", in, "matter { id state source }"), "matter", "id")
	if again := str(member.do("submitOpinion", in, "matter { id }"), "matter", "id"); again != id {
		t.Errorf("the same key handed in another: %s", again)
	}
	todo := editor.ask(`{ todos(first: 5) { edges { node { id title source data parties { name role } availableActions { code } } } } }`, nil)
	node := dig(todo, "todos", "edges", 0, "node")
	if str(node, "id") != id || str(node, "data", "text") != text || str(node, "source") != "委员反映" || str(node, "parties", 0, "name") != "委员01" {
		t.Errorf("the editor decides with %v", node)
	}
	d.act("信息编辑", id, "accept", nil)
	editor.do("performAction", m{"matterId": id, "action": "hold", "reason": reason}, "")
	mine := member.ask(`{ matters(first: 5, filter: {kind: "opinion"}) { edges { node { id state steps(first: 10) { edges { node { action reason } } } } } } notices(first: 5) { edges { node { text } } } }`, nil)
	if got := dig(mine, "matters", "edges", 0, "node"); str(got, "id") != id || str(got, "state") != "HELD" {
		t.Errorf("the member's list: %v", mine)
	}
	if got := str(mine, "notices", "edges", 0, "node", "text"); got != "《"+title+"》留存，现处于“留存”。理由："+reason {
		t.Errorf("the member is told %q", got)
	}
	if others := d.people["委员02"].ask(`query($id: ID!) { matter(id: $id) { title } }`, m{"id": id}); dig(others, "matter") != nil {
		t.Errorf("another member reads %v", others)
	}
	outside := m{"title": "历史街区消防设施不足", "text": "历史街区道路狭窄，消防水源和微型消防站不足。", "origin": "EXPERT",
		"from": m{"name": "专家一", "institution": "某大学城市研究所", "handedIn": "座谈会上的发言"}}
	named := d.people["干事"].do("submitOpinion", outside, "matter { source parties { name organisation role } }")
	if str(named, "matter", "parties", 0, "organisation") != "某大学城市研究所" || str(named, "matter", "source") != "专家学者反映" {
		t.Errorf("the expert's: %v", named)
	}
}
