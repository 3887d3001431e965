package elsewhere_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

var (
	now = time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)
	fan = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	lin = party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
)

// world is three provinces and the identity provider; every message is in the hands of the test.
type world struct {
	t     *testing.T
	keys  map[office.NodeID]gm.KeyProvider
	trust *office.TrustList
	nodes map[office.NodeID]*elsewhere.Answerer
	store map[office.NodeID]*store
	asker *elsewhere.Asker
	deaf  map[office.NodeID]bool
	now   time.Time

	vouch func(to office.NodeID) proof.Signed // what the provider signs
	sent  []byte                              // the last question, as the channel saw it
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, keys: map[office.NodeID]gm.KeyProvider{}, nodes: map[office.NodeID]*elsewhere.Answerer{}, now: now,
		store: map[office.NodeID]*store{}, deaf: map[office.NodeID]bool{}, trust: &office.TrustList{Version: 1, Issued: now},
	}
	ids := []office.NodeID{"23", "35", "63", office.IDP}
	for _, id := range ids {
		k := gm.MemoryKeys()
		w.keys[id] = k
		w.trust.Nodes = append(w.trust.Nodes, office.Node{ID: id, Sign: must(k.SignKey("sign")).Public(), Encrypt: must(k.DecryptKey("encrypt")).Public()})
	}
	list := func() *office.TrustList { return w.trust }
	clock := func() time.Time { return w.now }
	for _, id := range ids[:3] {
		w.store[id] = &store{}
		kit := &unit.Kit{Me: id, Trust: list, Now: clock}
		w.nodes[id] = elsewhere.NewAnswerer(kit, must(w.keys[id].DecryptKey("encrypt")), w.store[id], clock)
	}
	w.vouch = func(to office.NodeID) proof.Signed { return w.bearer(office.IDP, w.good(to)) }
	w.asker = &elsewhere.Asker{Me: "23", Signer: w.signer("23"), Trust: list, Channel: w, Provider: w, Now: clock}
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) signer(id office.NodeID) *proof.Signer {
	return proof.NewSigner(must(w.keys[id].SignKey("sign")))
}

// good is a Bearer for 樊晓梅, signed in at 23.
func (w *world) good(to office.NodeID) vouch.Bearer {
	return vouch.Bearer{
		ID: unit.NewID(), To: to, From: "23", Subject: "pairwise-" + string(to), Person: fan, Level: 3, Purpose: vouch.ForCases,
		At: w.now, Until: w.now.Add(vouch.BearerLife),
	}
}

func (w *world) bearer(by office.NodeID, b vouch.Bearer) proof.Signed {
	return must(proof.SignJSON(w.signer(by), vouch.TypBearer, b))
}

// Bearers is the provider's part.
func (w *world) Bearers(_ context.Context, grant string, _ vouch.Purpose, to []office.NodeID) (map[office.NodeID]proof.Signed, error) {
	if grant != "grant" {
		return nil, errs.New(errs.RoamEnded, "%s", grant)
	}
	out := map[office.NodeID]proof.Signed{}
	for _, id := range to {
		out[id] = w.vouch(id)
	}
	return out, nil
}

// Ask is the channel from 23.
func (w *world) Ask(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
	if w.deaf[to] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if to == "63" {
		w.sent = slices.Clone(body)
	}
	return w.nodes[to].Receive(ctx, "23", body)
}

// ask is what the visitor at 23 gets to see, as case numbers.
func (w *world) ask() (numbers []string, f elsewhere.Found) {
	w.t.Helper()
	f, err := w.asker.Cases(w.t.Context(), "grant")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range f.Cases {
		numbers = append(numbers, string(c.No))
	}
	return numbers, f
}

// store holds the cases of one node, and everything that was logged.
type store struct {
	mu    sync.Mutex // guards what follows: a node is asked by many at once
	cases []casefile.Case
	spent map[string]bool
	log   []accesslog.Entry
	head  proof.Signed
}

func (s *store) Asked(context.Context, party.Person, int) (map[string]usage.Ref, error) {
	return nil, nil
}

func (s *store) Find(_ context.Context, by []party.Lookup, limit int) ([]casefile.Case, error) {
	var out []casefile.Case
	for _, c := range s.cases {
		if c.Private.Applicant.IDNo == by[0].Value && len(out) < limit {
			out = append(out, c)
		}
	}
	return out, nil
}

func (s *store) Spend(_ context.Context, id string, _, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spent[id] {
		return errs.New(errs.Repeated, "%s", id)
	}
	if s.spent == nil {
		s.spent = map[string]bool{}
	}
	s.spent[id] = true
	return nil
}

