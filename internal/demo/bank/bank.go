// Package bank is a made-up payment system for the demonstration, on a host of its own and clearly marked: no money moves. It
// speaks the gateway's protocol (adapter/paygate) as a bank's bridge would, and lets the visitor choose how it behaves: pays,
// fails, stays silent, takes the money twice, answers late, answers twice, or is counterfeited. It is never linked into the path
// of serve.
package bank

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongban/internal/adapter/paygate"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/office"
	"tongban/internal/handling/cashier"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// Merchant is a node that orders may come from.
type Merchant struct {
	Node   office.NodeID
	Key    []byte // its public key
	Notify string // address that notices go to
}

// Config is what the bank needs.
type Config struct {
	URL       string // own address, without a slash at its end
	Signer    *proof.Signer
	Merchants []Merchant
	Now       func() time.Time // business time: what is late is late by it
	Client    *http.Client
	Log       *slog.Logger
}

// Bank keeps its orders in memory: a demonstration that starts again starts with an empty bank. Safe for concurrent use.
type Bank struct {
	cfg  Config
	site *page.Site

	mu     sync.Mutex // guards orders
	orders map[string]*order
}

// order is one order with all that came of it.
type order struct {
	cashier.Order
	node  office.NodeID
	said  []fee.Report // payments, then repayments
	from  time.Time    // until then it says pending, whatever happened
	trick string
}

// late is how long a late answer takes.
const late = time.Hour

// tricks are what a visitor may let the bank do, in the order of the page.
var tricks = []string{"pay", "fail", "wait", "late", "twice", "repeat", "short", "forged"}

// New makes the bank.
func New(cfg Config) *Bank {
	b := &Bank{cfg: cfg, orders: map[string]*order{}}
	s := page.NewSite(page.Config{Log: cfg.Log, Frame: b.frame})
	for path, f := range map[string]func(paygate.Ask, office.NodeID) (paygate.Answer, error){
		"/orders": b.open, "/look": b.look, "/returns": b.giveBack, "/statement": b.statement,
	} {
		s.Post(path, b.machine(f))
	}
	s.Get("/{$}", func(w http.ResponseWriter, r *http.Request) error {
		return b.show(w, r, homePage(page.PrefsOf(r.Context()).Lang))
	})
	s.Get("/pay/{order}", b.payPage)
	s.Post("/pay/{order}", b.pay)
	b.site = s
	return b
}

// ServeHTTP answers everything on the bank's host.
func (b *Bank) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.site.ServeHTTP(w, r) }

// Public is the key that nodes check its word with.
func (b *Bank) Public() []byte { return b.cfg.Signer.Public() }

func (b *Bank) merchant(id office.NodeID) (Merchant, bool) {
	i := slices.IndexFunc(b.cfg.Merchants, func(m Merchant) bool { return m.Node == id })
	if i < 0 {
		return Merchant{}, false
	}
	return b.cfg.Merchants[i], true
}

// machine answers a node's signed request.
func (b *Bank) machine(f func(paygate.Ask, office.NodeID) (paygate.Answer, error)) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		var s proof.Signed
		var a paygate.Ask
		if err := proof.Unmarshal(body, &s); err != nil {
			return err
		}
		if err := s.Into(&a); err != nil {
			return err
		}
		m, ok := b.merchant(a.From)
		if !ok {
			return errs.New(errs.UnknownNode, "%q", a.From)
		}
		if err := proof.Check(s, paygate.TypAsk, m.Key); err != nil {
			return err
		}
		answer, err := f(a, m.Node)
		if err != nil {
			return err
		}
		answer.For = s.Hash()
		out, err := b.signed(b.cfg.Signer, paygate.TypAnswer, answer)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write(out)
		return err
	}
}

func (b *Bank) signed(by *proof.Signer, typ string, v any) ([]byte, error) {
	s, err := proof.SignJSON(by, typ, v)
	if err != nil {
		return nil, err
	}
	return proof.Marshal(s)
}

