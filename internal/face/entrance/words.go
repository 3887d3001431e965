package entrance

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

type component = templ.Component

// today is the business day.
func (b *base) today() workday.Date { return workday.DateOf(b.Now()) }

// longDay writes a date with its year and weekday.
func longDay(ctx context.Context, d workday.Date) string {
	return page.T(ctx, "entrance.date.long", d.Year(), month(ctx, d), d.Day(), weekday(ctx, d))
}

// day writes a date without its year.
func day(ctx context.Context, d workday.Date) string {
	return page.T(ctx, "entrance.date.day", month(ctx, d), d.Day(), weekday(ctx, d))
}

// moment writes day and time of day in Asia/Shanghai.
func moment(ctx context.Context, t time.Time) string {
	d, local := workday.DateOf(t), t.In(workday.Zone)
	return page.T(ctx, "entrance.date.moment", month(ctx, d), d.Day(), local.Hour(), local.Minute())
}

// lately writes a moment, and of today the time of day alone with that word.
func (b *base) lately(ctx context.Context, t time.Time) string {
	if workday.DateOf(t) != b.today() {
		return moment(ctx, t)
	}
	return page.T(ctx, "public.unreachable.today", clock(t))
}

// clock writes the time of day in Asia/Shanghai.
func clock(t time.Time) string { return t.In(workday.Zone).Format("15:04") }

// shortOf is a province's short name, as people say it.
func (b *base) shortOf(ctx context.Context, id office.NodeID) string {
	return b.shortName(ctx, region.Code(string(id)+"0000000000"))
}

func month(ctx context.Context, d workday.Date) string {
	return page.T(ctx, "entrance.month."+strconv.Itoa(int(d.Month())))
}

func weekday(ctx context.Context, d workday.Date) string {
	return page.T(ctx, "entrance.weekday."+strconv.Itoa(int(d.Weekday())))
}

// dateText writes YYYY-MM-DD as longDay does; anything else stays as it is.
func dateText(ctx context.Context, s string) string {
	d, err := workday.ParseDate(s)
	if err != nil {
		return s
	}
	return longDay(ctx, d)
}

// statusOf is the one of nine words for a case.
func statusOf(c casefile.Case) page.Status { return wordOf(c.Status()) }

func wordOf(s casefile.Status) page.Status {
	switch s { //nolint:exhaustive // the others have the same name in both lists
	case casefile.StatusChecking:
		return page.Verifying
	case casefile.StatusDenied:
		return page.Refused
	default:
		return page.Status(s)
	}
}

// href is for our own paths and configured addresses only.
func href(s string) templ.SafeURL { return templ.SafeURL(s) }
