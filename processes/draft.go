package processes

import (
	"context"
	"regexp"
	"strconv"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

// maxDrafts bounds how many drafts a committee keeps at once.
const maxDrafts = 50

// NewDraft is a new version of the kind that the text names.
type NewDraft struct {
	Source string
	Origin string // where it comes from; may be empty
}

// CreateDraft stores a text as the next version of its kind. It must be
// readable; whether its loop closes is asked at publication. Called twice it
// makes two drafts; an idempotency key prevents that.
func (s *Service) CreateDraft(ctx context.Context, in NewDraft) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "processes.CreateDraft")
	ctx, _, err = s.enter(ctx, manage)
	if err != nil {
		return nil, err
	}
	if in.Origin, err = origin(in.Origin); err != nil {
		return nil, err
	}
	d, err := process.Parse([]byte(in.Source))
	if err != nil {
		return nil, at(err, "source")
	}
	if d.Kind == "" || d.Title == "" {
		return nil, errs.New(errs.Invalid, "请在定义里写明 kind（代码）和 title（名称）").At("source")
	}
	drafts, err := s.client.Process.Query().Where(entprocess.StatusEQ(entprocess.StatusDRAFT)).Count(ctx)
	if err != nil {
		return nil, err
	}
	if drafts >= maxDrafts {
		return nil, errs.New(errs.Limited, "草稿至多 %d 份，请先发布或停用一些", maxDrafts)
	}
	version := 1
	last, err := s.client.Process.Query().Where(entprocess.Kind(d.Kind)).Order(gen.Desc(entprocess.FieldVersion)).First(ctx)
	switch {
	case err == nil:
		version = last.Version + 1
	case !gen.IsNotFound(err):
		return nil, err
	}
	if d, err = numbered(in.Source, d, version); err != nil {
		return nil, err
	}
	return s.client.Process.Create().SetKind(d.Kind).SetVersion(version).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).
		SetStatus(entprocess.StatusDRAFT).SetOrigin(in.Origin).Save(ctx)
}

// Import is CreateDraft for a text from elsewhere.
func (s *Service) Import(ctx context.Context, source string) (*gen.Process, error) {
	return s.CreateDraft(ctx, NewDraft{Source: source, Origin: "导入"})
}

// Templates lists what FromTemplate knows.
func (s *Service) Templates() []templates.Template { return templates.Platforms() }

// FromTemplate makes a draft of a shipped platform's process, or of a shipped
// kind by its code.
func (s *Service) FromTemplate(ctx context.Context, name string) (*gen.Process, error) {
	for _, t := range templates.Platforms() {
		if t.Name == name {
			return s.CreateDraft(ctx, NewDraft{Source: string(t.Source), Origin: "模板 " + name})
		}
	}
	for _, source := range templates.Processes() {
		if d, err := process.Parse(source); err == nil && d.Kind == name {
			return s.CreateDraft(ctx, NewDraft{Source: string(source), Origin: "模板 " + name})
		}
	}
	if _, err := s.look(ctx); err != nil {
		return nil, err
	}
	return nil, errs.New(errs.NotFound, "没有这个模板").At("name")
}

// Edit is another text for a draft.
type Edit struct {
	Process  uuid.UUID
	Source   string
	Expected string // hash of the text that was seen; empty does not compare
}

// UpdateDraft replaces a draft's text; kind and version stay. Called twice with
// the same text the second changes nothing.
func (s *Service) UpdateDraft(ctx context.Context, in Edit) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "processes.UpdateDraft(%s)", in.Process)
	ctx, _, err = s.enter(ctx, manage)
	if err != nil {
		return nil, err
	}
	p, err := s.find(ctx, in.Process)
	if err != nil {
		return nil, err
	}
	if p.Status != entprocess.StatusDRAFT {
		return nil, errs.New(errs.NotAllowedInState, "已发布的流程不能修改，请另建一份草稿").With("state", p.Status).With("allowedActions", []string{})
	}
	d, err := process.Parse([]byte(in.Source))
	if err != nil {
		return nil, at(err, "source")
	}
	if d.Kind != p.Kind || d.Title == "" {
		return nil, errs.New(errs.Invalid, "草稿的 kind 是“%s”，不能改成别的，名称也不能为空；要用别的代码请另建草稿", p.Kind).At("source")
	}
	if d, err = numbered(in.Source, d, p.Version); err != nil {
		return nil, err
	}
	if d.Hash == p.Hash {
		return p, nil
	}
	if in.Expected != "" && in.Expected != p.Hash {
		return nil, errs.New(errs.VersionConflict, "草稿已被他人修改，请刷新后再操作").With("currentVersion", p.Hash)
	}
	return p.Update().SetSource(d.Source).SetHash(d.Hash).SetTitle(d.Title).
		ClearProposedByID().ClearProposedAt().Save(ctx) // who proposed it proposed another text
}

// Discard puts a draft away: no list shows it any more and it counts to no
// limit; its number stays taken, since the book speaks of it. Called twice the
// second changes nothing.
func (s *Service) Discard(ctx context.Context, id uuid.UUID) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "processes.Discard(%s)", id)
	ctx, _, err = s.enter(ctx, manage)
	if err != nil {
		return nil, err
	}
	p, err := s.find(ctx, id)
	if err != nil || p.Status == entprocess.StatusDISCARDED {
		return p, err
	}
	if p.Status != entprocess.StatusDRAFT {
		return nil, errs.New(errs.NotAllowedInState, "只有草稿可以丢弃；已发布的请停用").With("state", p.Status).With("allowedActions", []string{})
	}
	return p.Update().SetStatus(entprocess.StatusDISCARDED).Save(ctx)
}

var (
	versionLine = regexp.MustCompile(`(?m)^version:[^\r\n]*`)
	kindLine    = regexp.MustCompile(`(?m)^kind:`)
)

// AsFirst is a text as that of a first version: what two versions say the same by.
func AsFirst(source string) (_ string, err error) {
	defer errs.Wrap(&err, "processes.AsFirst")
	d, err := process.Published([]byte(source))
	if err == nil {
		d, err = numbered(source, d, 1)
	}
	if err != nil {
		return "", err
	}
	return d.Source, nil
}

// numbered writes a version into a text: into its line, or above that of the
// kind where it has none. The rest stays as it was written.
func numbered(source string, d *process.Definition, version int) (*process.Definition, error) {
	if d.Version == version {
		return d, nil
	}
	line := "version: " + strconv.Itoa(version)
	if versionLine.MatchString(source) {
		source = versionLine.ReplaceAllString(source, line)
	} else if at := kindLine.FindStringIndex(source); at != nil {
		source = source[:at[0]] + line + "\n" + source[at[0]:]
	}
	d, err := process.Parse([]byte(source))
	if err != nil || d.Version != version {
		return nil, errs.New(errs.Invalid, "请把 kind 和 version 各写成单独的一行，例如 version: %d", version).At("source")
	}
	return d, nil
}

// at names the input field of a shown error that names none.
func at(err error, field string) error {
	if shown, ok := errs.As(err); ok && len(shown.Path) == 0 {
		return shown.At(field)
	}
	return err
}
