package stories

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestBrowser plays the first story and the one online in a real browser, with script and without, and the matters of the table
// with script (web/e2e). TONGBAN_PICTURES
// names a folder for the pictures of the README.
func TestBrowser(t *testing.T) {
	for _, name := range []string{"licence", "online", "matters"} {
		t.Run(name, func(t *testing.T) { inBrowser(t, name) })
	}
}

func inBrowser(t *testing.T, name string) {
	t.Helper()
	chromium := program(t, "install it: apt-get install chromium", "chromium", "chromium-browser")
	node := program(t, "install Node.js 20 or newer", "node")
	script, err := filepath.Abs("../../web/e2e/" + name + ".mjs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../../web/node_modules/playwright-core"); err != nil {
		t.Fatal("the browser's driver is missing: run `make setup`")
	}
	n, done, err := Stage(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := done(); err != nil {
			t.Error(err)
		}
	})
	args := []string{script, n.URL}
	if pictures := os.Getenv("TONGBAN_PICTURES"); pictures != "" && name == "licence" {
		args = append(args, pictures)
	}
	if name == "matters" {
		args = append(args, "testdata/matters.json")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, args...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// program finds the first of some programs.
func program(t *testing.T, otherwise string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is needed: %s", names[0], otherwise)
	return ""
}
