package original

import (
	"slices"
	"time"
	"unicode/utf8"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/postal"
	"tongban/internal/kernel/workday"
)

// words cleans what an officer wrote; errs.BagWords if it is needed and missing, too long, or holds characters that hide.
func words(s string, needed bool) (string, error) {
	clean, err := message.Clean(s)
	switch {
	case errs.Is(err, errs.MessageEmpty) && !needed:
		return "", nil
	case err != nil:
		return "", errs.New(errs.BagWords, "%v", err)
	}
	return clean, nil
}

// Ask is the deciding office's call. Materials must be the case's own (errs.BagLines). Whether the scans were checked is for
// casefile.Case.ScansChecked. A later call takes the place of an earlier one.
func (ch Chain) Ask(c casefile.Case, x Call) (Chain, error) {
	if len(x.Materials) == 0 || len(x.Materials) > mostMaterials {
		return ch, errs.New(errs.BagLines, "%d materials", len(x.Materials))
	}
	for i, key := range x.Materials {
		has := slices.ContainsFunc(c.Private.Materials, func(m casefile.Material) bool { return m.Key == key })
		if !has || slices.Contains(x.Materials[:i], key) {
			return ch, errs.New(errs.BagLines, "material %.40q", key)
		}
	}
	var err error
	if x.Words, err = words(x.Words, false); err != nil {
		return ch, err
	}
	ch = ch.clone()
	ch.Call = &x
	for i, p := range ch.Papers {
		if p.Where == Home && slices.Contains(x.Materials, p.Material) {
			ch.Papers[i].Seen = false // it is asked for once more
		}
	}
	return ch, nil
}

// Drop takes the call back; what is on its way comes and is sent back. False if that call does not stand.
func (ch Chain) Drop(id string) (Chain, bool) {
	if ch.Call == nil || ch.Call.ID != id {
		return ch, false
	}
	ch.Call = nil
	return ch, true
}

// Let is a lead's word that originals may go although nobody has asked for them. errs.BagWords without a reason.
func (ch Chain) Let(l Leave) (Chain, error) {
	var err error
	if l.Why, err = words(l.Why, true); err != nil {
		return ch, err
	}
	ch.Early = &l
	return ch, nil
}

// Next is the number of the next bag from an end: odd ones go to the office that decides, even ones come back, so that the two ends
// never give the same number. errs.TooManyBags.
func (ch Chain) Next(back bool) (No, error) {
	nth := 1
	if back {
		nth = 2
	}
	for ; ; nth += 2 {
		no := MakeNo(ch.No, nth)
		if ch.bag(no) == nil {
			if nth > MostBags {
				return "", errs.New(errs.TooManyBags, "%s", ch.No)
			}
			return no, nil
		}
	}
}

// Pack puts papers into a bag: those in b.Papers that the sender holds, and fresh ones that the applicant hands over for it. The bag's
// number, ends and list are the caller's. It returns errs.NotCalledFor for a fresh paper that nobody asked for and no lead let go,
// errs.PaperNotHere, errs.BagLines, errs.BagWay and postal's errors.
func (ch Chain) Pack(b Bag, fresh []Paper) (Chain, Bag, error) {
	for _, p := range fresh {
		called := slices.Contains(ch.ToSend(), p.Material)
		if !called && ch.Early == nil {
			return ch, b, errs.New(errs.NotCalledFor, "%s", p.Material)
		}
		if !called {
			b.Early = ch.Early.Why + " (" + ch.Early.By + ")"
		}
	}
	if b.Way == ByPost {
		number, err := postal.Parse(b.Ref)
		if err != nil {
			return ch, b, err
		}
		b.Ref = string(number)
	}
	out, err := ch.put(b, fresh)
	if err == nil && b.Early != "" {
		out.Early = nil // used up
	}
	return out, out.newest(b), err
}

func (ch Chain) newest(b Bag) Bag {
	if got := ch.bag(b.No); got != nil {
		return *got
	}
	return b
}

// put is what Pack and a bag that another node tells of have in common. A paper that was settled meanwhile stays settled.
func (ch Chain) put(b Bag, fresh []Paper) (Chain, error) {
	ch = ch.clone()
	if ch.bag(b.No) != nil || len(ch.Bags) >= MostBags {
		return ch, errs.New(errs.TooManyBags, "%s", b.No)
	}
	if b.Way != ByHand && b.Way != ByPost || b.Ref == "" || !short(b.Ref) || !short(b.By) {
		return ch, errs.New(errs.BagWay, "%q", b.Way)
	}
	for _, id := range b.Papers {
		p := ch.paper(id)
		switch {
		case p == nil, p.Where != Settled && (p.Where != Held || p.Office != b.From):
			return ch, errs.New(errs.PaperNotHere, "%.40q", id)
		case p.Where == Settled:
			continue
		}
		p.Where, p.Bag, p.Since = Sent, b.No, b.At
	}
	b.Papers = slices.Clone(b.Papers)
	for _, p := range fresh {
		if p.Pages < 1 || p.Pages > mostPages || p.Form != Original && p.Form != Copy || p.Name == "" || !short(p.Name) || !short(p.Material) || ch.paper(p.ID) != nil {
			return ch, errs.New(errs.BagLines, "%s: %d pages, %q", p.Material, p.Pages, p.Form)
		}
		p.Where, p.Office, p.Bag, p.Since, p.Differs, p.Seen = Sent, b.From, b.No, b.At, false, false
		ch.Papers = append(ch.Papers, p)
		b.Papers = append(b.Papers, p.ID)
	}
	slices.Sort(b.Papers)
	if n := len(b.Papers); n == 0 || n > MostLines || len(slices.Compact(slices.Clone(b.Papers))) != n || len(ch.Papers) > mostPapers {
		return ch, errs.New(errs.BagLines, "%d lines", n)
	}
	ch.Bags = append(ch.Bags, b)
	return ch, nil
}

