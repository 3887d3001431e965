package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongban/internal/handling/unit"
)

// TestTheDrill is the one of docs/OPERATING.md: a province is backed up while it serves, goes on, loses all but its keys, is
// restored and rebuilt, and everything is in order.
func TestTheDrill(t *testing.T) {
	root := t.TempDir()
	run(t, exitYes, "init", "-id", "hub", "-dir", filepath.Join(root, "hub"), "-listen", freeAddress(t), "-channel", freeAddress(t))
	hubURL, stopHub := serve(t, filepath.Join(root, "hub"))
	_, north, stopHere := join(t, root, hubURL, "23", "230183", `"window"`)
	there, west, stopThere := join(t, root, hubURL, "63", "630100", `"reviewer", "decider"`)
	begin := func() string {
		id := unit.NewID()
		ask(t, 201, http.MethodPost, north+"/api/v1/cases", "token-23", applicationOf(id))
		ask(t, 200, http.MethodPost, north+"/api/v1/cases/"+id+"/hand-over", "token-23", map[string]any{})
		eventually(t, west+"/api/v1/cases/"+id+"/accept", "token-63", map[string]any{})
		return id
	}
	old := begin()
	backup := filepath.Join(root, "backup")
	run(t, exitYes, "backup", "-config", there, "-to", backup)
	run(t, exitUsage, "backup", "-config", there, "-to", backup)
	for _, secret := range []string{"keys", "nkey.seed", "tls.pem", configFile} {
		if _, err := os.Stat(filepath.Join(backup, secret)); err == nil {
			t.Errorf("%s is in the backup", secret)
		}
	}
	fresh := begin()
	ask(t, 200, http.MethodPost, west+"/api/v1/cases/"+old+"/decide", "token-63", map[string]any{"outcome": "granted"})
	ask(t, 200, http.MethodPost, west+"/api/v1/cases/"+old+"/issue", "token-63", map[string]any{})
	eventually(t, north+"/api/v1/cases/"+old+"/deliver", "token-23", map[string]any{"way": "counter", "to": "applicant"})
	untilDone(t, west, old)

	run(t, exitUsage, "restore", "-config", there, "-from", backup) // onto what is there
	stopThere()
	for _, name := range []string{"node.db", "node.db-wal", "node.db-shm", filesFolder} {
		if err := os.RemoveAll(filepath.Join(there, name)); err != nil {
			t.Fatal(err)
		}
	}
	tampered(t, there, backup)
	run(t, exitUsage, "restore", "-config", filepath.Join(root, "23"), "-from", backup) // another node's
	run(t, exitYes, "restore", "-config", there, "-from", backup)
	stopHere()
	if out := run(t, exitNo, "rebuild", "-config", there, "-wait", "0s", "-lang", "en"); !strings.Contains(out, "Waiting for node 23") {
		t.Errorf("it does not say whom it waits for: %s", out)
	}
	_, stopHere = serve(t, filepath.Join(root, "23"))
	var r rebuildReport
	if err := json.Unmarshal([]byte(run(t, exitYes, "rebuild", "-config", there, "-json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.State.Collecting || r.State.Envelopes == 0 || len(r.State.Problems) > 0 || len(r.Lost) > 0 {
		t.Errorf("%+v", r)
	}
	west, stopThere = serve(t, there)
	untilDone(t, west, old)
	ask(t, 200, http.MethodPost, west+"/api/v1/cases/"+fresh+"/decide", "token-63", map[string]any{"outcome": "granted"})
	ask(t, 200, http.MethodPost, west+"/api/v1/cases/"+fresh+"/issue", "token-63", map[string]any{})
	stopThere()
	stopHere()
	stopHub()
	run(t, exitYes, "fsck", "-data", root)
}

// tampered holds that a backup with one byte changed is not restored, and that nothing is left of the try.
func tampered(t *testing.T, dir, backup string) {
	t.Helper()
	for _, name := range []string{backupDatabase, manifestFile} {
		file := filepath.Join(backup, name)
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bad := append([]byte(nil), good...)
		i := len(bad) / 2
		if name == manifestFile { // inside the signed body
			i = strings.Index(string(bad), `"body"`) + 40
		}
		bad[i] ^= 1
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, exitFault, "restore", "-config", dir, "-from", backup)
		if _, err := os.Stat(filepath.Join(dir, "node.db")); err == nil {
			t.Errorf("%s: a database was made of it", name)
		}
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
