package desk

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/page"
	"tongban/internal/page/upload"
)

// supplementView is what the applicant brings after a notice or a return.
type supplementView struct {
	caseView
	Fields  []item.Field    // answers that may be changed
	Extra   []item.Material // materials that may be added when no notice names them
	Values  map[string]string
	Answers []string        // to the notice, by position
	News    []item.Change   // what the rules of today ask that those of the case did not
	Asked   []item.Question // among it
	Said    map[string]string
	Errors  map[string]string
	Order   []string
}

func (v *supplementView) fail(id, words string) {
	if v.Errors == nil {
		v.Errors = map[string]string{}
	}
	if _, known := v.Errors[id]; !known {
		v.Errors[id], v.Order = words, append(v.Order, id)
	}
}

func (v supplementView) errors() []page.FieldError {
	out := make([]page.FieldError, 0, len(v.Order))
	for _, id := range v.Order {
		out = append(out, page.FieldError{Field: id, Text: v.Errors[id]})
	}
	return out
}

// news is what the rules of today ask of a case beyond those that it names, with the questions among it.
func (f *Face) news(c casefile.Case) ([]item.Change, []item.Question) {
	law, err := f.cfg.Kit.Law(c, c.Day(f.now()))
	if err != nil {
		return nil, nil
	}
	news := f.cfg.Kit.Moved(c, law)
	var asked []item.Question
	for _, ch := range news {
		for _, q := range law.Version.Questions {
			if ch.Part == "question" && q.Key == ch.Key {
				asked = append(asked, q)
			}
		}
	}
	return news, asked
}

// heard reads the answers to new questions; each must be answered.
func (f *Face) heard(r *http.Request, c casefile.Case, in upload.Form, view *supplementView) map[string]bool {
	said := map[string]bool{}
	view.Said = map[string]string{}
	_, asked := f.news(c)
	for _, q := range asked {
		answer := in.Get("said." + q.Key)
		view.Said[q.Key] = answer
		if answer != "yes" && answer != "no" {
			view.fail("said."+q.Key, page.T(r.Context(), "desk.rules.choose"))
			continue
		}
		said[q.Key] = answer == "yes"
	}
	return said
}

// noticed are the items of the notice that still wait for an answer.
func noticed(c casefile.Case) []casefile.Correction {
	if waiting(c) {
		return c.Private.Corrections
	}
	return nil
}

// showSupplement shows only what is missing: the notice's items, and the answers on which they rest.
func (f *Face) showSupplement(w http.ResponseWriter, r *http.Request, v visit, c casefile.Case, view supplementView) error {
	view.caseView = f.view(r, v, c, "")
	view.Fields = f.changeable(c, view.Version)
	if len(noticed(c)) == 0 {
		for _, m := range view.Version.Materials {
			if uploads(m) {
				view.Extra = append(view.Extra, m)
			}
		}
	}
	view.News, view.Asked = f.news(c)
	if view.Values == nil {
		view.Values = c.Private.Answers
		for _, it := range c.Private.Corrections {
			view.Answers = append(view.Answers, it.Answer)
		}
	}
	fr := f.Frame(r)
	fr.Title, fr.Back, fr.HasError = page.T(r.Context(), "desk.act.supplement"), "/desk/cases/"+c.ID, len(view.Order) > 0
	code := http.StatusOK
	if fr.HasError {
		code = http.StatusUnprocessableEntity
	}
	return page.Show(w, r, code, fr, supplementPage(view))
}

var hole = regexp.MustCompile(`\{([a-z_]+)`)

// changeable are the typed answers behind the points of the notice; without a notice all of them.
func (f *Face) changeable(c casefile.Case, ver item.Version) []item.Field {
	items := noticed(c)
	if len(items) == 0 {
		return ver.Typed()
	}
	wanted := map[string]bool{}
	for _, it := range items {
		for _, k := range ver.Checklist {
			if k.Key != it.Check || k.Field == "" {
				continue
			}
			wanted[k.Field] = true
			field, _ := ver.Field(k.Field)
			for _, m := range hole.FindAllStringSubmatch(field.From, -1) {
				wanted[m[1]] = true
			}
		}
	}
	return slices.DeleteFunc(ver.Typed(), func(field item.Field) bool { return !wanted[field.Key] })
}

