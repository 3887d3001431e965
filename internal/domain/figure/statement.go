package figure

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// TypStatement is the type of a signed statement.
const TypStatement = "figures"

// Statement is a node's signed word on its own figures of one month: counts alone. Whoever holds the node's facts can
// reckon it again.
type Statement struct {
	Node        office.NodeID `json:"node"`
	Month       int           `json:"month"`
	Definitions string        `json:"definitions"` // Book.Version
	Digest      string        `json:"digest"`      // Book.Digest
	At          time.Time     `json:"at"`          // business time
	Lines       []Line        `json:"lines"`
}

// Line is one histogram: pairs of class and count, by class.
type Line struct {
	Cut    Cut        `json:"cut"`
	Figure string     `json:"figure"`
	Key    string     `json:"key"`
	Counts [][2]int64 `json:"n"`
}

// Hist is the line as counts by class.
func (l Line) Hist() Hist {
	h := make(Hist, len(l.Counts))
	for _, c := range l.Counts {
		h[int(c[0])] += c[1]
	}
	return h
}

// Of gives the lines of one figure by one cut.
func (s Statement) Of(cut Cut, key string) []Line {
	at := func(beyond int) int {
		return sort.Search(len(s.Lines), func(i int) bool {
			return cmp.Or(cmp.Compare(s.Lines[i].Cut, cut), cmp.Compare(s.Lines[i].Figure, key)) >= beyond
		})
	}
	return s.Lines[at(0):at(1)]
}

// stated are the cuts that leave the node; which of its offices is slow is the node's own to see.
var stated = []Cut{ByItem, ByPlace}

// LinesOf brings a month's cells, in the order of keys, into the form of a statement.
func LinesOf(cells []Cell) []Line {
	var out []Line
	for _, c := range cells {
		if !slices.Contains(stated, c.Cut) || c.N <= 0 {
			continue
		}
		n := len(out)
		if n == 0 || out[n-1].Cut != c.Cut || out[n-1].Figure != c.Figure || out[n-1].Key != c.Key.Key {
			out = append(out, Line{Cut: c.Cut, Figure: c.Figure, Key: c.Key.Key})
			n++
		}
		out[n-1].Counts = append(out[n-1].Counts, [2]int64{int64(c.Class), c.N})
	}
	slices.SortFunc(out, Line.Compare)
	return out
}

// Bounds of what another node may state.
const (
	mostLines = 20000
	mostCount = 1 << 40
	maxKey    = 40
)

// Check refuses a statement that cannot be one: errs.BadStatement. by is who signed it, now business time. Whether its counts
// are true no reader can see; see Against.
func (s Statement) Check(by office.NodeID, book *Book, now time.Time) error {
	year, month := s.Month/100, s.Month%100
	switch {
	case s.Node != by || !s.Node.Member():
		return errs.New(errs.BadStatement, "of %s, signed by %s", s.Node, by)
	case year < 2020 || year > 2200 || month < 1 || month > 12 || s.Month > MonthOf(now.AddDate(0, 0, 2)):
		return errs.New(errs.BadStatement, "month %d", s.Month)
	case s.At.After(now.Add(48 * time.Hour)):
		return errs.New(errs.BadStatement, "stated at %s", s.At)
	case len(s.Lines) > mostLines:
		return errs.New(errs.BadStatement, "%d lines", len(s.Lines))
	}
	total := map[string]map[Cut]int64{}
	for i, l := range s.Lines {
		if i > 0 && s.Lines[i-1].Compare(l) >= 0 {
			return errs.New(errs.BadStatement, "line %d is out of order", i)
		}
		n, err := l.check(book)
		if err != nil {
			return err
		}
		if total[l.Figure] == nil {
			total[l.Figure] = map[Cut]int64{}
		}
		total[l.Figure][l.Cut] += n
	}
	for f, by := range total {
		if by[ByItem] != by[ByPlace] {
			return errs.New(errs.BadStatement, "%s is %d by matter and %d by place", f, by[ByItem], by[ByPlace])
		}
	}
	return nil
}

// Compare orders lines: by cut, figure, key.
func (l Line) Compare(o Line) int {
	return cmp.Or(cmp.Compare(l.Cut, o.Cut), cmp.Compare(l.Figure, o.Figure), cmp.Compare(l.Key, o.Key))
}

func (l Line) check(book *Book) (n int64, err error) {
	_, known := book.Find(l.Figure)
	switch {
	case !known || !slices.Contains(stated, l.Cut):
		return 0, errs.New(errs.BadStatement, "figure %.40q by %.20q", l.Figure, l.Cut)
	case l.Key == "" || len(l.Key) > maxKey || l.Cut == ByPlace && !office.NodeID(l.Key).Member():
		return 0, errs.New(errs.BadStatement, "key %.40q", l.Key)
	}
	for i, c := range l.Counts {
		if c[0] < 0 || c[0] > 100000 || c[1] <= 0 || c[1] > mostCount || i > 0 && l.Counts[i-1][0] >= c[0] {
			return 0, errs.New(errs.BadStatement, "counts of %s", l.Figure)
		}
		n += c[1]
	}
	return n, nil
}

// mirrors are figures that two nodes count of the same receipts, each in the month of the receipt: what one says of the other
// must be what that one says of it.
var mirrors = []struct{ Sent, Got string }{{"transit", "received"}, {"back", "arrived"}}

// Contradiction is where two signed statements of one month cannot both be right: of what Sender says that Receiver signed
// for, Receiver says another number.
type Contradiction struct {
	Month            int
	Figure           string // of the sender
	Sender, Receiver office.NodeID
	Says, SaysOther  int64
}

// Against holds the statements of one month against each other. A receipt on its way back makes a difference for a moment, so
// only those of closed months, or of both sides' words after wait, should be shown as such.
func Against(month []Statement) []Contradiction {
	type pair struct {
		figure string
		of, to office.NodeID
	}
	n := map[pair]int64{}
	spoke := map[office.NodeID]bool{}
	for _, s := range month {
		spoke[s.Node] = true
		for _, l := range s.Lines {
			if l.Cut == ByPlace {
				n[pair{l.Figure, s.Node, office.NodeID(l.Key)}] = l.Hist().N()
			}
		}
	}
	var out []Contradiction
	for _, m := range mirrors {
		seen := map[pair]bool{}
		for p := range n {
			q := pair{m.Sent, p.of, p.to}
			if p.figure == m.Got {
				q = pair{m.Sent, p.to, p.of}
			} else if p.figure != m.Sent {
				continue
			}
			if seen[q] || !spoke[q.of] || !spoke[q.to] || q.of == q.to {
				continue
			}
			seen[q] = true
			if says, other := n[q], n[pair{m.Got, q.to, q.of}]; says != other {
				out = append(out, Contradiction{month[0].Month, m.Sent, q.of, q.to, says, other})
			}
		}
	}
	slices.SortFunc(out, func(a, b Contradiction) int {
		return cmp.Or(cmp.Compare(a.Figure, b.Figure), cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Receiver, b.Receiver))
	})
	return out
}
