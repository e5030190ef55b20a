package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bihuan/bihuan/test/bench/bulk"
)

// enough is how many cases are made at least for each second of a window that
// writes.
const enough = 1500

var cores = float64(runtime.NumCPU())

type options struct {
	sizes   []int
	members int
	matters int
	total   time.Duration // of each comparison
	turn    time.Duration // of one variant
	clients int
	only    string
	profile string
	match   string
	hold    bool
}

func main() {
	var o options
	tenants := flag.String("tenants", "10,3400", "numbers of committees, one database each")
	flag.IntVar(&o.members, "members", 206, "members of each committee")
	flag.IntVar(&o.matters, "matters", 600, "proposals of each committee")
	seconds := flag.Float64("seconds", 20, "of each comparison")
	flag.DurationVar(&o.turn, "turn", 500*time.Millisecond, "of each variant before the next one's")
	flag.IntVar(&o.clients, "clients", 16, "at once")
	flag.StringVar(&o.only, "only", "", "reads, writes, other, search or shares")
	flag.StringVar(&o.profile, "profile", "", "folder for CPU profiles of the server while it answers the product's way")
	flag.StringVar(&o.match, "match", "", "only reads and writes whose name has this in it")
	flag.BoolVar(&o.hold, "hold", false, "measure nothing; keep PostgreSQL running until interrupted, to look at plans")
	appURL := flag.String("serve", "", "internal: be the server on this database")
	unfair := flag.Bool("unfair", false, "internal: nobody waits for his turn")
	keys := flag.String("keys", "", "internal: file of the signing keys")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o.total = time.Duration(*seconds * float64(time.Second))
	err := func() error {
		if *appURL != "" {
			return serve(ctx, *appURL, *keys, *unfair)
		}
		for _, s := range strings.Split(*tenants, ",") {
			n, err := strconv.Atoi(s)
			if err != nil {
				return err
			}
			o.sizes = append(o.sizes, n)
		}
		slices.Sort(o.sizes)
		return bench(ctx, o)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) (err error) {
	c, err := openCluster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	fmt.Printf("PostgreSQL %s, %s, %d cores, %d clients, windows of %s in turns\n\n", c.Version, runtime.Version(), runtime.NumCPU(), o.clients, o.turn)
	sizes := make([]bulk.Size, len(o.sizes))
	names := make([]string, len(o.sizes))
	for i, n := range o.sizes {
		sizes[i] = bulk.Size{Tenants: n, Members: o.members, Matters: o.matters}
		if names[i], err = c.fill(ctx, sizes[i]); err != nil {
			return err
		}
	}
	if o.hold {
		fmt.Println(c.URL(app, names[len(names)-1]))
		<-ctx.Done()
		return nil
	}
	var s summary
	defer s.print()
	for _, part := range []struct {
		name string
		run  func(context.Context, *cluster, options, []bulk.Size, []string, *summary) error
	}{{"reads", benchReads}, {"writes", benchWrites}, {"other", benchOther}, {"search", benchSearch}, {"shares", benchShares}} {
		if o.only == "" || o.only == part.name {
			if err := part.run(ctx, c, o, sizes, names, &s); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	return nil
}

// openRigs starts a server on each database.
func openRigs(ctx context.Context, c *cluster, sizes []bulk.Size, names []string) (rigs []*rig, closeAll func(), err error) {
	closeAll = func() {
		for _, r := range rigs {
			r.close()
		}
	}
	for i, size := range sizes {
		r, err := openRig(ctx, c, size, names[i])
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		rigs = append(rigs, r)
	}
	return rigs, closeAll, nil
}

func (o options) profileFile(name string) string {
	return filepath.Join(o.profile, strings.NewReplacer(" ", "-", ",", "").Replace(name)+".pprof")
}
