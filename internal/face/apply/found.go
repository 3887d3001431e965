package apply

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/page"
)

// found is E-12: what sources know, with source and time, to be confirmed by a look.
func (f *Face) found(w http.ResponseWriter, r *http.Request, d draft) error {
	if err := d.due(string(journey.Found)); err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.found.title"), d.back(string(journey.Found)), foundPage(f, d))
}

// foundDone takes the look as given, or asks the sources once more.
func (f *Face) foundDone(w http.ResponseWriter, r *http.Request, v visit) error {
	id := r.PathValue("id")
	if r.PostForm.Get("again") != "" {
		if _, err := f.cfg.Desk.Again(r.Context(), v.Person, v.Grant, id); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/apply/"+id+"/found")
	}
	if source := r.PostForm.Get("use"); source != "" {
		if _, err := f.cfg.Desk.Choose(r.Context(), v.Person, v.Grant, id, source, r.PostForm.Get("licence-"+source)); err != nil {
			return err
		}
		return page.SeeOther(w, r, "/apply/"+id+"/found")
	}
	d, err := f.cfg.Desk.Change(r.Context(), v.Person, id, func(d *journey.Draft, _ item.Version) error {
		d.Seen[string(journey.Found)] = true
		return nil
	})
	if err != nil {
		return err
	}
	to, err := f.after(d, v, journey.Step{Kind: journey.Found})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, to)
}

// foundRows are the lines of what was found.
func (f *Face) foundRows(ctx context.Context, d draft) []page.Row {
	var out []page.Row
	for _, x := range journey.FoundFields(d.Draft, d.V) {
		row := page.Row{
			Key: pick(d.lang, x.Field.Label, x.Field.LabelEn), Value: masked(x.Value), Source: pick(d.lang, x.From.Name, x.From.NameEn),
			At: moment(ctx, x.From.At), WrongHref: d.path("wrong/" + x.Field.Key),
		}
		switch {
		case x.Wrong:
			row.Value, row.WrongHref = page.T(ctx, "apply.found.wrong", row.Value), ""
			row.Actions = []page.Action{{Href: d.path("wrong/" + x.Field.Key), Text: page.T(ctx, "apply.change"), Hidden: row.Key}}
		case x.Value == "":
			row.Value, row.WrongHref, row.Source = page.T(ctx, "apply.gap.later."+string(gapOf(x.From)), row.Source), "", ""
		}
		out = append(out, row)
	}
	return out
}

// several is a source for which the applicant holds more than one licence that would do.
type several struct {
	Source string
	Items  []page.Choice
}

// holdings are the sources that leave a choice, with what there is to choose; the one that counts is ticked.
func holdings(ctx context.Context, d draft) []several {
	var out []several
	for _, source := range slices.Sorted(maps.Keys(d.Records)) {
		r := d.Records[source]
		if len(r.Choices) < 2 || r.Licence == nil {
			continue
		}
		x := several{Source: source}
		for _, c := range r.Choices {
			x.Items = append(x.Items, page.Choice{Value: c.ID, Text: page.T(ctx, "presentation.several.one", c.Type, c.No, c.Issuer, c.Issued), Checked: c.ID == r.Licence.ID})
		}
		out = append(out, x)
	}
	return out
}

// gapOf is why a record gives nothing.
func gapOf(r journey.Record) journey.Gap {
	if r.Gap == "" {
		return journey.Nothing
	}
	return r.Gap
}

// masked hides the middle of an identity number: who looks over the shoulder reads it too.
func masked(s string) string {
	if _, err := idno.Parse(s); err == nil {
		return idno.Mask(s)
	}
	return s
}

// foundOf is a found value by its field.
func foundOf(d draft, key string) (journey.FoundField, error) {
	list := journey.FoundFields(d.Draft, d.V)
	i := slices.IndexFunc(list, func(x journey.FoundField) bool { return x.Field.Key == key && x.Value != "" })
	if i < 0 {
		return journey.FoundField{}, errs.New(errs.NoSuchPage, "nothing was found for it")
	}
	return list[i], nil
}

// wrong is the page behind 信息不对: what is wrong goes with the application, and to whoever keeps the register.
func (f *Face) wrong(w http.ResponseWriter, r *http.Request, d draft) error {
	x, err := foundOf(d, r.PathValue("field"))
	if err != nil {
		return err
	}
	return f.showWrong(w, r, d, x, d.Wrong[x.Field.Key], "")
}

func (f *Face) showWrong(w http.ResponseWriter, r *http.Request, d draft, x journey.FoundField, said, problem string) error {
	code := http.StatusOK
	if problem != "" {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, page.T(r.Context(), "apply.wrong.title", pick(d.lang, x.Field.Label, x.Field.LabelEn)), d.path(string(journey.Found)),
		wrongPage(d, x, said, problem))
}

// maxNote bounds what somebody writes in their own words, in characters.
const maxNote = 500

func (f *Face) wrongDone(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	x, err := foundOf(d, r.PathValue("field"))
	if err != nil {
		return err
	}
	key := x.Field.Key
	said, problem := plain(r.PostForm.Get("said"), maxNote)
	if r.PostForm.Get("right") != "" {
		said, problem = "", ""
	} else if said == "" && problem == "" {
		problem = "empty"
	}
	if problem != "" {
		return f.showWrong(w, r, d, x, r.PostForm.Get("said"), page.T(r.Context(), "apply.text."+problem, maxNote))
	}
	_, err = f.cfg.Desk.Change(r.Context(), v.Person, d.ID, func(d *journey.Draft, _ item.Version) error {
		delete(d.Wrong, key)
		if said != "" {
			d.Wrong[key] = said
		}
		return nil
	})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, d.path(string(journey.Found)))
}

// plain trims s and says "control" or "long" if it cannot be taken.
func plain(s string, most int) (text, problem string) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	bad := func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	}
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, bad):
		return "", "control"
	case utf8.RuneCountInString(s) > most:
		return "", "long"
	}
	return s, ""
}
