package original

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/postal"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Word is what one end tells the other: exactly one of its parts.
type Word struct {
	ID    string    `json:"id"` // UUIDv7, of its envelope
	Call  *Call     `json:"call,omitempty"`
	Drop  string    `json:"drop,omitempty"` // id of the call that is taken back
	Bag   *Bag      `json:"bag,omitempty"`
	Fresh []Paper   `json:"fresh,omitempty"` // with Bag: what the applicant gave for it
	No    No        `json:"no,omitempty"`    // with Got and Lost
	Got   *Got      `json:"got,omitempty"`
	Lost  *Loss     `json:"lost,omitempty"`
	Trace *Trace    `json:"trace,omitempty"`
	Given []string  `json:"given,omitempty"` // ids of papers
	At    time.Time `json:"at"`              // business time of who tells, UTC
}

// Arrived takes in a word of the other end about a case that both know. changed is false for what was known, or has become pointless.
// Errors: errs.NotInOrder for what came before the bag or paper that it is about, errs.BadEnvelope for what the sender may not say.
func (w Word) Arrived(ch Chain, c casefile.Case, from, me office.NodeID, trust *office.TrustList) (_ Chain, changed bool, _ error) {
	e, err := EndsOf(c)
	if err != nil || e.Window.Node == e.Decider.Node || from == me || e.Other(me) != from {
		return ch, false, errs.New(errs.BadEnvelope, "%s is no other end of %s", from, c.No)
	}
	w = w.timed()
	own := e.Window // the end that speaks
	if e.Decider.Node == from {
		own = e.Decider
	}
	var out Chain
	switch {
	case w.Call != nil:
		if out, err = ch, errs.New(errs.BadEnvelope, "call of %s", w.Call.Office); own.Key == e.Decider.Key && w.Call.Office == own.Office && w.Call.ID == w.ID {
			out, err = ch.Ask(c, *w.Call)
		}
	case w.Drop != "" && own.Key == e.Decider.Key:
		out, changed = ch.Drop(w.Drop)
		return out, changed, nil
	case w.Bag != nil:
		out, err = w.bagged(ch, c, e, own, trust)
	case w.Got != nil:
		out, err = w.opened(ch, c, e, own, trust)
	case w.Lost != nil:
		b := ch.bag(w.No)
		if b != nil && (b.Got != nil || b.Lost != nil) {
			return ch, false, nil // it arrived meanwhile, or was given up here too
		}
		if out, err = ch.Lose(w.No, *w.Lost); errs.Is(err, errs.UnknownBag) {
			err = errs.New(errs.NotInOrder, "bag %s", w.No)
		}
	case w.Trace != nil:
		return w.found(ch, e, own)
	case len(w.Given) > 0 && own.Key == e.Window.Key:
		if slices.ContainsFunc(w.Given, func(id string) bool { p := ch.paper(id); return p == nil || p.Where == Sent || p.Where == Missing }) {
			return ch, false, errs.New(errs.NotInOrder, "a paper of %s is not there yet", c.No)
		}
		out, err = ch.Give(e, w.Given, w.At)
	default:
		return ch, false, errs.New(errs.BadEnvelope, "%s says nothing", from)
	}
	switch {
	case errs.Is(err, errs.NotInOrder):
		return ch, false, err
	case err != nil:
		return ch, false, errs.New(errs.BadEnvelope, "%s of %s: %v", w.ID, from, err)
	}
	return out, true, nil
}

// timed is the word with the time of its envelope in all its parts, which is the only one that is checked.
func (w Word) timed() Word {
	if w.Call != nil {
		x := *w.Call
		x.At, w.Call = w.At, &x
	}
	if w.Bag != nil {
		x := *w.Bag
		x.At, w.Bag = w.At, &x
	}
	if w.Got != nil {
		x := *w.Got
		x.At, w.Got = w.At, &x
	}
	if w.Lost != nil {
		x := *w.Lost
		x.At, w.Lost = w.At, &x
	}
	if w.Trace != nil {
		x := *w.Trace
		x.At, w.Trace = w.At, &x
	}
	return w
}

