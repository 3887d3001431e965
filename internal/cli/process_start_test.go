package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// moduleRoot is the top of the module, seen from this package.
const moduleRoot = "../.."

// builtBinary builds the command as people run it.
func builtBinary(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "tongban")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, "./cmd/tongban")
	build.Dir = moduleRoot
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// process is `tongban …` as a process of its own that can be killed and started again with the same arguments.
type process struct {
	bin  string
	args []string

	cmd      *exec.Cmd
	out, log *safe
}

// launch starts a process and waits for its line "ready: …". It is killed when the test ends, unless it ended before.
func launch(t *testing.T, bin string, args ...string) *process {
	t.Helper()
	p := &process{bin: bin, args: args}
	t.Cleanup(func() {
		p.kill()
		if text := p.log.String(); t.Failed() && text != "" {
			t.Logf("%v:\n%s", args, text[max(0, len(text)-4000):])
		}
	})
	p.start(t)
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	p.out, p.log = new(safe), new(safe)
	p.cmd = exec.Command(p.bin, p.args...) // it outlives no test, and is ended by hand
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		if strings.HasPrefix(p.out.String(), "ready: ") && strings.HasSuffix(p.out.String(), "\n") {
			return
		}
		if err := syscall.Kill(p.cmd.Process.Pid, 0); err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%v is not ready\n%s", p.args, p.log)
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // says that it was killed
	p.cmd = nil
}

// stop ends the process as an operator does, and checks that it ended well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%v: %v\n%s", p.args, err, p.log)
	}
	p.cmd = nil
}

// steadyAddress is one that a killed process gets back: outgoing connections take their ports from above 32767.
func steadyAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(8000)))
		if err == nil {
			defer func() { _ = l.Close() }()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

// joinedProvince is one that has joined a hub, with its processes to come.
type joinedProvince struct{ id, dir, url string }

// founded is a hub as a process, and the folder in which its provinces stand.
func founded(t *testing.T, bin string) (dir, url string, hub *process) {
	t.Helper()
	dir = t.TempDir()
	at := filepath.Join(dir, "hub")
	listen := steadyAddress(t)
	run(t, exitYes, "init", "-id", "hub", "-dir", at, "-listen", listen, "-channel", steadyAddress(t))
	return dir, "http://" + listen, launch(t, bin, "serve", "-config", at)
}

// enlist joins a province in three commands and gives one token to each kind of officer.
func enlist(t *testing.T, dir, hub, id, place, roles string, more ...string) joinedProvince {
	t.Helper()
	p := joinedProvince{id, filepath.Join(dir, id), ""}
	listen := steadyAddress(t)
	p.url = "http://" + listen
	run(t, exitYes, append([]string{"init", "-id", id, "-dir", p.dir, "-listen", listen, "-hub", hub}, more...)...)
	var invitation struct{ Code string }
	if err := json.Unmarshal([]byte(run(t, exitYes, "invite", "-dir", filepath.Join(dir, "hub"), "-id", id, "-json")), &invitation); err != nil {
		t.Fatal(err)
	}
	for try := 0; ; try++ { // the members that have to sign may still be on their way to the channel
		args := []string{"enrol", "-dir", p.dir, "-code", invitation.Code}
		if Run(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }) == exitYes {
			break
		}
		if try == 20 {
			run(t, exitYes, args...)
		}
		time.Sleep(200 * time.Millisecond)
	}
	grant(t, p.dir, "token-"+id, officeOf(t, place).Code, roles)
	return p
}

// prSetChildSubreaper is Linux's PR_SET_CHILD_SUBREAPER.
const prSetChildSubreaper = 36

// postgres is a whole server of our own, which can be killed.
type postgres struct{ dir, dsn string }

func ownPostgres(t *testing.T) *postgres {
	t.Helper()
	// Its processes become ours when script/pg ends, so that we hear of their end: a container may have nobody else who
	// does, and a killed postmaster would seem to live on.
	if _, _, no := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); no != 0 {
		t.Fatal(no)
	}
	dir, err := os.MkdirTemp("", "tongban-pg.") //nolint:usetesting // the server's own user has to enter it
	if err != nil {
		t.Fatal(err)
	}
	pg := &postgres{dir: dir}
	t.Cleanup(func() {
		if err := errors.Join(pg.kill(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	pg.start(t)
	return pg
}

// start starts the server where it stood. Its first try may meet what a killed one left to be cleared away.
func (pg *postgres) start(t *testing.T) {
	t.Helper()
	var last error
	for range 5 {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, filepath.Join(moduleRoot, "script", "pg"), "start", pg.dir)
		cmd.Env = append(os.Environ(), "INITDB_OPTIONS=--no-sync")
		out, err := cmd.Output()
		stop()
		if err == nil {
			pg.dsn = strings.TrimSpace(string(out))
			return
		}
		last = err
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("PostgreSQL does not start (apt-get install postgresql): %v", last)
}

// kill ends the postmaster first, so that it starts nobody anew, and then all its children, and waits until they are gone.
func (pg *postgres) kill() error {
	b, err := os.ReadFile(filepath.Join(pg.dir, "data", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	master, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	all := append([]int{master}, childrenOf(master)...)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
	}
	for _, pid := range all {
		for range 500 {
			if gone(pid) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !gone(pid) {
			return fmt.Errorf("process %d of PostgreSQL goes on", pid)
		}
	}
	return nil
}

// gone takes note of a process's end.
func gone(pid int) bool {
	_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // it may be nobody's, or not ended yet
	state, _ := stat(pid)
	return state == ""
}

func childrenOf(parent int) (out []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if _, of := stat(pid); of == parent {
			out = append(out, pid)
		}
	}
	return out
}

// stat gives a process's state and parent, "" if there is none.
func stat(pid int) (state string, parent int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name before it may hold spaces
	f := strings.Fields(rest)
	if len(f) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(f[1])
	return f[0], parent
}
