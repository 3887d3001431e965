// Package paygate is the way to a payment gateway over HTTP. Both sides sign every message (SM2): the node its orders, the bank
// its answers and notices, so that each can show later what the other said. An answer names the request that it answers, and a
// notice the node that it is for, so that none can be played again elsewhere. docs/OPERATING.md describes the four addresses
// that a bank's bridge has to serve.
package paygate

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"tongban/internal/domain/fee"
	"tongban/internal/domain/office"
	"tongban/internal/handling/cashier"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// The types of what is signed.
const (
	TypAsk    = "pay-ask"    // by the node
	TypAnswer = "pay-answer" // by the bank, to one request
	TypNotice = "pay-notice" // by the bank, of its own accord
)

// Ask is a request to the bank. One of Order, Look, Back and Day is set.
type Ask struct {
	From  office.NodeID  `json:"from"`
	At    time.Time      `json:"at"` // security time
	Order *cashier.Order `json:"order,omitempty"`
	Look  string         `json:"look,omitempty"` // an order's number
	Back  *Back          `json:"back,omitempty"`
	Day   workday.Date   `json:"day,omitzero"`
}

// Back asks to pay back.
type Back struct {
	No    string `json:"no"`
	Order string `json:"order"`
	Fen   int    `json:"fen"`
}

// Answer is what the bank says to a request. For is the request's hash.
type Answer struct {
	For     proof.Hash   `json:"for"`
	Page    string       `json:"page,omitempty"` // where the payer pays
	Reports []fee.Report `json:"reports,omitempty"`
}

// Notice is what the bank says unasked.
type Notice struct {
	To     office.NodeID `json:"to"`
	Report fee.Report    `json:"report"`
}

// Config is what a gateway needs.
type Config struct {
	URL    string // of the gateway, without a slash at its end
	Key    []byte // the bank's public SM2 key, as it was handed over when the gateway was set up
	Me     office.NodeID
	Signer *proof.Signer
	Client *http.Client // nil is one with a patience of 10 s
}

// Gate reaches one gateway. Safe for concurrent use.
type Gate struct{ cfg Config }

var _ cashier.Bank = (*Gate)(nil)

// The bounds of a talk with the bank.
const (
	patience  = 10 * time.Second
	answerMax = 8 << 20 // bytes: a day of a busy node
)

// New makes a gate.
func New(cfg Config) *Gate {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: patience}
	}
	return &Gate{cfg}
}

// Open registers an order.
func (g *Gate) Open(ctx context.Context, o cashier.Order) (string, error) {
	a, err := g.ask(ctx, "/orders", Ask{Order: &o})
	if err != nil {
		return "", err
	}
	if a.Page == "" {
		return "", errs.New(errs.BankAway, "order %s has no page", o.Order)
	}
	return a.Page, nil
}

// Look tells what became of an order.
func (g *Gate) Look(ctx context.Context, order string) ([]fee.Report, error) {
	a, err := g.ask(ctx, "/look", Ask{Look: order})
	return a.Reports, err
}

// Return asks to pay back.
func (g *Gate) Return(ctx context.Context, b fee.Repayment) (fee.Report, error) {
	a, err := g.ask(ctx, "/returns", Ask{Back: &Back{b.No, b.Order, b.Fen}})
	if err != nil {
		return fee.Report{}, err
	}
	if len(a.Reports) != 1 || a.Reports[0].Back != b.No {
		return fee.Report{}, errs.New(errs.BankAway, "repayment %s was not answered", b.No)
	}
	return a.Reports[0], nil
}

// Day is the bank's statement.
func (g *Gate) Day(ctx context.Context, day workday.Date) ([]fee.Report, error) {
	a, err := g.ask(ctx, "/statement", Ask{Day: day})
	return a.Reports, err
}

// Read checks a notice: the bank's signature, and that it is for this node.
func (g *Gate) Read(body []byte) (fee.Report, error) {
	var n Notice
	if err := g.read(body, TypNotice, &n); err != nil {
		return fee.Report{}, err
	}
	if n.To != g.cfg.Me {
		return fee.Report{}, errs.New(errs.NotTheBank, "a notice for %q", n.To)
	}
	return n.Report, nil
}

// ask sends a request and takes its answer. What is not signed by the bank, or answers another request, is errs.NotTheBank.
func (g *Gate) ask(ctx context.Context, path string, a Ask) (Answer, error) {
	a.From, a.At = g.cfg.Me, time.Now().UTC().Truncate(time.Second)
	signed, err := proof.SignJSON(g.cfg.Signer, TypAsk, a)
	if err != nil {
		return Answer{}, err
	}
	body, err := proof.Marshal(signed)
	if err != nil {
		return Answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.cfg.URL+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, errs.Wrap(errs.BankAway, err, "gateway")
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := g.cfg.Client.Do(r)
	if err != nil {
		return Answer{}, errs.Wrap(errs.BankAway, err, "gateway")
	}
	defer w.Body.Close() //nolint:errcheck // read only
	if w.StatusCode != http.StatusOK {
		return Answer{}, errs.New(errs.BankAway, "gateway answers %d", w.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(w.Body, answerMax))
	if err != nil {
		return Answer{}, errs.Wrap(errs.BankAway, err, "gateway")
	}
	var out Answer
	if err := g.read(raw, TypAnswer, &out); err != nil {
		return Answer{}, err
	}
	if out.For != signed.Hash() {
		return Answer{}, errs.New(errs.NotTheBank, "an answer to another request")
	}
	return out, nil
}

func (g *Gate) read(body []byte, typ string, v any) error {
	var s proof.Signed
	if err := proof.Unmarshal(body, &s); err != nil {
		return errs.Wrap(errs.NotTheBank, err, "unreadable")
	}
	if err := proof.Check(s, typ, g.cfg.Key); err != nil {
		return errs.Wrap(errs.NotTheBank, err, "%s", typ)
	}
	if err := s.Into(v); err != nil {
		return errs.Wrap(errs.NotTheBank, err, "%s", typ)
	}
	return nil
}
