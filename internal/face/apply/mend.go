package apply

import (
	"net/http"
	"strconv"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/handling/apply"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/page/upload"
)

// mendView is the answer to a notice: its items, the answers behind them, and what is wrong with what was sent.
type mendView struct {
	C       casefile.Case
	Name    string
	Fields  []item.Field
	Values  map[string]string
	Said    []string
	Errors  map[string]string
	Order   []string
	Due     string
	Lang    string
	MaxFile string
}

func (v *mendView) fail(id, words string) {
	if v.Errors == nil {
		v.Errors = map[string]string{}
	}
	if _, known := v.Errors[id]; !known {
		v.Errors[id], v.Order = words, append(v.Order, id)
	}
}

func (v mendView) errors() []page.FieldError {
	out := make([]page.FieldError, 0, len(v.Order))
	for _, id := range v.Order {
		out = append(out, page.FieldError{Field: id, Text: v.Errors[id]})
	}
	return out
}

// mending loads a case that waits for its applicant; done is true when the answer is out: it waits for nobody here.
func (f *Face) mending(w http.ResponseWriter, r *http.Request, v visit) (mendView, item.Version, bool, error) {
	c, err := f.cfg.Desk.Own(r.Context(), v.Person, r.PathValue("no"))
	if err != nil {
		return mendView{}, item.Version{}, true, err
	}
	if !c.Local() || c.Status() != casefile.StatusCorrection {
		return mendView{}, item.Version{}, true, page.SeeOther(w, r, "/cases/"+string(c.No))
	}
	rules, fields, err := f.cfg.Desk.Mending(c)
	it, _ := f.cfg.Kit.Catalogue.Item(c.Item)
	return mendView{
		C: c, Name: itemName(v.lang, it, rules), Fields: fields, Values: c.Private.Answers, Lang: v.lang,
		Said: make([]string, len(c.Private.Corrections)), MaxFile: strconv.Itoa(int(f.cfg.MaxFile >> 20)), Due: nextDay(r.Context(), c),
	}, rules, false, err
}

// mend is E-23: only what is missing, each with what is wrong and how to mend it.
func (f *Face) mend(w http.ResponseWriter, r *http.Request, v visit) error {
	view, _, done, err := f.mending(w, r, v)
	if done || err != nil {
		return err
	}
	if err := f.cfg.Desk.Looked(r.Context(), view.C, "apply.mend"); err != nil {
		return err
	}
	return f.showMend(w, r, view)
}

func (f *Face) showMend(w http.ResponseWriter, r *http.Request, view mendView) error {
	code := http.StatusOK
	if len(view.Order) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, page.T(r.Context(), "apply.mend.title", len(view.C.Private.Corrections)), "/cases/"+string(view.C.No), mendPage(view))
}

// mended takes the answer to the notice in. What was refused leaves no file behind.
func (f *Face) mended(w http.ResponseWriter, r *http.Request, v visit) error {
	view, rules, done, err := f.mending(w, r, v)
	if done || err != nil {
		return err
	}
	form, err := upload.Receive(r, f.cfg.Files.Put, f.cfg.MaxFile)
	keep := false
	defer func() {
		if !keep {
			for _, files := range form.Files {
				_ = f.unkept(files, nil)
			}
		}
	}()
	if err != nil {
		return err
	}
	row, err := strconv.ParseInt(form.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "form without the case's version")
	}
	in := f.brought(r, &view, rules, form)
	if len(view.Order) > 0 {
		return f.showMend(w, r, view)
	}
	if _, err := f.cfg.Desk.Mend(r.Context(), view.C, row, in); err != nil {
		return err
	}
	keep = true
	return page.SeeOther(w, r, "/cases/"+string(view.C.No)+"?mended=1")
}

// brought reads the form against the notice: every item needs a changed answer, a file or a word.
func (f *Face) brought(r *http.Request, view *mendView, rules item.Version, form upload.Form) apply.Mended {
	ctx, c := r.Context(), view.C
	in := apply.Mended{Answers: map[string]string{}}
	values := map[string]string{}
	for _, field := range view.Fields {
		raw, sent := c.Private.Answers[field.Key], false
		if list, ok := form.Values["a."+field.Key]; ok {
			raw, sent = strings.Join(list, item.ScopeJoin), true
		}
		values[field.Key] = raw
		if problems := journey.Judge(rules, field, raw, view.Lang); sent && len(problems) > 0 {
			view.fail("a."+field.Key, sentence(view.Lang, problems[0]))
		}
		if sent {
			in.Answers[field.Key] = raw
		}
	}
	view.Values = values
	for i, x := range c.Private.Corrections {
		n := strconv.Itoa(i)
		said, problem := plain(form.Get("said."+n), maxNote)
		view.Said[i] = form.Get("said." + n)
		material := casefile.Material{Key: "supplement", Name: x.Material, Source: "upload", Note: said, Files: form.Files["file."+n]}
		if key := journey.PaperBehind(rules, x.Check); key != "" {
			material.Key = key
		}
		for j := range material.Files {
			material.Files[j].Material = material.Key
		}
		var changed []string
		for _, field := range journey.Behind(rules, []string{x.Check}) {
			if s, ok := in.Answers[field.Key]; ok && s != c.Private.Answers[field.Key] {
				changed = append(changed, pick(view.Lang, field.Label, field.LabelEn))
			}
		}
		bad := form.Bad["file."+n]
		switch {
		case problem != "":
			view.fail("said."+n, page.T(ctx, "apply.text."+problem, maxNote))
		case bad != "":
			view.fail("file."+n, page.T(ctx, "apply.problem."+string(bad), int(f.cfg.MaxFile>>20)))
		case said != "":
		case len(material.Files) > 0:
			said = page.T(ctx, "apply.mend.filed", len(material.Files))
		case len(changed) > 0:
			said = page.T(ctx, "apply.mend.changed", strings.Join(changed, pick(view.Lang, "\u3001", ", ")))
		default:
			view.fail("said."+n, page.T(ctx, "apply.mend.nothing", x.Material))
		}
		if len(material.Files) > 0 {
			in.Added = append(in.Added, material)
		}
		in.Said = append(in.Said, said)
	}
	return in
}
