package main

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
)

// job does what a kind of job is for, by the product's clock. within is how long
// it may take, 0 what the queue allows.
type job[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	clock  clock.Clock
	within time.Duration
	do     func(context.Context, A) error
}

func (w *job[A]) Work(ctx context.Context, j *river.Job[A]) error {
	return w.do(clock.With(ctx, w.clock), j.Args)
}

func (w *job[A]) Timeout(*river.Job[A]) time.Duration { return w.within }

// sweepArgs is the job that fires one committee's reminders and closes its
// deadlines. It carries the tenant; a job without one fails.
type sweepArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (sweepArgs) Kind() string { return "flow_sweep" }

// lookArgs is the job that finds the committees that have something due.
type lookArgs struct{}

func (lookArgs) Kind() string { return "flow_look" }

func (a *app) sweep(ctx context.Context, of sweepArgs) error {
	n, err := a.resolver.Engine.Sweep(ctx, audit.Doors{Store: a.resolver.Store, System: "sweep"}, of.Tenant)
	return a.did(n, err, "sweep", of.Tenant, "matters")
}

func (a *app) look(ctx context.Context, _ lookArgs) error {
	return a.where(ctx, a.resolver.Engine.HasDue, func(t uuid.UUID) river.JobArgs { return sweepArgs{t} })
}

// did logs what a job has done for a committee, if anything.
func (a *app) did(n int, err error, what string, tenant uuid.UUID, of string) error {
	if n > 0 {
		a.log.Info(what, "tenant", tenant, of, n)
	}
	return err
}

// where inserts a job for every active committee that has something due. It
// asks each in its own reading transaction: nothing reads across. Two jobs for
// one committee at once are one.
func (a *app) where(ctx context.Context, due func(context.Context) (bool, error), job func(uuid.UUID) river.JobArgs) error {
	for t, err := range a.resolver.Store.Committees(ctx) {
		if err != nil {
			return err
		}
		if !t.Active {
			continue
		}
		var has bool
		err = a.resolver.Store.ReadTx(ctx, t.ID, func(ctx context.Context) (err error) {
			has, err = due(ctx)
			return err
		})
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		_, err = river.ClientFromContext[pgx.Tx](ctx).Insert(ctx, job(t.ID), &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: time.Second}})
		if err != nil {
			return err
		}
	}
	return nil
}

// deliverArgs is the job that carries one committee's envelopes to their
// receivers.
type deliverArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (deliverArgs) Kind() string { return "exchange_deliver" }

func (a *app) deliver(ctx context.Context, of deliverArgs) error {
	n, err := a.resolver.Exchange.Deliver(ctx, of.Tenant)
	return a.did(n, err, "delivered", of.Tenant, "envelopes")
}

// collectArgs is the job that finds the committees whose envelopes wait.
type collectArgs struct{}

func (collectArgs) Kind() string { return "exchange_collect" }

func (a *app) collect(ctx context.Context, _ collectArgs) error {
	return a.where(ctx, a.resolver.Exchange.HasDue, func(t uuid.UUID) river.JobArgs { return deliverArgs{t} })
}

// tellArgs is the job that counts one committee's figures for who is to have
// them, and carries them there.
type tellArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (tellArgs) Kind() string { return "oversight_tell" }

func (a *app) tell(ctx context.Context, of tellArgs) error {
	n, err := a.resolver.Oversight.Tell(ctx, of.Tenant)
	if err := a.did(n, err, "told", of.Tenant, "letters"); err != nil || n == 0 {
		return err
	}
	return a.deliver(ctx, deliverArgs(of))
}

// untoldArgs is the job that finds the committees whose figures have changed.
type untoldArgs struct{}

func (untoldArgs) Kind() string { return "oversight_look" }

func (a *app) untold(ctx context.Context, _ untoldArgs) error {
	return a.where(ctx, oversight.HasDue, func(t uuid.UUID) river.JobArgs { return tellArgs{t} })
}

// watchArgs is the job that tells a city what has stopped moving in its districts.
type watchArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (watchArgs) Kind() string { return "oversight_watch" }

func (a *app) watch(ctx context.Context, of watchArgs) error {
	n, err := a.resolver.Oversight.Watch(ctx, of.Tenant)
	return a.did(n, err, "watched", of.Tenant, "alerts")
}

// stillArgs is the job that finds the cities in whose districts something
// stands still.
type stillArgs struct{}

func (stillArgs) Kind() string { return "oversight_still" }

