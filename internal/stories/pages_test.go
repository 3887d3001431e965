package stories

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tongban/internal/face/board"
	"tongban/internal/face/entrance"
	"tongban/internal/face/inquiry"
	"tongban/internal/face/register"
	"tongban/internal/face/wallet"
)

// TestPages walks every state of the gallery in a real browser (web/e2e/pages.mjs): in two modes, and in all six where
// TONGBAN_ALL_MODES is set, as `make test-all` does.
func TestPages(t *testing.T) {
	chromium := program(t, "install it: apt-get install chromium", "chromium", "chromium-browser")
	node := program(t, "install Node.js 20 or newer", "node")
	script, err := filepath.Abs("../../web/e2e/pages.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../../web/node_modules/playwright-core"); err != nil {
		t.Fatal("the browser's driver is missing: run `make setup`")
	}
	site, states, err := entrance.Gallery(slog.New(slog.DiscardHandler), slices.Concat(register.States(), wallet.States(), board.States(), inquiry.States())...)
	if err != nil {
		t.Fatal(err)
	}
	if len(states) < 70 {
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
	cmd := exec.CommandContext(ctx, node, args...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
