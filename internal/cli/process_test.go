package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// workers is how many cases are under way at once: enough that every kill meets some of them half done.
const workers = 6

// TestKilled runs a hub and two provinces as processes of their own, with cases crossing all the time, and ends some of
// them, or the database, as a power cut would. What was acknowledged is there afterwards and goes on to its end. The parts
// run side by side: most of their time is waiting for what a killed process had claimed.
func TestKilled(t *testing.T) {
	bin := builtBinary(t)
	t.Run("province and PostgreSQL", func(t *testing.T) { killProvinceAndPostgres(t, bin) })
	t.Run("either replica", func(t *testing.T) { killEitherReplica(t, bin) })
	t.Run("channel server", func(t *testing.T) { killChannelServer(t, bin) })
	t.Run("province on SQLite", func(t *testing.T) { killOnSQLite(t, bin) })
}

// killProvinceAndPostgres: both provinces on one PostgreSQL. First the deciding province is killed, then the whole
// database server.
func killProvinceAndPostgres(t *testing.T, bin string) {
	t.Helper()
	t.Parallel()
	pg := ownPostgres(t)
	dir, hubURL, hub := founded(t, bin)
	here := enlist(t, dir, hubURL, "23", "230183", `"window"`, "-db", pg.dsn)
	north := launch(t, bin, "serve", "-config", here.dir)
	there := enlist(t, dir, hubURL, "63", "630100", `"reviewer", "decider"`, "-db", pg.dsn)
	west := launch(t, bin, "serve", "-config", there.dir)

	l := startLoad(t, desks{"23", []string{here.url}}, desks{"63", []string{there.url}})
	l.underWay(t, workers)
	west.kill()
	time.Sleep(300 * time.Millisecond) // the others notice
	west.start(t)
	l.underWay(t, workers)
	if err := pg.kill(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	pg.start(t)
	l.underWay(t, workers)
	l.drain(t)
	l.nothingLost(t)
	emptyAndClean(t, bin, dir)
	for _, p := range []*process{north, west, hub} {
		p.stop(t)
	}
	tool(t, bin, "fsck", "-data", dir)
}

// killEitherReplica: two processes of 青海 on one PostgreSQL at work together. Each is killed once while the other goes on.
func killEitherReplica(t *testing.T, bin string) {
	t.Helper()
	t.Parallel()
	pg := ownPostgres(t)
	dir, hubURL, hub := founded(t, bin)
	here := enlist(t, dir, hubURL, "23", "230183", `"window"`)
	north := launch(t, bin, "serve", "-config", here.dir)
	there := enlist(t, dir, hubURL, "63", "630100", `"reviewer", "decider"`, "-db", pg.dsn)
	second := steadyAddress(t)
	replicas := []*process{
		launch(t, bin, "serve", "-config", there.dir),
		launch(t, bin, "serve", "-config", there.dir, "-listen", second),
	}

	l := startLoad(t, desks{"23", []string{here.url}}, desks{"63", []string{there.url, "http://" + second}})
	for _, r := range replicas {
		l.underWay(t, workers)
		r.kill()
		l.underWay(t, workers) // without it
		r.start(t)
	}
	l.underWay(t, workers)
	replicas[0].kill() // and the other brings everything to its end
	l.drain(t)
	l.there.urls = l.there.urls[1:]
	l.nothingLost(t)
	emptyAndClean(t, bin, dir)
	for _, p := range []*process{north, replicas[1], hub} {
		p.stop(t)
	}
	tool(t, bin, "fsck", "-data", dir)
}

// killOnSQLite: either province is killed, each with a file of its own.
func killOnSQLite(t *testing.T, bin string) {
	t.Helper()
	t.Parallel()
	dir, hubURL, hub := founded(t, bin)
	here := enlist(t, dir, hubURL, "23", "230183", `"window"`)
	north := launch(t, bin, "serve", "-config", here.dir)
	there := enlist(t, dir, hubURL, "63", "630100", `"reviewer", "decider"`)
	west := launch(t, bin, "serve", "-config", there.dir)

	l := startLoad(t, desks{"23", []string{here.url}}, desks{"63", []string{there.url}})
	for _, p := range []*process{west, north} {
		l.underWay(t, workers)
		p.kill()
		time.Sleep(200 * time.Millisecond)
		p.start(t)
	}
	l.underWay(t, workers)
	l.drain(t)
	l.nothingLost(t)
	emptyAndClean(t, bin, dir)
	for _, p := range []*process{north, west, hub} {
		p.stop(t)
	}
	tool(t, bin, "fsck", "-data", dir)
}

// killChannelServer: the channel is three processes of its own, from the hub's folder; provinces join after they started.
// Each is killed once, and the other two carry everything.
func killChannelServer(t *testing.T, bin string) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	hubDir := filepath.Join(dir, "hub")
	var listen, peers, urls []string
	for range 3 {
		listen, peers = append(listen, steadyAddress(t)), append(peers, steadyAddress(t))
		urls = append(urls, strconv.Quote("tls://"+listen[len(listen)-1]))
	}
	at := steadyAddress(t)
	run(t, exitYes, "init", "-id", "hub", "-dir", hubDir, "-listen", at)
	file := filepath.Join(hubDir, configFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "\nchannel = []", "\nchannel = ["+strings.Join(urls, ", ")+"]", 1)
	changed = strings.Replace(changed, `channel_listen = "127.0.0.1:4222"`, `channel_listen = ""`, 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	servers := make([]*process, 0, len(listen))
	for i := range listen {
		servers = append(servers, launch(t, bin, "channel", "-data", hubDir, "-listen", listen[i], "-peers", peers[i],
			"-routes", strings.Join(slices.Delete(slices.Clone(peers), i, i+1), ",")))
	}
	hub := launch(t, bin, "serve", "-config", hubDir)
	here := enlist(t, dir, "http://"+at, "23", "230183", `"window"`)
	north := launch(t, bin, "serve", "-config", here.dir)
	connected(t, bin, here)
	there := enlist(t, dir, "http://"+at, "63", "630100", `"reviewer", "decider"`)
	west := launch(t, bin, "serve", "-config", there.dir)
	connected(t, bin, there)

	l := startLoad(t, desks{"23", []string{here.url}}, desks{"63", []string{there.url}})
	for _, s := range servers {
		l.underWay(t, workers/2)
		s.kill()
		l.underWay(t, workers/2) // without it
		s.start(t)
		time.Sleep(time.Second) // it finds the others
	}
	l.drain(t)
	l.nothingLost(t)
	emptyAndClean(t, bin, dir)
	for _, p := range append(servers, north, west, hub) {
		p.stop(t)
	}
	tool(t, bin, "fsck", "-data", dir)
}

// connected waits until a province that joined is let in by the channel.
func connected(t *testing.T, bin string, p joinedProvince) {
	t.Helper()
	var out []byte
	for range 50 {
		time.Sleep(100 * time.Millisecond)
		var err error
		if out, err = exec.CommandContext(t.Context(), bin, "doctor", "-config", p.dir).CombinedOutput(); err == nil {
			return
		}
	}
	t.Fatalf("doctor:\n%s", out)
}

// emptyAndClean waits until every outbox is empty, beside the nodes at work: no hand-over may wait for its receipt. What a
// killed process had claimed is sent again half a minute later.
func emptyAndClean(t *testing.T, bin, dir string) {
	t.Helper()
	var out []byte
	for range 140 {
		var err error
		if out, err = exec.CommandContext(t.Context(), bin, "fsck", "-data", dir, "-max-wait", "1ns").CombinedOutput(); err == nil {
			return
		}
		if !bytes.Contains(out, []byte("I9")) {
			break
		}
		time.Sleep(250 * time.Millisecond)
	}
	t.Errorf("fsck with empty outboxes:\n%s", out)
}

// tool runs the binary to a good end.
func tool(t *testing.T, bin string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), bin, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("tongban %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
