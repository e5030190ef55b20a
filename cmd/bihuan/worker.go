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
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
)

// sweepArgs is the job that fires one committee's reminders and closes its
// deadlines. It carries the tenant; a job without one fails.
type sweepArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (sweepArgs) Kind() string { return "flow_sweep" }

// lookArgs is the job that finds the committees that have something due.
type lookArgs struct{}

func (lookArgs) Kind() string { return "flow_look" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	app   *app
	clock clock.Clock
}

func (w *sweepWorker) Work(ctx context.Context, job *river.Job[sweepArgs]) error {
	ctx = clock.With(ctx, w.clock)
	n, err := w.app.resolver.Engine.Sweep(ctx, audit.Doors{Store: w.app.resolver.Store, System: "sweep"}, job.Args.Tenant)
	if n > 0 {
		w.app.log.Info("sweep", "tenant", job.Args.Tenant, "matters", n)
	}
	return err
}

func (w *sweepWorker) Timeout(*river.Job[sweepArgs]) time.Duration { return 10 * time.Minute }

type lookWorker struct {
	river.WorkerDefaults[lookArgs]
	app   *app
	clock clock.Clock
}

func (w *lookWorker) Work(ctx context.Context, _ *river.Job[lookArgs]) error {
	return w.app.where(clock.With(ctx, w.clock), w.app.resolver.Engine.HasDue, func(t uuid.UUID) river.JobArgs { return sweepArgs{t} })
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

type deliverWorker struct {
	river.WorkerDefaults[deliverArgs]
	app   *app
	clock clock.Clock
}

func (w *deliverWorker) Work(ctx context.Context, job *river.Job[deliverArgs]) error {
	n, err := w.app.resolver.Exchange.Deliver(clock.With(ctx, w.clock), job.Args.Tenant)
	if n > 0 {
		w.app.log.Info("delivered", "tenant", job.Args.Tenant, "envelopes", n)
	}
	return err
}

func (w *deliverWorker) Timeout(*river.Job[deliverArgs]) time.Duration { return 10 * time.Minute }

// collectArgs is the job that finds the committees whose envelopes wait.
type collectArgs struct{}

func (collectArgs) Kind() string { return "exchange_collect" }

type collectWorker struct {
	river.WorkerDefaults[collectArgs]
	app   *app
	clock clock.Clock
}

func (w *collectWorker) Work(ctx context.Context, _ *river.Job[collectArgs]) error {
	return w.app.where(clock.With(ctx, w.clock), w.app.resolver.Exchange.HasDue, func(t uuid.UUID) river.JobArgs { return deliverArgs{t} })
}

// indexArgs is the job that puts into the index what one committee has written
// before there was one.
type indexArgs struct {
	Tenant uuid.UUID `json:"tenant"`
}

func (indexArgs) Kind() string { return "search_fill" }

type indexWorker struct {
	river.WorkerDefaults[indexArgs]
	app   *app
	clock clock.Clock
}

func (w *indexWorker) Work(ctx context.Context, job *river.Job[indexArgs]) error {
	n, err := search.Fill(clock.With(ctx, w.clock), w.app.resolver.Store, job.Args.Tenant)
	if n > 0 {
		w.app.log.Info("indexed", "tenant", job.Args.Tenant, "matters", n)
	}
	return err
}

func (w *indexWorker) Timeout(*river.Job[indexArgs]) time.Duration { return time.Hour }

// unindexedArgs is the job that finds the committees whose index lacks
// something.
type unindexedArgs struct{}

func (unindexedArgs) Kind() string { return "search_look" }

type unindexedWorker struct {
	river.WorkerDefaults[unindexedArgs]
	app   *app
	clock clock.Clock
}

func (w *unindexedWorker) Work(ctx context.Context, _ *river.Job[unindexedArgs]) error {
	return w.app.where(clock.With(ctx, w.clock), search.HasDue, func(t uuid.UUID) river.JobArgs { return indexArgs{t} })
}

// tidyArgs is the daily job that forgets what has served its time: ended
// sessions, old failures, idempotency keys of a month ago, and what changed
// before yesterday.
type tidyArgs struct{}

func (tidyArgs) Kind() string { return "tidy" }

type tidyWorker struct {
	river.WorkerDefaults[tidyArgs]
	app   *app
	clock clock.Clock
}

// keysLast is how long a repeated request is recognised.
const keysLast = 30 * 24 * time.Hour

func (w *tidyWorker) Work(ctx context.Context, _ *river.Job[tidyArgs]) error {
	ctx = clock.With(ctx, w.clock)
	if _, err := w.app.resolver.Accounts.Sweep(ctx); err != nil {
		return err
	}
	for t, err := range w.app.resolver.Store.Committees(ctx) {
		if err != nil {
			return err
		}
		err = w.app.resolver.Store.InTx(ctx, t.ID, func(ctx context.Context) error {
			if _, err := tenants.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`, clock.Now(ctx).Add(-keysLast)); err != nil {
				return err
			}
			return live.Forget(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bookArgs is the job that completes the books: what happened to accounts and has
// not come into every chain.
type bookArgs struct{}

func (bookArgs) Kind() string { return "audit_book" }

type bookWorker struct {
	river.WorkerDefaults[bookArgs]
	app   *app
	clock clock.Clock
}

func (w *bookWorker) Work(ctx context.Context, _ *river.Job[bookArgs]) error {
	return w.app.people().Left(clock.With(ctx, w.clock))
}

// anchorArgs is the job that keeps the heads of the chains outside of the
// database.
type anchorArgs struct{}

func (anchorArgs) Kind() string { return "audit_anchor" }

type anchorWorker struct {
	river.WorkerDefaults[anchorArgs]
	app   *app
	clock clock.Clock
}

func (w *anchorWorker) Work(ctx context.Context, _ *river.Job[anchorArgs]) error {
	_, err := audit.Keep(clock.With(ctx, w.clock), w.app.store, w.app.anchors())
	return err
}

// startWorker runs the job queue until the context ends.
func (a *app) startWorker(ctx context.Context, c clock.Clock) (stop func(context.Context) error, err error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &sweepWorker{app: a, clock: c})
	river.AddWorker(workers, &lookWorker{app: a, clock: c})
	river.AddWorker(workers, &collectWorker{app: a, clock: c})
	river.AddWorker(workers, &deliverWorker{app: a, clock: c})
	river.AddWorker(workers, &tidyWorker{app: a, clock: c})
	river.AddWorker(workers, &bookWorker{app: a, clock: c})
	river.AddWorker(workers, &anchorWorker{app: a, clock: c})
	river.AddWorker(workers, &unindexedWorker{app: a, clock: c})
	river.AddWorker(workers, &indexWorker{app: a, clock: c})
	cl, err := river.NewClient(riverpgxv5.New(a.resolver.Store.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}, Workers: workers, Logger: a.log,
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(a.cfg.SweepEvery),
				func() (river.JobArgs, *river.InsertOpts) { return lookArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(a.cfg.SweepEvery),
				func() (river.JobArgs, *river.InsertOpts) { return bookArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(a.cfg.AnchorEvery),
				func() (river.JobArgs, *river.InsertOpts) { return anchorArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(a.cfg.DeliverEvery),
				func() (river.JobArgs, *river.InsertOpts) { return collectArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
				func() (river.JobArgs, *river.InsertOpts) { return tidyArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
				func() (river.JobArgs, *river.InsertOpts) { return unindexedArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		},
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
