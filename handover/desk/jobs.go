package desk

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/handover"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Kind is what a job does.
type Kind string

// The kinds of jobs.
const (
	Export Kind = "EXPORT"
	Take   Kind = "TAKE"
	Erase  Kind = "ERASE"
)

// State is how a job stands.
type State string

// The states of a job.
const (
	Proposed  State = "PROPOSED" // another operator must confirm it
	Queued    State = "QUEUED"
	Running   State = "RUNNING"
	Done      State = "DONE"
	Failed    State = "FAILED"
	Withdrawn State = "WITHDRAWN"
)

// Job is one thing that takes long, as it is kept and shown.
type Job struct {
	ID          uuid.UUID       `json:"id"`
	Kind        Kind            `json:"kind"`
	Tenant      string          `json:"tenant,omitempty"`
	Package     *uuid.UUID      `json:"package,omitempty"`
	Same        []string        `json:"same,omitempty"` // logins that are the same persons'
	Reason      string          `json:"reason,omitempty"`
	By          string          `json:"by"`
	At          time.Time       `json:"at"`
	ConfirmedBy string          `json:"confirmedBy,omitempty"`
	State       State           `json:"state"`
	Parts       int             `json:"parts"` // tables and files that are through
	EndedAt     *time.Time      `json:"endedAt,omitempty"`
	Message     string          `json:"message,omitempty"` // why it failed
	Manifest    string          `json:"manifest,omitempty"`
	Proof       *handover.Proof `json:"proof,omitempty"`
}

// Desk keeps jobs and packages in a folder, and does one job after the other.
// It is safe for concurrent use.
type Desk struct {
	Handover handover.Service
	Folder   string

	mu   sync.Mutex
	jobs map[uuid.UUID]*Job
	work chan uuid.UUID
}

// mostWaiting is how many jobs wait at once.
const mostWaiting = 100

// Open reads what is kept; what ran when the process ended has failed.
func (d *Desk) Open(ctx context.Context) error {
	d.jobs, d.work = map[uuid.UUID]*Job{}, make(chan uuid.UUID, mostWaiting)
	if err := os.MkdirAll(d.Folder, 0o700); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(d.Folder, "*.json"))
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var j Job
		if err := json.Unmarshal(b, &j); err != nil {
			return errors.Join(errors.New(name), err)
		}
		if j.State == Running || j.State == Queued {
			now := clock.Now(ctx)
			j.State, j.EndedAt, j.Message = Failed, &now, "进程在办理中结束，没有做完的已经撤回；请再提出一次"
			if err := d.keep(&j); err != nil {
				return err
			}
		}
		d.jobs[j.ID] = &j
	}
	return nil
}

// keep writes a job; the file is whole or the one before.
func (d *Desk) keep(j *Job) error {
	b, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return err
	}
	name := filepath.Join(d.Folder, j.ID.String()+".json")
	if err := os.WriteFile(name+".part", b, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// packageOf is the file of a package: of the job that exported it, or as it was
// brought.
func (d *Desk) packageOf(id uuid.UUID) string {
	return filepath.Join(d.Folder, id.String()+".package")
}

// Jobs are all, the newest first.
func (d *Desk) Jobs() []Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Job, 0, len(d.jobs))
	for _, j := range d.jobs {
		out = append(out, *j)
	}
	slices.SortFunc(out, func(a, b Job) int { return strings.Compare(b.ID.String(), a.ID.String()) })
	return out
}

// Job is one of them.
func (d *Desk) Job(id uuid.UUID) (Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.jobs[id]; j != nil {
		return *j, nil
	}
	return Job{}, errs.New(errs.NotFound, "没有这件事")
}

