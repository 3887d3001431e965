package originals

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/handling/carry"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// chainView is the papers of a case: who has each, every bag, and the forms of what the officer may do now.
type chainView struct {
	C       casefile.Case
	Here    string // address of the page
	Papers  [][]page.Cell
	Bags    [][]page.Cell
	Traces  []page.Row
	Call    string // what was asked for, "" if nothing is
	CallID  string // with which the officer may take it back
	Why     string // why no original can be asked for yet
	Early   string // that a lead let them go
	Ask     []page.Choice
	Lines   []line        // that the applicant may hand over for the next bag
	Held    []page.Choice // that the office may put into the next bag
	Give    []page.Choice
	Let     bool
	Late    []page.Choice // bags that may be given up
	Looked  []page.Choice // papers that are looked for
	Endings []page.Choice
	Form    map[string]string
	Problem []page.FieldError
}

// line is one material that the window may put into a bag.
type line struct {
	Key, Name, Pages, Form string
	Chosen                 bool
}

// chain shows the papers of a case.
func (f *Face) chain(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, ch, err := f.open(r, by)
	if err != nil {
		return err
	}
	return f.showChain(w, r, by, c, ch, nil)
}

func (f *Face) showChain(w http.ResponseWriter, r *http.Request, by casefile.Actor, c casefile.Case, ch original.Chain, problems []page.FieldError) error {
	ctx := r.Context()
	v := chainView{C: c, Here: caseHref(c.ID), Problem: problems, Form: map[string]string{"way": original.ByPost}}
	for _, key := range []string{"words", "why", "ref", "carrier", "way", "loss", "trace", "ending", "paper", "bag"} {
		if s := r.PostForm.Get(key); s != "" {
			v.Form[key] = s
		}
	}
	for _, p := range ch.Papers {
		v.Papers = append(v.Papers, []page.Cell{
			{Text: p.Name}, {Text: strconv.Itoa(p.Pages), Numeric: true}, {Text: page.T(ctx, "originals.form."+string(p.Form))},
			{Text: f.whoHas(ctx, p)}, {Text: clock(p.Since)},
		})
	}
	for _, b := range ch.Bags {
		v.Bags = append(v.Bags, []page.Cell{
			{Content: link(bagHref(c.ID, b.No), string(b.No), "")}, {Text: f.office(ctx, b.From)}, {Text: f.office(ctx, b.To)},
			{Text: page.ShortDay(b.Due, page.PrefsOf(ctx).Lang)}, {Text: f.state(ctx, b)},
		})
	}
	for _, t := range ch.Traces {
		v.Traces = append(v.Traces, page.Row{
			Key: paperName(ch, t.Paper), Value: page.T(ctx, "originals.ending."+string(t.Ending)) + " · " + t.Words, Source: f.office(ctx, t.Office), At: clock(t.At),
		})
	}
	if ch.Call != nil {
		v.Call = page.T(ctx, "originals.called", f.office(ctx, ch.Call.Office), strings.Join(names(c, ch.Call.Materials), page.T(ctx, "originals.and")), ch.Call.Words)
	}
	f.offers(ctx, r, by, c, ch, &v)
	return f.show(w, r, len(v.Problem), page.T(ctx, "originals.case_title", string(c.No)), "/desk/cases/"+c.ID, chainPage(v))
}

// whoHas is the one holder of a paper, in words.
func (f *Face) whoHas(ctx context.Context, p original.Paper) string {
	s := page.T(ctx, "originals.where."+string(p.Where), f.office(ctx, p.Office))
	if p.Where == original.Held && p.Differs {
		s = page.T(ctx, "originals.where.differs", s)
	}
	return s
}

func (f *Face) state(ctx context.Context, b original.Bag) string {
	switch {
	case b.Got != nil:
		return page.T(ctx, "originals.state.got", clock(b.Got.At), b.Got.By)
	case b.Lost != nil:
		return page.T(ctx, "originals.state.lost", clock(b.Lost.At))
	case f.today().After(b.Due):
		return page.T(ctx, "originals.state.late")
	}
	return page.T(ctx, "originals.state.way")
}

