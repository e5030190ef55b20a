package roster

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/gen/role"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/internal/errs"
)

// ownCode is what the code of a role of one's own looks like.
var ownCode = regexp.MustCompile(`^own_[a-z0-9][a-z0-9_]{0,30}$`)

// most own roles a committee can have; it has some dozens of posts.
const mostRoles = 200

// drafted is a wanted version with all that the rules look at.
type drafted struct {
	RoleDraft
	row      authz.OwnRole
	rights   *authz.Policy // as it is
	changes  *authz.Policy // as it would be
	versions []*gen.Role   // of the role, the newest first
	two      bool
}

func (d *drafted) next() int {
	if len(d.versions) == 0 {
		return 1
	}
	return d.versions[0].Version + 1
}

// drafting holds a wanted version against the rules, and works out the policy
// that it would make.
func (s *Service) drafting(ctx context.Context, v *authz.Viewer, in RoleDraft) (*drafted, error) {
	if err := texts(field{&in.Name, shortText, true, "叫法", "name"}, field{&in.Duty, longText, false, "用途", "duty"}, field{&in.Reason, longText, false, "理由", "reason"}); err != nil {
		return nil, err
	}
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	d := &drafted{RoleDraft: in, rights: rights}
	if d.versions, err = s.client.Role.Query().Where(role.Code(in.Code)).Order(gen.Desc(role.FieldVersion)).All(ctx); err != nil {
		return nil, err
	}
	if err := d.named(); err != nil {
		return nil, err
	}
	if err := s.places(ctx, d); err != nil {
		return nil, err
	}
	if err := d.allowedRights(v); err != nil {
		return nil, err
	}
	d.row = authz.OwnRole{Code: d.Code, Version: d.next(), Name: d.Name, Duty: d.Duty, Base: d.Base, Kinds: d.Kinds, States: d.States, Platforms: d.Platforms}
	if len(d.Rights) > 0 {
		d.row.Rights = map[string]string{}
		for _, r := range d.Rights {
			d.row.Rights[r.Permission.String()] = r.Scope.String()
		}
	}
	for _, p := range d.Posts {
		d.row.Posts = append(d.row.Posts, string(p))
	}
	if d.changes, err = rights.Changed(d.row); err != nil {
		return nil, err
	}
	d.two = len(d.row.Rights) > 0 && TakesTwo(d.changes, d.Code)
	return d, d.onPosts()
}

// withoutRole is the policy without what the committee says of a role.
func (s *Service) withoutRole(ctx context.Context, code string) (*drafted, error) {
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := rights.Changed(authz.OwnRole{Code: code})
	return &drafted{RoleDraft: RoleDraft{Code: code}, rights: rights, changes: changes}, err
}

// named: the code is one's own or a shipped role's, and no two roles are called
// the same.
func (d *drafted) named() error {
	shipped := authz.Shipped(d.Code)
	if !shipped && !ownCode.MatchString(d.Code) {
		return errs.New(errs.Invalid, "自己的角色的代码以 own_ 开头，后面是小写字母、数字和下划线，例如 own_station_host；要改随产品提供的角色，请写它的代码").At("code")
	}
	if !shipped && d.next() == 1 && len(d.rights.Known()) >= len(authz.Roles)+mostRoles {
		return errs.New(errs.Invalid, "自己的角色至多 %d 个，请先停用不用的", mostRoles).At("code")
	}
	for _, r := range d.rights.Known() {
		if r.Code != d.Code && r.Name == d.Name {
			return errs.New(errs.Invalid, "已有角色叫“%s”（%s），请换一个叫法", d.Name, r.Code).At("name")
		}
	}
	latest := 0
	for _, r := range d.versions {
		if r.Since != nil && r.Until == nil {
			latest = r.Version
		}
	}
	if d.Expected != nil && *d.Expected != latest {
		return errs.New(errs.VersionConflict, "这一角色已有第 %d 版，请刷新后再改", latest).At("expectedVersion")
	}
	if d.Base != "" && !d.rights.Is(d.Base) {
		return errs.New(errs.Invalid, "没有可以复制的角色“%s”", d.Base).At("base")
	}
	if !shipped && len(d.Rights) == 0 {
		base := d.rights.Table(d.Base)
		for _, p := range slices.SortedFunc(maps.Keys(base), func(a, b authz.Permission) int { return strings.Compare(a.String(), b.String()) }) {
			d.Rights = append(d.Rights, Right{p, base[p]})
		}
		if len(d.Rights) == 0 {
			return errs.New(errs.Invalid, "请选择这一角色可以做什么，或由哪个角色复制").At("rights")
		}
	}
	return nil
}