func (s *store) Commit(_ context.Context, u unit.Unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, u.Log...)
	return nil
}

// caseAt is a case lodged at a province and held there.
func caseAt(at office.NodeID, serial int64, who party.Person) casefile.Case {
	lodged := now.Add(-time.Duration(serial) * time.Hour)
	return casefile.Case{
		ID: unit.NewID(), No: casefile.MakeNo(at, workday.DateOf(now), serial), Item: "2020-030", Coordinator: at, Lodged: lodged, Last: lodged,
		Legs:    []casefile.Leg{{Key: "decide", Kind: item.Decide, Node: at, State: casefile.Accepted, Holder: at}},
		Custody: []casefile.Span{{Node: at, Office: "OFFICE", From: lodged}},
		Limits:  []casefile.Limit{{Key: "decide", Promised: workday.NewDate(2026, 7, 8)}},
		Private: casefile.Private{Applicant: who, Answers: map[string]string{"name": "某某公司"}},
	}
}

func TestCasesOfAllProvinces(t *testing.T) {
	w := newWorld(t)
	hers, others := caseAt("63", 1, fan), caseAt("63", 2, lin)
	moved := caseAt("35", 3, fan) // 35 coordinates it; 63 holds a leg and last heard of it later
	atThere := moved
	atThere.Last = now
	atThere.Legs = []casefile.Leg{{Key: "decide", Kind: item.Decide, Node: "63", State: casefile.Received, Holder: "63"}}
	w.store["63"].cases = []casefile.Case{hers, others, atThere}
	w.store["35"].cases = []casefile.Case{moved}
	got, f := w.ask()
	if want := []string{string(hers.No), string(moved.No)}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if c := f.Cases[0]; c.Status != casefile.StatusAccepted || c.Holder != "63" || c.Office != "OFFICE" || c.Until != workday.NewDate(2026, 7, 8) || c.Node != "63" {
		t.Errorf("a line says %+v", c)
	}
	if c := f.Cases[1]; c.Node != "35" || c.Status != casefile.StatusAccepted {
		t.Errorf("the coordinator's word does not win: %+v", c)
	}
	var logged []string
	for _, e := range w.store["63"].log {
		logged = append(logged, e.Case+" "+e.Who+" "+e.Reason)
	}
	if want := []string{hers.ID + " applicant asked at 23", atThere.ID + " applicant asked at 23"}; !slices.Equal(logged, want) {
		t.Errorf("logged %q, want %q", logged, want)
	}
	if strings.Contains(string(w.sent), fan.IDNo) || strings.Contains(string(w.sent), "pairwise") {
		t.Error("the channel can read who is asked about")
	}
}

// Licences of all provinces are listed; a line about another province's licence makes the whole answer unusable.
func TestLicencesOfAllProvinces(t *testing.T) {
	w := newWorld(t)
	w.vouch = func(to office.NodeID) proof.Signed {
		b := w.good(to)
		b.Purpose = vouch.ForLicences
		return w.bearer(office.IDP, b)
	}
	id := func(issuer string) string {
		return must(licence.NewIdentifier("11100000MB0143028R001", issuer, "1", 1))
	}
	tell := func(issuer string) func(context.Context, party.Person) ([]elsewhere.Licence, error) {
		return func(_ context.Context, who party.Person) ([]elsewhere.Licence, error) {
			if who.IDNo != fan.IDNo {
				t.Errorf("asked for %s", who.IDNo)
			}
			return []elsewhere.Licence{{ID: id(issuer), Type: "x", State: "in-force"}}, nil
		}
	}
	w.nodes["63"].Licences = tell("11630000015000000X")
	held, missing, err := w.asker.Licences(t.Context(), "grant")
	if err != nil || len(held) != 1 || held[0].Node != "63" || held[0].ID != id("11630000015000000X") || len(missing) != 0 {
		t.Errorf("%+v, missing %v, %v", held, missing, err)
	}
	if log := w.store["63"].log; len(log) != 1 || log[0].What != "elsewhere.licences" {
		t.Errorf("logged %+v", log)
	}
	w.nodes["63"].Licences = tell("11350000015000000X")
	if held, missing, _ := w.asker.Licences(t.Context(), "grant"); len(held) != 0 || !slices.Equal(missing, []office.NodeID{"63"}) {
		t.Errorf("63 speaks of 35's licence: %+v, missing %v", held, missing)
	}
	w.vouch = func(to office.NodeID) proof.Signed { return w.bearer(office.IDP, w.good(to)) }
	w.nodes["63"].Licences = tell("11630000015000000X")
	if held, _, _ := w.asker.Licences(t.Context(), "grant"); len(held) != 0 {
		t.Errorf("told to a bearer for another purpose: %+v", held)
	}
}

