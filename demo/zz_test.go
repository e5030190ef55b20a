package demo

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestZZ(t *testing.T) {
	in := install(t)
	list, err := Load(in.ctx, in.Product, nil)
	must(t, err)
	for _, a := range list {
		fmt.Printf("%s\t%s\t%s\t%s\t%s\n", a.Tenant, a.Login, a.Role, a.Name, a.What)
	}
	p := func(sql string) {
		for _, x := range query(in, pgx.RowTo[string], sql) {
			fmt.Println(x)
		}
		fmt.Println("-----")
	}
	p(`SELECT concat_ws(' | ', n.short_name, m.kind, m.state, m.number, m.title, m.turn, m.next_due_on) FROM matters m JOIN tenants n ON n.id=m.tenant_id ORDER BY n.code, m.opened_at`)
	p(`SELECT concat_ws(E'\n', m.number, m.title, p.proposer_kind, p.situation, p.analysis, array_to_string(ARRAY(SELECT jsonb_array_elements_text(p.suggestions::jsonb)), E'\n')) FROM matters m JOIN proposals p ON p.matter_id=m.id WHERE m.number LIKE '%三次会议第0%' AND (m.number LIKE '%2号' OR m.number LIKE '%3号') ORDER BY 1 LIMIT 6`)
	p(`SELECT concat_ws(E'\n', m.number, r.doc_no, r.class, r.body) FROM matters m JOIN replies r ON r.matter_id=m.id WHERE m.number LIKE '%三次会议第00%' ORDER BY 1 LIMIT 6`)
	p(`SELECT concat_ws(' ', s.at, s.actor_name, s.label, s.from_state, s.to_state, s.reason) FROM steps s JOIN matters m ON m.id=s.matter_id WHERE m.number LIKE '%三次会议第002号' ORDER BY s.at, s.id`)
	p(`SELECT concat_ws(' ', s.at, s.actor_name, s.label, s.from_state, s.to_state, s.reason) FROM steps s JOIN matters m ON m.id=s.matter_id WHERE m.kind = 'cohort' ORDER BY m.id, s.at, s.id`)
	p(`SELECT concat_ws(' ', a.at, a.action, a.actor, a.object) FROM audit_log a JOIN tenants t ON t.id=a.tenant_id WHERE t.code='210202' ORDER BY seq LIMIT 20`)
	p(`SELECT pg_size_pretty(pg_database_size(current_database()))`)
	p(`SELECT string_agg(DISTINCT name, ' ') FROM memberships`)
}
