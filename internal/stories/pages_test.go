package stories

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tongban/internal/node"
)

// TestPages walks every state of the gallery in a real browser (web/e2e/pages.mjs): in two modes, and in all six where
// TONGBAN_ALL_MODES is set, as `make test-all` does.
func TestPages(t *testing.T) {
	chromium := program(t, "install it: apt-get install chromium", "chromium", "chromium-browser")
	driver := program(t, "install Node.js 20 or newer", "node")
	script, err := filepath.Abs("../../web/e2e/pages.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../../web/node_modules/playwright-core"); err != nil {
		t.Fatal("the browser's driver is missing: run `make setup`")
	}
	site, states, err := node.Gallery(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(states) < 300 {
		t.Errorf("only %d states in the gallery", len(states))
	}
	srv := httptest.NewServer(site)
	t.Cleanup(srv.Close)
	args := []string{script, srv.URL}
	if os.Getenv("TONGBAN_ALL_MODES") != "" {
		args = append(args, "desktop", "phone320", "zoom200", "elder360", "contrast", "noscript")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, driver, args...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
