package board

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tongban/internal/page"
)

// period is a stretch of months, both included, as yyyymm.
type period struct {
	from, to int
	bad      string // what stands in the field of a month that cannot be read
	text     [2]string
}

// mostMonths bounds a period.
const mostMonths = 24

// period reads ?from=&to= (YYYY-MM); without, the twelve months up to this one. A period that cannot be read is answered with the
// default and the field's error.
func (f *Face) period(r *http.Request) period {
	d := f.today()
	to := d.Year()*12 + int(d.Month()) - 1
	p := period{from: monthOf(to - 11), to: monthOf(to)}
	q := r.URL.Query()
	if q.Has("from") || q.Has("to") {
		from, ok1 := parseMonth(q.Get("from"))
		until, ok2 := parseMonth(q.Get("to"))
		if ok1 && ok2 && from <= until && count(until)-count(from) < mostMonths {
			p.from, p.to = from, until
		} else {
			p.bad = page.T(r.Context(), "board.month_bad")
			p.text = [2]string{cut(q.Get("from")), cut(q.Get("to"))}
			return p
		}
	}
	p.text = [2]string{written(p.from), written(p.to)}
	return p
}

// cut keeps what came in a field short enough to show again.
func cut(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 20)])
}

func count(month int) int   { return month/100*12 + month%100 - 1 }
func monthOf(count int) int { return count/12*100 + count%12 + 1 }

func written(month int) string { return fmt.Sprintf("%04d-%02d", month/100, month%100) }

func parseMonth(s string) (int, bool) {
	y, m, ok := strings.Cut(strings.TrimSpace(s), "-")
	year, err1 := strconv.Atoi(y)
	month, err2 := strconv.Atoi(m)
	return year*100 + month, ok && err1 == nil && err2 == nil && year >= 2020 && year <= 2200 && month >= 1 && month <= 12
}

// query carries the period to another page.
func (p period) query() string {
	return url.Values{"from": {written(p.from)}, "to": {written(p.to)}}.Encode()
}

func (p period) words(ctx context.Context) string {
	return page.T(ctx, "board.period", written(p.from), written(p.to))
}