// offers fills the forms of what the officer may do: what the domain would refuse is not shown.
func (f *Face) offers(ctx context.Context, r *http.Request, by casefile.Actor, c casefile.Case, ch original.Chain, v *chainView) {
	e, own, _, err := f.cfg.Desk.Ends(c, by)
	if err != nil {
		return
	}
	window := own.Key == e.Window.Key
	may := func(act office.Act) bool { return office.Ever(by.Roles, act) }
	if !window && may(office.CallOriginals) {
		switch err := f.cfg.Desk.MayCall(c, by); {
		case err == nil:
			v.Ask = f.asks(r, c, ch)
		case errs.Is(err, errs.ScansUnchecked):
			v.Why = errs.ScansUnchecked.Text(page.PrefsOf(ctx).Lang).Next
		}
		if ch.Call != nil {
			v.CallID = ch.Call.ID
		}
	}
	v.Let = window && ch.Early == nil && c.Ended.IsZero() && may(office.EarlyPapers)
	if ch.Early != nil && window {
		v.Early = page.T(ctx, "originals.early", ch.Early.By, ch.Early.Why)
	}
	if may(office.SendOriginals) {
		if window && c.Ended.IsZero() {
			v.Lines = f.lines(r, c, ch)
		}
		v.Held = papers(ctx, ch.At(own.Office), r.PostForm["held"])
	}
	if window && may(office.GiveOriginals) {
		v.Give = papers(ctx, ch.At(own.Office), r.PostForm["give"])
	}
	if may(office.TracePapers) {
		f.searches(ctx, ch, own.Office, window, v)
	}
}

// asks are the case's materials that exist as a scan, those ticked whose rule asks for the original.
func (f *Face) asks(r *http.Request, c casefile.Case, ch original.Chain) (out []page.Choice) {
	ticked := f.cfg.Desk.Wanted(c)
	if ch.Call != nil {
		ticked = ch.Call.Materials
	}
	if r.PostForm.Get("do") == "call" {
		ticked = r.PostForm["materials"]
	}
	for _, m := range c.Private.Materials {
		if len(m.Files) > 0 || m.Source == "upload" {
			out = append(out, page.Choice{Value: m.Key, Text: m.Name, Checked: slices.Contains(ticked, m.Key)})
		}
	}
	return out
}

// lines are the materials that may go into the next bag: those asked for, or with a lead's leave all that the case has.
func (f *Face) lines(r *http.Request, c casefile.Case, ch original.Chain) (out []line) {
	keys := ch.ToSend()
	for _, m := range c.Private.Materials {
		if !slices.Contains(keys, m.Key) && (ch.Early == nil || len(m.Files) == 0 && m.Source != "upload") {
			continue
		}
		l := line{Key: m.Key, Name: m.Name, Pages: r.PostForm.Get("pages." + m.Key), Form: r.PostForm.Get("form." + m.Key), Chosen: slices.Contains(keys, m.Key)}
		if r.PostForm.Get("do") == "send" {
			l.Chosen = slices.Contains(r.PostForm["line"], m.Key)
		}
		if l.Form == "" {
			l.Form = string(original.Original)
		}
		out = append(out, l)
	}
	return out
}

// searches are the bags that may be given up and the papers that are looked for.
func (f *Face) searches(ctx context.Context, ch original.Chain, code string, window bool, v *chainView) {
	for _, b := range ch.Bags {
		if b.Waits() && f.today().After(b.Due) {
			v.Late = append(v.Late, page.Choice{Value: string(b.No), Text: string(b.No)})
		}
	}
	for _, p := range ch.Papers {
		if p.Where == original.Missing || p.Trouble() && p.Office == code {
			v.Looked = append(v.Looked, page.Choice{Value: p.ID, Text: p.Name + " · " + f.whoHas(ctx, p)})
		}
	}
	for _, end := range original.Endings {
		if end != original.Replaced || window {
			v.Endings = append(v.Endings, page.Choice{Value: string(end), Text: page.T(ctx, "originals.ending."+string(end))})
		}
	}
}

