package entrance

import (
	"bytes"
	"context"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tongban/catalogue"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/party"
	"tongban/internal/handling/correspond"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

const (
	window  = "11230183MB9900013G" // 尚志
	decider = "11630100MB9902043M" // 西宁
)

// fan is the applicant of every case here; wu is somebody else.
var (
	fan = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025", Phone: "13800000001"}
	wu  = party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
)

// memory is a store that keeps everything in maps.
type memory struct {
	cases  map[string]casefile.Case
	facts  []casefile.Known
	papers []unit.Paper
	told   []notice.Notice
	chains map[string]original.Chain
	words  []message.Message
	wishes map[string]notice.Contact
	log    []string
	serial int64

	entries []accesslog.Entry // what the log is made to hold
}

func (m *memory) Case(_ context.Context, id string) (casefile.Case, error) {
	c, ok := m.cases[id]
	if !ok {
		return c, errs.New(errs.Missing, "case")
	}
	return c, nil
}

func (m *memory) Recent(id string) (casefile.Case, bool) {
	c, ok := m.cases[id]
	return c, ok
}

func (m *memory) CaseByNo(_ context.Context, no casefile.No) (casefile.Case, error) {
	for _, c := range m.cases {
		if c.No == no {
			return c, nil
		}
	}
	return casefile.Case{}, errs.New(errs.Missing, "case")
}

func (m *memory) Asked(context.Context, party.Person, int) (map[string]usage.Ref, error) {
	return nil, nil
}

func (m *memory) Find(_ context.Context, by []party.Lookup, limit int) ([]casefile.Case, error) {
	var out []casefile.Case
	for _, c := range m.cases {
		if len(out) < limit && slices.ContainsFunc(party.Lookups(c.Private.Applicant), func(l party.Lookup) bool { return slices.Contains(by, l) }) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (m *memory) Facts(_ context.Context, id string) (out []casefile.Known, _ error) {
	for _, k := range m.facts {
		if k.Case == id {
			out = append(out, k)
		}
	}
	return out, nil
}

func (m *memory) PaperHeads(_ context.Context, id string) (out []unit.Paper, _ error) {
	for _, p := range m.papers {
		if p.Case == id {
			p.Signed = proof.Signed{}
			out = append(out, p)
		}
	}
	return out, nil
}

func (m *memory) one(ok func(unit.Paper) bool) (unit.Paper, error) {
	if i := slices.IndexFunc(m.papers, ok); i >= 0 {
		return m.papers[i], nil
	}
	return unit.Paper{}, errs.New(errs.Missing, "paper")
}

func (m *memory) Paper(_ context.Context, id string) (unit.Paper, error) {
	return m.one(func(p unit.Paper) bool { return p.ID == id })
}

func (m *memory) PaperByCheck(_ context.Context, code string) (unit.Paper, error) {
	return m.one(func(p unit.Paper) bool { return p.Check == code })
}

func (m *memory) Licence(_ context.Context, number string) (unit.Paper, error) {
	return m.one(func(p unit.Paper) bool { return p.Kind == licence.Typ && p.Number == number })
}

// Life knows none: every licence here was issued by 西宁.
func (m *memory) Life(context.Context, string) (licence.Life, error) {
	return licence.Life{}, errs.New(errs.Missing, "licence")
}

func (m *memory) Notices(_ context.Context, id string) (out []notice.Notice, _ error) {
	for _, n := range m.told {
		if n.Case == id {
			out = append(out, n)
		}
	}
	return out, nil
}

func (m *memory) Contact(_ context.Context, of party.Person) (notice.Contact, bool, error) {
	c, ok := m.wishes[of.IDNo]
	return c, ok, nil
}

func (m *memory) SetContact(_ context.Context, c notice.Contact) error {
	m.wishes[c.Person.IDNo] = c
	return nil
}

func (m *memory) Notice(context.Context, string) (notice.Notice, error) {
	return notice.Notice{}, errs.New(errs.Missing, "notice")
}

func (m *memory) ClaimNotices(context.Context, time.Time, time.Duration, int) ([]notice.Notice, error) {
	return nil, nil
}

func (m *memory) Originals(_ context.Context, id string) (original.Chain, error) {
	return m.chains[id], nil
}

func (m *memory) Messages(_ context.Context, id string) (out []message.Message, _ error) {
	for _, x := range m.words {
		if x.Case == id {
			out = append(out, x)
		}
	}
	return out, nil
}

func (m *memory) Serial(context.Context, string) (int64, error) { m.serial++; return m.serial, nil }

func (m *memory) Commit(_ context.Context, u unit.Unit) error {
	if u.Case != nil {
		c := *u.Case
		if c.Row != m.cases[c.ID].Row {
			return errs.New(errs.Stale, "row")
		}
		c.Row++
		m.cases[c.ID] = c
	}
	m.told, m.words = append(m.told, u.Notices...), append(m.words, u.Messages...)
	m.facts, m.papers = append(m.facts, u.Facts...), append(m.papers, u.Papers...)
	for _, e := range u.Log {
		m.log = append(m.log, string(e.Kind)+" "+e.Who+" "+e.What)
	}
	return nil
}

// gate lets in whoever it holds.
type gate struct{ who *party.Person }

func (g *gate) Visitor(*http.Request) (page.Visitor, bool) {
	if g.who == nil {
		return page.Visitor{}, false
	}
	return page.Visitor{Subject: "s", Person: *g.who, Level: 3}, true
}
func (g *gate) SignIn(http.ResponseWriter, *http.Request, string) error { return nil }
func (g *gate) SignOut(http.ResponseWriter, *http.Request) error        { return nil }

// world is 黑龙江's entrance and the hub's with one case in the store.
type world struct {
	t       *testing.T
	store   *memory
	gate    *gate
	now     time.Time
	kit     *unit.Kit
	signers map[office.NodeID]*proof.Signer
	site    http.Handler
	hub     http.Handler
	reach   *Reach // of the province's site; nobody is asked
	c       casefile.Case
	away    func(context.Context, page.Visitor) (elsewhere.Found, error) // what the other provinces say; nil: nothing
	usages  Usages
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, store: &memory{cases: map[string]casefile.Case{}, wishes: map[string]notice.Contact{}}, gate: &gate{}, signers: map[office.NodeID]*proof.Signer{},
		now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), reach: NewReach(nil),
	}
	trust := &office.TrustList{Version: 1, Issued: w.now}
	keys := gm.MemoryKeys()
	for _, id := range []office.NodeID{"23", "63"} {
		key, err := keys.SignKey(string(id))
		must(t, err)
		w.signers[id] = proof.NewSigner(key)
		name := map[office.NodeID]string{"23": "黑龙江省", "63": "青海省"}[id]
		trust.Nodes = append(trust.Nodes, office.Node{ID: id, Name: name, NameEn: string(id), Sign: key.Public()})
	}
	regions, err := region.Default()
	must(t, err)
	calendar, err := workday.Default()
	must(t, err)
	offices, err := office.Load(catalogue.FS)
	must(t, err)
	w.kit = &unit.Kit{
		Me: "23", Signer: w.signers["23"], Now: func() time.Time { return w.now }, Trust: func() *office.TrustList { return trust },
		Catalogue: item.Default(), Calendar: calendar, Regions: regions, Offices: offices,
	}
	public := Public{
		Reach: w.reach, Entrances: map[office.NodeID]string{"23": "http://heilongjiang.localhost", "63": "http://qinghai.localhost"},
		PublicURL: "http://heilongjiang.localhost", HubURL: "http://localhost", Demo: true, Log: slog.New(slog.DiscardHandler),
		DemoSteps: []DemoStep{{Zh: "以窗口人员身份登录", En: "Sign in as a clerk", Href: "http://heilongjiang.localhost/desk"}, {Zh: "收件", En: "Take in"}},
	}
	desk := &lodge.Desk{Kit: w.kit, Store: w.store}
	w.site = New(Config{
		Public: public, Store: w.store, Kit: w.kit, Lodge: desk, Room: &notify.Room{Kit: w.kit, Store: w.store, Day: page.ShortDay}, Words: &correspond.Desk{Kit: w.kit, Store: w.store}, Gate: w.gate,
		Elsewhere: func(ctx context.Context, v page.Visitor) (elsewhere.Found, error) {
			if w.away == nil {
				return elsewhere.Found{}, nil
			}
			return w.away(ctx, v)
		},
		Usages: func(ctx context.Context, v page.Visitor, only office.NodeID) ([]elsewhere.Usage, []office.NodeID, error) {
			if w.usages == nil {
				return nil, nil, nil
			}
			return w.usages(ctx, v, only)
		},
		NextTry: func(context.Context) (time.Time, bool, error) { return w.now.Add(5 * time.Minute), true, nil },
	})
	public.Catalogue, public.Regions, public.Offices, public.Trust, public.Now = w.kit.Catalogue, regions, offices, w.kit.Trust, w.kit.Now
	w.hub = NewHub(public)

	clerk := casefile.Actor{ID: "clerk.heilongjiang", Name: "李窗口", Office: window, Node: "23", Roles: []office.Role{office.Window}}
	var materials []casefile.Material
	v, _ := w.kit.Catalogue.Version("2020-030", w.kitDay())
	for _, m := range v.Materials {
		if m.Required {
			materials = append(materials, casefile.Material{Key: m.Key, Name: m.Name, Source: "upload"})
		}
	}
	w.c, err = desk.TakeIn(context.Background(), clerk, lodge.Application{
		ID: unit.NewID(), Item: "2020-030", There: region.Must("630100"), Applicant: fan, Consent: "1",
		Answers: map[string]string{
			"trade_name": "晨光", "capital": "100000", "premises_no": "五四大街 1 号 <script>alert(1)</script>", "scope": "日用百货销售",
		},
		Materials: materials,
	})
	must(t, err)
	w.c, err = w.store.Case(context.Background(), w.c.ID)
	must(t, err)
	w.store.log = nil
	return w
}

func (w *world) kitDay() workday.Date { return workday.DateOf(w.now) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// change stores the case after f.
func (w *world) change(f func(c *casefile.Case)) {
	c := w.store.cases[w.c.ID]
	c.Legs = slices.Clone(c.Legs)
	f(&c)
	w.store.cases[c.ID] = c
}

// send puts the deciding leg on its way.
func (w *world) send() {
	w.change(func(c *casefile.Case) {
		for i := range c.Legs {
			if l := &c.Legs[i]; l.Kind == item.Collect {
				l.State = casefile.Done
			} else if l.Kind == item.Decide {
				l.Holder, l.Transit = "23", &casefile.Transit{Envelope: "e", To: "63", At: w.now}
			}
		}
	})
}

// issueLicence stores a licence that 西宁 issued for the case.
func (w *world) issueLicence(holder licence.Holder, until string) unit.Paper {
	w.t.Helper()
	typ := decider + "001"
	id, err := licence.NewIdentifier(typ, decider, "A1", 1)
	must(w.t, err)
	signed, err := licence.Issue(w.signers["63"], licence.Licence{
		ID: id, TypeCode: typ, TypeName: "营业执照", No: "91630100MA0000001A", Version: 1, Holder: holder,
		Issuer: licence.Issuer{Name: "西宁市行政审批服务局", Code: decider, Node: "63"}, Issued: "2026-11-20", From: "2026-11-20", Until: until,
		Fields: []licence.Field{{Key: "name", Label: "名称", Value: holder.Name}}, CaseID: w.c.ID,
	})
	must(w.t, err)
	p := unit.Paper{ID: unit.NewID(), Case: w.c.ID, Kind: licence.Typ, Title: "营业执照", Number: id, Signed: signed, At: w.now}
	w.store.papers = append(w.store.papers, p)
	return p
}

// receiptPaper is the P-01 that taking in made.
func (w *world) receiptPaper() unit.Paper {
	w.t.Helper()
	p, err := w.store.one(func(p unit.Paper) bool { return p.Kind == string(document.Intake) })
	must(w.t, err)
	return p
}

func (w *world) get(h http.Handler, path string) *reply {
	w.t.Helper()
	return w.ask(h, httptest.NewRequest(http.MethodGet, path, nil))
}

func (w *world) ask(h http.Handler, r *http.Request) *reply {
	w.t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	body := rec.Body.String()
	root, err := html.Parse(strings.NewReader(body))
	must(w.t, err)
	return &reply{w.t, rec.Code, rec.Header(), body, root}
}

// upload posts a file to /verify.
func (w *world) upload(h http.Handler, content []byte) *reply {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "a.json")
	must(w.t, err)
	_, err = part.Write(content)
	must(w.t, err)
	must(w.t, m.Close())
	r := httptest.NewRequest(http.MethodPost, "/verify", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.ask(h, r)
}

func (w *world) post(path string, form url.Values) *reply {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.ask(w.site, r)
}

// reply is a page that can be asked what is on it.
type reply struct {
	t    *testing.T
	code int
	head http.Header
	body string
	root *html.Node
}

// text is the visible text without blanks, so that line breaks in the markup do not count.
func (r *reply) text() string {
	var b strings.Builder
	for n := range r.root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "title" {
			b.WriteString(strings.Join(strings.Fields(n.Data), ""))
		}
	}
	return b.String()
}

func (r *reply) count(tag string) int {
	n := 0
	for x := range r.root.Descendants() {
		if x.Type == html.ElementNode && x.Data == tag {
			n++
		}
	}
	return n
}

// links are the addresses of all links outside drawings.
func (r *reply) links() []string {
	var out []string
	for x := range r.root.Descendants() {
		if x.Type == html.ElementNode && x.Data == "a" && x.Namespace == "" {
			for _, a := range x.Attr {
				if a.Key == "href" {
					out = append(out, a.Val)
				}
			}
		}
	}
	return out
}

// has fails unless the page says all of want.
func (r *reply) has(code int, want ...string) {
	r.t.Helper()
	if r.code != code {
		r.t.Errorf("status %d, want %d: %s", r.code, code, r.text())
	}
	text := r.text()
	for _, s := range want {
		if !strings.Contains(text, strings.Join(strings.Fields(s), "")) {
			r.t.Errorf("the page does not say %q: %s", s, text)
		}
	}
}

// lacks fails if the page holds any of the words, in text or markup.
func (r *reply) lacks(words ...string) {
	r.t.Helper()
	for _, s := range words {
		if strings.Contains(r.body, s) {
			r.t.Errorf("the page holds %q", s)
		}
	}
}

var (
	_ Store     = (*memory)(nil)
	_ page.Gate = (*gate)(nil)
)
