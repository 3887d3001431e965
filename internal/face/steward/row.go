package steward

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// maxCell bounds one cell in characters, mostRows the rows of one part.
const (
	maxCell  = 500
	mostRows = 40
)

func trialCells(t item.Trial) cells {
	c := cells{
		"name": t.Name, "here": t.Here.Short(), "there": t.There.Short(), "on": day(t.On), "mode": string(t.Mode), "materials": strings.Join(t.Materials, ","),
		"unit": strings.TrimLeft(t.Term, "0123456789"),
	}
	c["days"] = strings.TrimSuffix(t.Term, c["unit"])
	var said []string
	for q, yes := range t.Answers {
		if yes {
			said = append(said, q)
		} else {
			said = append(said, "not "+q)
		}
	}
	slices.Sort(said)
	c["answers"] = strings.Join(said, ",")
	return c
}

func trialOf(c cells) item.Trial {
	t := item.Trial{Name: c["name"], On: parseDay(c["on"]), Mode: item.Mode(c["mode"]), Materials: split(c["materials"]), Answers: map[string]bool{}}
	t.Here, _ = region.Parse(c["here"]) // checked before
	t.There, _ = region.Parse(c["there"])
	if c["days"] != "" {
		t.Term = c["days"] + c["unit"]
	}
	for said := range strings.SplitSeq(c["answers"], ",") {
		if q, no := strings.CutPrefix(said, "not "); no {
			t.Answers[q] = false
		} else if said != "" {
			t.Answers[said] = true
		}
	}
	return t
}

// draftView is a draft with what the forms offer.
type draftView struct {
	D       bundle.Draft
	S       sheet
	V       item.Version // of the nation, on the draft's first day
	Item    item.Item
	Lang    string
	Place   string
	Found   []said
	Failed  []failed
	Officer string
}

// said is a finding as a sentence that says what to do.
type said struct{ Text, Detail string }

type failed struct {
	Name  string
	Lines []item.Miss
}

// open reads a draft and what it is about.
func (f *Face) open(r *http.Request, v visit) (draftView, error) {
	d, err := f.cfg.Press.Drafts.RuleDraft(r.Context(), r.PathValue("id"))
	if err != nil {
		return draftView{}, err
	}
	view := draftView{D: d, Lang: v.lang, Officer: v.by.ID, S: sheet{trials: d.Content.Trials}}
	if d.Content.Kind == bundle.Overlay || d.Content.Kind == bundle.Withdrawal {
		if view.S.o, err = d.Content.Overlay(); err != nil {
			return view, err
		}
		view.Item, _ = f.catalogue().Item(d.Content.Item)
		view.V, _ = f.catalogue().Version(d.Content.Item, d.Content.From)
		view.Place = f.cfg.Press.Kit.Regions.FullName(d.Content.Place)
	}
	return view, nil
}

// questions are the nation's and the draft's own.
func (v draftView) questions() []item.Question { return slices.Concat(v.V.Questions, v.S.o.Questions) }

// materials are the nation's and the draft's own, by key and name.
func (v draftView) materials() []page.Choice {
	var out []page.Choice
	for _, m := range slices.Concat(v.V.Materials, v.S.o.Materials) {
		out = append(out, page.Choice{Value: m.Key, Text: pick(v.Lang, m.Name, m.NameEn)})
	}
	return out
}

// choices are what a cell may be; nil for one that is typed.
func (v draftView) choices(r *http.Request, fd field) []page.Choice {
	ctx := r.Context()
	words := func(prefix string, values ...string) []page.Choice {
		var out []page.Choice
		for _, s := range values {
			out = append(out, page.Choice{Value: s, Text: page.T(ctx, "steward."+prefix+"."+s)})
		}
		return out
	}
	switch fd.kind {
	case rank:
		return words("rank", "law", "regulation", "decision", "rule", "document", "local", "practice")
	case sources:
		return words("source", "shared", "elicence", "generated", "promise", "upload")
	case form:
		return words("form", "electronic", "copy", "original")
	case unit:
		return words("unit", "wd", "d")
	case payer:
		return append([]page.Choice{{Text: page.T(ctx, "steward.unsaid")}}, words("payer", "place", "applicant")...)
	case mode:
		return append([]page.Choice{{Text: page.T(ctx, "steward.unsaid")}}, words("mode", "online", "entrusted", "joint", "delegated", "onsite", "none")...)
	case basis:
		var out []page.Choice
		for _, b := range v.S.o.Basis {
			out = append(out, page.Choice{Value: b.Key, Text: b.Law + " " + b.Article})
		}
		return out
	case paper:
		var out []page.Choice
		for _, m := range v.V.Materials {
			out = append(out, page.Choice{Value: m.Key, Text: pick(v.Lang, m.Name, m.NameEn)})
		}
		return out
	case papers:
		return v.materials()
	case limit:
		var out []page.Choice
		for _, l := range v.V.Limits {
			out = append(out, page.Choice{Value: l.Key, Text: page.T(ctx, "steward.limit."+string(l.Kind)) + " (" + item.ShortLimit(l.Length) + ")"})
		}
		return out
	case cond, answers:
		var out []page.Choice
		if fd.kind == cond && !fd.must {
			out = append(out, page.Choice{Text: page.T(ctx, "steward.always")})
		}
		for _, q := range v.questions() {
			text := pick(v.Lang, q.Text, q.TextEn)
			out = append(out, page.Choice{Value: q.Key, Text: page.T(ctx, "steward.if_yes", text)}, page.Choice{Value: "not " + q.Key, Text: page.T(ctx, "steward.if_no", text)})
		}
		return out
	case line, key, date, count, place:
	}
	return nil
}

