package recognise_test

import (
	"context"
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/recognise"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const bizType = "11100000MB0143028R001"

var (
	now = time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)
	fan = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
)

func signer(t *testing.T) *proof.Signer {
	t.Helper()
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return proof.NewSigner(k)
}

// world is 黑龙江 (23), where somebody applies, and 青海 (63), which issued what she holds.
type world struct {
	desk  *recognise.Desk
	west  *proof.Signer
	held  []recognise.Held // at 63
	own   []recognise.Held // at 23
	away  []office.NodeID
	known time.Time
	late  bool
	bad   error // what 63's status list says
	book  *sharing.Book
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{west: signer(t), known: now.Add(-time.Minute), book: sharing.NewBook()}
	north := signer(t)
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "23", Sign: north.Public()}, {ID: "63", Sign: w.west.Public()}}}
	w.desk = &recognise.Desk{
		Kit:  &unit.Kit{Me: "23", Trust: func() *office.TrustList { return trust }, Now: func() time.Time { return now }},
		Own:  func(context.Context, party.Person, string) ([]recognise.Held, error) { return w.own, nil },
		Book: func(f func(b *sharing.Book)) { f(w.book) },
		Elsewhere: func(_ context.Context, grant, _ string) ([]recognise.Held, []office.NodeID, error) {
			if grant != "grant" {
				return nil, nil, errs.New(errs.RoamEnded, "%s", grant)
			}
			return w.held, w.away, nil
		},
		Standing: func(context.Context, office.NodeID, statuslist.Ref) (time.Time, bool, error) {
			return w.known, w.late, w.bad
		},
	}
	w.says(licence.Recognition{Of: "63", Type: bizType, From: workday.DateOf(now), Basis: "b"})
	w.held = []recognise.Held{w.holds(t, 1, nil)}
	return w
}

func (w *world) says(r licence.Recognition) {
	seq := 2*len(w.book.Recognitions("23")) + 1
	w.book.Add(sharing.Statement{By: "23", Seq: seq, At: now, Officer: "a", Kind: sharing.Recognise, Recognition: &r})
	w.book.Add(sharing.Statement{By: "23", Seq: seq + 1, At: now, Officer: "b", Kind: sharing.Confirm, Confirms: seq})
}

func (w *world) holds(t *testing.T, version int, edit func(*licence.Licence)) recognise.Held {
	t.Helper()
	const issuer = "11630100MB9902043M"
	id, err := licence.NewIdentifier(bizType, issuer, "91630100MA0000017Q", version)
	if err != nil {
		t.Fatal(err)
	}
	l := licence.Licence{
		ID: id, TypeCode: bizType, TypeName: "营业执照", No: "91630100MA0000017Q", Version: version,
		Issuer: licence.Issuer{Name: "西宁市行政审批服务局", Code: issuer, Node: "63"}, Holder: licence.Holder{Name: "雪莲商贸", Code: "91630100MA0000017Q", CodeType: "001"},
		Issued: "2026-11-20", From: "2026-11-20", Status: &statuslist.Ref{URI: "https://qinghai.example/status/1", Idx: 5},
		Fields: []licence.Field{{Key: "name", Label: "名称", Value: "雪莲商贸"}, {Key: "domicile", Label: "住所", Value: "西宁"}},
	}
	if edit != nil {
		edit(&l)
	}
	s, err := proof.SignJSON(w.west, licence.Typ, l)
	if err != nil {
		t.Fatal(err)
	}
	return recognise.Held{Record: l, Signed: s}
}

func wish() recognise.Wish {
	return recognise.Wish{Person: fan, Grant: "grant", Item: "2020-024", Decides: "23", Source: item.Evidence{
		Key: "bizlicence", LicenceType: bizType, Face: map[string]string{"name": "name", "address": "domicile", "capital": "capital"},
	}}
}

