package cli

import (
	"context"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/search"
	"tongban/internal/hub"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// searchJSON is what `search --json` prints. Hits is never null; the other lists are left out when they are empty.
type searchJSON struct {
	Hits    []hitJSON     `json:"hits"`
	Nearest []hitJSON     `json:"nearest,omitempty"`
	Meant   string        `json:"meant,omitempty"`
	Places  []region.Code `json:"places,omitempty"`
}

type hitJSON struct {
	Code   string     `json:"code"`
	Name   string     `json:"name"`
	NameEn string     `json:"name_en,omitempty"`
	Why    search.Why `json:"why"`
	By     string     `json:"by"`
}

// runSearch finds matters by what people type, or lists the questions that found nothing.
func runSearch(ctx context.Context, e *env) int {
	f := e.flags("search")
	e.withJSON(f)
	var q search.Query
	f.StringVar(&q.Text, "q", "", "what is looked for")
	f.StringVar(&q.Subject, "subject", "", "person or org; empty is both")
	f.StringVar(&q.Theme, "theme", "", "a theme of the catalogue, exactly")
	f.IntVar(&q.Limit, "n", 10, "most hits")
	failed := f.Bool("failed", false, "list what people asked for and did not find, as the node of -config kept it")
	config := f.String("config", configFile, "configuration of the node, or its folder; for -failed")
	days := f.Int("days", 30, "how many days back; for -failed")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	if *failed {
		return e.failedSearches(ctx, *config, *days, q.Limit)
	}
	if q.Text == "" || q.Limit < 1 || (q.Subject != "" && q.Subject != "person" && q.Subject != "org") {
		return e.fail(errs.New(errs.BadRequest, "-q is needed; -subject is person or org; -n is at least 1"))
	}
	r := search.Default().Find(q)
	if e.json {
		e.print(searchJSON{Hits: hitsJSON(r.Hits), Nearest: hitsJSON(r.Nearest), Meant: r.Meant, Places: r.Places})
	} else {
		if r.Meant != "" {
			e.line("search-meant", r.Meant)
		}
		for _, h := range r.Hits {
			e.line("search-hit", h.Key, e.both(h.Name, h.NameEn), e.text("search-why-"+string(h.Why)), h.By)
		}
		if len(r.Hits) == 0 {
			e.line("search-none")
		}
		for _, h := range r.Nearest {
			e.line("search-near", h.Key, e.both(h.Name, h.NameEn))
		}
	}
	if len(r.Hits) == 0 {
		return exitNo
	}
	return exitYes
}

func hitsJSON(list []search.Hit) []hitJSON {
	out := make([]hitJSON, 0, len(list))
	for _, h := range list {
		out = append(out, hitJSON{h.Key, h.Name, h.NameEn, h.Why, h.By})
	}
	return out
}

func (e *env) failedSearches(ctx context.Context, path string, days, limit int) int {
	c, err := readConfig(path)
	if err != nil {
		return e.fail(err)
	}
	list, err := c.missed(ctx, workday.DateOf(time.Now()).AddDays(-days), limit)
	if err != nil {
		return e.fail(err)
	}
	for _, m := range list {
		if e.json {
			e.print(m)
		} else {
			e.line("search-missed", m.N, m.Day.String(), m.Query)
		}
	}
	return exitYes
}

// missed reads what a province's store or the hub's folder kept.
func (c config) missed(ctx context.Context, since workday.Date, limit int) ([]search.Missed, error) {
	if c.ID == office.Hub {
		list, err := hub.Missed(hub.Folder(c.dir), since) //nolint:contextcheck // a small file
		return list[:min(len(list), limit)], err
	}
	s, err := nodePlace{c.ID, c.dir, c.DB, c.Schema}.open(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.Missed(ctx, since, limit)
	if cerr := s.Close(); err == nil {
		err = cerr
	}
	return list, err
}