// longest is how many days after it left a bag may be due at most.
const longest = 60

// bagged takes in a bag that the other end sent. Nobody asks here whether it was called for: it is on its way.
func (w Word) bagged(ch Chain, c casefile.Case, e Ends, own casefile.Leg, trust *office.TrustList) (Chain, error) {
	b := *w.Bag
	b.Got, b.Lost = nil, nil
	no, of, err := ParseNo(string(b.No))
	_, other, ok := e.Of(own.Node, own.Office)
	switch {
	case err != nil || no != b.No || of != c.No || b.ID != w.ID || !ok || b.From != own.Office || b.Node != own.Node || b.To != other.Office:
		return ch, errs.New(errs.BadEnvelope, "bag %.40q of %s", b.No, b.From)
	case len(w.Fresh) > 0 && own.Key != e.Window.Key:
		return ch, errs.New(errs.BadEnvelope, "papers that no applicant gave")
	case b.Due.Before(workday.DateOf(b.At)), b.Due.After(workday.DateOf(b.At).AddDays(longest)):
		return ch, errs.New(errs.BadEnvelope, "bag %s is due %s", b.No, b.Due)
	}
	if number, err := postal.Parse(b.Ref); b.Way == ByPost && (err != nil || string(number) != b.Ref) {
		return ch, errs.New(errs.BadEnvelope, "postal number of %s", b.No)
	}
	old := slices.DeleteFunc(slices.Clone(b.Papers), func(id string) bool {
		return slices.ContainsFunc(w.Fresh, func(p Paper) bool { return p.ID == id })
	})
	if slices.ContainsFunc(old, func(id string) bool { p := ch.paper(id); return p == nil || p.Where == Sent || p.Where == Missing }) {
		return ch, errs.New(errs.NotInOrder, "a paper of %s is not at %s yet", b.No, b.From)
	}
	all := b.Papers
	b.Papers = old
	out, err := ch.put(b, w.Fresh)
	if err != nil {
		return ch, err
	}
	if got := out.bag(b.No); !slices.Equal(got.Papers, all) {
		return ch, errs.New(errs.BadEnvelope, "lines of %s", b.No)
	}
	return out, signed(b.List, c, string(b.No), own, trust)
}

// opened takes in what the other end found in a bag that was sent from here.
func (w Word) opened(ch Chain, c casefile.Case, e Ends, own casefile.Leg, trust *office.TrustList) (Chain, error) {
	b := ch.bag(w.No)
	switch {
	case b == nil:
		return ch, errs.New(errs.NotInOrder, "bag %.40q", w.No)
	case b.To != own.Office || w.Got.ID != w.ID || b.Got != nil:
		return ch, errs.New(errs.BadEnvelope, "%s receives %s", own.Office, b.No)
	}
	if err := signed(w.Got.Paper, c, receiptNo(b.No), own, trust); err != nil {
		return ch, err
	}
	return ch.Open(e, w.No, *w.Got)
}

// found takes in the end of a search. What was made good stays so, whatever is found later.
func (w Word) found(ch Chain, e Ends, own casefile.Leg) (Chain, bool, error) {
	t := *w.Trace
	p := ch.paper(t.Paper)
	clean, err := words(t.Words, true)
	switch {
	case p == nil:
		return ch, false, errs.New(errs.NotInOrder, "paper %.40q", t.Paper)
	case err != nil || clean != t.Words || t.Office != own.Office || !slices.Contains(Endings, t.Ending) || !short(t.By) || len(ch.Traces) >= mostPapers*MostBags:
		return ch, false, errs.New(errs.BadEnvelope, "%s says %q", own.Office, t.Ending)
	case t.Ending == Replaced && own.Key != e.Window.Key:
		return ch, false, errs.New(errs.BadEnvelope, "%s does not answer to the applicant", own.Office)
	case p.Where == Settled:
		return ch, false, nil
	case t.Ending != Replaced && p.Where == Sent:
		return ch, false, errs.New(errs.NotInOrder, "paper %s is on its way", p.ID)
	case t.Ending == Found && p.Where != Missing, t.Ending == Cleared && p.Where != Held, t.Ending == Replaced && p.Where == Home:
		return ch, false, nil
	}
	ch = ch.clone()
	ch.end(e, ch.paper(t.Paper), t)
	return ch, true, nil
}

