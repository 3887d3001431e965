package apply

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// day writes a date with its year and weekday.
func day(ctx context.Context, d workday.Date) string {
	month, weekday := strconv.Itoa(int(d.Month())), strconv.Itoa(int(d.Weekday()))
	return page.T(ctx, "entrance.date.long", d.Year(), page.T(ctx, "entrance.month."+month), d.Day(), page.T(ctx, "entrance.weekday."+weekday))
}

// moment writes day and time of day in Asia/Shanghai.
func moment(ctx context.Context, t time.Time) string {
	d, local := workday.DateOf(t), t.In(workday.Zone)
	return page.T(ctx, "entrance.date.moment", page.T(ctx, "entrance.month."+strconv.Itoa(int(d.Month()))), d.Day(), local.Hour(), local.Minute())
}

// dateText writes YYYY-MM-DD as day does; anything else stays as it is.
func dateText(ctx context.Context, s string) string {
	d, err := workday.ParseDate(s)
	if err != nil {
		return s
	}
	return day(ctx, d)
}

func (f *Face) placeName(code string) string {
	c, err := region.Parse(code)
	if err != nil {
		return code
	}
	return f.cfg.Kit.Regions.FullName(c)
}

// href is for our own paths only.
func href(s string) templ.SafeURL { return templ.SafeURL(s) }

// stepName is what a step is called in the task list: a verb first.
func stepName(ctx context.Context, d draft, s journey.Step) string {
	if s.Kind == journey.Question {
		field, _ := d.V.Field(s.Field)
		return page.T(ctx, "apply.tasks.q", pick(d.lang, field.Label, field.LabelEn))
	}
	for _, q := range d.V.Questions {
		if s.Kind == journey.Ask && q.Key == s.Field {
			return pick(d.lang, q.Text, q.TextEn)
		}
	}
	return page.T(ctx, "apply.tasks."+string(s.Kind))
}

// sectionName is what a task is called: several questions are one task.
func sectionName(ctx context.Context, d draft, s journey.Section) string {
	if len(s) > 1 {
		return page.T(ctx, "apply.tasks."+string(s[0].Kind)+"_many", len(s))
	}
	return stepName(ctx, d, s[0])
}

// tasksOf are the lines of the task list.
func tasksOf(ctx context.Context, d draft) []page.Task {
	next := journey.Next(d.Steps)
	sections := journey.Sections(d.Steps)
	out := make([]page.Task, 0, len(sections))
	for _, s := range sections {
		open := s.Open()
		t := page.Task{Title: sectionName(ctx, d, s), Href: d.path(open.Path())}
		switch n := s.Done(); {
		case n == len(s):
			t.Status = page.T(ctx, "apply.tasks.done")
		case !journey.Reachable(d.Steps, open.Path()):
			t.Status, t.Locked = page.T(ctx, "apply.tasks.locked"), true
		case n > 0:
			t.Status, t.Tone = page.T(ctx, "apply.tasks.some", n, len(s)), page.ToneBlue
		case open == next:
			t.Status, t.Tone = page.T(ctx, "apply.tasks.next"), page.ToneBlue
		default:
			t.Status, t.Tone = page.T(ctx, "apply.tasks.open"), page.ToneGrey
		}
		out = append(out, t)
	}
	return out
}

// limitText says how long the decision takes: the promise, or the law.
func limitText(ctx context.Context, l *item.LimitRule) string {
	if l == nil {
		return ""
	}
	length := l.Length
	if l.Promised.N > 0 {
		length = l.Promised
	}
	unit := "days"
	if length.Unit == workday.WorkingDays {
		unit = "workdays"
	}
	if length.N == 0 {
		return page.T(ctx, "apply.begin.spot")
	}
	return page.T(ctx, "apply.begin."+unit, length.N)
}
