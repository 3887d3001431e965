package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
	"tongban/internal/face/api"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
)

// world is 黑龙江 alone on a real store: 尚志 with a window and a deciding officer, and another office.
type world struct {
	t   *testing.T
	url string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	regions, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	place, ok := regions.ByLabel("heilongjiang")
	if !ok {
		t.Fatal("no 黑龙江")
	}
	operator, keys := gm.MemoryKeys(), gm.MemoryKeys()
	signed, err := nation.Found(operator, []nation.Member{{ID: "23", Place: place, Keys: keys}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := operator.SignKey("operator")
	if err != nil {
		t.Fatal(err)
	}
	trust, err := federate.NewTrust(key.Public(), &signed)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	n, err := node.Open(t.Context(), node.Config{
		ID: "23", Dir: dir, Store: sqlstore.Options{Config: sqlstore.Config{DSN: "sqlite:" + dir + "/node.db"}},
		Keys: keys, Trust: trust,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	})
	officer := func(secret, place string, roles ...office.Role) api.Token {
		o, err := n.Kit.OfficeAt(region.Must(place))
		if err != nil {
			t.Fatal(err)
		}
		return api.Token{SHA256: sha256.Sum256([]byte(secret)), Officer: office.Officer{ID: secret, Office: o.Code, Roles: roles}}
	}
	server := httptest.NewServer(api.New(api.Config{
		Kit: n.Kit, Store: n.Store, Files: n.Files, Lodge: n.Lodge, Bench: n.Bench, Issuer: n.Issuer, Post: n.Post,
		Tokens: []api.Token{
			officer("clerk", "230183", office.Window), officer("reviewer", "230183", office.Reviewer),
			officer("elsewhere", "230100", office.Window, office.Reviewer, office.Decider),
			officer("foreign", "630100", office.Window),
		},
	}))
	t.Cleanup(server.Close)
	return &world{t, server.URL}
}

func application(id string) map[string]any {
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

// do sends a body (a string as it is, anything else as JSON) and gives status and answer.
func (w *world) do(method, path, token string, body any) (int, map[string]any) {
	w.t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case string:
		text = []byte(b)
	default:
		var err error
		if text, err = json.Marshal(b); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		w.t.Fatalf("%s %s: %v: %s", method, path, err, b)
	}
	return a.StatusCode, out
}

// want checks the status and, for a refusal, the code with its two sentences.
func (w *world) want(status int, code errs.Code, method, path, token string, body any) map[string]any {
	w.t.Helper()
	got, out := w.do(method, path, token, body)
	if got != status {
		w.t.Fatalf("%s %s as %s: %d, want %d: %v", method, path, token, got, status, out)
	}
	if code != 0 && (out["code"] != float64(code) || out["what"] == "" || out["next"] == "") {
		w.t.Fatalf("%s %s as %s: %v, want code %d", method, path, token, out, code)
	}
	return out
}

func TestTakingInTwiceIsOnce(t *testing.T) {
	w := newWorld(t)
	id := unit.NewID()
	first := w.want(201, 0, "POST", "/api/v1/cases", "clerk", application(id))
	again := w.want(200, 0, "POST", "/api/v1/cases", "clerk", application(id))
	if first["no"] == "" || first["no"] != again["no"] || first["row"] != again["row"] {
		t.Errorf("%v and %v", first["no"], again["no"])
	}
	other := application(id)
	answers := maps.Clone(other["answers"].(map[string]string))
	answers["capital"] = "999999"
	other["answers"] = answers
	w.want(409, errs.CaseExists, "POST", "/api/v1/cases", "clerk", other)

	queue := w.want(200, 0, "GET", "/api/v1/queue?queue=intake", "clerk", nil)
	if list := queue["cases"].([]any); len(list) != 1 {
		t.Errorf("%d cases in the queue", len(list))
	}
	if papers := w.want(200, 0, "GET", "/api/v1/cases/"+id+"/papers", "clerk", nil)["papers"].([]any); len(papers) != 1 {
		t.Errorf("%d papers", len(papers))
	}
}

func TestWhoMay(t *testing.T) {
	w := newWorld(t)
	id := unit.NewID()
	w.want(201, 0, "POST", "/api/v1/cases", "clerk", application(id))
	one := "/api/v1/cases/" + id
	w.want(401, errs.TokenNeeded, "GET", one, "", nil)
	w.want(401, errs.TokenNeeded, "GET", one, "wrong", nil)
	w.want(401, errs.TokenNeeded, "POST", "/api/v1/cases", "", application(unit.NewID()))
	w.want(403, errs.CaseElsewhere, "GET", one, "elsewhere", nil)
	w.want(403, errs.CaseElsewhere, "GET", one+"/papers", "elsewhere", nil)
	w.want(403, errs.CaseElsewhere, "POST", one+"/hand-over", "elsewhere", map[string]any{})
	w.want(401, errs.Code(0), "GET", one, "foreign-unknown", nil)
	w.want(403, errs.NotYours, "GET", one, "foreign", nil) // an office of another province
	w.want(403, errs.NotYours, "POST", "/api/v1/files", "reviewer", "scan")
	w.want(404, errs.Missing, "GET", "/api/v1/cases/"+unit.NewID(), "clerk", nil)
	if status, _ := w.do("POST", one+"/hand-over", "reviewer", map[string]any{}); status != 403 {
		t.Errorf("a reviewer hands over: %d", status)
	}
	if status, _ := w.do("POST", one+"/decide", "clerk", map[string]any{"outcome": "granted"}); status < 400 || status >= 500 {
		t.Errorf("a clerk decides: %d", status)
	}
}

func TestStaleRow(t *testing.T) {
	w := newWorld(t)
	id := unit.NewID()
	c := w.want(201, 0, "POST", "/api/v1/cases", "clerk", application(id))
	row := c["row"].(float64)
	if row == 0 {
		t.Fatal("no row")
	}
	act := "/api/v1/cases/" + id + "/hand-over"
	w.want(409, errs.Stale, "POST", act, "clerk", map[string]any{"row": row + 7})
	w.want(200, 0, "POST", act, "clerk", map[string]any{"row": row})
	w.want(409, errs.Stale, "POST", act, "clerk", map[string]any{"row": row}) // the double submit
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	id := unit.NewID()
	w.want(201, 0, "POST", "/api/v1/cases", "clerk", application(id))
	more := application(unit.NewID())
	more["colour"] = "red"
	number := application(unit.NewID())
	number["applicant"] = map[string]string{"name": "樊晓梅", "id_type": "111", "id_no": "230183199001010026"}
	for _, tt := range []struct {
		name, method, path string
		body               any
		status             int
		code               errs.Code
	}{
		{"unknown field", "POST", "/api/v1/cases", more, 400, errs.BadBody},
		{"not JSON", "POST", "/api/v1/cases", "{", 400, errs.BadBody},
		{"two values", "POST", "/api/v1/cases", fmt.Sprintf(`{"id":%q,"there":"630100"} {}`, unit.NewID()), 400, errs.BadBody},
		{"no UUID", "POST", "/api/v1/cases", application("../../x"), 400, errs.BadBody},
		{"bad identity number", "POST", "/api/v1/cases", number, 400, errs.IDNumberCheck},
		{"oversize", "POST", "/api/v1/cases", `{"id":"` + strings.Repeat("x", 1<<20) + `"}`, 413, errs.BodyTooLarge},
		{"oversize act", "POST", "/api/v1/cases/" + id + "/hand-over", `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, errs.BodyTooLarge},
		{"field of another act", "POST", "/api/v1/cases/" + id + "/hand-over", `{"outcome":"granted"}`, 400, errs.BadBody},
		{"unknown act", "POST", "/api/v1/cases/" + id + "/burn", "{}", 404, errs.NoSuchAct},
		{"unknown path", "GET", "/api/v1/people", nil, 404, errs.NoSuchAct},
		{"wrong method", "DELETE", "/api/v1/cases/" + id, nil, 404, errs.NoSuchAct},
		{"unknown queue", "GET", "/api/v1/queue?queue=all", nil, 400, errs.BadBody},
		{"queue limit", "GET", "/api/v1/queue?queue=intake&limit=9999", nil, 400, errs.BadBody},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.want(tt.status, tt.code, tt.method, tt.path, "clerk", tt.body)
		})
	}
}

func TestUploadBecomesMaterial(t *testing.T) {
	w := newWorld(t)
	file := w.want(201, 0, "POST", "/api/v1/files", "clerk", strings.Repeat("scan ", 1000))
	file["name"], file["type"], file["material"] = "premises.pdf", "application/pdf", "premises"
	a := application(unit.NewID())
	materials := []any{map[string]any{"key": "premises", "name": "住所证明", "source": "upload", "files": []any{file}}}
	for _, m := range a["materials"].([]map[string]string) {
		if m["key"] != "premises" {
			materials = append(materials, m)
		}
	}
	a["materials"] = materials
	c := w.want(201, 0, "POST", "/api/v1/cases", "clerk", a)
	for _, m := range c["private"].(map[string]any)["materials"].([]any) {
		files, _ := m.(map[string]any)["files"].([]any)
		for _, f := range files {
			if key := f.(map[string]any)["key"]; key != nil {
				t.Errorf("the key of an attachment is shown")
			}
		}
	}
}
