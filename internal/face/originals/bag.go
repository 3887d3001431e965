package originals

import (
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/handling/carry"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// bagView is one bag: what is in it, its two sheets, and at the other end the ticks.
type bagView struct {
	C       casefile.Case
	B       original.Bag
	Here    string
	Rows    []page.Row
	Lines   [][]page.Cell
	List    string // address of the signed list, "" if it is not here
	Receipt string
	Label   bool // the office may print it
	Ticks   []tick
	Note    string
	Problem []page.FieldError
}

// tick is one line as the receiver marks it.
type tick struct {
	Name, Legend, Value string
	Choices             []page.Choice
}

// bag shows one to the two offices that it is between.
func (f *Face) bag(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, ch, b, err := f.find(r, by)
	if err != nil {
		return err
	}
	return f.showBag(w, r, by, c, ch, b, nil)
}

// find is the bag of an address, if the officer's office is one of its ends.
func (f *Face) find(r *http.Request, by casefile.Actor) (casefile.Case, original.Chain, original.Bag, error) {
	c, ch, err := f.open(r, by)
	if err != nil {
		return c, ch, original.Bag{}, err
	}
	b, ok := ch.Bag(original.No(r.PathValue("bag")))
	switch {
	case !ok:
		return c, ch, b, errs.New(errs.UnknownBag, "%.40q", r.PathValue("bag"))
	case b.From != by.Office && b.To != by.Office:
		return c, ch, b, errs.New(errs.WrongBag, "%s is for %s", b.No, b.To)
	}
	return c, ch, b, nil
}

func (f *Face) showBag(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case, ch original.Chain, b original.Bag, problems []page.FieldError) error {
	ctx := r.Context()
	v := bagView{C: c, B: b, Here: bagHref(c.ID, b.No), Problem: problems, Note: r.PostForm.Get("note"), Label: b.From == by.Office && b.Got == nil}
	row := func(key, value string) {
		if value != "" {
			v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, "originals.bag."+key), Value: value})
		}
	}
	row("state", f.state(ctx, b))
	row("matter", f.matter(ctx, c.Item))
	row("from", f.office(ctx, b.From)+" · "+b.By)
	row("to", f.office(ctx, b.To)+" · "+f.phone(b.To))
	row("sent", clock(b.At))
	row("due", page.ShortDay(b.Due, page.PrefsOf(ctx).Lang))
	row("way", page.T(ctx, "originals.way."+b.Way)+" · "+b.Ref)
	row("early", b.Early)
	if b.Got != nil {
		row("note", b.Got.Note)
	}
	if b.Lost != nil {
		row("loss", b.Lost.By+" · "+b.Lost.Why)
	}
	for _, p := range ch.In(b) {
		found := page.T(ctx, "originals.mark.none")
		if b.Got != nil {
			found = page.T(ctx, "originals.mark."+string(b.Got.Marks[p.ID]))
		}
		v.Lines = append(v.Lines, []page.Cell{
			{Text: p.Name}, {Text: page.T(ctx, "originals.pages", p.Pages), Numeric: true}, {Text: page.T(ctx, "originals.form."+string(p.Form))}, {Text: found}, {Text: f.whoHas(ctx, p)},
		})
		if b.Got == nil && b.To == by.Office && office.Ever(by.Roles, office.TakeOriginals) {
			t := tick{Name: "mark." + p.ID, Value: r.PostForm.Get("mark." + p.ID), Legend: page.T(ctx, "originals.line", p.Name, p.Pages, page.T(ctx, "originals.form."+string(p.Form)))}
			for _, m := range original.Marks {
				t.Choices = append(t.Choices, page.Choice{Value: string(m), Text: page.T(ctx, "originals.mark."+string(m))})
			}
			v.Ticks = append(v.Ticks, t)
		}
	}
	v.List = sheetHref(b.List)
	if b.Got != nil {
		v.Receipt = sheetHref(b.Got.Paper)
	}
	return f.show(w, r, len(v.Problem), page.T(ctx, "originals.bag.title", string(b.No)), caseHref(c.ID), bagPage(v))
}

// sheetHref is where a signed sheet is printed.
func sheetHref(s proof.Signed) string {
	d, err := document.Read(s)
	if err != nil {
		return ""
	}
	return "/desk/papers/" + d.ID
}

// receive takes the ticks. A bag that was received before shows when and by whom, and nothing is recorded twice.
func (f *Face) receive(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, ch, b, err := f.find(r, by)
	if err != nil {
		return err
	}
	ctx, form := r.Context(), r.PostForm
	marks, odd := map[string]original.Mark{}, false
	for _, id := range b.Papers {
		if m := original.Mark(form.Get("mark." + id)); m != "" {
			marks[id], odd = m, odd || m != original.Here
		}
	}
	err = f.cfg.Desk.Receive(ctx, by, carry.Ref{Case: c.ID, Row: row(form.Get("row"))}, b.No, marks, form.Get("note"))
	switch {
	case err == nil && odd:
		return page.SeeOther(w, r, bagHref(c.ID, b.No)+"?said=odd")
	case err == nil:
		return page.SeeOther(w, r, bagHref(c.ID, b.No)+"?said=receive")
	case errs.Is(err, errs.BagReceived):
		return page.SeeOther(w, r, bagHref(c.ID, b.No)+"?said=twice")
	case errs.Is(err, errs.BagTicks):
		for _, id := range b.Papers {
			if marks[id] == "" {
				return f.showBag(w, r, by, c, ch, b, problem(ctx, "mark."+id, err))
			}
		}
	case errs.Is(err, errs.BagWords):
		return f.showBag(w, r, by, c, ch, b, problem(ctx, "note", err))
	}
	return err
}

// labelView is 袋签: what stands on the outside of a bag. It names offices and numbers, and no person.
type labelView struct {
	B                     original.Bag
	From, FromPhone       string
	To, ToPhone, Way, Due string
	Count                 int
	Demo                  bool
}

// label is the sheet that is stuck to the bag.
func (f *Face) label(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, _, b, err := f.find(r, by)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := labelView{
		B: b, From: f.office(ctx, b.From), FromPhone: f.phone(b.From), To: f.office(ctx, b.To), ToPhone: f.phone(b.To),
		Way: page.T(ctx, "originals.way."+b.Way) + " · " + b.Ref, Due: page.ShortDay(b.Due, page.PrefsOf(ctx).Lang), Count: len(b.Papers), Demo: f.cfg.Demo,
	}
	return f.show(w, r, 0, page.T(ctx, "originals.label.title"), bagHref(c.ID, b.No), labelPage(v))
}
