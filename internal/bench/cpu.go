package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuTime is what this process has used of all cores so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What a fill leaves behind, figures to count and notices to send, begins ten seconds after the last act and is no part of what is measured
// next. The process is at rest when it used less than a tenth of a core for some seconds on end.
const (
	restAfter = 12 * time.Second
	restIdle  = 3
	restMost  = 3 * time.Minute
)

// rested waits until the process is at rest, or for restMost, which it says.
func rested(ctx context.Context, say func(string, ...any)) error {
	begun, idle, used := time.Now(), 0, cpuTime()
	for wait := restAfter; idle < restIdle && time.Since(begun) < restMost; wait = time.Second {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		now := cpuTime()
		if idle++; now-used > wait/10 {
			idle = 0
		}
		used = now
	}
	if idle < restIdle {
		say("after %.0f s what the fill left to count and to send is still not done: it is part of these figures", time.Since(begun).Seconds())
		return nil
	}
	say("what the fill left to count and to send was done after %.0f s", time.Since(begun).Seconds())
	return nil
}

// serverOf gives the process that a PostgreSQL backend was started by, 0 if it is not on this machine.
func serverOf(backend int) int {
	_, fields := procStat("/proc/" + strconv.Itoa(backend) + "/stat")
	if fields == nil {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}

// postgresTime is what a PostgreSQL server of this machine has used so far with all its processes, those that have ended
// too; 0 if server is 0 or /proc cannot be read.
func postgresTime(server int) time.Duration {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || server == 0 {
		return 0
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs on Linux
	var sum time.Duration
	for _, name := range files {
		pid, fields := procStat(name)
		if fields == nil || pid != server && fields[1] != strconv.Itoa(server) {
			continue
		}
		for _, f := range fields[11:15] {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				return 0
			}
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

// procStat reads a process's id and its stat from the third field of proc(5) on; nil unless it is PostgreSQL's.
func procStat(name string) (pid int, fields []string) {
	b, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return 0, nil // ended meanwhile
	}
	head, rest, ok := strings.Cut(string(b), " (postgres) ")
	fields = strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return 0, nil
	}
	if pid, err = strconv.Atoi(head); err != nil {
		return 0, nil
	}
	return pid, fields
}

// profiler writes a CPU profile of what runs between begin and end; without a file it does nothing.
type profiler struct {
	file string
	f    *os.File
	err  error
}

func (p *profiler) begin() {
	if p.file == "" {
		return
	}
	if p.f, p.err = os.Create(filepath.Clean(p.file)); p.err == nil {
		p.err = pprof.StartCPUProfile(p.f)
	}
}

func (p *profiler) end() {
	if p.f != nil {
		pprof.StopCPUProfile()
		p.err = errors.Join(p.err, p.f.Close())
	}
}
