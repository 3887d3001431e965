package desk

import (
	"net/http"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/page"
)

// showStep shows a screen of the intake: 422 if something is to be mended.
func (f *Face) showStep(w http.ResponseWriter, r *http.Request, v visit, d draft, s step, view intakeView) error {
	ctx := r.Context()
	state, err := f.state(v, d)
	if err != nil {
		return err
	}
	view.State, view.D, view.Lang = state, d, v.lang
	view.Here, _ = f.cfg.Kit.Office(v.by.Office)
	fr := f.Frame(r)
	fr.Title, fr.HasError = page.T(ctx, "desk.step."+string(s)), len(d.Errors) > 0 || view.Cannot != nil
	code := http.StatusOK
	if fr.HasError {
		code = http.StatusUnprocessableEntity
	}
	switch s {
	case stepIdentity:
		return page.Show(w, r, code, fr, identityPage(view))
	case stepMatter:
		view.Places, view.Items = f.places, f.cfg.Kit.Catalogue.All()
		return page.Show(w, r, code, fr, matterPage(view))
	case stepDetails, stepCheck:
	}
	if err := f.complete(r, v, &view); err != nil {
		return err
	}
	if s == stepDetails {
		return page.Show(w, r, code, fr, detailsPage(view))
	}
	return page.Show(w, r, code, fr, checkPage(view))
}

// complete adds the rule and all that is known to the view.
func (f *Face) complete(r *http.Request, v visit, view *intakeView) error {
	var ok bool
	d := view.D
	if view.Version, ok = f.version(v, d); !ok {
		return errs.New(errs.DraftUnreadable, "draft without a matter")
	}
	view.Item, _ = f.cfg.Kit.Catalogue.Item(d.Item)
	there, err := f.cfg.Kit.OfficeAt(d.There)
	a, _ := f.can(v, d)
	if mode, _ := view.Version.Windowed(a.Modes); mode == item.Onsite { // what the law wants on site is decided where the person stands
		there, err = view.Here, nil
	}
	if err != nil {
		return err
	}
	view.There, view.ThereName = there, f.officeName(v.lang, there.Code)
	if view.Can, ok = f.can(v, d); !ok {
		return errs.New(errs.NotCrossProvince, "%s to %s", d.Item, d.There)
	}
	view.Asked, view.Filled = f.asked(d, view.Version), f.filled(d, view.Version)
	isAsked := map[string]bool{}
	for _, field := range view.Asked {
		isAsked[field.Key] = true
	}
	ctx := r.Context()
	for _, field := range view.Version.Form.Fields {
		value := masked(d.Person, view.Filled[field.Key], false)
		row := page.Row{Key: pick(v.lang, field.Label, field.LabelEn), Value: value}
		if !isAsked[field.Key] {
			row.Source = f.source(v.lang, field)
			if value == "" {
				row.Value = page.T(ctx, "desk.details.later")
			}
			if value != "" || field.Required {
				view.Known = append(view.Known, row)
			}
		}
		if value != "" {
			view.Rows = append(view.Rows, row)
		}
	}
	return nil
}

// source says where a value that nobody types comes from.
func (f *Face) source(lang string, field item.Field) string {
	if field.Source == item.FromEvidence {
		key, _, _ := strings.Cut(field.From, ".")
		for _, e := range f.cfg.Kit.Catalogue.Evidence() {
			if e.Key == key {
				return pick(lang, e.Name, e.NameEn)
			}
		}
	}
	return pick(lang, field.Reason, field.ReasonEn)
}

// errors are the draft's problems for the summary, in the order of the page.
func (v intakeView) errors() []page.FieldError {
	out := make([]page.FieldError, 0, len(v.D.Order))
	for _, id := range v.D.Order {
		out = append(out, page.FieldError{Field: id, Text: v.D.Errors[id]})
	}
	return out
}

func (v intakeView) sourceOf(m item.Material) string {
	if s := v.D.Sources[m.Key]; s != "" {
		return s
	}
	return defaultSource(m)
}

// listAll is how many phrases are shown without a search: a short list needs no word typed and no second look.
const listAll = 20

func searched(field item.Field) bool { return len(field.Options) > listAll }

// options are the phrases of a list to choose from: what is chosen, then what the search found, or all of a short list.
func (v intakeView) options(field item.Field) []page.Choice {
	var out []page.Choice
	seen := map[string]bool{}
	add := func(o item.Option, checked bool) {
		if seen[o.Value] {
			return
		}
		seen[o.Value] = true
		out = append(out, page.Choice{Value: o.Value, Text: pick(v.Lang, o.Label, o.LabelEn), Checked: checked})
	}
	chosen := strings.SplitSeq(v.D.Answers[field.Key], item.ScopeJoin)
	for value := range chosen {
		for _, o := range field.Options {
			if o.Value == value {
				add(o, true)
			}
		}
	}
	rest := field.Options
	if searched(field) {
		rest = field.Search(v.D.Search[field.Key], listAll)
	}
	for _, o := range rest {
		add(o, false)
	}
	return out
}

func (v intakeView) maskedID() string { return idno.Mask(v.D.Person.IDNo) }