func (a *app) still(ctx context.Context, _ stillArgs) error {
	return a.where(ctx, oversight.HasStill, func(t uuid.UUID) river.JobArgs { return watchArgs{t} })
}

// takenArgs is the job that tells who published them which papers are now in
// force in one committee.
type takenArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (takenArgs) Kind() string { return "guidance_settle" }

func (a *app) taken(ctx context.Context, of takenArgs) error {
	n, err := a.resolver.Guidance.Settle(ctx, of.Tenant)
	return a.did(n, err, "settled", of.Tenant, "papers")
}

// unsettledArgs is the job that finds the committees that have taken some.
type unsettledArgs struct{}

func (unsettledArgs) Kind() string { return "guidance_look" }

func (a *app) unsettled(ctx context.Context, _ unsettledArgs) error {
	return a.where(ctx, guidance.HasUnsettled, func(t uuid.UUID) river.JobArgs { return takenArgs{t} })
}

// indexArgs is the job that puts into the index what one committee has written
// before there was one.
type indexArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (indexArgs) Kind() string { return "search_fill" }

func (a *app) index(ctx context.Context, of indexArgs) error {
	n, err := search.Fill(ctx, a.resolver.Store, of.Tenant)
	return a.did(n, err, "indexed", of.Tenant, "matters")
}

// unindexedArgs is the job that finds the committees whose index lacks
// something.
type unindexedArgs struct{}

func (unindexedArgs) Kind() string { return "search_look" }

func (a *app) unindexed(ctx context.Context, _ unindexedArgs) error {
	return a.where(ctx, search.HasDue, func(t uuid.UUID) river.JobArgs { return indexArgs{t} })
}

// phoneArgs is the job that takes one committee's messages to phones.
type phoneArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (phoneArgs) Kind() string { return "phone_deliver" }

func (a *app) phone(ctx context.Context, of phoneArgs) error {
	n, err := a.resolver.Phone.Deliver(ctx, of.Tenant)
	return a.did(n, err, "phone", of.Tenant, "messages")
}

// ringArgs is the job that finds the committees whose messages wait.
type ringArgs struct{}

func (ringArgs) Kind() string { return "phone_look" }

func (a *app) ring(ctx context.Context, _ ringArgs) error {
	return a.where(ctx, a.resolver.Phone.HasDue, func(t uuid.UUID) river.JobArgs { return phoneArgs{t} })
}

// unreadArgs is the job that tells others of what nobody has read in one
// committee.
type unreadArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (unreadArgs) Kind() string { return "unread_tell" }

func (a *app) unread(ctx context.Context, of unreadArgs) error {
	n, err := a.resolver.Engine.Unread(ctx, audit.Doors{Store: a.resolver.Store, System: "sweep"}, of.Tenant)
	return a.did(n, err, "unread", of.Tenant, "matters")
}

// unreadLookArgs is the job that finds the committees that are to be looked
// through for it.
type unreadLookArgs struct{}

func (unreadLookArgs) Kind() string { return "unread_look" }

func (a *app) lookUnread(ctx context.Context, _ unreadLookArgs) error {
	return a.where(ctx, a.resolver.Engine.HasUnread, func(t uuid.UUID) river.JobArgs { return unreadArgs{t} })
}

// askedArgs is the job that reminds one committee's people of what is asked of
// them.
type askedArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (askedArgs) Kind() string { return "obligations_remind" }

func (a *app) asked(ctx context.Context, of askedArgs) error {
	n, err := a.resolver.Obligations.Remind(ctx, audit.Doors{Store: a.resolver.Store, System: "sweep"}, of.Tenant)
	return a.did(n, err, "reminded", of.Tenant, "people")
}

// askedLookArgs is the job that finds the committees that ask something.
type askedLookArgs struct{}

func (askedLookArgs) Kind() string { return "obligations_look" }

func (a *app) lookAsked(ctx context.Context, _ askedLookArgs) error {
	return a.where(ctx, a.resolver.Obligations.HasDue, func(t uuid.UUID) river.JobArgs { return askedArgs{t} })
}

// tidyArgs is the daily job that forgets what has served its time: ended
// sessions, old failures, idempotency keys of a month ago, what changed before
// yesterday, and what was brought in for imports long ago.
type tidyArgs struct{}

func (tidyArgs) Kind() string { return "tidy" }

// keysLast is how long a repeated request is recognised.
const keysLast = 30 * 24 * time.Hour