// A licence is given out as it was signed, to a bearer for just that, under an entry of its own; what another province gives that
// is not its own, or not what was asked for, makes its answer unusable.
func TestRecordsOfAllProvinces(t *testing.T) {
	w := newWorld(t)
	w.vouch = func(to office.NodeID) proof.Signed {
		b := w.good(to)
		b.Purpose = vouch.ForRecords
		return w.bearer(office.IDP, b)
	}
	const typ, issuer = "11100000MB0143028R001", "11630000015000000X"
	record := func(by office.NodeID) proof.Signed {
		return must(proof.SignJSON(w.signer(by), licence.Typ, licence.Licence{
			ID: must(licence.NewIdentifier(typ, issuer, "1", 1)), TypeCode: typ, TypeName: "营业执照", No: "1", Version: 1, Issued: "2026-01-01", From: "2026-01-01",
			Issuer: licence.Issuer{Name: "x", Code: issuer, Node: "63"}, Holder: licence.Holder{Name: "y", Code: "z", CodeType: "001"},
		}))
	}
	tell := func(s proof.Signed) {
		w.nodes["63"].Records = func(_ context.Context, who party.Person, asked string) ([]elsewhere.Record, error) {
			if who.IDNo != fan.IDNo {
				t.Errorf("asked for %s", who.IDNo)
			}
			if asked != typ {
				return nil, nil
			}
			return []elsewhere.Record{{Case: "case-1", Signed: s}}, nil
		}
	}
	tell(record("63"))
	held, missing, err := w.asker.Records(t.Context(), "grant", typ)
	if err != nil || len(held) != 1 || held[0].Record.Issuer.Node != "63" || len(missing) != 0 {
		t.Fatalf("%+v, missing %v, %v", held, missing, err)
	}
	if log := w.store["63"].log; len(log) != 1 || log[0].What != elsewhere.Taken || log[0].Who != "23" || log[0].Case != "case-1" {
		t.Errorf("logged %+v", log)
	}
	if held, missing, _ := w.asker.Records(t.Context(), "grant", typ[:20]+"2"); len(held) != 0 || len(missing) != 0 {
		t.Errorf("another type: %+v, missing %v", held, missing)
	}
	tell(record("35"))
	if held, missing, _ := w.asker.Records(t.Context(), "grant", typ); len(held) != 0 || !slices.Equal(missing, []office.NodeID{"63"}) {
		t.Errorf("signed by another: %+v, missing %v", held, missing)
	}
	tell(record("63"))
	w.vouch = func(to office.NodeID) proof.Signed { return w.bearer(office.IDP, w.good(to)) }
	if held, _, _ := w.asker.Records(t.Context(), "grant", typ); len(held) != 0 {
		t.Errorf("given to a bearer for another purpose: %+v", held)
	}
}