func short(s string) bool { return len(s) <= mostName && utf8.ValidString(s) }

// Open is the receiver's tick on every line of a bag. A bag that was given up may still arrive. It returns errs.UnknownBag,
// errs.BagReceived for the second scan, errs.BagTicks if a line has no mark, and errs.BagWords if something is not as listed and
// nothing is said of it.
func (ch Chain) Open(e Ends, no No, g Got) (Chain, error) {
	ch = ch.clone()
	b := ch.bag(no)
	switch {
	case b == nil:
		return ch, errs.New(errs.UnknownBag, "%s", no)
	case b.Got != nil:
		return ch, errs.New(errs.BagReceived, "%s", no)
	case len(g.Marks) != len(b.Papers) || !short(g.By):
		return ch, errs.New(errs.BagTicks, "%d of %d lines", len(g.Marks), len(b.Papers))
	}
	odd := false
	for _, id := range b.Papers {
		m, ok := g.Marks[id]
		if !ok || !slices.Contains(Marks, m) {
			return ch, errs.New(errs.BagTicks, "%.40q", m)
		}
		odd = odd || m != Here
	}
	var err error
	if g.Note, err = words(g.Note, odd); err != nil {
		return ch, err
	}
	for _, id := range b.Papers {
		p := ch.paper(id)
		if p == nil || p.Where == Settled || p.Bag != no || p.Where != Sent && p.Where != Missing {
			continue // it was found, or made good, before the bag came
		}
		p.Since = g.At
		if m := g.Marks[id]; m == NotInBag {
			p.Where = Missing
		} else {
			p.Where, p.Office, p.Differs = Held, b.To, m == Differs
			p.Seen = p.Seen || b.To == e.Decider.Office
		}
	}
	b.Got = &g
	return ch, nil
}

// Lose gives up waiting for a bag: errs.BagNotLate before the day after it was due, errs.BagReceived for one that came.
func (ch Chain) Lose(no No, l Loss) (Chain, error) {
	ch = ch.clone()
	b := ch.bag(no)
	switch {
	case b == nil:
		return ch, errs.New(errs.UnknownBag, "%s", no)
	case b.Got != nil:
		return ch, errs.New(errs.BagReceived, "%s", no)
	case b.Lost != nil || !short(l.By) || !workday.DateOf(l.At).After(b.Due):
		return ch, errs.New(errs.BagNotLate, "%s is due %s", no, b.Due)
	}
	var err error
	if l.Why, err = words(l.Why, true); err != nil {
		return ch, err
	}
	for _, id := range b.Papers {
		if p := ch.paper(id); p != nil && p.Where == Sent && p.Bag == no {
			p.Where, p.Since = Missing, l.At
		}
	}
	b.Lost = &l
	return ch, nil
}

// Ending is how the search for a paper ended. Names cross nodes: append only.
type Ending string

// The endings.
const (
	Found    Ending = "found"    // it is at the office that says so
	Cleared  Ending = "cleared"  // it is as it should be although it came otherwise than listed
	Replaced Ending = "replaced" // made good with the applicant; only the window, who answers to the applicant, says so
)

// Endings lists them.
var Endings = []Ending{Found, Cleared, Replaced}

// Trace is the end of a search.
type Trace struct {
	Paper  string    `json:"paper"`
	Ending Ending    `json:"ending"`
	Office string    `json:"office"` // code of who says so
	By     string    `json:"by"`
	Words  string    `json:"words"`
	At     time.Time `json:"at"`
}

// Find ends the search for a paper. It returns errs.PaperNotHere for a paper that nobody looks for, and for what that office cannot say,
// and errs.BagWords without words.
func (ch Chain) Find(e Ends, t Trace) (Chain, error) {
	ch = ch.clone()
	p := ch.paper(t.Paper)
	missing := p != nil && p.Where == Missing
	ends := t.Office == e.Window.Office || t.Office == e.Decider.Office
	switch {
	case t.Ending == Found && missing && ends:
	case t.Ending == Cleared && p != nil && p.Where == Held && p.Differs && p.Office == t.Office:
	case t.Ending == Replaced && missing && t.Office == e.Window.Office:
	default:
		return ch, errs.New(errs.PaperNotHere, "%.40q is not looked for by %s", t.Paper, t.Office)
	}
	var err error
	if t.Words, err = words(t.Words, true); err != nil {
		return ch, err
	}
	ch.end(e, p, t)
	return ch, nil
}

func (ch *Chain) end(e Ends, p *Paper, t Trace) {
	p.Differs, p.Since = false, t.At
	switch t.Ending {
	case Found:
		p.Where, p.Office = Held, t.Office
		p.Seen = p.Seen || t.Office == e.Decider.Office
	case Replaced:
		p.Where, p.Office = Settled, e.Window.Office
	case Cleared:
	}
	ch.Traces = append(ch.Traces, t)
}

// Give puts papers that the window holds back into the applicant's hand. errs.PaperNotHere for any other, errs.BagLines for none.
func (ch Chain) Give(e Ends, ids []string, at time.Time) (Chain, error) {
	ch = ch.clone()
	if len(ids) == 0 {
		return ch, errs.New(errs.BagLines, "nothing chosen")
	}
	for _, id := range ids {
		p := ch.paper(id)
		if p == nil || p.Where != Held || p.Office != e.Window.Office {
			return ch, errs.New(errs.PaperNotHere, "%.40q", id)
		}
		p.Where, p.Office, p.Differs, p.Since = Home, "", false, at
	}
	return ch, nil
}
