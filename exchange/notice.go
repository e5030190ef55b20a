package exchange

import (
	"context"
	"fmt"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Kinds that tell something and open nothing.
const (
	KindJointActivity = "joint_activity" // 联合活动
	KindCommendation  = "commendation"   // 表彰
	KindPromotion     = "promotion"      // 推广、转发
)

var kindNames = map[string]string{KindJointActivity: "联合活动", KindCommendation: "表彰", KindPromotion: "推广"}

// Notice is the body of these kinds.
type Notice struct {
	Title       string       `json:"title"`
	Text        string       `json:"text"`
	On          string       `json:"on,omitempty"`    // day of a joint activity
	Place       string       `json:"place,omitempty"` // and where
	Instruction *Instruction `json:"instruction,omitempty"`
}

// Instruction is what a leader wrote on it (批示), for a promotion.
type Instruction struct {
	By   string `json:"by"` // post and name as given
	Text string `json:"text"`
	On   string `json:"on,omitempty"`
}

// wrong tidies the title and says what is wrong with the notice, nil when
// nothing is.
func (n *Notice) wrong() error {
	list := []text.Of{
		{Text: &n.Title, Field: text.Field{Label: "标题", Path: []string{"title"}, Least: 1, Most: 200}}, {Text: &n.Text, Field: text.Field{Label: "正文", Path: []string{"text"}, Most: 50_000, Lines: true}},
		{Text: &n.Place, Field: text.Field{Label: "地点", Path: []string{"place"}, Most: 200}},
	}
	if i := n.Instruction; i != nil {
		list = append(list, text.Of{Text: &i.By, Field: text.Field{Label: "由谁批示", Path: []string{"instruction", "by"}, Least: 1, Most: 200}},
			text.Of{Text: &i.Text, Field: text.Field{Label: "批示内容", Path: []string{"instruction", "text"}, Least: 1, Most: 5000, Lines: true}})
	}
	return text.Tidy(list...)
}

// applyNotice tells the secretaries-general of the day; whoever holds
// exchange.read finds the content in the inbox.
func (s *Service) applyNotice(ctx context.Context, letter Incoming) (Result, error) {
	var n Notice
	if err := letter.Decode(&n); err != nil {
		return Result{}, err
	}
	if shown, wrong := errs.As(n.wrong()); wrong {
		return Result{}, Refuse(Malformed, "%s", shown.Message)
	}
	text := fmt.Sprintf("%s送来%s：《%s》", letter.Name, kindNames[letter.Kind], n.Title)
	if err := flow.TellRoles(ctx, notices.Letter(text, letter.Envelope), "secretary_general"); err != nil {
		return Result{}, err
	}
	return Result{}, nil // no state: what it is about is not the receiver's to mirror
}