// Ask enters a job: an export begins, the others wait for another operator.
func (d *Desk) Ask(ctx context.Context, by string, j Job) (Job, error) {
	j.Reason = text.Clean(j.Reason)
	switch {
	case j.Kind != Take && j.Tenant == "":
		return j, errs.New(errs.Invalid, "请写明租户的行政区划代码").At("tenant")
	case j.Kind != Export && j.Package == nil:
		return j, errs.New(errs.Invalid, "请写明移交包，先用 POST /packages 上传").At("package")
	case j.Kind == Erase && j.Reason == "":
		return j, errs.New(errs.Invalid, "请写明事由：它写进本政协和本安装的审计链").At("reason")
	}
	if j.Package != nil {
		if _, err := os.Stat(d.packageOf(*j.Package)); errors.Is(err, fs.ErrNotExist) {
			return j, errs.New(errs.NotFound, "没有这个移交包").At("package")
		}
	}
	j.ID, j.By, j.At, j.State = uuid.Must(uuid.NewV7()), by, clock.Now(ctx), Proposed
	if j.Kind == Export {
		j.State = Queued
	}
	return d.enter(&j)
}

func (d *Desk) enter(j *Job) (Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return *j, d.put(j)
}

// put keeps a job, and has it done where it waits for nobody; what finds too many
// waiting is not kept. The desk is locked.
func (d *Desk) put(j *Job) error {
	if j.State == Queued && len(d.work) == cap(d.work) {
		return errs.New(errs.Limited, "等着办的太多，请稍后再试")
	}
	if err := d.keep(j); err != nil {
		return err
	}
	d.jobs[j.ID] = j
	if j.State == Queued {
		d.work <- j.ID // there is room, and nobody else puts anything in meanwhile
	}
	return nil
}

// Settle is the second operator's word, or the first's taking back. Called twice
// the second changes nothing.
func (d *Desk) Settle(id uuid.UUID, by string, yes bool) (Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	j := d.jobs[id]
	switch {
	case j == nil:
		return Job{}, errs.New(errs.NotFound, "没有这件事")
	case yes && j.ConfirmedBy == by, !yes && j.State == Withdrawn:
		return *j, nil
	case j.State != Proposed:
		return *j, errs.New(errs.NotAllowedInState, "这件事已经不在等候确认")
	case yes && j.By == by:
		return *j, errs.New(errs.NotAllowed, "这一件由您提出，须由另一位运维人员确认")
	}
	next := *j
	if next.State = Withdrawn; yes {
		next.State, next.ConfirmedBy = Queued, by
	}
	if err := d.put(&next); err != nil {
		return *j, err
	}
	return next, nil
}

// Run does jobs until the context ends.
func (d *Desk) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-d.work:
			d.do(ctx, id)
		}
	}
}

// change changes a job in the list and on disk.
func (d *Desk) change(id uuid.UUID, kept bool, how func(*Job)) Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	j := d.jobs[id]
	how(j)
	if kept {
		if err := d.keep(j); err != nil {
			j.Message = strings.TrimPrefix(j.Message+"；进度没有记下："+err.Error(), "；")
		}
	}
	return *j
}

func (d *Desk) do(ctx context.Context, id uuid.UUID) {
	j := d.change(id, true, func(j *Job) { j.State = Running })
	who := j.By
	if j.ConfirmedBy != "" {
		who += "、" + j.ConfirmedBy
	}
	s := d.Handover
	s.Through = func() { d.change(id, false, func(j *Job) { j.Parts++ }) }
	hash, proof, err := d.act(audit.WithServer(ctx, who), s, j)
	if ctx.Err() != nil { // the process ends: the next one says so
		return
	}
	d.change(id, true, func(j *Job) {
		now := clock.Now(ctx)
		j.State, j.EndedAt, j.Manifest, j.Proof = Done, &now, hash, proof
		if err != nil {
			j.State, j.Message = Failed, "没有办成，请看日志"
			if e, ok := errs.As(err); ok {
				j.Message = e.Message
			}
		}
	})
}

func (d *Desk) act(ctx context.Context, s handover.Service, j Job) (hash string, proof *handover.Proof, err error) {
	if j.Kind == Export {
		_, hash, err = s.Export(ctx, j.Tenant, d.packageOf(j.ID))
		return hash, nil, err
	}
	p, err := handover.Open(d.packageOf(*j.Package))
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if j.Kind == Take {
		return p.Hash, nil, s.Take(ctx, p, j.Same)
	}
	made, err := s.Erase(ctx, j.Tenant, p, j.Reason)
	return p.Hash, &made, err
}
