package fee

import (
	"slices"
	"strconv"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Way is how money came.
type Way string

// The ways.
const (
	ByBank Way = "bank"
	ByCash Way = "cash" // at the window, against a numbered receipt
)

// Charge is what one case costs and what was paid for it. It belongs to the office that is paid.
type Charge struct {
	Case     string          `json:"case"`
	No       string          `json:"no"` // the case's number
	Item     string          `json:"item"`
	Office   string          `json:"office"` // that is paid, by code
	On       workday.Date    `json:"on"`     // the day whose rule it follows
	Rule     string          `json:"rule"`   // digest of the definition
	Said     map[string]bool `json:"said,omitempty"`
	Lines    []Line          `json:"lines"`
	Fen      int             `json:"fen"`
	Before   string          `json:"before,omitempty"`
	Stopped  time.Time       `json:"stopped,omitzero"` // from here on nothing is due: the case ended without what was paid for
	Why      string          `json:"why,omitempty"`    // of Stopped: withdrawn, refused, declined
	Payments []Payment       `json:"payments,omitempty"`
	Back     []Repayment     `json:"back,omitempty"`

	// Row is the store's guard: the version that was read, 0 for a charge that nobody stored.
	Row int64 `json:"-"`
}

// Payment is one attempt to pay.
type Payment struct {
	Order   string    `json:"order"` // our number, which the bank repeats
	Way     Way       `json:"way"`
	Fen     int       `json:"fen"`
	State   State     `json:"state"`
	At      time.Time `json:"at"`
	Settled time.Time `json:"settled,omitzero"`
	Ref     string    `json:"ref,omitempty"`     // the bank's own number
	Taker   string    `json:"taker,omitempty"`   // officer who took cash
	Receipt string    `json:"receipt,omitempty"` // number of the 缴费凭证
	Page    string    `json:"page,omitempty"`    // where the payer pays, while pending
	Odd     int       `json:"odd,omitempty"`     // what the bank says came, if it is not Fen: nobody counts it until a person looked
}

// Repayment is money on its way back, always of one payment.
type Repayment struct {
	No    string    `json:"no"`
	Order string    `json:"order"`
	Fen   int       `json:"fen"`
	Why   string    `json:"why"` // withdrawn | refused | declined | twice | over | office
	Note  string    `json:"note,omitempty"`
	State State     `json:"state"`
	At    time.Time `json:"at"`
	Done  time.Time `json:"done,omitzero"`
	By    string    `json:"by,omitempty"` // officer; "" is the system
}

// Standing is the one word that people read.
type Standing string

// The standings.
const (
	Free      Standing = "free"
	Due       Standing = "due"
	Waiting   Standing = "pending"
	Settled   Standing = "paid"
	NotPaid   Standing = "failed"   // the last attempt failed; it may be tried again
	GoingBack Standing = "owed"     // more is held than is due; it is on its way back
	Back      Standing = "refunded" // nothing is due any more and nothing is held
	Over      Standing = "over"     // nothing is due any more, nothing was paid
)

// Held is the money that came and neither went back nor is about to.
func (c Charge) Held() int {
	sum := 0
	for _, p := range c.Payments {
		if p.State == Paid {
			sum += p.Fen
		}
	}
	for _, b := range c.Back {
		sum -= b.Fen
	}
	return sum
}

// Wanted is what the office may keep.
func (c Charge) Wanted() int {
	if !c.Stopped.IsZero() {
		return 0
	}
	return c.Fen
}

// Owing is what is still to be paid.
func (c Charge) Owing() int { return max(0, c.Wanted()-c.Held()) }

// Cleared reports whether an act that waits for the money may be done.
func (c Charge) Cleared(act string) bool { return c.Before != act || c.Owing() == 0 }

// Standing sums the charge up.
func (c Charge) Standing() Standing {
	back := slices.ContainsFunc(c.Back, func(b Repayment) bool { return b.State != Returned })
	switch {
	case back || c.Held() > c.Wanted():
		return GoingBack
	case !c.Stopped.IsZero() && len(c.Back) > 0:
		return Back
	case !c.Stopped.IsZero():
		return Over
	case c.Owing() == 0 && c.Fen == 0:
		return Free
	case c.Owing() == 0:
		return Settled
	case slices.ContainsFunc(c.Payments, func(p Payment) bool { return p.State == Pending }):
		return Waiting
	case len(c.Payments) > 0 && c.Payments[len(c.Payments)-1].State == Failed:
		return NotPaid
	}
	return Due
}

// Payment finds a payment by our number.
func (c Charge) Payment(order string) (Payment, bool) {
	i := slices.IndexFunc(c.Payments, func(p Payment) bool { return p.Order == order })
	if i < 0 {
		return Payment{}, false
	}
	return c.Payments[i], true
}

// clone copies what the functions of this package change.
func (c Charge) clone() Charge {
	c.Payments, c.Back = slices.Clone(c.Payments), slices.Clone(c.Back)
	return c
}

// orderLife is how long a pending order is offered again instead of opening another.
const orderLife = 30 * time.Minute

// Ask opens an order for what is owing, or gives the one that is pending, so that a second press asks for no second payment.
// fresh says which. It returns errs.NothingDue.
func (c Charge) Ask(order string, now time.Time) (_ Charge, p Payment, fresh bool, err error) {
	owing := c.Owing()
	if owing == 0 {
		return c, p, false, errs.New(errs.NothingDue, "%s owes nothing", c.No)
	}
	for _, have := range c.Payments {
		if have.State == Pending && have.Fen == owing && now.Sub(have.At) < orderLife {
			return c, have, false, nil
		}
	}
	p = Payment{Order: order, Way: ByBank, Fen: owing, State: Pending, At: now}
	c = c.clone()
	c.Payments = append(c.Payments, p)
	return c, p, true, nil
}

// At notes where a pending order is paid.
func (c Charge) At(order, page string) Charge {
	c = c.clone()
	for i := range c.Payments {
		if c.Payments[i].Order == order {
			c.Payments[i].Page = page
		}
	}
	return c
}

// Cash is money in the clerk's hand for all that is owing. It returns errs.NothingDue.
func (c Charge) Cash(order, officer string, now time.Time) (Charge, Payment, error) {
	owing := c.Owing()
	if owing == 0 {
		return c, Payment{}, errs.New(errs.NothingDue, "%s owes nothing", c.No)
	}
	p := Payment{Order: order, Way: ByCash, Fen: owing, State: Paid, At: now, Settled: now, Taker: officer}
	c = c.clone()
	c.Payments = append(c.Payments, p)
	return c, p, nil
}

// Report is what the bank says about one order. Of a payment, Back is ""; of a repayment it is its number.
type Report struct {
	Order string    `json:"order"`
	Back  string    `json:"back,omitempty"`
	Word  Word      `json:"word"`
	Fen   int       `json:"fen"`
	Ref   string    `json:"ref"`
	At    time.Time `json:"at"`
}

// when is the bank's time, so that its day and ours are the same one; never later than now.
func (r Report) when(now time.Time) time.Time {
	if r.At.IsZero() || r.At.After(now) {
		return now
	}
	return r.At
}

// Learn takes a bank's word, once: the same word again changes nothing (changed is false). An amount that is not the one asked
// for is noted and never counted. A second payment for one order is a payment of its own, whatever came of the first.
// It returns errs.NoSuchOrder.
func (c Charge) Learn(r Report, now time.Time) (_ Charge, changed bool, err error) {
	if r.Back != "" {
		return c.learnBack(r, now)
	}
	i := slices.IndexFunc(c.Payments, func(p Payment) bool { return p.Order == r.Order && p.Way == ByBank })
	if i < 0 {
		return c, false, errs.New(errs.NoSuchOrder, "%s has no order %q", c.No, r.Order)
	}
	p := c.Payments[i]
	if r.Word == SaysPaid && r.Fen != p.Fen {
		if p.Odd == r.Fen {
			return c, false, nil
		}
		c = c.clone()
		c.Payments[i].Odd = r.Fen
		return c, true, nil
	}
	if r.Word == SaysPaid && p.State == Paid && r.Ref != p.Ref {
		return c.again(r, now), !c.knows(r), nil
	}
	to, ok := next(p.State, r.Word)
	if !ok || to == p.State {
		return c, false, nil
	}
	c = c.clone()
	c.Payments[i].State, c.Payments[i].Ref, c.Payments[i].Settled, c.Payments[i].Page = to, r.Ref, r.when(now), ""
	return c, true, nil
}

func (c Charge) knows(r Report) bool {
	return slices.ContainsFunc(c.Payments, func(p Payment) bool { return p.Ref == r.Ref })
}

// again is the bank's second payment for an order that was paid.
func (c Charge) again(r Report, now time.Time) Charge {
	if c.knows(r) {
		return c
	}
	c = c.clone()
	c.Payments = append(c.Payments, Payment{
		Order: r.Order + "." + strconv.Itoa(len(c.Payments)), Way: ByBank, Fen: r.Fen, State: Paid, At: r.when(now), Settled: r.when(now), Ref: r.Ref,
	})
	return c
}

func (c Charge) learnBack(r Report, now time.Time) (Charge, bool, error) {
	i := slices.IndexFunc(c.Back, func(b Repayment) bool { return b.No == r.Back })
	if i < 0 || c.Back[i].Fen != r.Fen {
		return c, false, errs.New(errs.NoSuchOrder, "%s has no repayment %q of %d", c.No, r.Back, r.Fen)
	}
	to, ok := next(c.Back[i].State, r.Word)
	if !ok || to == c.Back[i].State {
		return c, false, nil
	}
	c = c.clone()
	c.Back[i].State = to
	if to == Returned {
		c.Back[i].Done = r.when(now)
	}
	return c, true, nil
}

// Stop ends the charge: from now on nothing is due. A charge that was stopped stays as it is.
func (c Charge) Stop(why string, now time.Time) Charge {
	if !c.Stopped.IsZero() {
		return c
	}
	c = c.clone()
	c.Stopped, c.Why = now, why
	return c
}

// Reassess sets what the rule asks for after all. It returns errs.NothingDue once the charge has ended.
func (c Charge) Reassess(q Quote, said map[string]bool) (Charge, error) {
	if !c.Stopped.IsZero() {
		return c, errs.New(errs.NothingDue, "%s has ended", c.No)
	}
	c = c.clone()
	c.Lines, c.Fen, c.Said = q.Lines, q.Fen, said
	return c, nil
}

// Return owes back what is held beyond what is wanted, of the newest payments first. number gives each repayment its number.
func (c Charge) Return(number func(order string) string, now time.Time) (Charge, bool) {
	why := "over"
	if !c.Stopped.IsZero() {
		why = c.Why
	} else if slices.ContainsFunc(c.Payments, func(p Payment) bool { return p.State == Paid && p.Fen == c.Held()-c.Wanted() }) {
		why = "twice"
	}
	return c.giveBack(c.Held()-c.Wanted(), Repayment{Why: why}, number, now)
}

// GiveBack is an officer's decision to give money back that the rule does not send by itself; from then on no more than the
// rest is wanted. It returns errs.NothingDue for more than is held.
func (c Charge) GiveBack(fen int, officer, note string, number func(order string) string, now time.Time) (Charge, error) {
	if fen <= 0 || fen > c.Held() {
		return c, errs.New(errs.NothingDue, "%s holds %d, not %d", c.No, c.Held(), fen)
	}
	out, _ := c.giveBack(fen, Repayment{Why: "office", Note: note, By: officer}, number, now)
	out.Fen = max(0, min(out.Fen, out.Held()))
	return out, nil
}

func (c Charge) giveBack(fen int, as Repayment, number func(order string) string, now time.Time) (Charge, bool) {
	if fen <= 0 {
		return c, false
	}
	c = c.clone()
	for i := len(c.Payments) - 1; i >= 0 && fen > 0; i-- {
		p := c.Payments[i]
		if p.State != Paid {
			continue
		}
		left := p.Fen
		for _, b := range c.Back {
			if b.Order == p.Order {
				left -= b.Fen
			}
		}
		if part := min(left, fen); part > 0 {
			as.No, as.Order, as.Fen, as.State, as.At = number(p.Order), p.Order, part, Owed, now
			c.Back = append(c.Back, as)
			fen -= part
		}
	}
	return c, true
}

// HandBack is cash that the payer has again. It returns errs.NoSuchOrder for a repayment that is not owed in cash.
func (c Charge) HandBack(no, officer string, now time.Time) (Charge, error) {
	i := slices.IndexFunc(c.Back, func(b Repayment) bool { return b.No == no && b.State == Owed })
	if i < 0 {
		return c, errs.New(errs.NoSuchOrder, "%s owes no repayment %q", c.No, no)
	}
	if p, ok := c.Payment(c.Back[i].Order); !ok || p.Way != ByCash {
		return c, errs.New(errs.NoSuchOrder, "repayment %q goes by the bank", no)
	}
	c = c.clone()
	c.Back[i].State, c.Back[i].Done, c.Back[i].By = Returned, now, officer
	return c, nil
}

// Open reports whether something is still to be heard from the bank or to be paid back.
func (c Charge) Open() bool {
	return c.Held() > c.Wanted() ||
		slices.ContainsFunc(c.Payments, func(p Payment) bool { return p.State == Pending }) ||
		slices.ContainsFunc(c.Back, func(b Repayment) bool { return b.State != Returned })
}
