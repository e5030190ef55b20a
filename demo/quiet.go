package demo

import (
	"time"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
)

// common is what the nine say, whatever it is about.
var common = &subject{
	Category: "综合",
	Facts:    []string{"这是本地区群众和企业近期反映较多的问题，有关部门已做了一些工作，与期待相比仍有差距。"},
	Problems: []string{"统筹协调机制还不健全，部门之间衔接不够。", "资源投入分散，缺少可持续的运营和管护。", "政策知晓度不高，基层落实不平衡。"},
	Advice: []string{"明确牵头部门和责任清单，建立定期会商机制。", "整合资金和项目，分年度列出任务表。", "加强政策宣传和培训，及时公开进展。",
		"选择条件成熟的地方先行试点，总结后推广。", "邀请委员和群众代表参与监督。", "建立长效管护制度。"},
}

// quiet tells the two proposals of a committee that is only there to be apart:
// one is handed in, the other a draft.
func quiet(c *committee, now time.Time) []*script {
	var out []*script
	k := int(c.Code[5] - '0') // so that they do not all write the same on the same day
	for n, title := range c.titles {
		t := &tale{
			text: common.write(title, n, k+n), subject: common, k: k, lead: memberKey(n + 1), kind: proposal.ProposerKindINDIVIDUAL,
			until: []milestone{submitted, drafted}[n], units: []share{{"unit", assignment.RoleSOLE, ""}},
			when: recent(now, k, map[milestone]int{drafted: 3 + k%3, submitted: 2 + k%3}),
		}
		out = append(out, t.tell(c))
	}
	return append(out, differing(c, now, k)...)
}

// shared are what every district has proposals about; how many, and how far they
// have come, differs, so that the city has something to compare.
var shared = []string{"完善社区养老服务", "规范小区停车管理", "加强老旧小区物业服务", "推进生活垃圾分类"}

func differing(c *committee, now time.Time, k int) (out []*script) {
	for n, title := range shared[:1+k%len(shared)] {
		days := map[milestone]int{drafted: 19 + n, submitted: 18 + n, firstPass: 16, secondPass: 15, thirdPass: 14, disposed: 12}
		until := []milestone{disposed, disposed, thirdPass, submitted}[(n+k)%4]
		if until != disposed { // it waits, and is not late
			days = map[milestone]int{drafted: 6, submitted: 5, firstPass: 4, secondPass: 3, thirdPass: 2}
		}
		t := &tale{
			text: common.write(title, n, k+n), subject: common, k: k + n, lead: memberKey(1 + n%2), kind: proposal.ProposerKindINDIVIDUAL,
			until: until, units: []share{{"unit", assignment.RoleSOLE, ""}}, when: recent(now, k+n, days),
		}
		out = append(out, t.tell(c))
	}
	return out
}
