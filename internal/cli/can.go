package cli

import (
	"context"
	"strings"
	"time"

	"tongban/internal/domain/item"
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
func runCan(_ context.Context, e *env) int {
	f := e.flags("can")
	e.withJSON(f)
	name := f.String("item", "", "code, exact name or alias of the item")
	here := f.String("here", "", "place that receives: 6, 9 or 12 digits")
	there := f.String("there", "", "place that decides: 6, 9 or 12 digits")
	on := f.String("on", "", "day, YYYY-MM-DD; empty is today")
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
	a := item.Default().Can(q, regions)
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
