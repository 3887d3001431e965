// Package bulletin is the 月度通报 (P-16; ux pages.md S-13): the figures of one month with what each of them means, frozen and signed.
// It follows from signed statements of figures, which travel with it, so that anybody can reckon it again. It holds counts alone.
package bulletin

import (
	"slices"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Typ is the type under which a bulletin is signed.
const Typ = "bulletin"

// Bulletin is one issue. It is a value: once signed it is not changed; what is known later stands beside it.
type Bulletin struct {
	Issuer  office.NodeID `json:"issuer"` // a province of itself, the hub of all
	Month   int           `json:"month"`  // yyyymm, Asia/Shanghai
	At      time.Time     `json:"at"`     // business time
	Version string        `json:"version"`
	Digest  string        `json:"digest"` // of the definitions (figure.Book.Digest)
	Terms   []Term        `json:"terms"`  // the definitions in words, as they stood
	Parts   []Part        `json:"parts"`  // by place
	// Silent are places that stated nothing of the month, or by other definitions.
	Silent []office.NodeID `json:"silent,omitempty"`
	// Contested are the words of objections to figures of the month that were not settled when it was issued.
	Contested []proof.Signed `json:"contested,omitempty"`
}

// Term is what a figure means, as it was when the bulletin was issued.
type Term struct {
	Key           string      `json:"key"`
	Role          figure.Role `json:"role"`
	Kind          figure.Kind `json:"kind"`
	Name          string      `json:"name"`
	NameEn        string      `json:"name_en"`
	Says          string      `json:"says"`
	SaysEn        string      `json:"says_en"`
	Numerator     string      `json:"numerator"`
	NumeratorEn   string      `json:"numerator_en"`
	Denominator   string      `json:"denominator,omitempty"`
	DenominatorEn string      `json:"denominator_en,omitempty"`
}

// Part is one place's figures of the month.
type Part struct {
	Node   office.NodeID `json:"node"`
	At     time.Time     `json:"at"`     // when it stated them
	Digest proof.Hash    `json:"digest"` // of its signed statement
	Totals []Total       `json:"totals"` // in the order of the terms
}

// Total is one figure: pairs of class and count, by class.
type Total struct {
	Figure string     `json:"figure"`
	Counts [][2]int64 `json:"n"`
}

// Hist is the total as counts by class.
func (t Total) Hist() figure.Hist { return figure.Line{Counts: t.Counts}.Hist() }

// Of is the total of a figure; without one it is empty.
func (p Part) Of(key string) figure.Hist {
	for _, t := range p.Totals {
		if t.Figure == key {
			return t.Hist()
		}
	}
	return figure.Hist{}
}

// Issued is a bulletin with the statements that it follows from, all as they were signed.
type Issued struct {
	Bulletin   proof.Signed   `json:"bulletin"`
	Statements []proof.Signed `json:"statements"`
}

// issueDay is the day of the next month from which a month's bulletin is issued. The day is ours, no source names one: facts that come
// late from a counterpart have some days to arrive.
const issueDay = 5

// Due is the newest month whose bulletin is due on a day.
func Due(on workday.Date) int {
	back := -1
	if on.Day() < issueDay {
		back = -2
	}
	first := time.Date(on.Year(), on.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, back, 0)
	return first.Year()*100 + int(first.Month())
}

// Make draws a bulletin up from the statements of a month; members are whose figures it should hold. What was stated by other
// definitions than book's is left out and its place named as silent, because it could not be compared.
func Make(issuer office.NodeID, month int, book *figure.Book, members []office.NodeID, said map[office.NodeID]proof.Signed, at time.Time) (Bulletin, error) {
	b := Bulletin{Issuer: issuer, Month: month, At: at.UTC().Truncate(time.Microsecond), Version: book.Version, Digest: book.Digest, Terms: terms(book)}
	for _, id := range slices.Sorted(slices.Values(members)) {
		s, ok := said[id]
		if !ok {
			b.Silent = append(b.Silent, id)
			continue
		}
		var st figure.Statement
		if err := s.Into(&st); err != nil {
			return b, err
		}
		if st.Digest != b.Digest || st.Month != month || st.Node != id {
			b.Silent = append(b.Silent, id)
			continue
		}
		b.Parts = append(b.Parts, part(st, s.Hash(), b.Terms))
	}
	return b, nil
}

func terms(book *figure.Book) []Term {
	out := make([]Term, 0, len(book.Figures))
	for _, d := range book.Figures {
		out = append(out, Term{
			Key: d.Key, Role: d.Role, Kind: d.Kind, Name: d.Name, NameEn: d.NameEn, Says: d.Says, SaysEn: d.SaysEn,
			Numerator: d.Numerator, NumeratorEn: d.NumeratorEn, Denominator: d.Denominator, DenominatorEn: d.DenominatorEn,
		})
	}
	return out
}

// part adds up a statement, by the other places, for that cut and the one by matter hold the same sum.
func part(st figure.Statement, hash proof.Hash, terms []Term) Part {
	p := Part{Node: st.Node, At: st.At, Digest: hash}
	for _, t := range terms {
		sum := figure.Hist{}
		for _, l := range st.Of(figure.ByPlace, t.Key) {
			sum.Add(l.Hist())
		}
		total := Total{Figure: t.Key, Counts: [][2]int64{}}
		for class, n := range sum {
			total.Counts = append(total.Counts, [2]int64{int64(class), n})
		}
		slices.SortFunc(total.Counts, func(x, y [2]int64) int { return int(x[0] - y[0]) })
		p.Totals = append(p.Totals, total)
	}
	return p
}

// Objections are those that stood when it was issued. What cannot be read is left out; Check refuses it.
func (b Bulletin) Objections() []objection.Objection {
	words := make([]objection.Word, 0, len(b.Contested))
	for _, s := range b.Contested {
		var w objection.Word
		if s.Into(&w) == nil {
			words = append(words, w)
		}
	}
	return objection.Gather(words)
}

// contested looks whether the words are those who they say, about this month.
func (b Bulletin) contested(trust *office.TrustList) error {
	for _, s := range b.Contested {
		by, err := trust.Check(s, objection.Typ)
		if err != nil {
			return err
		}
		var w objection.Word
		if err := s.Into(&w); err != nil {
			return err
		}
		if by.ID != w.By || w.Month != b.Month {
			return errs.New(errs.BadBulletin, "a word of %.20q about %d", w.By, w.Month)
		}
	}
	return nil
}

// Check holds an issue against the trust list and against the statements that it names: errs.BadBulletin if it does not follow from
// them, and the errors of signatures. It gives the bulletin.
func (x Issued) Check(trust *office.TrustList) (Bulletin, error) {
	var b Bulletin
	by, err := trust.Check(x.Bulletin, Typ)
	if err != nil {
		return b, err
	}
	if err := x.Bulletin.Into(&b); err != nil {
		return b, err
	}
	if by.ID != b.Issuer || len(x.Statements) != len(b.Parts) {
		return b, errs.New(errs.BadBulletin, "of %s, signed by %s, %d statements for %d places", b.Issuer, by.ID, len(x.Statements), len(b.Parts))
	}
	for i, s := range x.Statements {
		who, err := trust.Check(s, figure.TypStatement)
		if err != nil {
			return b, err
		}
		var st figure.Statement
		if err := s.Into(&st); err != nil {
			return b, err
		}
		p := b.Parts[i]
		if who.ID != p.Node || st.Node != p.Node || st.Month != b.Month || st.Digest != b.Digest || s.Hash() != p.Digest ||
			(b.Issuer.Member() && p.Node != b.Issuer) || !same(part(st, p.Digest, b.Terms), p) {
			return b, errs.New(errs.BadBulletin, "figures of %.20q in %d", p.Node, b.Month)
		}
	}
	return b, b.contested(trust)
}

func same(x, y Part) bool {
	return x.At.Equal(y.At) && slices.EqualFunc(x.Totals, y.Totals, func(a, b Total) bool {
		return a.Figure == b.Figure && slices.Equal(a.Counts, b.Counts)
	})
}

// Read takes the bulletin out without looking at signatures, for a store's own.
func (x Issued) Read() (Bulletin, error) {
	var b Bulletin
	return b, x.Bulletin.Into(&b)
}

// ReadIssued reads the file of an issue as it is downloaded; false if it is another kind of file. Nothing of it is checked.
func ReadIssued(b []byte) (Issued, bool) {
	var x Issued
	return x, proof.Unmarshal(b, &x) == nil && x.Bulletin.Typ == Typ
}
