package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
)

// run is one command to its end.
func run(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, fault bytes.Buffer
	if got := Run(t.Context(), args, strings.NewReader(""), &out, &fault, func(string) string { return "" }); got != want {
		t.Fatalf("tongban %s: exit %d, want %d\n%s\n%s", strings.Join(args, " "), got, want, &out, &fault)
	}
	return out.String()
}

// safe is a buffer that two goroutines use.
type safe struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serve starts a node and waits for its line "ready: URL"; stop ends it as a signal would, and checks that it ended well.
func serve(t *testing.T, dir string, more ...string) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var out, fault safe
	done := make(chan int, 1)
	go func() {
		done <- Run(ctx, append([]string{"serve", "-config", dir}, more...), strings.NewReader(""), &out, &fault, func(string) string { return "" })
	}()
	for range 600 {
		if rest, ok := strings.CutPrefix(out.String(), "ready: "); ok && strings.Contains(rest, "\n") {
			var once sync.Once
			stop = func() {
				once.Do(func() {
					cancel()
					if code := <-done; code != exitYes {
						t.Errorf("%s ended with %d\n%s", dir, code, &fault)
					}
				})
			}
			t.Cleanup(stop)
			return strings.TrimSpace(rest), stop
		}
		select {
		case code := <-done:
			t.Fatalf("%s ended with %d\n%s", dir, code, &fault)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("%s is not ready\n%s", dir, &fault)
	return "", nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// officeOf is the office of a place, from the catalogue.
func officeOf(t *testing.T, place string) office.Office {
	t.Helper()
	all, err := office.Load(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if strings.HasPrefix(string(o.Region), place) {
			return o
		}
	}
	t.Fatalf("no office at %s", place)
	return office.Office{}
}

// grant adds a token for an officer to a node's configuration.
func grant(t *testing.T, dir, secret, officeCode, roles string) {
	t.Helper()
	sum := sha256.Sum256([]byte(secret))
	f, err := os.OpenFile(filepath.Join(dir, configFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := fmt.Fprintf(f, "\n[[tokens]]\nsha256 = %q\nid = %q\nname = \"test\"\noffice = %q\nroles = [%s]\n",
		hex.EncodeToString(sum[:]), secret, officeCode, roles); err != nil {
		t.Fatal(err)
	}
}

// ask speaks to the interface for machines and wants a status.
func ask(t *testing.T, want int, method, url, token string, in any) map[string]any {
	t.Helper()
	out, status := try(t, method, url, token, in)
	if status != want {
		t.Fatalf("%s %s: %d, want %d: %v", method, url, status, want, out)
	}
	return out
}

func try(t *testing.T, method, url, token string, in any) (map[string]any, int) {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%s %s: %v: %s", method, url, err, body)
	}
	return out, a.StatusCode
}

// untilDone waits until a case is done at the deciding node.
func untilDone(t *testing.T, url, id string) {
	t.Helper()
	var last map[string]any
	for range 400 {
		out, code := try(t, http.MethodGet, url+"/api/v1/cases/"+id, "token-63", nil)
		if code == http.StatusOK && out["status"] == "done" {
			return
		}
		last = out
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s is not done: %v", id, last)
}

// eventually repeats an act until what it waits for has come.
func eventually(t *testing.T, url, token string, in any) {
	t.Helper()
	var last map[string]any
	for range 400 {
		out, code := try(t, http.MethodPost, url, token, in)
		if code == http.StatusOK {
			return
		}
		last = out
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s: %v", url, last)
}

// join adds a province to a running hub with the three commands, and gives its address.
func join(t *testing.T, root, hubURL, id, place, roles string, more ...string) (dir, url string, stop func()) {
	t.Helper()
	dir = filepath.Join(root, id)
	run(t, exitYes, append([]string{"init", "-id", id, "-dir", dir, "-listen", freeAddress(t), "-hub", hubURL}, more...)...)
	var invitation struct{ Code string }
	if err := json.Unmarshal([]byte(run(t, exitYes, "invite", "-dir", filepath.Join(root, "hub"), "-id", id, "-json")), &invitation); err != nil {
		t.Fatal(err)
	}
	run(t, exitUsage, "enrol", "-dir", dir, "-code", "WRONG")
	run(t, exitUsage, "enrol", "-dir", dir, "-code", invitation.Code, "-fingerprint", "0000000000000000")
	run(t, exitYes, "enrol", "-dir", dir, "-code", invitation.Code)
	run(t, exitUsage, "enrol", "-dir", dir, "-code", invitation.Code) // good once
	grant(t, dir, "token-"+id, officeOf(t, place).Code, roles)
	run(t, exitYes, "doctor", "-config", dir)
	url, stop = serve(t, dir)
	return dir, url, stop
}

// applicationOf is 樊女士's, without attachments.
func applicationOf(id string) map[string]any {
	return map[string]any{
		"id": id, "item": "2020-030", "there": "630100", "consent": "2026-1",
		"applicant": map[string]string{"name": "樊晓梅", "id_type": "111", "id_no": "230183199001010025", "phone": "13800000001"},
		"answers": map[string]string{
			"trade_name": "雪莲", "capital": "100000", "premises_no": "五四大街 1 号 101 室", "scope": "日用百货销售",
		},
		"materials": []map[string]string{
			{"key": "application", "name": "登记申请书", "source": "generated"},
			{"key": "charter", "name": "章程", "source": "generated"},
			{"key": "appointment", "name": "任职文件", "source": "generated"},
			{"key": "identity", "name": "身份证", "source": "elicence"},
			{"key": "premises", "name": "住所证明", "source": "promise"},
			{"key": "consent", "name": "同意书", "source": "generated"},
		},
	}
}

// TestTwoReplicasOfOneProvince: two processes of 青海 on one PostgreSQL serve the same cases and share what comes over the
// channel; when one stops, the other goes on.
func TestTwoReplicasOfOneProvince(t *testing.T) {
	root := t.TempDir()
	run(t, exitYes, "init", "-id", "hub", "-dir", filepath.Join(root, "hub"), "-listen", freeAddress(t), "-channel", freeAddress(t))
	hubURL, stopHub := serve(t, filepath.Join(root, "hub"))
	_, north, stopHere := join(t, root, hubURL, "23", "230183", `"window"`)
	db := sqltest.Postgres(t)
	there, first, stopFirst := join(t, root, hubURL, "63", "630100", `"reviewer", "decider"`, "-db", db.DSN, "-schema", db.Schema)
	second, stopSecond := serve(t, there, "-listen", "127.0.0.1:0")

	var ids []string
	for range 6 {
		id := unit.NewID()
		ids = append(ids, id)
		ask(t, 201, http.MethodPost, north+"/api/v1/cases", "token-23", applicationOf(id))
		ask(t, 200, http.MethodPost, north+"/api/v1/cases/"+id+"/hand-over", "token-23", map[string]any{})
		eventually(t, first+"/api/v1/cases/"+id+"/accept", "token-63", map[string]any{})
		ask(t, 200, http.MethodPost, second+"/api/v1/cases/"+id+"/decide", "token-63", map[string]any{"outcome": "granted"})
	}
	stopFirst()
	for _, id := range ids {
		ask(t, 200, http.MethodPost, second+"/api/v1/cases/"+id+"/issue", "token-63", map[string]any{})
		eventually(t, north+"/api/v1/cases/"+id+"/deliver", "token-23", map[string]any{"way": "counter", "to": "applicant"})
		untilDone(t, second, id)
	}
	stopSecond()
	stopHere()
	stopHub()
	run(t, exitYes, "fsck", "-data", root)
}

// newSigningKey changes a province's signing key as docs/OPERATING.md says, and starts it again.
func newSigningKey(t *testing.T, root, dir string, stop func()) (again func()) {
	t.Helper()
	id := filepath.Base(dir)
	rotate := []string{"keys", "rotate", "-signing", "-config", dir, "-code"}
	run(t, exitUsage, append(rotate, "WRONG")...)
	var invitation struct{ Code string }
	if err := json.Unmarshal([]byte(run(t, exitYes, "invite", "-dir", filepath.Join(root, "hub"), "-id", id, "-json")), &invitation); err != nil {
		t.Fatal(err)
	}
	run(t, exitYes, append(rotate, invitation.Code)...)
	run(t, exitUsage, append(rotate, invitation.Code)...) // good once
	list, err := readTrust(filepath.Join(dir, trustFile))
	if err != nil {
		t.Fatal(err)
	}
	me, ok := list.Node(office.NodeID(id))
	if !ok || len(me.OldSign) != 1 || bytes.Equal(me.OldSign[0], me.Sign) {
		t.Fatalf("the list has %d old keys of %s", len(me.OldSign), id)
	}
	stop()
	_, again = serve(t, dir)
	run(t, exitYes, "doctor", "-config", dir)
	return again
}

// TestTwoProvincesJoinARunningHub is the way of a real federation: a hub, two provinces that join it one after the other
// over TCP with certificates and NKeys, a case that crosses, a licence that anybody can verify, and clean data.
func TestTwoProvincesJoinARunningHub(t *testing.T) {
	root := t.TempDir()
	run(t, exitYes, "init", "-id", "hub", "-dir", filepath.Join(root, "hub"), "-listen", freeAddress(t), "-channel", freeAddress(t))
	hubURL, stopHub := serve(t, filepath.Join(root, "hub"))
	here, north, stopHere := join(t, root, hubURL, "23", "230183", `"window"`)
	there, west, stopThere := join(t, root, hubURL, "63", "630100", `"reviewer", "decider"`)

	id := unit.NewID()
	application := applicationOf(id)
	at, token := north+"/api/v1/cases", "token-23"
	ask(t, 201, http.MethodPost, at, token, application)
	ask(t, 200, http.MethodPost, at, token, application)
	ask(t, 200, http.MethodPost, at+"/"+id+"/hand-over", token, map[string]any{})
	far := west + "/api/v1/cases/" + id
	eventually(t, far+"/accept", "token-63", map[string]any{})
	ask(t, 200, http.MethodPost, far+"/decide", "token-63", map[string]any{"outcome": "granted"})
	ask(t, 200, http.MethodPost, far+"/issue", "token-63", map[string]any{})
	stopThere = newSigningKey(t, root, there, stopThere) // in the middle of an open case: decision, licence and receipts are under the old key
	eventually(t, at+"/"+id+"/deliver", token, map[string]any{"way": "counter", "to": "applicant"})
	untilDone(t, west, id)

	for _, p := range ask(t, 200, http.MethodGet, at+"/"+id+"/papers", token, nil)["papers"].([]any) {
		b, err := json.Marshal(p.(map[string]any)["file"])
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(root, "paper.json")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, exitYes, "verify", file, "-trust", filepath.Join(there, trustFile))
	}
	run(t, exitYes, "doctor", "-config", here) // beside the running node
	for i := range 100 {                       // the first one's folder keeps the list that the second one's joining made
		if list, err := readTrust(filepath.Join(here, trustFile)); err == nil && list.Members() == 2 {
			break
		} else if i == 99 {
			t.Errorf("the list of %s was not kept: %v", here, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	stopHere()
	stopThere()
	stopHub()
	for _, data := range []string{here, there, root} {
		run(t, exitYes, "fsck", "-data", data)
	}
}
