package sqlstore

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// An office's lists. Each begins with the columns of one index, which gives the order too; $2 is the officer or the queue.
// Whoever waits for a procedure has no date to be late for.
const (
	listRest = ` AND (due, id) > ($3, $4) AND due <= $5 AND queue <> $6 AND (item = $7 OR $7 = '') AND place >= $8 AND place <= $9
ORDER BY due, id LIMIT $10`
	listStage  = `SELECT ` + caseColumns + ` FROM cases WHERE queue <> '' AND office = $1 AND queue = $2` + listRest
	listHands  = `SELECT ` + caseColumns + ` FROM cases WHERE queue <> '' AND office = $1 AND claimed = $2` + listRest
	listOffice = `SELECT ` + caseColumns + ` FROM cases WHERE queue <> '' AND office = $1 AND $2 = ''` + listRest
	listWaits  = `SELECT ` + caseColumns + ` FROM cases WHERE waits <> '' AND waits = $1 AND $2 = ''` + listRest

	countOffice = `SELECT queue, CASE WHEN claimed = $2 THEN 1 WHEN claimed = '' THEN 2 ELSE 0 END,
CASE WHEN queue = 'suspended' THEN 0 WHEN due < $3 THEN 1 WHEN due <= $4 THEN 2 ELSE 0 END, count(*)
FROM cases WHERE queue <> '' AND office = $1 GROUP BY 1, 2, 3`
	countWaits = `SELECT count(*) FROM cases WHERE waits <> '' AND waits = $1`
	countHands = `SELECT claimed, count(*), COALESCE(sum(CASE WHEN due < $2 AND queue <> 'suspended' THEN 1 ELSE 0 END), 0)
FROM cases WHERE queue <> '' AND queue <> 'transit' AND office = $1 GROUP BY claimed ORDER BY claimed`
)

// everyPlace stands after each code of a place, in every order of text.
const everyPlace = "9999999999999"

// none is no queue's name.
const none = "none"

// List gives a page of an office's cases; next is "" if nothing comes after it. A page that begins nowhere is errs.BadRequest.
func (s *Store) List(ctx context.Context, l casefile.Listing) (list []casefile.Case, next string, err error) {
	text, of, but, last := listOffice, "", none, int64(noDue)
	var due int64
	var id string
	switch l.View {
	case casefile.ViewStage:
		text, of = listStage, string(l.Queue)
	case casefile.ViewMine:
		text, of = listHands, l.Officer
	case casefile.ViewFree:
		text, but = listHands, string(casefile.QueueTransit)
	case casefile.ViewWaits:
		text = listWaits
	case casefile.ViewOver:
		but, last = string(casefile.QueueSuspended), dayNumber(l.Today.AddDays(-1))
	case casefile.ViewSoon:
		but, due, last = string(casefile.QueueSuspended), dayNumber(l.Today), dayNumber(l.Soon)
	case casefile.ViewOffice:
	}
	if l.After != "" {
		day, at, ok := strings.Cut(l.After, ".")
		if due, err = strconv.ParseInt(day, 10, 64); err != nil || !ok {
			return nil, "", errs.New(errs.BadRequest, "a page after nothing")
		}
		id = at
	}
	within := prefix(l.Place)
	list, err = s.cases(ctx, text, l.Office, of, due, id, last, but, l.Item, within, within+everyPlace, l.Limit)
	if err != nil || len(list) < l.Limit {
		return list, "", err
	}
	end := list[len(list)-1]
	return list, strconv.FormatInt(dueDay(end), 10) + "." + end.ID, nil
}

// prefix is what the codes of all places within a place begin with.
func prefix(c region.Code) string {
	switch c.Level() { //nolint:exhaustive // what is finer names itself
	case region.Province:
		return string(c[:2])
	case region.Prefecture:
		return string(c[:4])
	case region.County:
		return string(c[:6])
	}
	return string(c)
}

// Tally counts an office's open cases, the officer's own among them; soon is the last day that counts as soon.
func (s *Store) Tally(ctx context.Context, office, officer string, today, soon workday.Date) (casefile.Tally, error) {
	type group struct {
		queue           casefile.Queue
		hand, urgent, n int
	}
	list, err := collect(ctx, s.e, func(r *rows) (g group, err error) {
		return g, r.Scan(&g.queue, &g.hand, &g.urgent, &g.n)
	}, countOffice, office, officer, dayNumber(today), dayNumber(soon))
	out := casefile.Tally{Queues: map[casefile.Queue]int{}}
	if err != nil {
		return out, err
	}
	for _, g := range list {
		out.Queues[g.queue] += g.n
		out.Office += g.n
		if g.hand == 1 {
			out.Mine += g.n
		}
		if g.hand == 2 && g.queue != casefile.QueueTransit {
			out.Free += g.n
		}
		switch g.urgent {
		case 1:
			out.Over += g.n
		case 2:
			out.Soon += g.n
		}
	}
	return out, s.e.queryRow(ctx, countWaits, office).Scan(&out.Waits)
}

// Hands tells how much each officer of an office has claimed; the first line is what nobody has, if there is any.
func (s *Store) Hands(ctx context.Context, office string, today workday.Date) ([]casefile.Hand, error) {
	return collect(ctx, s.e, func(r *rows) (h casefile.Hand, err error) { return h, r.Scan(&h.ID, &h.Cases, &h.Over) },
		countHands, office, dayNumber(today))
}

const (
	selectUnlisted = `SELECT id, version, state FROM cases WHERE closed = 0 AND place = '' AND id > $1 ORDER BY id LIMIT $2`
	updateUnlisted = `UPDATE cases SET claimed = $2, waits = $3, place = $4 WHERE id = $1 AND version = $5`
)

// fillLists fills the columns of the lists in rows that an older release wrote.
func (s *Store) fillLists(ctx context.Context) error {
	type row struct {
		id      string
		version int64
		state   string
	}
	return walk(func(after string) ([]row, error) {
		return collect(ctx, s.e, func(r *rows) (x row, err error) { return x, r.Scan(&x.id, &x.version, &x.state) }, selectUnlisted, after, walkRows)
	}, func(x row) string { return x.id }, func(x row) error {
		var c casefile.Case
		if err := json.Unmarshal([]byte(x.state), &c); err != nil {
			return nil //nolint:nilerr // what does not open is for fsck to tell, and may not keep the node from starting
		}
		claimed, waits, place := s.listed(c)
		return s.e.commit(ctx, []stmt{{sql: updateUnlisted, args: []any{x.id, claimed, waits, place, x.version}, want: -1}})
	})
}

// listed are the columns of a case that only lists need.
func (s *Store) listed(c casefile.Case) (claimed, waits, place string) {
	if q, _ := c.At(s.me); q != "" {
		claimed = c.Claimed
	}
	return claimed, c.Waits(s.me), string(c.Other(s.me))
}
