package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// foreign is the part of the machine's time that other programs may use in a
// round before it is thrown away.
const foreign = 0.10

// ticks are hundredths of a second of CPU time, as /proc counts (USER_HZ is
// 100 on every Linux that Go runs on).
type ticks int64

// machine tells who has used how much CPU time so far.
type machine struct {
	postmaster, server int // process ids
}

type usage struct {
	all      ticks // everything on the machine that was not idle, stolen time included
	database ticks // PostgreSQL and its children
	server   ticks // the server process
	client   ticks // this process
}

func (u usage) minus(v usage) usage {
	return usage{u.all - v.all, u.database - v.database, u.server - v.server, u.client - v.client}
}

// others is what neither of the three used.
func (u usage) others() ticks { return max(u.all-u.database-u.server-u.client, 0) }

func (m machine) usage() usage {
	u := usage{all: busy(), server: ofProcess(m.server)}
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // cannot fail with these arguments
	u.client = ticks((r.Utime.Sec+r.Stime.Sec)*100 + (r.Utime.Usec+r.Stime.Usec)/10_000)
	u.database = ofProcess(m.postmaster)
	for _, pid := range children(m.postmaster) {
		u.database += ofProcess(pid)
	}
	return u
}

// busy is the first line of /proc/stat: user, nice, system, idle, iowait, irq,
// softirq, steal.
func busy() (sum ticks) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	for i, f := range strings.Fields(string(line)) {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil && i != 4 && i != 5 && i <= 8 {
			sum += ticks(n)
		}
	}
	return sum
}

// ofProcess is the user and system time of a process and of its children that
// have ended: fields 14 to 17, counted behind the name in brackets.
func ofProcess(pid int) (sum ticks) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 15 {
		return 0
	}
	for _, s := range f[11:15] {
		n, _ := strconv.ParseInt(s, 10, 64) // the kernel writes numbers
		sum += ticks(n)
	}
	return sum
}

func children(pid int) (out []int) {
	p := strconv.Itoa(pid)
	b, err := os.ReadFile("/proc/" + p + "/task/" + p + "/children")
	if err != nil {
		return nil
	}
	for _, f := range strings.Fields(string(b)) {
		if n, err := strconv.Atoi(f); err == nil {
			out = append(out, n)
		}
	}
	return out
}
