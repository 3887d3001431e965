package apply

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	licences "tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

var (
	fan = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025", Phone: "13800000001"}
	lin = party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
)

// memory keeps drafts, cases and files in maps, with the guards of the real store.
type memory struct {
	drafts map[string]journey.Draft
	cases  map[string]casefile.Case
	files  map[proof.Hash][]byte
	serial int64
}

func (m *memory) Draft(_ context.Context, id string) (journey.Draft, error) {
	d, ok := m.drafts[id]
	if !ok {
		return d, errs.New(errs.Missing, "draft")
	}
	return d.Clone(), nil
}

func (m *memory) DraftsOf(_ context.Context, by party.Lookup, _ int) (out []journey.Draft, _ error) {
	for _, d := range m.drafts {
		if d.Applicant.IDNo == by.Value && d.Case == "" {
			out = append(out, d)
		}
	}
	return out, nil
}

func (m *memory) SaveDraft(_ context.Context, d journey.Draft) (int64, error) {
	have, taken := m.drafts[d.ID]
	switch {
	case d.Row == 0 && taken:
		return 0, errs.New(errs.CaseExists, "draft")
	case d.Row != have.Row || have.Case != "":
		return 0, errs.New(errs.Stale, "draft")
	}
	d.Row++
	m.drafts[d.ID] = d.Clone()
	return d.Row, nil
}

func (m *memory) DropDraft(_ context.Context, id string, _ int64) error {
	delete(m.drafts, id)
	return nil
}

func (m *memory) Case(_ context.Context, id string) (casefile.Case, error) {
	c, ok := m.cases[id]
	if !ok {
		return c, errs.New(errs.Missing, "case")
	}
	return c, nil
}

func (m *memory) CaseByNo(_ context.Context, no casefile.No) (casefile.Case, error) {
	for _, c := range m.cases {
		if c.No == no {
			return c, nil
		}
	}
	return casefile.Case{}, errs.New(errs.Missing, "case")
}

func (m *memory) Serial(context.Context, string) (int64, error) { m.serial++; return m.serial, nil }

func (m *memory) Commit(_ context.Context, u unit.Unit) error {
	if u.Case == nil {
		return nil
	}
	c := *u.Case
	if have, ok := m.cases[c.ID]; ok && c.Row == 0 {
		return errs.New(errs.CaseExists, "case")
	} else if have.Row != c.Row {
		return errs.New(errs.Stale, "case")
	}
	if u.Draft != nil {
		if d := m.drafts[u.Draft.Draft]; d.Row != u.Draft.Row || d.Case != "" {
			return errs.New(errs.Stale, "draft")
		}
		m.drafts[u.Draft.Draft] = journey.Draft{ID: u.Draft.Draft, Case: u.Draft.No, Row: u.Draft.Row + 1}
	}
	c.Row++
	m.cases[c.ID] = c
	return nil
}

func (m *memory) Put(_ context.Context, r io.Reader) (exchange.File, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return exchange.File{}, err
	}
	m.serial++ // as in the real store, the same file twice has two addresses
	h := proof.HashOf(append(bytes.Clone(b), strconv.FormatInt(m.serial, 10)...))
	m.files[h] = b
	return exchange.File{Address: h, Size: int64(len(b))}, nil
}

func (m *memory) Read(_ context.Context, f exchange.File, w io.Writer) error {
	_, err := w.Write(m.files[f.Address])
	return err
}

func (m *memory) Remove(f exchange.File) error { delete(m.files, f.Address); return nil }

// gate lets in whoever it holds, and is the identity provider of the federation: who is led to it agrees when a test says so.
type gate struct {
	who    *party.Person
	level  int
	key    *proof.Signer
	down   bool
	asked  vouch.Agreement // what somebody was led away for
	raised int
	back   string
	wait   *proof.Signed // consent that came back
}

func (g *gate) Visitor(*http.Request) (page.Visitor, bool) {
	if g.who == nil {
		return page.Visitor{}, false
	}
	return page.Visitor{Subject: "s", Person: *g.who, Level: g.level}, true
}
func (g *gate) SignIn(http.ResponseWriter, *http.Request, string) error { return nil }
func (g *gate) SignOut(http.ResponseWriter, *http.Request) error        { return nil }

const provider = "http://id.localhost/authorize"

func (g *gate) lead(w http.ResponseWriter, r *http.Request, back string) error {
	if g.down {
		return errs.New(errs.ProviderDown, "down")
	}
	g.back = back
	http.Redirect(w, r, provider, http.StatusFound)
	return nil
}

func (g *gate) Raise(w http.ResponseWriter, r *http.Request, level int, back string) error {
	g.raised = level
	return g.lead(w, r, back)
}

func (g *gate) Agree(w http.ResponseWriter, r *http.Request, a vouch.Agreement, level int, back string) error {
	g.asked, g.raised = a, level
	return g.lead(w, r, back)
}

// Agreed gives what came back as it is: what it is worth is for the desk to judge.
func (g *gate) Agreed(http.ResponseWriter, *http.Request, vouch.Agreement) (proof.Signed, bool) {
	if g.wait == nil {
		return proof.Signed{}, false
	}
	s := *g.wait
	g.wait = nil
	return s, true
}

// agree is what the provider signs for who is signed in; change makes it another.
func (w *world) agree(change func(*vouch.Consent)) *proof.Signed {
	w.t.Helper()
	c := vouch.Consent{
		Agreement: w.gate.asked, ID: "1", From: "63", Subject: "s", Level: 3, At: w.now,
		Person: party.Person{Name: w.gate.who.Name, IDType: w.gate.who.IDType, IDNo: w.gate.who.IDNo},
	}
	if change != nil {
		change(&c)
	}
	s := must[proof.Signed](w.t)(proof.SignJSON(w.gate.key, vouch.TypConsent, c))
	return &s
}