// supplement stores what was brought; then the case can be handed over again.
func (f *Face) supplement(w http.ResponseWriter, r *http.Request, v visit) error {
	if _, err := f.load(r, v); err != nil { // before anything is read or stored
		return err
	}
	in, err := upload.Receive(r, f.cfg.Files.Put, f.cfg.MaxFile)
	if err != nil {
		return err
	}
	c, key, done, err := f.ready(w, r, v, actSupplement, in.Get("row"))
	if done || err != nil {
		return err
	}
	view := supplementView{Values: map[string]string{}}
	ver := f.rule(c)
	answers := f.changed(c, ver, in, v.lang, &view)
	said := f.heard(r, c, in, &view)
	items, added := f.brought(r, c, ver, in, &view)
	if len(view.Order) == 0 && len(added) == 0 && items == nil && len(said) == 0 && maps.Equal(answers, c.Private.Answers) {
		view.fail("note", page.T(r.Context(), "desk.error.nothing"))
	}
	if len(view.Order) > 0 {
		return f.showSupplement(w, r, v, c, view)
	}
	if _, err := f.cfg.Lodge.Recheck(r.Context(), v.by, c.ID, c.Row, said, answers, added, items); err != nil {
		return f.refuse(w, r, v, c, err)
	}
	f.remember(key)
	return page.SeeOther(w, r, "/desk/cases/"+c.ID+"?said="+actSupplement)
}

// changed reads the answers that may be changed, judges all of them together, and puts the derived values together anew.
func (f *Face) changed(c casefile.Case, ver item.Version, in upload.Form, lang string, view *supplementView) map[string]string {
	typed := map[string]string{}
	for _, field := range ver.Typed() {
		if s := c.Private.Answers[field.Key]; s != "" {
			typed[field.Key] = s
		}
	}
	maps.Copy(view.Values, typed)
	for _, field := range f.changeable(c, ver) {
		if values, ok := in.Values["a."+field.Key]; ok && len(values) > 0 {
			view.Values[field.Key], typed[field.Key] = values[0], values[0]
			if values[0] == "" {
				delete(typed, field.Key)
			}
		}
	}
	for _, p := range ver.Check(typed, lang) {
		view.fail("a."+p.Field, p.What+pick(lang, "\uff1b", "; ")+p.Fix)
	}
	out := maps.Clone(c.Private.Answers)
	if out == nil {
		out = map[string]string{}
	}
	for _, field := range ver.Typed() {
		delete(out, field.Key)
	}
	maps.Copy(out, ver.Fill(ver.Clean(typed), f.cfg.Lodge.Facts(c.Private.Applicant, c.There)))
	for _, field := range ver.Typed() { // an emptied answer is stored as empty, because stored ones stay
		if _, had := c.Private.Answers[field.Key]; had && out[field.Key] == "" {
			out[field.Key] = ""
		}
	}
	return out
}

// brought reads the answers to the notice and the files. items is nil if there is no notice.
func (f *Face) brought(r *http.Request, c casefile.Case, ver item.Version, in upload.Form, view *supplementView) (items []casefile.Correction, added []casefile.Material) {
	ctx := r.Context()
	for i, it := range noticed(c) {
		n := strconv.Itoa(i)
		said, problem := plainText(in.Get("answer." + n))
		view.Answers = append(view.Answers, in.Get("answer."+n))
		material := casefile.Material{Key: "supplement", Name: it.Material, Source: "upload", Note: said}
		for _, k := range ver.Checklist {
			if k.Key == it.Check && k.Material != "" {
				material.Key = k.Material
			}
		}
		material.Files = filed(in.Files["file."+n], material.Key)
		switch {
		case problem != "":
			view.fail("answer."+n, page.T(ctx, "desk.error."+problem))
		case in.Bad["file."+n] != "":
			view.fail("file."+n, page.T(ctx, "desk.upload."+string(in.Bad["file."+n])))
		case said == "" && len(material.Files) == 0:
			view.fail("answer."+n, page.T(ctx, "desk.error.answer", it.Material))
		case said == "":
			said = page.T(ctx, "desk.supplement.filed", len(material.Files))
		}
		if len(material.Files) > 0 {
			added = append(added, material)
		}
		it.Answer = said
		items = append(items, it)
	}
	if items != nil {
		return items, added
	}
	note, problem := plainText(in.Get("note"))
	if problem != "" {
		view.fail("note", page.T(ctx, "desk.error."+problem))
	}
	for _, m := range ver.Materials {
		name := "file." + m.Key
		if why := in.Bad[name]; why != "" {
			view.fail(name, page.T(ctx, "desk.upload."+string(why)))
		}
		if files := in.Files[name]; len(files) > 0 && uploads(m) {
			added = append(added, casefile.Material{Key: m.Key, Name: m.Name, Source: "upload", Note: note, Files: filed(files, m.Key)})
		}
	}
	return nil, added
}

func filed(files []exchange.File, material string) []exchange.File {
	for i := range files {
		files[i].Material = material
	}
	return files
}
