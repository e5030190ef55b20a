package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// Password is the one of every account of the demo.
const Password = "bihuan-demo-2024"

// Product is what the demo is loaded through, wired as the program wires it.
type Product struct {
	Store     *tenants.Store
	OwnerURL  string // enters the committees into the directory
	Roster    *roster.Service
	Accounts  *accounts.Service
	Directory *authz.Directory
	Blobs     blob.Store
	assembly.Services
}

// Account is somebody as whom one may sign in.
type Account struct {
	Tenant string // short name of the committee
	Login  string
	Role   string // in Chinese
	Name   string // with the post
	What   string // there is to see
}

// earliest is the first day on which the demo can be loaded: the cases of the
// present begin up to four months before it, and belong to the sitting that
// closed on 29 December 2024.
var earliest = clock.Date(2025, time.June, 1)

// lanes is how many committees are loaded at once; the database takes about as
// much of a core as the program.
const lanes = 2

// Load enters the demo, or what is missing of it, and lists its accounts.
// progress, which may be nil, is called after each piece of work, one call at
// a time; done reaches total at the end. Called again on a loaded installation
// it changes nothing.
func Load(ctx context.Context, p Product, progress func(done, total int, what string)) (_ []Account, err error) {
	defer errs.Wrap(&err, "demo.Load")
	now := clock.Now(ctx)
	if clock.Day(now).Before(earliest) {
		return nil, errs.New(errs.Invalid, "演示数据讲到 2025 年，请把时钟调到 %s以后", earliest.Format("2006年1月2日"))
	}
	all := committees()
	if err := load(ctx, p, all, now, progress); err != nil {
		return nil, err
	}
	return accountsOf(all), nil
}

func load(ctx context.Context, p Product, all []*committee, now time.Time, progress func(done, total int, what string)) error {
	work := make([]*stage, len(all))
	bar := &bar{show: progress}
	for i, c := range all {
		work[i] = newStage(p, c, all, now, bar)
		bar.total += len(work[i].founding) + len(work[i].story)
	}
	plan := schedule(work, bar)
	for _, level := range []tenants.Level{tenants.City, tenants.District} { // a district stands below its city
		for _, s := range work {
			if s.of.Level != level {
				continue
			}
			if err := s.enter(ctx); err != nil {
				return err
			}
		}
	}
	for _, s := range work { // one after the other: a person may have his account from another committee
		if err := s.found(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.of.Short, err)
		}
	}
	return inLanes(ctx, plan)
}

// job is work that may have to wait for other work.
type job struct {
	run         func(context.Context) error
	after       []*job
	taken, done bool
}

func (j *job) ready() bool {
	return !j.taken && !slices.ContainsFunc(j.after, func(b *job) bool { return !b.done })
}

// inLanes runs the jobs, several at a time, the first that is ready before
// the others, and stops all at the first error.
func inLanes(ctx context.Context, jobs []*job) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	changed := sync.NewCond(&mu)
	next := func() *job { // nil: nothing is left to begin
		for ctx.Err() == nil && slices.ContainsFunc(jobs, func(j *job) bool { return !j.taken }) {
			if i := slices.IndexFunc(jobs, (*job).ready); i >= 0 {
				jobs[i].taken = true
				return jobs[i]
			}
			changed.Wait()
		}
		return nil
	}
	var failures []error
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			for j := next(); j != nil; j = next() {
				mu.Unlock()
				err := j.run(ctx)
				mu.Lock()
				if j.done = err == nil; !j.done {
					failures = append(failures, err)
					cancel()
				}
				changed.Broadcast()
			}
		})
	}
	wg.Wait()
	// The first failure ends the other lane with context.Canceled, which says nothing.
	first := slices.IndexFunc(failures, func(err error) bool { return !errors.Is(err, context.Canceled) })
	if first >= 0 {
		return failures[first]
	}
	return errors.Join(failures...)
}

// bar counts the pieces of work.
type bar struct {
	mu          sync.Mutex
	done, total int
	show        func(done, total int, what string)
}

func (b *bar) add(n int, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	if b.show != nil {
		b.show(b.done, b.total, what)
	}
}

// roleNames are what the roles are called.
var roleNames = map[string]string{
	"member": "委员", "sector_convener": "界别召集人", "party_liaison": "党派团体联络人", "street_liaison": "街道联络员",
	"proposal_clerk": "提案委工作人员", "proposal_reviewer": "审查人", "proposal_director": "提案委主任", "info_editor": "信息工作人员",
	"assign_gov": "政府办交办", "assign_party": "党委办交办", "unit_liaison": "承办单位联络员", "unit_officer": "承办人", "unit_lead": "承办单位领导",
	"committee_staff": "专委会工作人员", "street_party_approver": "街道党工委审定人", "grassroots_host": "基层党组织负责人", "supervisor_commissioner": "民主监督员", "secretary_general": "秘书长", "city_overseer": "市级督察", "chair": "主席", "tenant_admin": "租户管理员", "auditor": "审计员",
}

func accountsOf(all []*committee) []Account {
	var out []Account
	for _, c := range all {
		for _, p := range c.People {
			if p.Silent {
				continue
			}
			var roles []string
			for _, r := range p.Roles {
				roles = append(roles, roleNames[r])
			}
			if len(roles) == 0 {
				roles = []string{"由职务带的角色"}
			}
			out = append(out, Account{Tenant: c.Short, Login: c.login(p), Role: strings.Join(roles, "、"), Name: p.name + "（" + p.Post + "）", What: p.What})
		}
	}
	return out
}