// A licence of another province stands for the paper when it is good, in force and recognised, and for no other reason.
func TestFind(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(t *testing.T, w *world, q *recognise.Wish)
		want errs.Code
	}{
		"good": {},
		"the issuer is away, its last list counts": {do: func(_ *testing.T, w *world, _ *recognise.Wish) { w.late = true }},
		"the newest of two": {do: func(t *testing.T, w *world, _ *recognise.Wish) {
			t.Helper()
			w.held = append([]recognise.Held{w.holds(t, 2, func(l *licence.Licence) { l.Fields[0].Value = "旧名"; l.Issued = "2026-11-19"; l.From = "2026-11-19" })}, w.held...)
		}},
		"another one stands where the newest does not": {do: func(t *testing.T, w *world, _ *recognise.Wish) {
			t.Helper()
			w.held = append(w.held, w.holds(t, 2, func(l *licence.Licence) { l.Until = "2026-11-25" }))
		}},
		"suspended":        {func(_ *testing.T, w *world, _ *recognise.Wish) { w.bad = errs.New(errs.LicenceSuspended, "x") }, errs.LicenceSuspended},
		"revoked":          {func(_ *testing.T, w *world, _ *recognise.Wish) { w.bad = errs.New(errs.LicenceRevoked, "x") }, errs.LicenceRevoked},
		"nobody knows how": {func(_ *testing.T, w *world, _ *recognise.Wish) { w.bad = errs.New(errs.StatusMissing, "x") }, errs.StatusMissing},
		"over": {func(t *testing.T, w *world, _ *recognise.Wish) {
			t.Helper()
			w.held[0] = w.holds(t, 1, func(l *licence.Licence) { l.Until = "2026-11-26" })
		}, errs.LicenceNotInForce},
		"names no list": {func(t *testing.T, w *world, _ *recognise.Wish) {
			t.Helper()
			w.held[0] = w.holds(t, 1, func(l *licence.Licence) { l.Status = nil })
		}, errs.StatusMissing},
		"not recognised":        {func(_ *testing.T, w *world, _ *recognise.Wish) { w.book = sharing.NewBook() }, errs.NotRecognised},
		"recognised by another": {func(_ *testing.T, _ *world, q *recognise.Wish) { q.Decides = "34" }, errs.NotRecognised},
		"taken back": {func(_ *testing.T, w *world, _ *recognise.Wish) {
			w.says(licence.Recognition{Of: "63", Type: bizType, From: workday.DateOf(now), Withdraw: true, Basis: "b"})
		}, errs.NotRecognised},
		"another's signature": {func(t *testing.T, w *world, _ *recognise.Wish) {
			t.Helper()
			w.west = signer(t)
			w.held[0] = w.holds(t, 1, nil)
		}, errs.UnknownKey},
		"re-written": {func(_ *testing.T, w *world, _ *recognise.Wish) {
			w.held[0].Signed.Body = append([]byte(" "), w.held[0].Signed.Body...)
		}, errs.BadSignature},
		"another type": {func(_ *testing.T, _ *world, q *recognise.Wish) { q.Source.LicenceType = bizType[:20] + "2" }, errs.LicenceMismatch},
		"says nothing asked": {func(_ *testing.T, _ *world, q *recognise.Wish) {
			q.Source.Face = map[string]string{"capital": "capital"}
		}, errs.LicenceMismatch},
		"no licence":                        {func(_ *testing.T, w *world, _ *recognise.Wish) { w.held = nil }, errs.Missing},
		"a source that is no licence":       {func(_ *testing.T, _ *world, q *recognise.Wish) { q.Source.LicenceType = "" }, errs.Missing},
		"who holds it does not answer":      {func(_ *testing.T, w *world, _ *recognise.Wish) { w.held, w.away = nil, []office.NodeID{"63"} }, errs.TryLater},
		"the sign-in is too old":            {func(_ *testing.T, _ *world, q *recognise.Wish) { q.Grant = "old" }, errs.TryLater},
		"at a counter nobody else is asked": {func(_ *testing.T, _ *world, q *recognise.Wish) { q.Grant = "" }, errs.Missing},
	} {
		w, q := newWorld(t), wish()
		if tt.do != nil {
			tt.do(t, w, &q)
		}
		f, err := w.desk.Find(t.Context(), q)
		if (tt.want == 0) != (err == nil) || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err != nil {
			continue
		}
		if f.Values["name"] != "雪莲商贸" || f.Values["address"] != "西宁" || len(f.Values) != 2 {
			t.Errorf("%s: gives %v", name, f.Values)
		}
		if s := f.Shown; s.Ground != "23/1" || s.By != "63" || !s.Known.Equal(w.known) || s.Late != w.late || !s.Looked.Equal(now) {
			t.Errorf("%s: %+v", name, s)
		}
		if _, err := f.Shown.Good(w.desk.Kit.Trust(), workday.DateOf(now)); err != nil {
			t.Errorf("%s: what is kept does not hold: %v", name, err)
		}
	}
}

// What the own province issued needs no statement, and its register says how it stands.
func TestFindOwn(t *testing.T) {
	w, q := newWorld(t), wish()
	w.own, w.held = w.held, nil
	w.own[0].Own = true
	q.Decides = "63" // as if 63 were the place: its own licence
	f, err := w.desk.Find(t.Context(), q)
	if err != nil || f.Shown.Ground != "" || !f.Shown.Known.IsZero() {
		t.Fatalf("%+v, %v", f.Shown, err)
	}
	w.own[0].Stands = errs.New(errs.LicenceSuspended, "x")
	if _, err := w.desk.Find(t.Context(), q); !errs.Is(err, errs.LicenceSuspended) {
		t.Fatal(err)
	}
}

// Who holds several that will do may choose; a choice that does not hold falls back to the newest.
func TestChoice(t *testing.T) {
	w, q := newWorld(t), wish()
	older := w.holds(t, 2, func(l *licence.Licence) { l.Fields[0].Value = "旧名"; l.Issued, l.From = "2026-11-19", "2026-11-19" })
	over := w.holds(t, 3, func(l *licence.Licence) { l.Until = "2026-11-25" })
	w.held = append(w.held, older, over)
	for chosen, want := range map[string]string{"": "雪莲商贸", older.Record.ID: "旧名", over.Record.ID: "雪莲商贸", "x": "雪莲商贸"} {
		q.Chosen = chosen
		f, err := w.desk.Find(t.Context(), q)
		if err != nil || f.Values["name"] != want || len(f.All) != 2 {
			t.Errorf("%q: %v of %d, %v", chosen, f.Values, len(f.All), err)
		}
	}
	w.held, q.Chosen = w.held[:1], ""
	if f, err := w.desk.Find(t.Context(), q); err != nil || f.All != nil {
		t.Errorf("the only one: %v %v", f.All, err)
	}
}
