package cashier

import (
	"context"

	"tongban/internal/domain/fee"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Sheet is an office's day: what we hold beside what the bank says (对账).
type Sheet struct {
	Day   workday.Date
	Away  bool // the bank did not answer: only our side is known
	Lines []SheetLine
	Cash  int // 分 taken in cash, less what went back in cash
	Bank  int // the same by bank, as we hold it
	Odd   int // lines that differ
}

// SheetLine is one payment on both sides.
type SheetLine struct {
	Case, No string
	Order    string
	Way      fee.Way
	Ours     fee.State // "" if we hold none
	Fen      int       // as we hold it
	Theirs   fee.Word  // "" if the bank tells none
	Told     int       // what the bank says came
	Receipt  string
	Fault    string // "" | only-here | only-bank | amount | state
}

// sheetMax is how many charges of a day are held against the bank's statement.
const sheetMax = 5000

// Sheet holds an office's day against the bank's statement. Orders of other offices of the node are not shown.
func (t *Cashier) Sheet(ctx context.Context, office string, day workday.Date) (Sheet, error) {
	s := Sheet{Day: day}
	list, err := t.Store.ChargesOn(ctx, office, day, sheetMax)
	if err != nil {
		return s, err
	}
	told := map[string]fee.Report{}
	if t.Bank != nil {
		reports, err := t.Bank.Day(ctx, day)
		s.Away = err != nil
		for _, r := range reports {
			if r.Back == "" && r.Word == fee.SaysPaid {
				told[r.Ref] = r
			}
		}
	}
	for _, c := range list {
		s.charge(c, told, t.Bank != nil && !s.Away)
	}
	for _, r := range told {
		if err := t.stray(ctx, &s, office, r); err != nil {
			return s, err
		}
	}
	for _, l := range s.Lines {
		if l.Fault != "" {
			s.Odd++
		}
	}
	return s, nil
}

// charge adds the payments of one charge, and takes what the bank says of them off the list.
func (s *Sheet) charge(c fee.Charge, told map[string]fee.Report, heard bool) {
	for _, p := range c.Payments {
		if dayOf(p) != s.Day {
			continue
		}
		l := SheetLine{Case: c.Case, No: c.No, Order: p.Order, Way: p.Way, Ours: p.State, Fen: p.Fen, Receipt: p.Receipt}
		switch r, ok := byOrder(told, p); {
		case p.Way == fee.ByCash:
			s.Cash += p.Fen
		case ok:
			delete(told, r.Ref)
			l.Theirs, l.Told = r.Word, r.Fen
			switch {
			case r.Fen != p.Fen:
				l.Fault = "amount"
			case p.State != fee.Paid:
				l.Fault = "state"
			}
		case p.State == fee.Paid && heard:
			l.Fault = "only-here"
		}
		if p.Way == fee.ByBank && p.State == fee.Paid {
			s.Bank += p.Fen
		}
		s.Lines = append(s.Lines, l)
	}
	for _, b := range c.Back {
		if b.Done.IsZero() || workday.DateOf(b.Done) != s.Day {
			continue
		}
		if p, ok := c.Payment(b.Order); ok && p.Way == fee.ByCash {
			s.Cash -= b.Fen
		} else {
			s.Bank -= b.Fen
		}
	}
}

// stray is money that the bank tells of and no payment of that day explains.
func (t *Cashier) stray(ctx context.Context, s *Sheet, office string, r fee.Report) error {
	c, err := t.Store.ChargeOfOrder(ctx, r.Order)
	switch {
	case errs.Is(err, errs.Missing):
		s.Lines = append(s.Lines, SheetLine{Order: r.Order, Way: fee.ByBank, Theirs: r.Word, Told: r.Fen, Fault: "only-bank"})
		return nil
	case err != nil:
		return err
	case c.Office != office:
		return nil
	}
	for _, p := range c.Payments {
		if p.Ref == r.Ref && p.State == fee.Paid { // settled on another of our days
			return nil
		}
	}
	p, _ := c.Payment(r.Order)
	s.Lines = append(s.Lines, SheetLine{
		Case: c.Case, No: c.No, Order: r.Order, Way: fee.ByBank, Ours: p.State, Fen: p.Fen, Theirs: r.Word, Told: r.Fen, Fault: "state",
	})
	return nil
}

func byOrder(told map[string]fee.Report, p fee.Payment) (fee.Report, bool) {
	if r, ok := told[p.Ref]; ok && p.Ref != "" {
		return r, true
	}
	if p.Ref != "" {
		return fee.Report{}, false
	}
	for _, r := range told {
		if r.Order == p.Order {
			return r, true
		}
	}
	return fee.Report{}, false
}

func dayOf(p fee.Payment) workday.Date {
	if p.Settled.IsZero() {
		return workday.DateOf(p.At)
	}
	return workday.DateOf(p.Settled)
}

// done takes a case off the clock's list.
func (t *Cashier) done(ctx context.Context, caseID string) error {
	return t.Store.Commit(ctx, unit.Unit{At: t.now(), Due: []unit.Due{{Case: caseID, Kind: unit.DueFee}}})
}