func (a *app) tidy(ctx context.Context, _ tidyArgs) error {
	if _, err := a.resolver.Accounts.Sweep(ctx); err != nil {
		return err
	}
	for t, err := range a.resolver.Store.Committees(ctx) {
		if err != nil {
			return err
		}
		err = a.resolver.Store.InTx(ctx, t.ID, func(ctx context.Context) error {
			if _, err := tenants.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`, clock.Now(ctx).Add(-keysLast)); err != nil {
				return err
			}
			if err := phone.Forget(ctx); err != nil {
				return err
			}
			return live.Forget(ctx)
		})
		if err != nil {
			return err
		}
		if a.cfg.ImportsKeep > 0 {
			if _, err := a.resolver.Imports.Forget(ctx, t.ID, a.cfg.ImportsKeep); err != nil {
				return err
			}
		}
	}
	return nil
}

// bookArgs is the job that completes the books: what happened to accounts and has
// not come into every chain.
type bookArgs struct{}

func (bookArgs) Kind() string { return "audit_book" }

func (a *app) book(ctx context.Context, _ bookArgs) error { return a.people().Left(ctx) }

// anchorArgs is the job that keeps the heads of the chains outside of the
// database.
type anchorArgs struct{}

func (anchorArgs) Kind() string { return "audit_anchor" }

func (a *app) anchor(ctx context.Context, _ anchorArgs) error {
	_, err := audit.Keep(ctx, a.store, a.anchors())
	return err
}

// purgeArgs is the job that deletes the bytes of what one committee has removed.
type purgeArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (purgeArgs) Kind() string { return "files_purge" }

func (a *app) purge(ctx context.Context, of purgeArgs) error {
	n, err := a.removed().Run(ctx, of.Tenant)
	return a.did(n, err, "purged", of.Tenant, "files")
}

// removedArgs is the job that finds the committees that have some.
type removedArgs struct{}

func (removedArgs) Kind() string { return "files_look" }

func (a *app) lookRemoved(ctx context.Context, _ removedArgs) error {
	return a.where(ctx, a.removed().HasDue, func(t uuid.UUID) river.JobArgs { return purgeArgs{t} })
}

// scanArgs is the job that scans what one committee has and nobody has scanned.
type scanArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (scanArgs) Kind() string { return "files_scan" }

func (a *app) scan(ctx context.Context, of scanArgs) error {
	n, err := a.scans().Run(ctx, of.Tenant)
	return a.did(n, err, "scanned", of.Tenant, "files")
}

// unscannedArgs is the job that finds the committees that have some.
type unscannedArgs struct{}

func (unscannedArgs) Kind() string { return "files_unscanned" }

func (a *app) unscanned(ctx context.Context, _ unscannedArgs) error {
	if a.scanner == nil {
		return nil
	}
	return a.where(ctx, a.scans().HasDue, func(t uuid.UUID) river.JobArgs { return scanArgs{t} })
}

// importArgs is the job that judges, carries out and undoes what one committee
// imports.
type importArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (importArgs) Kind() string { return "imports_run" }

func (a *app) imported(ctx context.Context, of importArgs) error {
	n, err := a.resolver.Imports.Run(ctx, of.Tenant)
	return a.did(n, err, "imports", of.Tenant, "lines")
}

// importsLeftArgs is the job that finds what nobody was told of: the process
// ended between a commit and its word.
type importsLeftArgs struct{}

func (importsLeftArgs) Kind() string { return "imports_look" }

func (a *app) lookImports(ctx context.Context, _ importsLeftArgs) error {
	return a.where(ctx, imports.HasDue, func(t uuid.UUID) river.JobArgs { return importArgs{t} })
}

// wakesImports has imports begin when they are ordered and not at the next look.
func (a *app) wakesImports() error {
	cl, err := river.NewClient(riverpgxv5.New(a.resolver.Store.Pool()), &river.Config{Logger: a.log})
	if err != nil {
		return err
	}
	a.resolver.Imports.Wakes(func(tenant uuid.UUID) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := cl.Insert(ctx, importArgs{tenant}, nil); err != nil {
			a.log.Warn("an import waits for the next look", "tenant", tenant, "error", err)
		}
	})
	return nil
}

func (a *app) scans() files.Scans {
	return files.Scans{Store: a.resolver.Store, Blobs: a.blobs, Scanner: a.scanner}
}

func (a *app) removed() files.Purge {
	return files.Purge{Store: a.resolver.Store, Blobs: a.blobs, Keep: a.cfg.RemovedKeep}
}

// every makes a job again and again, the first time at the start.
func every(often time.Duration, of river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(often), func() (river.JobArgs, *river.InsertOpts) { return of, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// startWorker runs the job queue until the context ends.
func (a *app) startWorker(ctx context.Context, c clock.Clock) (stop func(context.Context) error, err error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &job[sweepArgs]{clock: c, within: 10 * time.Minute, do: a.sweep})
	river.AddWorker(workers, &job[lookArgs]{clock: c, do: a.look})
	river.AddWorker(workers, &job[collectArgs]{clock: c, do: a.collect})
	river.AddWorker(workers, &job[deliverArgs]{clock: c, within: 10 * time.Minute, do: a.deliver})
	river.AddWorker(workers, &job[untoldArgs]{clock: c, do: a.untold})
	river.AddWorker(workers, &job[tellArgs]{clock: c, within: 10 * time.Minute, do: a.tell})
	river.AddWorker(workers, &job[stillArgs]{clock: c, do: a.still})
	river.AddWorker(workers, &job[watchArgs]{clock: c, do: a.watch})
	river.AddWorker(workers, &job[unsettledArgs]{clock: c, do: a.unsettled})
	river.AddWorker(workers, &job[takenArgs]{clock: c, do: a.taken})
	river.AddWorker(workers, &job[tidyArgs]{clock: c, do: a.tidy})
	river.AddWorker(workers, &job[bookArgs]{clock: c, do: a.book})
	river.AddWorker(workers, &job[anchorArgs]{clock: c, do: a.anchor})
	river.AddWorker(workers, &job[unindexedArgs]{clock: c, do: a.unindexed})
	river.AddWorker(workers, &job[indexArgs]{clock: c, within: time.Hour, do: a.index})
	river.AddWorker(workers, &job[importsLeftArgs]{clock: c, do: a.lookImports})
	river.AddWorker(workers, &job[importArgs]{clock: c, within: time.Hour, do: a.imported})
	river.AddWorker(workers, &job[removedArgs]{clock: c, do: a.lookRemoved})
	river.AddWorker(workers, &job[unscannedArgs]{clock: c, do: a.unscanned})
	river.AddWorker(workers, &job[scanArgs]{clock: c, within: time.Hour, do: a.scan})
	river.AddWorker(workers, &job[purgeArgs]{clock: c, within: time.Hour, do: a.purge})
	river.AddWorker(workers, &job[ringArgs]{clock: c, do: a.ring})
	river.AddWorker(workers, &job[phoneArgs]{clock: c, within: 10 * time.Minute, do: a.phone})
	river.AddWorker(workers, &job[unreadLookArgs]{clock: c, do: a.lookUnread})
	river.AddWorker(workers, &job[unreadArgs]{clock: c, within: time.Hour, do: a.unread})
	river.AddWorker(workers, &job[askedLookArgs]{clock: c, do: a.lookAsked})
	river.AddWorker(workers, &job[askedArgs]{clock: c, within: time.Hour, do: a.asked})
	periodic := []*river.PeriodicJob{
		every(a.cfg.SweepEvery, lookArgs{}), every(a.cfg.SweepEvery, bookArgs{}), every(a.cfg.AnchorEvery, anchorArgs{}),
		every(a.cfg.DeliverEvery, collectArgs{}), every(a.cfg.FiguresEvery, untoldArgs{}), every(24*time.Hour, tidyArgs{}), every(24*time.Hour, unindexedArgs{}), every(time.Hour, removedArgs{}),
		every(a.cfg.SweepEvery, unscannedArgs{}), every(a.cfg.SweepEvery, importsLeftArgs{}), every(time.Hour, unreadLookArgs{}), every(time.Hour, askedLookArgs{}), every(time.Hour, stillArgs{}), every(a.cfg.SweepEvery, unsettledArgs{}),
	}
	if a.resolver.Phone.Connected() {
		periodic = append(periodic, every(a.cfg.PhoneEvery, ringArgs{}))
	}
	cl, err := river.NewClient(riverpgxv5.New(a.resolver.Store.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}, Workers: workers, Logger: a.log,
		PeriodicJobs: periodic,
	})
	if err != nil {
		return nil, err
	}
	return cl.Stop, cl.Start(ctx)
}

func worker(ctx context.Context, _ []string, _ io.Writer) error {
	return with(ctx, func(ctx context.Context, a *app) error {
		return a.db.attended(ctx, a.log, func(ctx context.Context) error {
			stop, err := a.startWorker(context.WithoutCancel(ctx), clockOf(a.cfg))
			if err != nil {
				return err
			}
			<-ctx.Done()
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
			defer cancel()
			return stop(end)
		})
	})
}