// Sheets are the signed papers that a word brings.
func (w Word) Sheets() []proof.Signed {
	switch {
	case w.Bag != nil:
		return []proof.Signed{w.Bag.List}
	case w.Got != nil:
		return []proof.Signed{w.Got.Paper}
	}
	return nil
}

// receiptNo is 文号 of the receipt for a bag.
func receiptNo(no No) string { return string(no) + "-R" }

// signed checks that s is the P-10 of an end, under the number that it should have.
func signed(s proof.Signed, c casefile.Case, no string, by casefile.Leg, trust *office.TrustList) error {
	n, err := trust.Check(s, document.Typ)
	if err != nil {
		return errs.New(errs.BadEnvelope, "list of %s: %v", no, err)
	}
	d, err := document.Read(s)
	if err != nil || n.ID != by.Node || d.Kind != document.Manifest || d.No != no || d.CaseNo != string(c.No) || d.OfficeCode != by.Office {
		return errs.New(errs.BadEnvelope, "list %.60q by %s", d.No, n.ID)
	}
	return nil
}

// Sign puts the signed sheet to a bag: the list, or once it is received the receipt.
func (ch Chain) Sign(no No, s proof.Signed) Chain {
	ch = ch.clone()
	switch b := ch.bag(no); {
	case b == nil:
	case b.Got == nil:
		b.List = s
	default:
		got := *b.Got
		got.Paper, b.Got = s, &got
	}
	return ch
}

// Proved checks that every bag and every receipt of a chain is signed by the end that it should be signed by.
func (ch Chain) Proved(c casefile.Case, trust *office.TrustList) error {
	e, err := EndsOf(c)
	if err != nil {
		return err
	}
	for _, b := range ch.Bags {
		own, other, ok := e.Of(b.Node, b.From)
		if !ok || other.Office != b.To {
			return errs.New(errs.BadEnvelope, "bag %s is of no end", b.No)
		}
		if err := signed(b.List, c, string(b.No), own, trust); err != nil {
			return err
		}
		if b.Got == nil {
			continue
		}
		if err := signed(b.Got.Paper, c, receiptNo(b.No), other, trust); err != nil {
			return err
		}
	}
	return nil
}

// Sheet is the P-10 of a bag: the list that goes along, or, once it is received, the receipt. data is what every document of the case
// says; names gives an office's name.
func (ch Chain) Sheet(data document.Data, b Bag, at func(time.Time) string, name func(code string) string) document.Data {
	data.No = string(b.No)
	data.Bag = document.Bag{
		No: string(b.No), By: name(b.From), Of: name(b.To), Hands: b.By, At: at(b.At), Due: b.Due.String(), Way: b.Way, Ref: b.Ref, Early: b.Early,
	}
	for _, p := range ch.In(b) {
		line := document.Line{Name: p.Name, Pages: p.Pages, Form: string(p.Form)}
		if b.Got != nil {
			line.Found = "line-" + string(b.Got.Marks[p.ID])
		}
		data.Lines = append(data.Lines, line)
		data.Bag.Pages += p.Pages
	}
	if b.Got == nil {
		return data
	}
	data.No = receiptNo(b.No)
	data.Bag.Received, data.Bag.Takes, data.Bag.Note = at(b.Got.At), b.Got.By, b.Got.Note
	if list, err := document.Read(b.List); err == nil {
		data.Bag.ListNo, data.Bag.List = list.No, list.Check
	}
	return data
}