// several reports whether a cell holds more than one choice.
func (fd field) several() bool { return fd.kind == sources || fd.kind == papers || fd.kind == answers }

// read takes a row from a form; problems are by field, in the words of the page.
func (v draftView) read(r *http.Request, p part, n int) (cells, map[string]string) {
	c, wrong := cells{}, map[string]string{}
	ctx := r.Context()
	for _, fd := range p.fields {
		given := r.PostForm[fd.key]
		for i := range given {
			given[i] = strings.TrimSpace(given[i])
		}
		s := strings.Join(given, ",")
		choices := v.choices(r, fd)
		switch {
		case fd.kind == key:
			if c[fd.key] = v.keyFor(p, n); c[fd.key] == "" {
				wrong[fd.key] = page.T(ctx, "steward.error.many")
			}
			continue
		case s == "" && fd.must:
			wrong[fd.key] = page.T(ctx, "steward.error.empty")
		case utf8.RuneCountInString(s) > maxCell || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s):
			wrong[fd.key] = page.T(ctx, "steward.error.long", maxCell)
		case s != "" && !fd.fits(given, choices):
			wrong[fd.key] = page.T(ctx, "steward.error.value")
		}
		c[fd.key] = s
	}
	return c, wrong
}

// fits reports whether what was given can stand in the cell.
func (fd field) fits(given []string, choices []page.Choice) bool {
	switch fd.kind {
	case line, key:
		return true
	case date:
		_, err := workday.ParseDate(given[0])
		return err == nil
	case count:
		n, err := strconv.Atoi(given[0])
		return err == nil && n > 0 && n < 1000
	case place:
		_, err := region.Parse(given[0])
		return err == nil
	case rank, basis, cond, sources, form, paper, limit, unit, payer, mode, papers, answers:
		if !fd.several() && len(given) != 1 {
			return false
		}
		return !slices.ContainsFunc(given, func(s string) bool {
			return s != "" && !slices.ContainsFunc(choices, func(ch page.Choice) bool { return ch.Value == s })
		})
	}
	return false
}

// keyFor keeps a row's key, or makes a new one: cases and conditions name it, people do not.
func (v draftView) keyFor(p part, n int) string {
	rows := p.rows(v.S)
	if n < len(rows) {
		return rows[n]["key"]
	}
	taken := map[string]bool{}
	for _, c := range rows {
		taken[c["key"]] = true
	}
	for _, m := range v.V.Materials {
		taken[m.Key] = true
	}
	for _, q := range v.V.Questions {
		taken[q.Key] = true
	}
	prefix := p.key[:1] + v.D.Content.Place.Short() + "-"
	for i := 1; i <= mostRows; i++ {
		if k := prefix + strconv.Itoa(i); !taken[k] {
			return k
		}
	}
	return ""
}

// place finds the part and row of a request; a number beyond the last row is a new one.
func (f *Face) place(r *http.Request, v draftView) (part, int, error) {
	p, ok := partOf(r.PathValue("part"))
	if !ok || v.D.State != bundle.Drafting || v.D.Content.Kind != bundle.Overlay {
		return p, 0, errs.New(errs.NoSuchPage, "part %q", r.PathValue("part"))
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if rows := len(p.rows(v.S)); err != nil || n < 0 || n > rows || n >= mostRows {
		return p, 0, errs.New(errs.NoSuchPage, "row %q", r.PathValue("n"))
	}
	return p, n, nil
}

func (f *Face) row(w http.ResponseWriter, r *http.Request, v visit) error {
	view, err := f.open(r, v)
	if err != nil {
		return err
	}
	p, n, err := f.place(r, view)
	if err != nil {
		return err
	}
	c := cells{}
	if rows := p.rows(view.S); n < len(rows) {
		c = rows[n]
	}
	return f.showRow(w, r, view, p, n, c, nil)
}

func (f *Face) showRow(w http.ResponseWriter, r *http.Request, view draftView, p part, n int, c cells, wrong map[string]string) error {
	code := http.StatusOK
	if len(wrong) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, page.T(r.Context(), "steward.part."+p.key), draftPath(view.D), rowPage(r, view, p, n, c, wrong))
}

func draftPath(d bundle.Draft) string { return "/desk/rules/drafts/" + d.ID }

// saveRow stores a row, or takes it out, and comes back to the draft. What cannot stand is shown again as it was typed.
func (f *Face) saveRow(w http.ResponseWriter, r *http.Request, v visit) error {
	view, err := f.open(r, v)
	if err != nil {
		return err
	}
	p, n, err := f.place(r, view)
	if err != nil {
		return err
	}
	if r.PostForm.Has("remove") {
		if p.drop == nil || n >= len(p.rows(view.S)) {
			return errs.New(errs.NoSuchPage, "nothing to remove")
		}
		p.drop(&view.S, n)
	} else {
		c, wrong := view.read(r, p, n)
		if len(wrong) > 0 {
			return f.showRow(w, r, view, p, n, c, wrong)
		}
		p.put(&view.S, n, c)
	}
	content := view.D.Content
	if content.Text, err = view.S.o.Text(); err != nil {
		return err
	}
	content.Trials = view.S.trials
	if _, err := f.cfg.Press.Save(r.Context(), v.by, view.D.ID, seen(r), content); err != nil {
		return err
	}
	return page.SeeOther(w, r, draftPath(view.D)+"?"+url.Values{"saved": {p.key}}.Encode()+"#"+p.key)
}

// seen is the version of the draft that the officer's page showed.
func seen(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostForm.Get("row"), 10, 64)
	if err != nil || n < 1 {
		return -1 // matches no version
	}
	return n
}