func papers(ctx context.Context, list []original.Paper, chosen []string) (out []page.Choice) {
	for _, p := range list {
		out = append(out, page.Choice{Value: p.ID, Text: page.T(ctx, "originals.line", p.Name, p.Pages, page.T(ctx, "originals.form."+string(p.Form))), Checked: slices.Contains(chosen, p.ID)})
	}
	return out
}

// names are what the case calls materials.
func names(c casefile.Case, keys []string) (out []string) {
	for _, m := range c.Private.Materials {
		if slices.Contains(keys, m.Key) {
			out = append(out, m.Name)
		}
	}
	return out
}

func paperName(ch original.Chain, id string) string {
	for _, p := range ch.Papers {
		if p.ID == id {
			return p.Name
		}
	}
	return id
}

// fieldOf is beside which field a refusal stands: that of its code, or the first of its form.
var (
	fieldOf = map[errs.Code]string{errs.BadPostalNumber: "ref", errs.BagWay: "ref"}
	firstOf = map[string]string{"call": "materials", "drop": "call", "let": "why", "send": "lines", "give": "give", "lose": "loss", "trace": "trace"}
)

// act does what the pressed button says; what the domain refuses stands on the page with what to do next, and nothing is lost.
func (f *Face) act(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	c, ch, err := f.open(r, by)
	if err != nil {
		return err
	}
	ctx, form := r.Context(), r.PostForm
	ref, do := carry.Ref{Case: c.ID, Row: row(form.Get("row"))}, form.Get("do")
	switch do {
	case "call":
		err = f.cfg.Desk.Call(ctx, by, ref, form["materials"], form.Get("words"))
	case "drop":
		err = f.cfg.Desk.Drop(ctx, by, ref, form.Get("call"))
	case "let":
		err = f.cfg.Desk.Let(ctx, by, ref, form.Get("why"))
	case "send":
		var no original.No
		if no, err = f.cfg.Desk.Send(ctx, by, ref, load(r)); err == nil {
			return page.SeeOther(w, r, bagHref(c.ID, no)+"?said=send")
		}
	case "give":
		err = f.cfg.Desk.Give(ctx, by, ref, form["give"])
	case "lose":
		err = f.cfg.Desk.Lose(ctx, by, ref, original.No(form.Get("bag")), form.Get("loss"))
	case "trace":
		err = f.cfg.Desk.Trace(ctx, by, ref, form.Get("paper"), original.Ending(form.Get("ending")), form.Get("trace"))
	default:
		return errs.New(errs.BadRequest, "no such act")
	}
	if err == nil {
		return page.SeeOther(w, r, caseHref(c.ID)+"?said="+do)
	}
	if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.Conflict || errs.Is(err, errs.Stale) {
		return err
	}
	field, ok := fieldOf[errs.CodeOf(err)]
	if !ok {
		field = firstOf[do]
	}
	return f.showChain(w, r, by, c, ch, problem(ctx, field, err))
}

// load reads what goes into a bag.
func load(r *http.Request) carry.Load {
	form := r.PostForm
	l := carry.Load{Held: form["held"], Way: form.Get("way"), Ref: strings.TrimSpace(form.Get("ref"))}
	if l.Way == original.ByHand {
		l.Ref = strings.TrimSpace(form.Get("carrier"))
	}
	for _, key := range form["line"] {
		pages, err := strconv.Atoi(strings.TrimSpace(form.Get("pages." + key)))
		if err != nil {
			pages = 0 // the domain says what is wrong with it
		}
		l.Fresh = append(l.Fresh, original.Paper{Material: key, Pages: pages, Form: original.Form(form.Get("form." + key))})
	}
	return l
}

// row is the version of the case that the officer saw; -1, which is none, for what is no number.
func row(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return -1
	}
	return n
}