func TestWhoDoesNotAnswerIsNamed(t *testing.T) {
	w := newWorld(t)
	w.asker.Patience = 50 * time.Millisecond
	w.store["35"].cases = []casefile.Case{caseAt("35", 1, fan)}
	w.deaf["63"] = true
	got, f := w.ask()
	if len(got) != 1 || !slices.Equal(f.Missing, []office.NodeID{"63"}) {
		t.Errorf("got %v, missing %v", got, f.Missing)
	}
	f, err := w.asker.Cases(t.Context(), "over")
	if !errs.Is(err, errs.RoamEnded) || len(f.Missing) != 2 {
		t.Errorf("a sign-in that is over: %v, missing %v", err, f.Missing)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	w := newWorld(t)
	for n := range int64(80) {
		w.store["63"].cases = append(w.store["63"].cases, caseAt("63", n, fan))
	}
	got, f := w.ask()
	if len(got) != 50 || !slices.Equal(f.More, []office.NodeID{"63"}) {
		t.Errorf("%d cases, more at %v", len(got), f.More)
	}
	for range 19 {
		w.ask()
	}
	if _, f := w.ask(); !slices.Contains(f.Missing, "63") {
		t.Error("the 21st question of one person in a minute was answered")
	}
}

// Each tries to be told 樊晓梅's cases at 63 without having the right to it.
func TestGettingIn(t *testing.T) {
	change := func(f func(*vouch.Bearer)) func(*world) {
		return func(w *world) {
			w.vouch = func(to office.NodeID) proof.Signed {
				b := w.good(to)
				f(&b)
				return w.bearer(office.IDP, b)
			}
		}
	}
	for name, tt := range map[string]struct {
		prepare func(*world)
		want    errs.Code
	}{
		"the asking node vouches itself": {func(w *world) {
			w.vouch = func(to office.NodeID) proof.Signed { return w.bearer("23", w.good(to)) }
		}, errs.NotTheProvider},
		"a provider outside the trust list": {func(w *world) {
			w.keys["rogue"] = gm.MemoryKeys()
			w.vouch = func(to office.NodeID) proof.Signed { return w.bearer("rogue", w.good(to)) }
		}, errs.UnknownKey},
		"changed after signing": {func(w *world) {
			w.vouch = func(to office.NodeID) proof.Signed {
				b := w.good(to)
				b.Person = lin
				s := w.bearer(office.IDP, b)
				b.Person = fan
				s.Body = must(proof.Marshal(b))
				return s
			}
		}, errs.BadSignature},
		"another object of the provider": {func(w *world) {
			w.vouch = func(to office.NodeID) proof.Signed {
				return must(proof.SignJSON(w.signer(office.IDP), "idp-consent", w.good(to)))
			}
		}, errs.WrongType},
		"meant for another province":   {change(func(b *vouch.Bearer) { b.To = "35" }), errs.VouchMisdirected},
		"given to another province":    {change(func(b *vouch.Bearer) { b.From = "35" }), errs.VouchMisdirected},
		"for another purpose":          {change(func(b *vouch.Bearer) { b.Purpose = "submit" }), errs.VouchMisdirected},
		"without an id":                {change(func(b *vouch.Bearer) { b.ID = "" }), errs.VouchMisdirected},
		"over":                         {change(func(b *vouch.Bearer) { b.At, b.Until = now.Add(-time.Hour), now.Add(-time.Minute) }), errs.VouchExpired},
		"from the future":              {change(func(b *vouch.Bearer) { b.At, b.Until = now.Add(time.Hour), now.Add(61*time.Minute) }), errs.VouchExpired},
		"good for ever":                {change(func(b *vouch.Bearer) { b.Until = now.AddDate(1, 0, 0) }), errs.VouchExpired},
		"somebody known by phone only": {change(func(b *vouch.Bearer) { b.Level = 1 }), errs.LevelTooLow},
		"a number that is none":        {change(func(b *vouch.Bearer) { b.Person.IDNo = "230183199001010026" }), errs.IDNumberCheck},
		"a node that is no member": {func(w *world) {
			w.asker.Signer = w.signer(office.IDP)
		}, errs.BadQuestion},
		"another node's question": {func(w *world) { w.asker.Signer = w.signer("35") }, errs.BadQuestion},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.store["63"].cases = []casefile.Case{caseAt("63", 1, fan)}
			tt.prepare(w)
			got, f := w.ask()
			if len(got) > 0 || !slices.Contains(f.Missing, "63") {
				t.Fatalf("told %v", got)
			}
			if _, err := w.nodes["63"].Receive(t.Context(), "23", w.sent); !errs.Is(err, tt.want) {
				t.Errorf("refused with %v, want %s", err, tt.want.Name())
			}
			if len(w.store["63"].log) > 0 {
				t.Error("a refused question looked at somebody")
			}
		})
	}
}

func TestQuestionsAreNotRepeated(t *testing.T) {
	w := newWorld(t)
	w.store["63"].cases = []casefile.Case{caseAt("63", 1, fan)}
	if got, _ := w.ask(); len(got) != 1 {
		t.Fatal("the first question")
	}
	question := w.sent
	receive := func(from office.NodeID, body []byte) error {
		_, err := w.nodes["63"].Receive(t.Context(), from, body)
		return err
	}
	if err := receive("23", question); !errs.Is(err, errs.VouchSpent) {
		t.Errorf("the same question again: %v", err)
	}
	if err := receive("35", question); !errs.Is(err, errs.BadQuestion) {
		t.Errorf("brought by another node: %v", err)
	}
	if _, err := w.nodes["35"].Receive(t.Context(), "23", question); !errs.Is(err, errs.BadQuestion) {
		t.Errorf("brought to another node: %v", err)
	}
	for i := range question {
		bad := slices.Clone(question)
		bad[i] ^= 1
		if err := receive("23", bad); err == nil {
			t.Fatalf("byte %d changed, and it was answered", i)
		}
		if i > 300 {
			break // head, wrapped key and the beginning of the box; the rest is under the same tag
		}
	}
	w.now = now.Add(time.Hour)
	if err := receive("23", question); !errs.Is(err, errs.BadQuestion) {
		t.Errorf("an hour later: %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte("TM\x0123\n63\nbox"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := newWorld(t)
		if _, err := w.nodes["63"].Receive(t.Context(), "23", b); err == nil {
			t.Error("answered")
		}
	})
}
