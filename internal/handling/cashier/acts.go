package cashier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

func receiptSeries(year int) string { return fmt.Sprintf("fee-receipt-%d", year) }

// receiptNo numbers a receipt: place, year, serial.
func receiptNo(place string, year int, n int64) string {
	return fmt.Sprintf("%s-%d-%08d", place, year, n)
}

// Pay gives the address at the bank where the fee of a case is paid. The order is stored before the bank hears of it, so that
// its word always finds an account. A second press leads to the same order. It returns errs.NothingDue, errs.FeeOpen,
// errs.NoFeeHere, and errs.BankAway with nothing charged.
func (t *Cashier) Pay(ctx context.Context, of casefile.Case) (string, error) {
	if t.Bank == nil {
		return "", errs.New(errs.BankAway, "no bank is set up")
	}
	number := t.order()
	var p fee.Payment
	c, ch, err := t.change(ctx, of.ID, of.Visitor(), "fee.ask", func(c casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		open, err := t.open(c, ch)
		if err != nil {
			return ch, false, err
		}
		if open {
			return ch, false, errs.New(errs.FeeOpen, "%s", ch.No)
		}
		next, one, fresh, err := ch.Ask(number, now)
		p = one
		return next, fresh, err
	})
	if err != nil {
		return "", err
	}
	if p.Page != "" {
		return p.Page, nil
	}
	at, _ := t.Kit.Office(ch.Office)
	it, _ := t.Kit.Catalogue.Item(c.Item)
	page, err := t.Bank.Open(ctx, Order{
		Order: p.Order, Fen: p.Fen, What: it.Name, Payee: at.Name, Return: t.Home + "/cases/" + string(c.No) + "/pay", At: p.At,
	})
	if err != nil {
		return "", errs.Wrap(errs.BankAway, err, "opening %s", p.Order)
	}
	_, _, err = t.change(ctx, of.ID, "bank", "fee.opened", func(_ casefile.Case, ch fee.Charge, _ time.Time) (fee.Charge, bool, error) {
		have, ok := ch.Payment(p.Order)
		return ch.At(p.Order, page), ok && have.State == fee.Pending, nil
	})
	return page, err
}

// Told takes a notice of the bank. The same notice again changes nothing. It returns errs.NotTheBank, and errs.NoSuchOrder for
// an order that nobody here opened.
func (t *Cashier) Told(ctx context.Context, notice []byte) error {
	if t.Bank == nil {
		return errs.New(errs.NotTheBank, "no bank is set up")
	}
	r, err := t.Bank.Read(notice)
	if err != nil {
		return err
	}
	ch, err := t.Store.ChargeOfOrder(ctx, r.Order)
	if errs.Is(err, errs.Missing) {
		return errs.New(errs.NoSuchOrder, "%q", r.Order)
	}
	if err != nil {
		return err
	}
	return t.learn(ctx, ch.Case, r)
}

// Refresh asks the bank about every order of a case that it has not answered. A bank that is away changes nothing.
func (t *Cashier) Refresh(ctx context.Context, caseID string) error {
	ch, err := t.Store.Charge(ctx, caseID)
	if errs.Is(err, errs.Missing) || t.Bank == nil {
		return nil
	}
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range ch.Payments {
		if p.State == fee.Pending {
			failed = append(failed, t.look(ctx, caseID, p.Order))
		}
	}
	return errors.Join(failed...)
}

// Settle is what the clock does: it ends the charge of a case that ended without what was paid for, asks about open orders, and
// sends back what is held beyond what is due. It may be repeated at any time.
func (t *Cashier) Settle(ctx context.Context, caseID string) error {
	facts, err := t.Store.Facts(ctx, caseID)
	if err != nil {
		return err
	}
	c, ch, err := t.change(ctx, caseID, "clock", "fee.settle", func(c casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		if ch.Row == 0 {
			return ch, false, nil
		}
		next, err := t.underRule(c, ch)
		if err != nil {
			return ch, false, err
		}
		if why := t.ended(c, next, facts); why != "" {
			next = next.Stop(why, now)
		}
		next, back := next.Return(repayment, now)
		changed := back || next.Stopped != ch.Stopped || next.Rule != ch.Rule
		return next, changed || !ch.Open(), nil // the last takes the work off the clock's list
	})
	if errs.Is(err, errs.NoFeeHere) || errs.Is(err, errs.Missing) {
		return t.done(ctx, caseID)
	}
	if err != nil {
		return err
	}
	if ch.Row == 0 { // nobody paid or tried to
		return t.done(ctx, c.ID)
	}
	failed := []error{t.Refresh(ctx, caseID)}
	for _, b := range ch.Back {
		if b.State != fee.Returned {
			failed = append(failed, t.send(ctx, caseID, ch, b))
		}
	}
	return errors.Join(failed...)
}

// underRule is the charge under the rule that the case goes by: until it is accepted that may be another one than today's (I8).
func (t *Cashier) underRule(c casefile.Case, ch fee.Charge) (fee.Charge, error) {
	if ch.Rule == c.Rule.Digest || !ch.Stopped.IsZero() {
		return ch, nil
	}
	q, err := t.Quote(c, ch.Said)
	if err != nil && !errs.Is(err, errs.NoFeeHere) { // free by now: all of it goes back
		return ch, err
	}
	if ch, err = ch.Reassess(q, ch.Said); err != nil {
		return ch, err
	}
	ch.Rule, ch.On = c.Rule.Digest, c.Rule.On
	return ch, nil
}

