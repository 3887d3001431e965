package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/fsck"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// canJSON is what `can --json` prints. Basis is never null.
type canJSON struct {
	Possible bool        `json:"possible"`
	Mode     item.Mode   `json:"mode"`
	Modes    []item.Mode `json:"modes"`
	Reason   string      `json:"reason"`
	Basis    []string    `json:"basis"`
	Instead  string      `json:"instead"`
}

// runCan answers whether an item may be handled from one place to another on a day.
func runCan(ctx context.Context, e *env) int {
	f := e.flags("can")
	e.withJSON(f)
	name := f.String("item", "", "code, exact name or alias of the item")
	here := f.String("here", "", "place that receives: 6, 9 or 12 digits")
	there := f.String("there", "", "place that decides: 6, 9 or 12 digits")
	on := f.String("on", "", "day, YYYY-MM-DD; empty is today")
	data := f.String("data", "", "folder of a node or a nation, for what it holds as published; empty is the catalogue of this program alone")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	if *name == "" || *here == "" || *there == "" {
		return e.fail(errs.New(errs.BadRequest, "-item, -here and -there are needed"))
	}
	q := item.Query{Item: *name, On: workday.DateOf(time.Now())}
	var err error
	if q.Here, err = region.Parse(*here); err != nil {
		return e.fail(err)
	}
	if q.There, err = region.Parse(*there); err != nil {
		return e.fail(err)
	}
	if *on != "" {
		if q.On, err = workday.ParseDate(*on); err != nil {
			return e.fail(err)
		}
	}
	regions, err := region.Default()
	if err != nil {
		return e.fail(err)
	}
	cat, err := catalogueOf(ctx, *data)
	if err != nil {
		return e.fail(err)
	}
	a := cat.Can(q, regions)
	if e.json {
		out := canJSON{
			Possible: a.Possible, Mode: a.Mode, Modes: a.Modes, Reason: e.both(a.Reason, a.ReasonEn), Basis: a.Basis,
			Instead: e.both(a.Instead, a.InsteadEn),
		}
		if out.Modes == nil {
			out.Modes = []item.Mode{}
		}
		if out.Basis == nil {
			out.Basis = []string{}
		}
		e.print(out)
	} else {
		e.answer(a)
	}
	switch {
	case a.Possible:
		return exitYes
	case a.ReasonKey == "unknown-item", a.ReasonKey == "unknown-place":
		return exitUsage
	}
	return exitNo
}

// catalogueOf is the built-in catalogue with what the first node of a folder holds as published, if there is a folder.
func catalogueOf(ctx context.Context, data string) (*item.Catalogue, error) {
	if data == "" {
		return item.Default(), nil
	}
	nodes, closeAll, err := openNodes(ctx, data, "")
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	cat, err := fsck.Published(ctx, item.Default(), nodes[0])
	return cat, errors.Join(err, closeAll())
}

func (e *env) answer(a item.Answer) {
	key := "can-no"
	if a.Possible {
		key = "can-yes"
	}
	e.line(key, e.both(a.Reason, a.ReasonEn))
	if a.Possible {
		names := make([]string, len(a.Modes))
		for i, m := range a.Modes {
			names[i] = e.text("mode-" + string(m))
		}
		e.line("can-modes", strings.Join(names, e.text("comma")))
	}
	if instead := e.both(a.Instead, a.InsteadEn); instead != "" {
		e.line("can-instead", instead)
	}
	for _, b := range a.Basis {
		e.line("can-basis", b)
	}
	for _, m := range a.Marks {
		e.line("can-mark", e.both(m.Text, m.En))
	}
}
