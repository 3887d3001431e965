package apply

import (
	"net/http"
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// asking is the yes-no question of the address, if it is asked at all after what was said so far.
func asking(d draft, key string) (item.Question, error) {
	i := slices.IndexFunc(d.V.Questions, func(q item.Question) bool { return q.Key == key && q.If.Holds(d.Said) == item.Yes })
	if i < 0 {
		return item.Question{}, errs.New(errs.StepNotDue, "no question %q", key)
	}
	return d.V.Questions[i], nil
}

// ask is a yes-no question that narrows what follows.
func (f *Face) ask(w http.ResponseWriter, r *http.Request, d draft) error {
	q, err := asking(d, r.PathValue("key"))
	if err != nil {
		return err
	}
	return f.showAsk(w, r, d, q, "")
}

func (f *Face) showAsk(w http.ResponseWriter, r *http.Request, d draft, q item.Question, problem string) error {
	code := http.StatusOK
	if problem != "" {
		code = http.StatusUnprocessableEntity
	}
	step := journey.Step{Kind: journey.Ask, Field: q.Key}.Path()
	return f.show(w, r, code, pick(d.lang, q.Text, q.TextEn), d.back(step), askPage(d, q, d.caption(r.Context(), step), problem))
}

// said keeps a yes or no. What a person answered to questions that this one closes stays, and is not submitted.
func (f *Face) said(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	q, err := asking(d, r.PathValue("key"))
	if err != nil {
		return err
	}
	answer := r.PostForm.Get("answer")
	if answer != "yes" && answer != "no" {
		return f.showAsk(w, r, d, q, page.T(r.Context(), "apply.ask.choose"))
	}
	saved, err := f.cfg.Desk.Change(r.Context(), v.Person, d.ID, func(d *journey.Draft, _ item.Version) error {
		d.Said[q.Key] = answer == "yes" || q.Key == item.AskAgent && d.For != nil // somebody does
		return nil
	})
	if err != nil {
		return err
	}
	to, err := f.after(saved, v, journey.Step{Kind: journey.Ask, Field: q.Key})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, to)
}

// yesNo is what was said, as the form shows it again; "" if nothing was.
func yesNo(d draft, key string) string {
	yes, said := d.Said[key]
	switch {
	case !said:
		return ""
	case yes:
		return "yes"
	}
	return "no"
}