// ended says why nothing is due any more, "" while the office may keep what it has: what was paid before acceptance and withdrawn
// goes back, what was not accepted too, what was refused only if the rule says so; and nobody pays after the end.
func (t *Cashier) ended(c casefile.Case, ch fee.Charge, facts []casefile.Known) string {
	why := over(c)
	v, err := t.Kit.Catalogue.VersionByDigest(c.Rule.Digest)
	accepted := slices.ContainsFunc(facts, func(k casefile.Known) bool {
		return k.Fact.Act == casefile.ActAccept || k.Fact.Act == casefile.ActDeemAccept
	})
	refunds := err == nil && v.Fee.Refused == "refund"
	keeps := why == "withdrawn" && accepted || why == "refused" && !refunds
	if keeps && ch.Held() > 0 {
		return ""
	}
	return why
}

// send asks the bank to pay one repayment back. Cash waits for the payer at the window.
func (t *Cashier) send(ctx context.Context, caseID string, ch fee.Charge, b fee.Repayment) error {
	if p, ok := ch.Payment(b.Order); !ok || p.Way != fee.ByBank || t.Bank == nil {
		return nil
	}
	r, err := t.Bank.Return(ctx, b)
	if err != nil {
		return errs.Wrap(errs.BankAway, err, "repayment %s", b.No)
	}
	return t.learn(ctx, caseID, r)
}

// Cash is the whole fee in a clerk's hand, against a numbered receipt. row is the charge as the clerk saw it. It returns
// errs.NotYours for whom the table of authority or the office forbids, errs.Stale, errs.NothingDue and errs.FeeOpen.
func (t *Cashier) Cash(ctx context.Context, by casefile.Actor, caseID string, row int64) (fee.Charge, error) {
	number := t.order()
	_, ch, err := t.change(ctx, caseID, by.ID, "fee.cash", func(c casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		if err := t.may(by, office.TakeFee, c, ch, row, now); err != nil {
			return ch, false, err
		}
		if open, err := t.open(c, ch); err != nil || open {
			return ch, false, errors.Join(err, errs.New(errs.FeeOpen, "%s", ch.No))
		}
		next, _, err := ch.Cash(number, by.ID, now)
		return next, err == nil, err
	})
	return ch, err
}

// Assess answers the questions that the amount turns on, for an applicant at the counter, or corrects them: what was paid too
// much goes back, and what is missing is due.
func (t *Cashier) Assess(ctx context.Context, by casefile.Actor, caseID string, row int64, said map[string]bool) (fee.Charge, error) {
	_, ch, err := t.change(ctx, caseID, by.ID, "fee.assess", func(c casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		if err := t.may(by, office.TakeFee, c, ch, row, now); err != nil {
			return ch, false, err
		}
		all := maps.Clone(ch.Said)
		if all == nil {
			all = map[string]bool{}
		}
		maps.Copy(all, said)
		q, err := t.Quote(c, all)
		if err != nil {
			return ch, false, err
		}
		next, err := ch.Reassess(q, all)
		if err != nil {
			return ch, false, err
		}
		next, _ = next.Return(repayment, now)
		return next, true, nil
	})
	if err == nil && ch.Open() {
		err = t.settleSoon(ctx, caseID)
	}
	return ch, err
}

// GiveBack returns money that the rule does not send back by itself, with a reason.
func (t *Cashier) GiveBack(ctx context.Context, by casefile.Actor, caseID string, row int64, fen int, note string) (fee.Charge, error) {
	if note == "" {
		return fee.Charge{}, errs.New(errs.ReasonNeeded, "a repayment without a reason")
	}
	_, ch, err := t.change(ctx, caseID, by.ID, "fee.back", func(c casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		if err := t.may(by, office.ReturnFee, c, ch, row, now); err != nil {
			return ch, false, err
		}
		next, err := ch.GiveBack(fen, by.ID, note, repayment, now)
		return next, err == nil, err
	})
	if err == nil {
		err = t.settleSoon(ctx, caseID)
	}
	return ch, err
}

// HandBack records that the payer has cash back.
func (t *Cashier) HandBack(ctx context.Context, by casefile.Actor, caseID string, row int64, no string) (fee.Charge, error) {
	_, ch, err := t.change(ctx, caseID, by.ID, "fee.handed-back", func(c casefile.Case, ch fee.Charge, now time.Time) (fee.Charge, bool, error) {
		if err := t.may(by, office.TakeFee, c, ch, row, now); err != nil {
			return ch, false, err
		}
		next, err := ch.HandBack(no, by.ID, now)
		return next, err == nil, err
	})
	return ch, err
}

// settleSoon sends what is owed; a bank that is away is asked again by the clock.
func (t *Cashier) settleSoon(ctx context.Context, caseID string) error {
	if err := t.Settle(ctx, caseID); !errs.Is(err, errs.BankAway) {
		return err
	}
	return nil
}

// may holds an officer against the table of authority, the office that is paid, and the page that was seen.
func (t *Cashier) may(by casefile.Actor, act office.Act, c casefile.Case, ch fee.Charge, row int64, now time.Time) error {
	m := c.Matter(now)
	m.Offices = []string{ch.Office}
	if err := by.Officer().May(act, m); err != nil {
		return err
	}
	if ch.Row != row {
		return errs.New(errs.Stale, "charge of %s was read at %d, is at %d", ch.No, row, ch.Row)
	}
	return nil
}