// submit goes from the check to the provider, agrees, and comes back.
func (w *world) submit(at string, fields ...string) {
	w.t.Helper()
	w.post(at+"/check", fields...)
	w.want(http.StatusSeeOther, at+"/sign")
	w.get(w.at)
	w.want(http.StatusFound, provider)
	w.gate.wait = w.agree(nil)
	w.get(w.gate.back)
}

// sources answers as a test says; a source that it does not hold knows nothing.
type sources map[string]error

func (s sources) Ask(_ context.Context, q apply.Asking) (journey.Record, error) {
	if err, ok := s[q.Source]; ok {
		if h := (holding{}); errors.As(err, &h) {
			return h.record(q.Chosen), nil
		}
		return journey.Record{}, err
	}
	return journey.Record{}, errs.New(errs.Missing, "%s", q.Source)
}

// holding is a source of which somebody holds several licences, each with its number as the name that it gives.
type holding []journey.Choice

func (h holding) Error() string { return "several" }

func (h holding) record(chosen string) journey.Record {
	at := max(0, slices.IndexFunc(h, func(c journey.Choice) bool { return c.ID == chosen }))
	return journey.Record{Values: map[string]string{"name": h[at].No}, Licence: &licences.Shown{ID: h[at].ID}, Choices: h}
}

// world is the applying of 青海 with nothing in it.
type world struct {
	t       *testing.T
	m       *memory
	gate    *gate
	sources sources
	trust   *office.TrustList
	kit     *unit.Kit
	now     time.Time
	site    *page.Site
	got     *httptest.ResponseRecorder
	at      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, m: &memory{drafts: map[string]journey.Draft{}, cases: map[string]casefile.Case{}, files: map[proof.Hash][]byte{}},
		gate: &gate{who: &fan, level: 3, key: proof.NewSigner(must[gm.SignKey](t)(gm.MemoryKeys().SignKey("idp")))}, sources: sources{}, now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
	}
	key := must[gm.SignKey](t)(gm.MemoryKeys().SignKey("63"))
	w.trust = &office.TrustList{Nodes: []office.Node{{ID: office.IDP, Sign: w.gate.key.Public()}, {ID: "63", Sign: proof.NewSigner(key).Public()}}}
	kit := &unit.Kit{
		Me: "63", Trust: func() *office.TrustList { return w.trust }, Signer: proof.NewSigner(key), Now: func() time.Time { return w.now },
		Catalogue: item.Default(), Calendar: must[*workday.Calendar](t)(workday.Default()),
		Regions: must[*region.Table](t)(region.Default()), Offices: must[[]office.Office](t)(office.Load(catalogue.FS)),
	}
	w.kit = kit
	w.site = page.NewSite(page.Config{
		Log: slog.New(slog.DiscardHandler), SignIn: func(r *http.Request) string { return signIn(r.URL.RequestURI()) },
	})
	New(Config{
		Desk: &apply.Desk{Kit: kit, Store: w.m, Cases: w.m, Evidence: w.sources, Secure: func() time.Time { return w.now }}, Kit: kit, Gate: w.gate, Consent: w.gate, Files: w.m,
		Frame: w.site.Frame, PublicURL: "http://qinghai.localhost", MaxFile: 1 << 20,
	}).Register(w.site)
	return w
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) do(r *http.Request) {
	w.t.Helper()
	w.got = httptest.NewRecorder()
	w.site.ServeHTTP(w.got, r)
	w.at = w.got.Header().Get("Location")
}

func (w *world) get(path string) {
	w.t.Helper()
	w.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (w *world) post(path string, fields ...string) {
	w.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.do(r)
}

func (w *world) file(path, field, name string, data []byte) {
	w.t.Helper()
	var body bytes.Buffer
	mw := multipart.NewWriter(&body)
	part := must[io.Writer](w.t)(mw.CreateFormFile(field, name))
	_, _ = part.Write(data)
	_ = mw.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", mw.FormDataContentType())
	w.do(r)
}

// want is the status and what the page must say; for a redirect, where it leads.
func (w *world) want(status int, words ...string) {
	w.t.Helper()
	body := w.at + "\n" + w.got.Body.String()
	if w.got.Code != status {
		w.t.Fatalf("answered %d, want %d: %.600s", w.got.Code, status, body)
	}
	for _, s := range words {
		if !strings.Contains(body, s) {
			w.t.Fatalf("does not say %q: %.3000s", s, body)
		}
	}
}

const wish = "item=2020-030&here=230183&there=630100"

// begin starts a draft and gives its address.
func (w *world) begin() string {
	w.t.Helper()
	id := unit.NewID()
	w.post("/apply/new", "key", id, "item", "2020-030", "here", "230183", "there", "630100")
	w.want(http.StatusSeeOther, "/apply/"+id)
	return "/apply/" + id
}

// fill answers everything up to the check.
func (w *world) fill(at string) {
	w.t.Helper()
	w.post(at + "/found")
	for _, kv := range [][2]string{{"trade_name", "雪莲"}, {"trade_name_alt", ""}, {"capital", "100000"}, {"premises_no", "五四大街 1 号"}, {"scope", "日用百货销售"}} {
		w.post(at+"/q/"+kv[0], "answer", kv[1])
		w.want(http.StatusSeeOther)
	}
	w.post(at+"/invite", "do", "go")
	w.post(at+"/materials", "way.premises", "promise", "way.permit", "skip", "way.proxy", "skip")
	w.want(http.StatusSeeOther, at+"/check")
}
