package demo

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What people write. Everything is chosen by number, so that the demo is the
// same wherever it is loaded.

// openings begin the situation.
var openings = []string{
	"今年以来，结合区政协“无陪同体验式”调研，我们走访了多个街道、企业和居民小区，听取了一线意见。",
	"围绕全区中心工作，近期我们通过座谈、发放问卷和实地走访等方式，对这一问题作了较为集中的了解。",
	"在参加街道联络委和委员工作站活动时，居民和企业代表多次提到这一问题，我们随后作了进一步调研。",
	"结合本职工作和界别群众的反映，我们查阅了有关资料，并到现场作了多次观察和访谈。",
	"在社区议事会和楼宇议企会上，与会各方对这一问题讨论较多，我们会后又作了补充走访。",
	"通过对比先进地区做法和梳理群众来信，我们对这一问题的现状和趋势有了较为清楚的认识。",
	"为把情况摸清摸实，我们先后三次到现场，分别在工作日、周末和夜间作了记录和比较。",
}

// closings end the analysis.
var closings = []string{
	"这些问题相互交织，单靠一个部门难以解决，需要明确牵头单位、统筹推进、久久为功。",
	"解决好这一问题，既是群众所盼，也是提升城区品质、增强发展后劲的现实需要，宜早不宜迟。",
	"问题虽在具体环节，根子多在机制，应当从完善制度、加强协同、压实责任上找办法。",
	"当前已具备较好的工作基础，抓住时机补上短板，群众和企业会有更直接的感受。",
}

// text is the part of a proposal that its author writes.
type text struct {
	title, category, situation, analysis string
	suggestions                          []string
}

// write composes the n-th proposal about a subject; k varies what is not of
// the subject.
func (b *subject) write(title string, n, k int) text {
	t := text{title: "关于" + title + "的提案", category: b.Category}
	t.situation = openings[k%len(openings)] + b.Facts[n%len(b.Facts)]
	t.analysis = "一是" + b.Problems[n%3] + "二是" + b.Problems[(n+1)%3] + closings[k%len(closings)]
	length := utf8.RuneCountInString(t.situation + t.analysis)
	for i := 0; i < 2+(k+n)%3 || length < 200; i++ {
		advice := b.Advice[(2*n+i)%len(b.Advice)]
		t.suggestions = append(t.suggestions, advice)
		length += utf8.RuneCountInString(advice)
	}
	return t
}

var contactModes = []string{"面谈", "座谈会", "实地", "电话"}

func contactText(mode string, k int) string {
	how := map[string]string{"面谈": "登门拜访", "座谈会": "召开座谈会，当面", "实地": "陪同到现场察看，", "电话": "通过电话"}[mode]
	return how + []string{
		"听取提案人对办理工作的意见，介绍了目前的工作基础和初步打算，提案人补充了两点建议。",
		"与提案人就案由和三条建议逐条沟通，对能够马上办的事项达成一致，需要条件的说明了原因。",
		"向提案人汇报办理思路和时间安排，提案人提出要重视后续落实，承办单位表示将定期反馈。",
	}[k%3]
}

func (b *subject) reply(t text, unit string, class string, k int) string {
	var w strings.Builder
	fmt.Fprintf(&w, "您提出的《%s》收悉，感谢您对这项工作的关心和支持。%s高度重视，成立办理专班，经与您沟通并会同有关单位研究，现答复如下：\n", t.title, unit)
	fmt.Fprintf(&w, "一、关于“%s”的建议。%s。\n", strings.TrimRight(t.suggestions[0], "。"), b.Measure)
	fmt.Fprintf(&w, "二、关于“%s”的建议。%s\n", strings.TrimRight(t.suggestions[1], "。"), []string{
		"已纳入本年度工作要点，明确了责任科室和完成时限，目前正按计划推进。",
		"已与相关单位会商，制定了分步实施方案，第一阶段任务已经完成。",
		"我们采纳您的意见，对原有办法作了修改完善，并已向社会公布。",
	}[k%3])
	switch class {
	case "B":
		w.WriteString("三、尚未完成的事项已列入下一步计划，我们作出承诺并将按期向您和提案委员会报告落实情况。\n")
	case "C":
		w.WriteString("三、涉及上级权限和资金条件的建议，目前尚不具备实施条件，我们将留作参考并积极向上反映。\n")
	default:
		w.WriteString("三、上述措施均已落实到位，欢迎您继续监督。\n")
	}
	w.WriteString("再次感谢您的建议，请继续对我们的工作提出意见。")
	return w.String()
}

func coText(t text) string {
	return fmt.Sprintf("对《%s》，我单位会办意见如下：同意主办单位的办理思路；涉及我单位职责的事项已安排专人负责，将按主办单位的进度要求提供数据、参加现场办公，并在职责范围内给予政策支持。", t.title)
}

var ratingTexts = []string{
	"办理认真，当面沟通充分，答复具体，对结果满意。",
	"承办单位多次联系，措施有针对性，看到了实际变化。",
	"答复实事求是，能办的马上办，满意。",
	"沟通及时，采纳了主要建议，希望持续推进。",
}

func (b *subject) commitment() string {
	return "完成“" + strings.TrimRight(b.Advice[len(b.Advice)-1], "。") + "”"
}

func (b *subject) evidence(k int) string {
	return b.Measure + []string{"；相关方案已经印发，现场已完成阶段性验收。", "；首批任务已完成，附现场照片和台账。", "；本季度任务按期完成，下一步扩大覆盖面。"}[k%3]
}
