package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

// The keys at rest of a folder are changed and the old ones retired, as docs/OPERATING.md says; the minutes of waiting pass in a bubble.
func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "63")
	run(t, exitYes, "init", "-id", "63", "-dir", dir, "-hub", "http://127.0.0.1:1")
	list := func() (lines []keyLine) {
		t.Helper()
		if err := json.Unmarshal([]byte(run(t, exitYes, "keys", "list", "-config", dir, "-json")), &lines); err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if l := list(); len(l) != 1 || l[0].State != "seals" {
		t.Fatalf("before: %+v", l)
	}
	run(t, exitUsage, "keys", "retire", "-config", dir)
	run(t, exitUsage, "keys", "-config", dir)
	run(t, exitUsage, "keys", "turn", "-config", dir)
	synctest.Test(t, func(t *testing.T) {
		if out := run(t, exitYes, "keys", "rotate", "-config", dir, "-lang", "en"); !strings.Contains(out, "Next: two backups") {
			t.Errorf("what is next is not told: %s", out)
		}
	})
	if l := list(); len(l) != 2 || l[0].State != "leaving" || l[1].State != "seals" || l[1].Clean.IsZero() {
		t.Errorf("after: %+v", l)
	}
	run(t, exitUsage, "keys", "retire", "-config", dir) // no backup was made
	for _, to := range []string{"one", "two"} {
		run(t, exitYes, "backup", "-config", dir, "-to", filepath.Join(dir, to))
	}
	run(t, exitYes, "keys", "retire", "-config", dir)
	for _, name := range []string{"rest", "index"} {
		if _, err := os.Stat(filepath.Join(dir, "keys", name+".pem")); err == nil {
			t.Errorf("the old key %s still lies there", name)
		}
		if _, err := os.Stat(filepath.Join(dir, "keys", retiredFolder, name+".pem")); err != nil {
			t.Error(err)
		}
	}
	if l := list(); l[0].State != "retired" || l[0].Rows != 0 {
		t.Errorf("retired: %+v", l)
	}
	if err := os.Remove(filepath.Join(dir, "keys", "rest-2.pem")); err != nil {
		t.Fatal(err)
	}
	run(t, exitUsage, "keys", "list", "-config", dir)
	if _, err := os.Stat(filepath.Join(dir, "keys", "rest-2.pem")); err == nil {
		t.Error("a key that was lost was made anew: it opens nothing")
	}
}
