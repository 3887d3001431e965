// Package retention is 保存期限: until when a node may keep what another province told it for a case, what holds the deletion back, and
// the signed word that it is gone (政务数据共享条例 第27条: 共享目的已实现的, 按照提供部门的要求处理; 个人信息保护法 第19条、第47条).
package retention

import (
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

// Why is what the length rests on, or what holds the deletion back.
type Why string

// The reasons.
const (
	ByTerms   Why = "terms"     // the days that the agreement gives
	ByDefault Why = "unknown"   // no terms are known here
	ByReview  Why = "review"    // the decision can still be contested
	CaseOpen  Why = "open"      // the case is not closed
	Contested Why = "complaint" // a complaint about the case is open
	Objected  Why = "objection" // one to a value of the case is not answered
)

// Term is until when something may be kept, Asia/Shanghai. A zero Until: nobody knows yet, for Why.
type Term struct {
	Until workday.Date
	Why   Why
}

// Over reports whether the last day has passed.
func (t Term) Over(today workday.Date) bool { return !t.Until.IsZero() && today.After(t.Until) }

// Late reports whether it should have been gone for longer than a node may be late.
func (t Term) Late(b *Book, today workday.Date) bool {
	return !t.Until.IsZero() && today.After(t.Until.AddDays(b.On(t.Until).Spare.N))
}

// Of says until when what was told under some terms may be kept for a case: days counts from the day on which it closed; known is
// false where the terms are not known, held what else holds the deletion back, "" for nothing.
func Of(c casefile.Case, days int, known bool, held Why, b *Book) Term {
	if c.Closed.IsZero() {
		return Term{Why: CaseOpen}
	}
	if held != "" {
		return Term{Why: held}
	}
	closed := workday.DateOf(c.Closed)
	r, t := b.On(closed), Term{Why: ByTerms}
	if !known {
		days, t.Why = r.Unknown.N, ByDefault
	}
	t.Until = closed.AddDays(days)
	if d, ok := c.LegOf(item.Decide); ok && d.Outcome != "" {
		if end := workday.DateOf(closed.Start().AddDate(0, r.Review.N, 0)); end.After(t.Until) {
			t = Term{end, ByReview}
		}
	}
	return t
}
