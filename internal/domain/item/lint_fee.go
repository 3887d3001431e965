package item

import "tongban/internal/kernel/workday"

// What the rule of a fee may say.
var (
	feeTakers  = []Place{Here, There}
	feeBefore  = []string{"accept", "decide"}
	feeRefused = []string{"refund", "keep"}
)

// fee checks the rule of a fee: every amount rests on a provision, somebody is named who takes it, and no two lines that exclude
// each other are in force together without a day between them.
func (l *linter) fee(v Version) {
	f := v.Fee
	l.basis(v, 0, "fee", f.Basis)
	for _, m := range []Mark{f.Mark, f.TakerMark, f.BeforeMark, f.RefusedMark} {
		l.mark(0, "fee", m)
	}
	if f.Charged() {
		oneOf(l, 0, "fee taker", f.Taker, feeTakers)
	} else if f.Taker != "" || f.Before != "" || f.Refused != "" {
		l.say(0, "bad-fee", "fee: nothing is charged, so nobody takes it and nothing waits for it")
	}
	if f.Before != "" {
		oneOf(l, 0, "fee before", f.Before, feeBefore)
	}
	if f.Refused != "" {
		oneOf(l, 0, "fee refused", f.Refused, feeRefused)
	}
	if f.Fen < 0 || f.Charged() && !f.Told() {
		l.say(0, "bad-fee", "fee: an amount below nothing, or one that no source tells, cannot be charged")
	}
	seen := map[string]bool{}
	for _, i := range f.Items {
		line := l.line("fee.items", i.Key)
		if i.From.IsZero() && i.Until.IsZero() {
			l.once(seen, line, i.Key)
		}
		l.both(line, i.Key, i.Label, i.LabelEn)
		l.basis(v, line, i.Key, i.Basis)
		l.mark(line, i.Key, i.Mark)
		l.condition(line, i.Key, i.If, v.Questions)
		if i.Fen < f.Fen {
			l.say(line, "unknown-value", i.Key+": the fee itself is the least of its lines")
		}
		l.feeDays(v, line, i)
	}
}

// feeDays holds the days of a line against the version's and against lines of the same key.
func (l *linter) feeDays(v Version, line int, i FeeItem) {
	if !i.Until.IsZero() && (i.Until.Before(i.From) || i.Until.Before(v.From)) ||
		!v.Until.IsZero() && i.From.After(v.Until) {
		l.say(line, "bad-fee", i.Key+": is never in force")
	}
	begins := func(x FeeItem) workday.Date {
		if x.From.Before(v.From) {
			return v.From
		}
		return x.From
	}
	n := 0
	for _, other := range v.Fee.Items {
		if other.Key == i.Key && other.On(begins(i)) {
			n++
		}
	}
	if n > 1 {
		l.say(line, "bad-fee", i.Key+": two amounts are in force on "+begins(i).String())
	}
}
