package board

import (
	"cmp"
	"slices"
	"strconv"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// matters lists the matters that were decided in the period, the commonest first.
func (f *Face) matters(a ask) (view, error) {
	ctx := a.ctx
	sum := map[string]map[string]figure.Hist{}
	for _, key := range []string{"days", "promise", "law"} {
		sum[key] = map[string]figure.Hist{}
		for _, id := range f.cfg.Nodes() {
			by, err := a.by(id, figure.ByItem, key)
			if err != nil {
				return view{}, err
			}
			for code, h := range by {
				if sum[key][code] == nil {
					sum[key][code] = figure.Hist{}
				}
				sum[key][code].Add(h)
			}
		}
	}
	s := sheet{ID: "matters", Title: page.T(ctx, "board.matters"), Head: head(ctx, "matter", "decided", "median", "ninety", "promise", "law")}
	for code, days := range sum["days"] {
		kept := share(ctx, sum["promise"][code], 1)
		kept.Ramp = late(sum["promise"][code])
		s.Rows = append(s.Rows, []cell{
			link(f.itemName(ctx, code), "/open/matters/"+code+"?"+a.query()), number(days.N()), rank(ctx, days, 0.5, "board.workdays"),
			rank(ctx, days, 0.9, "board.workdays"), kept, share(ctx, sum["law"][code], 1),
		})
		s.Rows[len(s.Rows)-1][0].N = days.N()
	}
	slices.SortFunc(s.Rows, func(x, y []cell) int { return cmp.Or(cmp.Compare(y[0].N, x[0].N), cmp.Compare(x[0].Href, y[0].Href)) })
	return view{Title: page.T(ctx, "board.matters"), Sheets: []sheet{s.done()}}, nil
}

// matter is one matter across the places that decide it, against promise and law.
func (f *Face) matter(a ask) (view, error) {
	ctx, code := a.ctx, a.r.PathValue("item")
	it, ok := f.cfg.Catalogue.Item(code)
	if !ok {
		return view{}, errs.New(errs.NoSuchFigures, "matter %.40q", code)
	}
	s := sheet{ID: "places", Title: page.T(ctx, "board.by_place"), Head: head(ctx, "place", "decided", "median", "ninety", "promise", "law", "corrected")}
	c := bars{}
	c.law, c.promise = f.limits(it)
	for _, id := range f.cfg.Nodes() {
		var h [4]figure.Hist
		for i, key := range []string{"days", "promise", "law", "corrections"} {
			by, err := a.by(id, figure.ByItem, key)
			if err != nil {
				return view{}, err
			}
			h[i] = by[it.Code]
		}
		if h[0].N() == 0 {
			continue
		}
		kept := share(ctx, h[1], 1)
		kept.Ramp = late(h[1])
		name := f.name(ctx, id)
		s.Rows = append(s.Rows, []cell{
			link(name, "/open/regions/"+string(id)+"?"+a.query()), number(h[0].N()), rank(ctx, h[0], 0.5, "board.workdays"), rank(ctx, h[0], 0.9, "board.workdays"),
			kept, share(ctx, h[2], 1), share(ctx, h[3], 1),
		})
		from, _ := h[0].Rank(0.5)
		to, _ := h[0].Rank(0.9)
		c.list = append(c.list, bar{name, from, to, h[0].N() < few})
	}
	if len(c.list) > 0 {
		s.Chart = barChart(c)
	}
	return view{Title: pick(ctx, it.Name, it.NameEn), Sheets: []sheet{s.done()}}, nil
}

// limits are the national limits of deciding in working days; 0 if no source tells, or in another unit.
func (f *Face) limits(it item.Item) (law, promise int) {
	v, ok := f.cfg.Catalogue.Version(it.Code, f.today())
	if !ok {
		return 0, 0
	}
	for _, l := range v.Limits {
		if l.Kind != item.LimitDecide {
			continue
		}
		if l.Length.Unit == workday.WorkingDays {
			law = l.Length.N
		}
		if l.Promised.Unit == workday.WorkingDays {
			promise = l.Promised.N
		}
		return law, promise
	}
	return 0, 0
}

// bars is the chart of working days, from the median to the 90 % time of each place.
type bars struct {
	list         []bar
	law, promise int
}

type bar struct {
	name     string
	from, to int
	few      bool
}

// The measures of the chart in units of its drawing.
const (
	barLeft, barWidth, barStep, barTop = 120, 460, 30, 26
)

func (c bars) most() int {
	most := max(1, c.law, c.promise)
	for _, b := range c.list {
		most = max(most, b.to)
	}
	return most
}

func (c bars) x(days int) string { return strconv.Itoa(barLeft + barWidth*days/c.most()) }

func (c bars) width(b bar) string { return strconv.Itoa(max(4, barWidth*(b.to-b.from)/c.most())) }

func (bars) y(i, add int) string { return strconv.Itoa(barTop + barStep*i + add) }

func (c bars) box() string {
	return "0 0 " + strconv.Itoa(barLeft+barWidth+20) + " " + strconv.Itoa(barTop+barStep*len(c.list)+24)
}

func (c bars) bottom() string { return strconv.Itoa(barTop + barStep*len(c.list)) }
