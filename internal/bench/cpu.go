package bench

import (
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

// postgresTime is what every PostgreSQL process of this machine has used so far, with those that have ended since their
// server began; 0 if there is none or /proc cannot be read.
func postgresTime() time.Duration {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs on Linux
	var sum time.Duration
	for _, name := range files {
		b, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			continue // ended meanwhile
		}
		_, rest, ok := strings.Cut(string(b), "(postgres) ")
		if !ok {
			continue
		}
		fields := strings.Fields(rest) // from the third of proc(5) on
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
