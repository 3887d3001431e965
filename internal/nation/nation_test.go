package nation

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
)

func start(t *testing.T, cfg Config) *Nation {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	n, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func get(t *testing.T, n *Nation, address string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := n.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestEveryHostAnswers(t *testing.T) {
	n := start(t, Config{Only: []office.NodeID{"23", "63"}})
	for _, tt := range []struct{ address, want string }{
		{n.URL + "/", "跨省通办"},
		{n.URL + "/clock", n.Clock.Today().String()},
		{n.URL + "/trust.json", `"co_signed"`},
		{n.site("heilongjiang") + "/", "黑龙江"},
		{n.site("qinghai") + "/", "青海"},
		{n.site("heilongjiang") + "/desk", "演示"}, // by way of the identity provider
	} {
		if status, body := get(t, n, tt.address); status != http.StatusOK || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d, without %q", tt.address, status, tt.want)
		}
	}
}

// TestTheWholeNationStarts opens all 32 provinces on SQLite. What it needs is logged: figures are measured by hand
// (docs/PERFORMANCE.md), never asserted by time.
func TestTheWholeNationStarts(t *testing.T) {
	began := time.Now()
	n := start(t, Config{})
	took := time.Since(began)
	if len(n.Nodes) != 32 {
		t.Errorf("%d provinces", len(n.Nodes))
	}
	if status, _ := get(t, n, n.site("guizhou")+"/"); status != http.StatusOK {
		t.Errorf("guizhou answers %d", status)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("first page after %v, %d MiB from the system", took, m.Sys>>20)
}

func TestANationGoesOnWhereItStopped(t *testing.T) {
	cfg := Config{Dir: t.TempDir(), Only: []office.NodeID{"23", "63"}, Silent: true}
	first, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	had := first.Nodes["23"].Kit.Signer.KeyID()
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, cfg)
	if got := again.Nodes["23"].Kit.Signer.KeyID(); got != had {
		t.Errorf("key %s, had %s", got, had)
	}
}

func TestFreshLeavesForeignFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Fresh(dir); !errs.Is(err, errs.DataForeign) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

func TestTheStepsAreInBothLanguages(t *testing.T) {
	for i, s := range demoSteps() {
		if s.Zh == "" || s.En == "" {
			t.Errorf("step %d lacks a language", i+1)
		}
	}
}

// Provinces sign each other's log heads by themselves: whatever a node writes is soon in a tree that enough others vouch for.
func TestLogsAreWitnessed(t *testing.T) {
	n := start(t, Config{Only: []office.NodeID{"11", "23", "35", "63"}})
	at := n.Clock.Now()
	for _, node := range n.Nodes {
		entry := accesslog.Entry{Kind: accesslog.View, At: at, Case: "c", Who: "w", What: "desk.check"}
		if err := node.Store.Commit(t.Context(), unit.Unit{At: at, Log: []accesslog.Entry{entry}}); err != nil {
			t.Fatal(err)
		}
	}
	for id, node := range n.Nodes {
		deadline := time.Now().Add(time.Minute)
		for {
			x, err := usage.Extract(t.Context(), node.Store, []string{"c"})
			if err != nil {
				t.Fatal(err)
			}
			p, err := x.Check(node.Trust.List())
			if err == nil && p.Lines == 1 && p.Pending == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %+v, %v", id, p, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if forks, err := node.Store.Forks(t.Context()); err != nil || len(forks) != 0 {
			t.Errorf("%s noticed %d forks, %v", id, len(forks), err)
		}
	}
}
