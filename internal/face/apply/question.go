package apply

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// questionView is one question with what was typed and what is wrong with it.
type questionView struct {
	D       draft
	Q       journey.Asked
	Name    string // of the input
	Label   string
	Hint    string
	Value   string
	Error   string
	Why     string // why it is asked though a source should know
	Caption string
	Found   string // options that match what was searched for
	Search  string
}

// asked is the question of the address; errs.StepNotDue leads on if it is none any more.
func asked(d draft, key string) (journey.Asked, error) {
	list := journey.Questions(d.Draft, d.V)
	i := slices.IndexFunc(list, func(q journey.Asked) bool { return q.Field.Key == key })
	if i < 0 {
		return journey.Asked{}, errs.New(errs.StepNotDue, "no question %q", key)
	}
	return list[i], nil
}

// question is E-11.
func (f *Face) question(w http.ResponseWriter, r *http.Request, d draft) error {
	q, err := asked(d, r.PathValue("field"))
	if err != nil {
		return err
	}
	value, known := d.Answers[q.Field.Key]
	if !known && q.Wrong {
		value = ""
	}
	return f.showQuestion(w, r, d, q, value, "")
}

func (f *Face) showQuestion(w http.ResponseWriter, r *http.Request, d draft, q journey.Asked, value, problem string) error {
	ctx := r.Context()
	step := journey.Step{Kind: journey.Question, Field: q.Field.Key}.Path()
	v := questionView{
		D: d, Q: q, Name: "answer", Label: pick(d.lang, q.Field.Label, q.Field.LabelEn), Hint: pick(d.lang, q.Field.Hint, q.Field.HintEn),
		Value: value, Error: problem, Caption: d.caption(ctx, step), Search: r.URL.Query().Get("search"),
	}
	if !q.Field.Required {
		v.Label += page.T(ctx, "field.optional")
	}
	source := pick(d.lang, q.From.Name, q.From.NameEn)
	switch {
	case q.Wrong:
		v.Why = page.T(ctx, "apply.gap.wrong", source)
	case q.Why != "":
		v.Why = page.T(ctx, "apply.gap.ask."+string(q.Why), source)
	}
	code := http.StatusOK
	if problem != "" {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, v.Label, d.back(step), questionPage(v))
}

// answer keeps one answer. One that breaks a rule is shown again as it was typed, and not kept.
func (f *Face) answer(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	q, err := asked(d, r.PathValue("field"))
	if err != nil {
		return err
	}
	raw := typed(r, q.Field)
	if problems := journey.Judge(d.V, q.Field, raw, v.lang); len(problems) > 0 {
		return f.showQuestion(w, r, d, q, raw, sentence(v.lang, problems[0]))
	}
	saved, err := f.cfg.Desk.Change(r.Context(), v.Person, d.ID, func(d *journey.Draft, _ item.Version) error {
		d.Answers[q.Field.Key] = raw
		return nil
	})
	if err != nil {
		return err
	}
	if r.PostForm.Get("later") != "" {
		return page.SeeOther(w, r, "/cases?saved=1")
	}
	to, err := f.after(saved, v, journey.Step{Kind: journey.Question, Field: q.Field.Key})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, to)
}

// typed reads the value of a question's inputs: several boxes are joined, a date comes in three parts.
func typed(r *http.Request, field item.Field) string {
	switch field.Type { //nolint:exhaustive // the others have one input
	case item.Scope:
		return strings.Join(r.PostForm["answer"], item.ScopeJoin)
	case item.Date:
		parts := []string{r.PostForm.Get("answer-year"), r.PostForm.Get("answer-month"), r.PostForm.Get("answer-day")}
		for i := 1; i < len(parts); i++ {
			if s := strings.TrimSpace(parts[i]); len(s) == 1 {
				parts[i] = "0" + s
			}
		}
		if s := strings.TrimSpace(strings.Join(parts, "")); s == "" {
			return ""
		}
		return strings.Join(parts, "-")
	}
	return r.PostForm.Get("answer")
}

// sentence is a problem as people read it.
func sentence(lang string, p item.Problem) string {
	return p.What + pick(lang, "\uff1b", "; ") + p.Fix
}

// shown is how an answer reads on the check page.
func (f *Face) shown(ctx context.Context, lang string, field item.Field, value string) string {
	switch field.Type { //nolint:exhaustive // the others read as they are
	case item.Choice:
		for _, o := range field.Options {
			if o.Value == value {
				return pick(lang, o.Label, o.LabelEn)
			}
		}
	case item.Region:
		return f.placeName(value)
	case item.Date:
		return dateText(ctx, value)
	}
	return value
}