// places: kinds, states and platforms are there.
func (s *Service) places(ctx context.Context, d *drafted) error {
	slices.Sort(d.Kinds)
	slices.Sort(d.States)
	slices.SortFunc(d.Platforms, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	slices.Sort(d.Posts)
	d.Kinds, d.States, d.Platforms, d.Posts = slices.Compact(d.Kinds), slices.Compact(d.States), slices.Compact(d.Platforms), slices.Compact(d.Posts)
	kinds, err := s.matters.KindStates(ctx)
	if err != nil {
		return err
	}
	var states []string
	for _, k := range d.Kinds {
		if kinds[k] == nil {
			return errs.New(errs.Invalid, "本会没有事项类别“%s”", k).At("kinds")
		}
		states = append(states, kinds[k]...)
	}
	for _, st := range d.States {
		switch {
		case len(d.Kinds) == 0:
			return errs.New(errs.Invalid, "限于某些环节时，请同时写明事项类别").At("states")
		case !slices.Contains(states, st):
			return errs.New(errs.Invalid, "这些类别没有环节“%s”", st).At("states")
		}
	}
	n, err := s.client.Platform.Query().Where(platform.IDIn(d.Platforms...)).Count(ctx)
	if err == nil && n != len(d.Platforms) {
		err = errs.New(errs.Invalid, "没有这个平台").At("platformIds")
	}
	for _, p := range d.Posts {
		if seat.PostValidator(p) != nil && err == nil {
			err = errs.New(errs.Invalid, "没有这种职务").At("posts")
		}
	}
	return err
}

// allowedRights: each permission is in the catalogue, reaches no further than
// some shipped role does with it, and is held by who gives it where it rules
// others; of a shipped role nothing is added.
func (d *drafted) allowedRights(v *authz.Viewer) error {
	entries, err := authz.Catalogue()
	if err != nil {
		return err
	}
	shipped := authz.Shipped(d.Code)
	if shipped && slices.Contains(fixed, d.Code) && (len(d.Rights) > 0 || !(authz.Limit{Kinds: d.Kinds, States: d.States, Platforms: d.Platforms}).None()) {
		return errs.New(errs.NotAllowed, "%s的权限由产品规定，只能改叫法", d.rights.Name(d.Code)).At("rights")
	}
	seen := map[authz.Permission]bool{}
	for _, r := range d.Rights {
		i := slices.IndexFunc(entries, func(e authz.Entry) bool { return e.Permission == r.Permission })
		switch {
		case i < 0:
			return errs.New(errs.Invalid, "没有权限“%s”，请从权限目录中选择", r.Permission).At("rights")
		case seen[r.Permission]:
			return errs.New(errs.Invalid, "“%s”写了两次", entries[i].Says).At("rights")
		case r.Scope == authz.None || !narrower(r.Scope, entries[i].Scopes):
			return errs.New(errs.Invalid, "“%s”的范围至多是 %s", entries[i].Says, entries[i].Scopes).At("rights")
		case shipped && !narrower(r.Scope, authz.ShippedTable(d.Code)[r.Permission]):
			return errs.New(errs.NotAllowed, "随产品提供的角色只能收窄，不能增加“%s”；请复制成自己的角色", entries[i].Says).At("rights")
		case ruling(r.Permission) && !v.May(r.Permission).Has(r.Scope):
			return errs.New(errs.NotAllowed, "您自己没有“%s”的权限，不能给别人", entries[i].Says).At("rights")
		}
		seen[r.Permission] = true
	}
	return nil
}

// onPosts: what a post carries is worth something in one unit, and is not what
// two have to give.
func (d *drafted) onPosts() error {
	if len(d.row.Posts) == 0 {
		return nil
	}
	if TakesTwo(d.changes, d.Code) {
		return errs.New(errs.NotAllowed, "须两人授予的角色不能随职务取得").At("posts")
	}
	return localRole(d.changes, d.Code, "posts")
}

// localRole refuses a role that cannot count in one unit only.
func localRole(p *authz.Policy, code, path string) error {
	for perm, scope := range p.Table(code) {
		if authz.Local(perm, scope) != scope {
			return errs.New(errs.Invalid, "“%s”的“%s”范围是全政协，不能只在一个单位有效；请先复制成范围为 UNIT 的角色", p.Name(code), authz.Says(perm)).At(path)
		}
	}
	return nil
}

// narrower reports whether each scope is one of those that are allowed, or lies
// within all of the committee where that is allowed.
func narrower(s, allowed authz.Scope) bool {
	return allowed.Has(s) || allowed.Has(authz.Tenant)
}

// ruling reports whether a permission is about others' rights, people, settings,
// secrets or the book: nobody gives it who does not hold it.
func ruling(p authz.Permission) bool {
	switch p.Object {
	case "grants", "settings", "processes", "platforms", "audit", "personal":
		return true
	case "roster", "exchange":
		return p.Action != "read"
	}
	return false
}

// TakesTwo reports whether a role of the committee is worth nothing until a second
// person confirms it: a shipped one that needs two, and every role of one's own that may
// something that no role given by one may.
func TakesTwo(p *authz.Policy, code string) bool {
	if authz.Shipped(code) {
		return NeedsTwo(code)
	}
	for perm, s := range p.Table(code) {
		if !narrower(s, byOne(perm)) {
			return true
		}
	}
	return false
}

// byOne is how far the shipped roles that one person gives reach with a
// permission.
func byOne(perm authz.Permission) (s authz.Scope) {
	for _, r := range authz.Roles {
		if !NeedsTwo(r.Code) {
			s |= authz.ShippedTable(r.Code)[perm]
		}
	}
	return s
}

// sameRole reports whether a stored version says the same.
func sameRole(r *gen.Role, want authz.OwnRole) bool {
	return r.Name == want.Name && r.Duty == want.Duty && r.Base == want.Base && maps.Equal(r.Rights, want.Rights) && slices.Equal(r.Kinds, want.Kinds) &&
		slices.Equal(r.States, want.States) && slices.Equal(r.Platforms, want.Platforms) && slices.Equal(r.Posts, want.Posts)
}
