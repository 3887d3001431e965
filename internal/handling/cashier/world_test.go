package cashier_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/paygate"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/demo/bank"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/cashier"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// world is a till at 西宁 with the demonstration bank over real HTTP, and a mortgage of 80 元 that has to be paid before it is
// decided.
type world struct {
	t     *testing.T
	now   time.Time
	kit   *unit.Kit
	store *sqlstore.Store
	till  *cashier.Cashier
	bank  *httptest.Server
	c     casefile.Case
	clerk casefile.Actor
	mu    sync.Mutex // guards heard
	heard []int      // what the till answered to the bank's notices
	deaf  bool       // notices do not arrive
	away  bool       // the bank does not answer
}

func newWorld(t *testing.T, db sqltest.Database) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	mine, err := gm.MemoryKeys().SignKey("sign")
	must(err)
	theirs, err := gm.MemoryKeys().SignKey("sign")
	must(err)
	offices, err := office.Load(catalogue.FS)
	must(err)
	regions, err := region.Default()
	must(err)
	calendar, err := workday.Default()
	must(err)
	w.kit = &unit.Kit{
		Me: "63", Signer: proof.NewSigner(mine), Now: func() time.Time { return w.now }, Catalogue: item.Default(),
		Calendar: calendar, Regions: regions, Offices: offices, Notices: notice.Default(),
	}
	vault, err := proof.NewVault(make([]byte, 16), make([]byte, 32))
	must(err)
	w.store, err = sqlstore.Open(t.Context(), sqlstore.Options{Config: sqlstore.Config{DSN: db.DSN, Schema: db.Schema}, Vault: vault, Me: "63"})
	must(err)
	t.Cleanup(func() { must(w.store.Close()) })
	w.till = &cashier.Cashier{Kit: w.kit, Store: w.store, Home: "http://qinghai.localhost"}
	door := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = w.till.Told(r.Context(), body)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.heard = append(w.heard, int(errs.CodeOf(err)))
		if err != nil {
			out.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(door.Close)
	var b *bank.Bank
	w.bank = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if w.away {
			out.WriteHeader(http.StatusBadGateway)
			return
		}
		b.ServeHTTP(out, r)
	}))
	t.Cleanup(w.bank.Close)
	b = bank.New(bank.Config{
		URL: w.bank.URL, Signer: proof.NewSigner(theirs), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Client: &http.Client{Transport: notices{w}}, Merchants: []bank.Merchant{{Node: "63", Key: mine.Public(), Notify: door.URL}},
	})
	w.till.Bank = paygate.New(paygate.Config{URL: w.bank.URL, Key: b.Public(), Me: "63", Signer: w.kit.Signer})
	w.lodge(map[string]bool{"home": true})
	return w
}

// notices is the bank's way to the till.
type notices struct{ w *world }

func (n notices) RoundTrip(r *http.Request) (*http.Response, error) {
	if n.w.deaf {
		return nil, errors.New("nobody hears")
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (w *world) lodge(said map[string]bool) {
	w.t.Helper()
	at, err := w.kit.OfficeAt(region.Must("630100"))
	if err != nil {
		w.t.Fatal(err)
	}
	it, _ := w.kit.Catalogue.Item("2020-071")
	v, _ := w.kit.Catalogue.Version("2020-071", workday.DateOf(w.now))
	serial, err := w.store.Serial(w.t.Context(), "case")
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")
	if err != nil {
		w.t.Fatal(err)
	}
	c, step, err := casefile.Apply(casefile.Lodging{
		ID: unit.NewID(), No: casefile.MakeNo("63", workday.DateOf(w.now), serial), Item: it, Mode: item.Online,
		Here: office.Office{Region: region.Must("230183"), Node: "23"}, There: at, Law: casefile.Law{Version: v, Calendar: w.kit.Calendar},
		Private: casefile.Private{Applicant: p, Said: said, Consent: casefile.Consent{Way: casefile.ConsentOnline, At: w.now}},
	}, "63", w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.clerk = casefile.Actor{ID: "clerk", Office: at.Code, Node: "63", Roles: []office.Role{office.Window, office.Lead, office.Reviewer, office.Decider}}
	w.commit(c, step)
}

// commit stores an act as a use case does.
func (w *world) commit(c casefile.Case, step casefile.Step) {
	w.t.Helper()
	var u unit.Unit
	c, _, err := w.kit.Record(&u, c, step, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Commit(w.t.Context(), u); err != nil {
		w.t.Fatal(err)
	}
	w.c, err = w.store.Case(w.t.Context(), c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) accept() {
	w.t.Helper()
	law, err := w.kit.Law(w.c, workday.DateOf(w.now))
	if err != nil {
		w.t.Fatal(err)
	}
	c, step, err := casefile.Accept(w.c, "63", w.clerk, law, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.commit(c, step)
}

func (w *world) withdraw() {
	w.t.Helper()
	c, step, err := casefile.Withdraw(w.c, "63", nil, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.commit(c, step)
}

// pay opens the order and lets the visitor choose what the bank does.
func (w *world) pay(trick string) {
	w.t.Helper()
	to, err := w.till.Pay(w.t.Context(), w.c)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, to, strings.NewReader(url.Values{"trick": {trick}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("the bank answers %v, %v", res, err)
	}
	_ = res.Body.Close()
}

func (w *world) charge() fee.Charge {
	w.t.Helper()
	ch, err := w.till.Of(w.t.Context(), w.c)
	if err != nil {
		w.t.Fatal(err)
	}
	return ch
}

// clock does the due work that has come.
func (w *world) clock() {
	w.t.Helper()
	for range 5 {
		list, err := w.store.DueWork(w.t.Context(), w.now, time.Second, 10)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range list {
			if d.Kind != unit.DueFee {
				continue
			}
			if err := w.till.Settle(w.t.Context(), d.Case); err != nil && !errs.Is(err, errs.BankAway) {
				w.t.Fatal(err)
			}
		}
	}
}

func (w *world) want(s fee.Standing, held, receipts int) {
	w.t.Helper()
	ch := w.charge()
	if ch.Standing() != s || ch.Held() != held {
		w.t.Errorf("%s, holds %d; want %s, %d: %+v", ch.Standing(), ch.Held(), s, held, ch)
	}
	papers, err := w.store.Papers(w.t.Context(), w.c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, p := range papers {
		if p.Kind == string(document.Payment) {
			n++
			if d, err := document.Read(p.Signed); err != nil || !strings.Contains(d.Text(), "80.00") || d.No == "" {
				w.t.Errorf("receipt %q: %v", d.Text(), err)
			}
		}
	}
	if n != receipts {
		w.t.Errorf("%d receipts, want %d", n, receipts)
	}
	w.told(ch, receipts)
}

// told holds what the applicant was told against the account: each payment once, each repayment once it is back.
func (w *world) told(ch fee.Charge, payments int) {
	w.t.Helper()
	list, err := w.store.Notices(w.t.Context(), w.c.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[notice.Kind]int{}
	for _, n := range list {
		got[n.Kind]++
		if (n.Kind == notice.Paid || n.Kind == notice.PaidBack) && n.Values[notice.ValueSum] == "" {
			w.t.Errorf("%s tells no sum", n.Kind)
		}
	}
	back := 0
	for _, b := range ch.Back {
		if b.State == fee.Returned {
			back++
		}
	}
	if got[notice.Paid] != payments || got[notice.PaidBack] != back {
		w.t.Errorf("told %v; %d paid, %d back", got, payments, back)
	}
}