func (b *Bank) open(a paygate.Ask, from office.NodeID) (paygate.Answer, error) {
	if a.Order == nil || a.Order.Fen <= 0 || a.Order.Order == "" {
		return paygate.Answer{}, errs.New(errs.BadRequest, "no order")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if have, ok := b.orders[a.Order.Order]; !ok {
		b.orders[a.Order.Order] = &order{Order: *a.Order, node: from}
	} else if have.node != from || have.Fen != a.Order.Fen {
		return paygate.Answer{}, errs.New(errs.BadRequest, "another order has this number")
	}
	return paygate.Answer{Page: b.cfg.URL + "/pay/" + a.Order.Order}, nil
}

func (b *Bank) look(a paygate.Ask, from office.NodeID) (paygate.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[a.Look]
	if !ok || o.node != from {
		return paygate.Answer{Reports: []fee.Report{{Order: a.Look, Word: fee.SaysFailed, At: b.cfg.Now().UTC()}}}, nil
	}
	return paygate.Answer{Reports: b.payments(o)}, nil
}

// payments is what the bank says of an order now.
func (b *Bank) payments(o *order) []fee.Report {
	var out []fee.Report
	if !b.cfg.Now().Before(o.from) {
		for _, r := range o.said {
			if r.Back == "" {
				out = append(out, r)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, fee.Report{Order: o.Order.Order, Word: fee.SaysPending, Fen: o.Fen, At: b.cfg.Now().UTC()})
	}
	return out
}

func (b *Bank) giveBack(a paygate.Ask, from office.NodeID) (paygate.Answer, error) {
	if a.Back == nil {
		return paygate.Answer{}, errs.New(errs.BadRequest, "no repayment")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	number, _, _ := strings.Cut(a.Back.Order, ".")
	o, ok := b.orders[number]
	if !ok || o.node != from {
		return paygate.Answer{}, errs.New(errs.NoSuchOrder, "%q", a.Back.Order)
	}
	for _, r := range o.said {
		if r.Back == a.Back.No {
			return paygate.Answer{Reports: []fee.Report{r}}, nil
		}
	}
	r := fee.Report{Order: a.Back.Order, Back: a.Back.No, Word: fee.SaysReturned, Fen: a.Back.Fen, Ref: reference(), At: b.cfg.Now().UTC()}
	o.said = append(o.said, r)
	return paygate.Answer{Reports: []fee.Report{r}}, nil
}

func (b *Bank) statement(a paygate.Ask, from office.NodeID) (paygate.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []fee.Report
	for _, o := range b.orders {
		for _, r := range o.said {
			if o.node == from && workday.DateOf(r.At) == a.Day && (r.Word == fee.SaysPaid || r.Word == fee.SaysReturned) {
				out = append(out, r)
			}
		}
	}
	slices.SortFunc(out, func(x, y fee.Report) int { return strings.Compare(x.Ref, y.Ref) })
	return paygate.Answer{Reports: out}, nil
}

// reference is the bank's own number for a movement of money.
func reference() string { return "DEMO" + rand.Text()[:12] }

// pay lets the bank do what the visitor chose. An order that was dealt with stays as it is.
func (b *Bank) pay(w http.ResponseWriter, r *http.Request) error {
	id, trick := r.PathValue("order"), r.PostForm.Get("trick")
	if !slices.Contains(tricks, trick) {
		return errs.New(errs.BadRequest, "trick %q", trick)
	}
	b.mu.Lock()
	o, ok := b.orders[id]
	var notices []fee.Report
	if ok && o.trick == "" {
		notices = b.play(o, trick)
	}
	b.mu.Unlock()
	if !ok {
		return errs.New(errs.NoSuchOrder, "%q", id)
	}
	for _, n := range notices {
		b.tell(r.Context(), o.node, n, trick == "forged")
	}
	return page.SeeOther(w, r, "/pay/"+id)
}

// play moves the made-up money and gives the notices that go out for it.
func (b *Bank) play(o *order, trick string) []fee.Report {
	now := b.cfg.Now().UTC().Truncate(time.Second)
	o.trick = trick
	paid := func(fen int) fee.Report {
		return fee.Report{Order: o.Order.Order, Word: fee.SaysPaid, Fen: fen, Ref: reference(), At: now}
	}
	switch trick {
	case "pay":
		o.said = append(o.said, paid(o.Fen))
	case "short":
		o.said = append(o.said, paid(1))
	case "repeat":
		one := paid(o.Fen)
		o.said = append(o.said, one)
		return []fee.Report{one, one}
	case "twice":
		o.said = append(o.said, paid(o.Fen), paid(o.Fen))
	case "fail":
		o.said = append(o.said, fee.Report{Order: o.Order.Order, Word: fee.SaysFailed, Fen: o.Fen, At: now})
	case "late":
		one := paid(o.Fen)
		one.At, o.from = now.Add(late), now.Add(late)
		o.said = append(o.said, one)
		return nil
	case "forged":
		o.trick = "" // no bank saw any of it
		return []fee.Report{paid(o.Fen)}
	case "wait":
		o.trick = ""
		return nil
	}
	return o.said
}

// tell sends a notice. A node that does not hear it asks by itself.
func (b *Bank) tell(ctx context.Context, to office.NodeID, r fee.Report, forged bool) {
	m, ok := b.merchant(to)
	if !ok {
		return
	}
	by := b.cfg.Signer
	if forged {
		key, err := gm.MemoryKeys().SignKey("nobody")
		if err != nil {
			return
		}
		by = proof.NewSigner(key)
	}
	body, err := b.signed(by, paygate.TypNotice, paygate.Notice{To: to, Report: r})
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Notify, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	w, err := b.cfg.Client.Do(req)
	if err != nil {
		return
	}
	_ = w.Body.Close()
}

func (b *Bank) frame(r *http.Request) page.Frame {
	f := page.FrameOf(r)
	f.Face, f.Demo, f.FaceName, f.Title = "idp", true, Say(f.Lang, "face"), Say(f.Lang, "face")
	return f
}

func yuan(fen int) string {
	s := strconv.Itoa(fen/100) + "."
	if fen%100 < 10 {
		s += "0"
	}
	return s + strconv.Itoa(fen%100)
}
