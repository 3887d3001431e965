package board

import (
	"context"
	"strings"

	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/page"
)

// contested are the objections to figures of a place ("" is all places) of the months from and to that stand.
func (f *Face) contested(ctx context.Context, of office.NodeID, from, to int) ([]objection.Objection, error) {
	list, err := f.cfg.Objections(ctx)
	var out []objection.Objection
	for _, o := range list {
		if !o.Settled() && (of == "" || o.Of == of) && o.Month >= from && o.Month <= to {
			out = append(out, o)
		}
	}
	return out, err
}

// objectionSheet puts what both sides say beside the figures; nothing without an objection.
func (f *Face) objectionSheet(ctx context.Context, list []objection.Objection) []sheet {
	if len(list) == 0 {
		return nil
	}
	s := sheet{ID: "contested", Title: page.T(ctx, "objection.sheet"), Lead: page.T(ctx, "objection.sheet_lead"), Wraps: true}
	for _, k := range []string{"of", "figure", "month", "from", "words", "answer"} {
		s.Head = append(s.Head, page.T(ctx, "objection."+k))
	}
	for _, o := range list {
		answer := saidBy(o, o.Of)
		if answer == "" {
			answer = page.T(ctx, "objection.unanswered")
		}
		s.Rows = append(s.Rows, []cell{
			words(f.name(ctx, o.Of)), words(f.figureName(ctx, o.Figure)), words(written(o.Month)), words(f.name(ctx, o.From)), words(saidBy(o, o.From)), words(answer),
		})
	}
	return []sheet{s}
}

// saidBy is all that one side said, in order.
func saidBy(o objection.Objection, side office.NodeID) string {
	var out []string
	for _, w := range o.Words {
		if w.By == side {
			out = append(out, w.Text)
		}
	}
	return strings.Join(out, " ／ ")
}

// marked says at a figure's name that it is contested.
func marked(ctx context.Context, name string, key string, list []objection.Objection) string {
	for _, o := range list {
		if o.Figure == key {
			return page.T(ctx, "objection.mark", name)
		}
	}
	return name
}
