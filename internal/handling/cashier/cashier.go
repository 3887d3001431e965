// Package cashier takes the fee of a case for the office that is paid, and gives back what is no longer due. A browser's word
// counts for nothing: money is here when the bank says so over its signature, or when a clerk has it in hand. Every word may
// come late, twice or out of order, and changes the account at most once.
package cashier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Store is where cases and charges are kept. Charge is errs.Missing while nobody asked for money; Commit is durable when it
// returns and fails with errs.Stale if the charge was changed since it was read; Serial gives each name's next number once.
// Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	Charge(ctx context.Context, caseID string) (fee.Charge, error)
	ChargeOfOrder(ctx context.Context, order string) (fee.Charge, error)
	ChargesOn(ctx context.Context, office string, day workday.Date, limit int) ([]fee.Charge, error)
	ChargesOf(ctx context.Context, office string, s fee.Standing, limit int) ([]fee.Charge, error)
	Serial(ctx context.Context, name string) (int64, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Order is what the bank is asked to take.
type Order struct {
	Order  string    `json:"order"`
	Fen    int       `json:"fen"`
	What   string    `json:"what"`   // the matter, as the payer reads it; no person
	Payee  string    `json:"payee"`  // the office that is paid
	Return string    `json:"return"` // where the payer's browser comes back to
	At     time.Time `json:"at"`
}

// Bank is a payment system. Every call may be repeated: the same order, or the same repayment, is one. Errors mean that it
// cannot be reached, or that what came is not its word; then nothing is known. Safe for concurrent use.
//   - Open registers an order and gives the address of its page.
//   - Look tells what became of an order; of one that it never heard of it says failed.
//   - Return asks it to pay back.
//   - Day is all it did for us on a civil day.
//   - Read takes a notice that it sent; errs.NotTheBank for anybody else's.
type Bank interface {
	Open(ctx context.Context, o Order) (page string, err error)
	Look(ctx context.Context, order string) ([]fee.Report, error)
	Return(ctx context.Context, b fee.Repayment) (fee.Report, error)
	Day(ctx context.Context, day workday.Date) ([]fee.Report, error)
	Read(notice []byte) (fee.Report, error)
}

// Cashier is the till of one node.
type Cashier struct {
	Kit   *unit.Kit
	Store Store
	Bank  Bank   // nil: cash only
	Home  string // address of the entrance, for the way back from the bank; without a slash at its end
}

// lookAgain is how long after an order was opened the bank is asked what became of it, and then again and again.
const lookAgain = 5 * time.Minute

// Of is the charge of a case at this node: as stored, or as the rule of the day makes it while nobody asked for money. It
// returns errs.NoFeeHere if the matter costs nothing or somebody else takes it.
func (t *Cashier) Of(ctx context.Context, c casefile.Case) (fee.Charge, error) {
	have, err := t.Store.Charge(ctx, c.ID)
	if !errs.Is(err, errs.Missing) {
		return have, err
	}
	q, err := t.Quote(c, c.Private.Said)
	if err != nil {
		return fee.Charge{}, err
	}
	leg, ok := t.taker(c, q.Taker)
	if !ok || leg.Node != t.Kit.Me || leg.Holder == "" && leg.State == casefile.Planned {
		return fee.Charge{}, errs.New(errs.NoFeeHere, "%s: not taken here", c.No)
	}
	ch := fee.Charge{
		Case: c.ID, No: string(c.No), Item: c.Item, Office: leg.Office, On: c.Rule.On, Rule: c.Rule.Digest, Said: c.Private.Said,
		Lines: q.Lines, Fen: q.Fen, Before: q.Before,
	}
	if why := over(c); why != "" {
		ch = ch.Stop(why, c.Last)
	}
	return ch, nil
}

// over says how a case ended without what is paid for, "" if it did not.
func over(c casefile.Case) string {
	d, _ := c.LegOf(item.Decide)
	switch {
	case c.Status() == casefile.StatusWithdrawn:
		return "withdrawn"
	case d.Outcome == casefile.NotAccepted:
		return "declined"
	case d.Outcome == casefile.Denied:
		return "refused"
	}
	return ""
}

// Quote is what the rule that a case goes by asks for the answers given; errs.NoFeeHere if that is nothing.
func (t *Cashier) Quote(c casefile.Case, said map[string]bool) (fee.Quote, error) {
	v, err := t.Kit.Catalogue.VersionByDigest(c.Rule.Digest)
	if err != nil {
		return fee.Quote{}, err
	}
	q := fee.Of(v, said, c.Rule.On)
	if q.Taker == "" {
		return q, errs.New(errs.NoFeeHere, "%s costs nothing", c.Item)
	}
	return q, nil
}

// Payee is the office that is paid for a case, wherever it is; errs.NoFeeHere if none is.
func (t *Cashier) Payee(c casefile.Case) (office.Office, error) {
	q, err := t.Quote(c, c.Private.Said)
	if err != nil {
		return office.Office{}, err
	}
	leg, ok := t.taker(c, q.Taker)
	o, known := t.Kit.Office(leg.Office)
	if !ok || !known {
		return o, errs.New(errs.NoFeeHere, "%s has no office that is paid", c.No)
	}
	return o, nil
}

func (t *Cashier) taker(c casefile.Case, at item.Place) (casefile.Leg, bool) {
	if at == item.Here {
		return c.LegOf(item.Collect)
	}
	return c.LegOf(item.Decide)
}

// Cleared says whether an act may be done as far as money goes: errs.PayFirst if the rule has it wait. A rule that charges
// nothing has nothing wait, whatever an earlier one asked for.
func (t *Cashier) Cleared(ctx context.Context, c casefile.Case, act casefile.Act) error {
	if v, err := t.Kit.Catalogue.VersionByDigest(c.Rule.Digest); err != nil || !v.Fee.Charged() {
		return err
	}
	ch, err := t.Of(ctx, c)
	if errs.Is(err, errs.NoFeeHere) || err == nil && ch.Before != string(act) {
		return nil
	}
	if err != nil {
		return err
	}
	open, err := t.open(c, ch)
	if err == nil && (open || !ch.Cleared(string(act))) {
		err = errs.New(errs.PayFirst, "%s owes %d", c.No, ch.Owing())
	}
	return err
}

// open reports whether the amount still turns on answers that nobody gave.
func (t *Cashier) open(c casefile.Case, ch fee.Charge) (bool, error) {
	q, err := t.Quote(c, ch.Said)
	return len(q.Open) > 0, err
}

// change lets f change the charge of a case and stores it. It is tried again while others are faster; f may then be asked
// again and must not act. Where nothing changed nothing is stored.
func (t *Cashier) change(ctx context.Context, caseID, who, what string, f func(casefile.Case, fee.Charge, time.Time) (fee.Charge, bool, error)) (casefile.Case, fee.Charge, error) {
	var c casefile.Case
	var ch fee.Charge
	err := unit.Retry(ctx, func() (err error) {
		if c, err = t.Store.Case(ctx, caseID); err != nil {
			return err
		}
		if ch, err = t.Of(ctx, c); err != nil {
			return err
		}
		now := t.now()
		next, changed, err := f(c, ch, now)
		if err != nil || !changed {
			return err
		}
		u := unit.Unit{At: now, Log: []accesslog.Entry{{Kind: accesslog.Act, At: now, Case: c.ID, Who: who, What: what}}}
		if err := t.receipts(ctx, &u, c, &next); err != nil {
			return err
		}
		t.told(&u, c, ch, next)
		u.Charges = []fee.Charge{next}
		u.Due = []unit.Due{{Case: c.ID, Kind: unit.DueFee}}
		if next.Open() {
			u.Due[0].At = now.Add(lookAgain)
		}
		if err := t.Store.Commit(ctx, u); err != nil {
			return err
		}
		next.Row = ch.Row + 1
		ch = next
		return nil
	})
	return c, ch, err
}

// told adds what the applicant is told of money that came or went back. The coordinator tells, as of all else; a node that takes the
// fee for another's case leaves it to the page.
func (t *Cashier) told(u *unit.Unit, c casefile.Case, before, after fee.Charge) {
	if c.Coordinator != t.Kit.Me {
		return
	}
	tell := func(kind notice.Kind, origin string, fen int) {
		values := notice.ValuesOf(c)
		values[notice.ValueOffice], values[notice.ValueDay] = after.Office, workday.DateOf(u.At).String()
		values[notice.ValueSum] = fmt.Sprintf("%d.%02d", fen/100, fen%100)
		t.Kit.Notify(u, notice.New(kind, []byte(origin), c.ID, after.Office, u.At, values))
	}
	for _, p := range after.Payments {
		was := slices.IndexFunc(before.Payments, func(x fee.Payment) bool { return x.Order == p.Order && x.State == fee.Paid })
		if p.State == fee.Paid && was < 0 {
			tell(notice.Paid, p.Order, p.Fen)
		}
	}
	for _, b := range after.Back {
		was := slices.IndexFunc(before.Back, func(x fee.Repayment) bool { return x.No == b.No && x.State == fee.Returned })
		if b.State == fee.Returned && was < 0 {
			tell(notice.PaidBack, b.No, b.Fen)
		}
	}
}

// receipts gives every payment that came its 缴费凭证, in the unit that makes it paid.
func (t *Cashier) receipts(ctx context.Context, u *unit.Unit, c casefile.Case, ch *fee.Charge) error {
	for i := range ch.Payments {
		p := &ch.Payments[i]
		if p.State != fee.Paid || p.Receipt != "" {
			continue
		}
		at, ok := t.Kit.Office(ch.Office)
		if !ok {
			return errs.New(errs.NoFeeHere, "no office %s", ch.Office)
		}
		year := workday.DateOf(u.At).Year()
		n, err := t.Store.Serial(ctx, receiptSeries(year))
		if err != nil {
			return err
		}
		p.Receipt = receiptNo(at.Region.Short(), year, n)
		data := t.Kit.DocData(c, at)
		data.No, data.Date = p.Receipt, workday.DateOf(u.At).String()
		data.Amount, data.PayWay, data.PayRef = p.Fen, string(p.Way), p.Ref
		for _, l := range ch.Lines {
			data.Charges = append(data.Charges, document.Charge{Name: l.Label, Fen: l.Fen, Basis: l.Basis})
		}
		if _, err := t.Kit.Issue(u, c, document.Payment, data); err != nil {
			return err
		}
	}
	return nil
}

// look asks the bank about an order and learns what it says.
func (t *Cashier) look(ctx context.Context, caseID, order string) error {
	reports, err := t.Bank.Look(ctx, order)
	if err != nil {
		return errs.Wrap(errs.BankAway, err, "order %s", order)
	}
	for _, r := range reports {
		if err := t.learn(ctx, caseID, r); err != nil {
			return err
		}
	}
	return nil
}

// learn takes a word of the bank. What is then held beyond what is due is owed back in the same unit, so that no account ever
// holds it, and is sent at once; a bank that is away is asked again by the clock.
func (t *Cashier) learn(ctx context.Context, caseID string, r fee.Report) error {
	owed := false
	_, _, err := t.change(ctx, caseID, "bank", "fee."+string(r.Word), func(_ casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		next, changed, err := ch.Learn(r, now)
		if err != nil || !changed {
			return next, false, err
		}
		next, owed = next.Return(repayment, now)
		return next, true, nil
	})
	if err != nil || !owed {
		return err
	}
	return t.settleSoon(ctx, caseID)
}

func (t *Cashier) now() time.Time { return t.Kit.Now().UTC().Truncate(time.Microsecond) }

// order is a number for the bank: ours, and of nobody else's making.
func (t *Cashier) order() string { return string(t.Kit.Me) + "-" + unit.NewID() }

// repayment numbers one repayment of an order.
func repayment(string) string { return "R-" + unit.NewID() }
