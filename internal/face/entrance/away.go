package entrance

import (
	"context"
	"slices"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// awayLine is one case that another province keeps.
type awayLine struct {
	No, Name, Href string
	Status         page.Status
	Place          string
	Due            string
}

// others is what the other provinces said of the visitor's cases, and who did not answer.
type others struct {
	Lines   []awayLine
	Missing string // names of those that did not answer
	More    string // names of those that have older cases
	Ended   bool   // the sign-in is too old to ask
}

// away asks the other provinces. Cases that are listed here already are left out; a failure narrows the page and says so.
func (e *entrance) away(ctx context.Context, v page.Visitor, here []casefile.Case) others {
	if e.elsewhere == nil || v.Person.IDNo == "" {
		return others{}
	}
	found, err := e.elsewhere(ctx, v)
	out := others{Ended: errs.Is(err, errs.RoamEnded), More: e.namesOf(ctx, found.More)}
	if !out.Ended {
		out.Missing = e.missingNames(ctx, found.Missing)
	}
	for _, c := range found.Cases {
		if slices.ContainsFunc(here, func(mine casefile.Case) bool { return mine.No == c.No }) {
			continue
		}
		out.Lines = append(out.Lines, e.awayLine(ctx, c))
	}
	return out
}

func (e *entrance) awayLine(ctx context.Context, c elsewhere.Case) awayLine {
	l := awayLine{
		No: string(c.No), Name: e.itemOf(ctx, casefile.Case{Item: c.Item}), Status: wordOf(c.Status),
		Place: e.nameOf(page.PrefsOf(ctx).Lang, c.Node),
	}
	if site := e.Entrances[c.Node]; site != "" {
		l.Href = site + "/cases/" + l.No
	}
	if !c.Until.IsZero() {
		l.Due = day(ctx, c.Until)
	}
	return l
}

func (e *entrance) namesOf(ctx context.Context, nodes []office.NodeID) string {
	var names []string
	for _, n := range nodes {
		names = append(names, e.nameOf(page.PrefsOf(ctx).Lang, n))
	}
	return listed(ctx, names)
}

// missingNames are those that did not answer, each with since when where that is known.
func (e *entrance) missingNames(ctx context.Context, nodes []office.NodeID) string {
	var names []string
	for _, n := range nodes {
		name := e.nameOf(page.PrefsOf(ctx).Lang, n)
		if o, down := e.Reach.down(n, e.Entrances[n]); down {
			name = page.T(ctx, "public.unreachable.since", name, e.lately(ctx, o.Since))
		}
		names = append(names, name)
	}
	return listed(ctx, names)
}

func listed(ctx context.Context, names []string) string {
	if page.PrefsOf(ctx).Lang == "en" {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "\u3001")
}
