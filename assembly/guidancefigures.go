package assembly

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/errs"
)

// figurePapers are definitions of figures that a committee made itself.
type figurePapers struct{ own *figures.Own }

func (w figurePapers) kind() guidance.Kind {
	return guidance.Kind{Code: "figure", Title: "指标", Form: 1, Right: figures.Define, After: "在“闭环—指标”中可以查看它的数", Papers: w.papers,
		Own: func(ctx context.Context, code string) (*guidance.Paper, error) { return among(ctx, code, w.papers) }, Read: w.read, Weigh: w.weigh, Take: w.take}
}

func (w figurePapers) papers(ctx context.Context) (out []guidance.Paper, err error) {
	list, err := figures.OwnInForce(ctx)
	for _, d := range list {
		raw, err := json.Marshal(bare(d))
		if err != nil {
			return nil, err
		}
		out = append(out, guidance.Paper{Code: d.Code, Title: d.Label, Content: raw})
	}
	return out, err
}

// bare is a definition without what is its committee's.
func bare(d *figures.Definition) figures.Definition {
	out := *d
	out.ID, out.Version, out.Source, out.Retired = uuid.Nil, 0, "", false
	return out
}

// read refuses one that names what only its publisher has: a unit or a platform
// is known by an id that is nobody else's.
func (w figurePapers) read(p guidance.Paper) error {
	d, err := contentOf[figures.Definition](p)
	if err != nil {
		return err
	}
	if d.Code != p.Code || d.Label == "" {
		return errs.New(errs.Invalid, "指标的代码或名称与其定义不一致")
	}
	for _, c := range []figures.Condition{d.Among, d.Counts} {
		for _, asked := range c {
			if slices.ContainsFunc(asked.Words, func(x string) bool { return uuid.Validate(x) == nil }) {
				return errs.New(errs.Invalid, "“%.40s”写明了发布者自己的单位或平台，别的政协没有；请改成按类别写", d.Label)
			}
		}
	}
	return nil
}

func (w figurePapers) weigh(ctx context.Context, p guidance.Paper) (out guidance.Weighed, err error) {
	d, err := contentOf[figures.Definition](p)
	if err != nil {
		return out, err
	}
	found, err := w.own.Check(ctx, figures.Draft{Definition: d})
	if err != nil {
		return out, err
	}
	for _, f := range found {
		out.Findings = append(out.Findings, guidance.Finding{Blocks: true, Problem: f.Message})
	}
	was := figures.Definition{}
	list, err := figures.OwnInForce(ctx)
	if i := slices.IndexFunc(list, func(o *figures.Definition) bool { return o.Code == p.Code }); i >= 0 {
		was = bare(list[i])
	}
	a, b := figureWords(&was), figureWords(&d)
	for i, name := range figureParts {
		if a[i] != b[i] {
			out.Changes = append(out.Changes, guidance.Change{What: name, Before: a[i], After: b[i]})
		}
	}
	return out, err
}

// figureParts are the names of figureWords.
var figureParts = []string{"名称", "单位", "口径", "数什么", "其中哪些", "分子", "合计", "逐个", "另须的查看权限"}

func figureWords(d *figures.Definition) []string {
	what := d.Of
	if things := figures.Countable(); d.Of != "" {
		if i := slices.IndexFunc(things, func(t figures.Thing) bool { return t.Code == d.Of }); i >= 0 {
			what = things[i].Label
		}
	}
	return []string{d.Label, d.Unit, d.Note, what, d.Words(d.Among), d.Words(d.Counts), d.Sum, d.Per, d.Readers}
}

func (w figurePapers) take(ctx context.Context, p guidance.Paper, from, reason string) (string, error) {
	d, err := contentOf[figures.Definition](p)
	if err != nil {
		return "", err
	}
	why := "采用" + from + "发布的指标"
	if reason != "" {
		why += "：" + reason
	}
	made, err := w.own.Publish(ctx, figures.Draft{Definition: d, Reason: why})
	if shown, ok := errs.As(err); ok {
		bad := *shown
		bad.Path, bad.More = []string{"id"}, nil
		return "", &bad
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("指标“%s”第 %d 版", made.Label, made.Version), nil
}
