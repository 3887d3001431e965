// Package fee is what an application costs (缴费): the charge as a pure function of the matter's dated rule, the day and the
// person's answers, and the money that was asked for, came, and went back. No fee without a provision (行政许可法 第58条);
// forms and applying cost nothing. Amounts are in 分. Nothing here names a person.
package fee

import (
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

// Line is one line of a charge.
type Line struct {
	Key     string    `json:"key"`
	Label   string    `json:"label"`
	LabelEn string    `json:"label_en"`
	Fen     int       `json:"fen"`
	Basis   string    `json:"basis"` // as people cite it
	Mark    item.Mark `json:"mark,omitempty"`
}

// Quote is what a matter costs somebody on a day.
type Quote struct {
	Known bool // a source tells; otherwise nothing is charged and the page says 未核实
	Fen   int  // to be paid; the least that it may be while Open is not empty
	Lines []Line
	Open  []string // questions whose answers the amount still turns on, by key
	Basis string   // of the fee as a whole, as people cite it
	Mark  item.Mark

	Taker   item.Place // whose office is paid; "" if nothing is charged
	Before  string     // the act that waits for the money: accept, decide or ""
	Refused string     // refund, keep or "" (未核实)
}

// Charged reports whether there is something to pay, or may be.
func (q Quote) Charged() bool { return q.Known && q.Taker != "" && (q.Fen > 0 || len(q.Open) > 0) }

// Of quotes the fee of a definition for what somebody said, on a day. Where the national rule and a place's differ is the
// definition's to say: nothing else goes in.
func Of(v item.Version, said map[string]bool, on workday.Date) Quote {
	f := v.Fee
	q := Quote{Known: f.Told(), Basis: v.Cite(f.Basis), Mark: f.Mark}
	if !q.Known || !f.Charged() {
		return q
	}
	q.Taker, q.Before, q.Refused = f.Taker, f.Before, f.Refused
	if len(f.Items) == 0 {
		q.Fen, q.Lines = f.Fen, []Line{{Key: "fee", Label: v.Title, LabelEn: v.TitleEn, Fen: f.Fen, Basis: q.Basis, Mark: f.Mark}}
		return q
	}
	least := -1
	for _, i := range f.Items {
		if !i.On(on) {
			continue
		}
		switch i.If.Holds(said) {
		case item.No:
		case item.Perhaps:
			q.Open = append(q.Open, open(v, i.If, said)...)
			if least < 0 || i.Fen < least {
				least = i.Fen
			}
		case item.Yes:
			q.Lines = append(q.Lines, Line{i.Key, i.Label, i.LabelEn, i.Fen, v.Cite(i.Basis), i.Mark})
			q.Fen += i.Fen
		}
	}
	if len(q.Lines) == 0 && least > 0 {
		q.Fen = least
	}
	slices.Sort(q.Open)
	q.Open = slices.Compact(q.Open)
	return q
}

// open are the questions of a condition that nobody answered and that are asked at all.
func open(v item.Version, c item.Condition, said map[string]bool) []string {
	keys, err := c.Keys()
	if err != nil { // Lint refuses such a rule
		return nil
	}
	return slices.DeleteFunc(keys, func(k string) bool {
		_, known := said[k]
		i := slices.IndexFunc(v.Questions, func(q item.Question) bool { return q.Key == k })
		return known || i >= 0 && v.Questions[i].If.Holds(said) == item.No
	})
}
